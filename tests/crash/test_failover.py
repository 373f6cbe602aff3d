"""A replica takes over: nothing that it has is lost, and a synchronous one has everything."""

from tests.crash.failover import fail_over


def test_a_replica_that_has_caught_up_takes_over_without_a_loss() -> None:
    took = fail_over("caught up")
    print(took.text)  # noqa: T201 - for those who read the log
    assert took.kept, (took.figures.verdict, took.faults)
    assert took.lost == []


def test_what_a_replica_had_not_received_is_lost_and_the_drill_says_what_and_since_when() -> None:
    took = fail_over("cut off", seed=3)
    print(took.text)  # noqa: T201 - for those who read the log
    assert took.kept, (took.figures.verdict, took.faults)
    assert took.lost
    assert took.recovery_point_s > 0


def test_a_synchronous_replica_takes_over_under_load_without_a_loss() -> None:
    took = fail_over("synchronous", seed=2)
    print(took.text)  # noqa: T201 - for those who read the log
    assert took.kept, (took.figures.verdict, took.faults)
    assert took.lost == []
