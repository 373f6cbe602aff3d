"""The benchmark of balance runs small: its proposals keep their promises beside a greedy rule."""

from tests.benchmarks.balance import run


def test_small_counties_are_evened_out_beside_a_greedy_rule() -> None:
    report = run(small=True)
    assert report.answers_equal, report.remarks
    assert len(report.remarks) == 2
    assert all("greedy" in remark and "fewest-moves" in remark for remark in report.remarks)
