"""Kills under load: the crash proof at the length of a release, with its figures."""

import statistics
import sys

from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.crash.run import CLIENTS, LOST_SHARE, Figures, crash

KILLS = 500
FEW = 20


def run(units: int = 0, *, small: bool = False, peers: bool = True, cases: int | None = None) -> Report:
    """Kill 500 times, or 20, and report rates, recovery times and whether the store kept every promise."""
    figures = crash(cases or (FEW if small else KILLS), tell=say)
    return judged("crash", figures, figures.text, "kills")


def say(words: str) -> None:
    """Tell how far the run is."""
    print(words, file=sys.stderr)  # noqa: T201


def judged(job: str, figures: Figures, words: str, blows: str) -> Report:
    """Return the report of a run under load; ``words`` are its figures."""
    rows = [Row(OURS, "acknowledged/s", (figures.promises / figures.seconds,))]
    for who, times in figures.recoveries.items():
        rows.append(
            Row(f"recovery after {who}, p50", "ms", (1e3 * statistics.median(times),), competes=False)
        )
        rows.append(Row(f"recovery after {who}, max", "ms", (1e3 * max(times),), competes=False))
    clean = figures.verdict.clean and figures.pages_verified
    return Report(
        job=job,
        size=f"{figures.kills.total()} {blows}, {CLIENTS} clients, {LOST_SHARE:.0%} of answers lost",
        versions=own_versions("fastapi", "uvicorn", "psycopg"),
        rows=rows,
        answers_equal=clean,
        remarks=[words, *([] if clean else [str(figures.verdict)])],
    )
