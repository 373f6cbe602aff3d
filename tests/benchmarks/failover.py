"""The machine of the database dies for good and its replica takes over, in each of three ways."""

from tests.benchmarks.crash import say
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.crash.failover import WAYS, fail_over


def run(units: int = 0, *, small: bool = False, peers: bool = True) -> Report:
    """Fail over once in each way; only where nobody waits for the replica may anything be lost."""
    took = [fail_over(way, tell=say) for way in WAYS]
    promises, seconds = (sum(getattr(one.figures, name) for one in took) for name in ("promises", "seconds"))
    rows = [Row(OURS, "acknowledged/s", (promises / seconds,))]
    for one in took:
        rows.append(Row(f"{one.way}: until a write", "ms", (1e3 * one.recovery_time_s,), competes=False))
        rows.append(Row(f"{one.way}: lost", "deeds", (float(len(one.lost)),), competes=False))
        rows.append(Row(f"{one.way}: oldest lost", "ms", (1e3 * one.recovery_point_s,), competes=False))
    kept = [one.kept for one in took]
    return Report(
        job="failover",
        size=f"{len(took)} takeovers",
        versions=own_versions("fastapi", "uvicorn", "psycopg"),
        rows=rows,
        answers_equal=all(kept),
        remarks=[one.text for one in took],
    )
