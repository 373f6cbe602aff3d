"""Kills under load: the crash proof at the length of a release, with its figures."""

import statistics
import sys

from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.crash.run import CLIENTS, LOST_SHARE, crash

KILLS = 500
FEW = 20


def run(units: int = 0, *, small: bool = False, peers: bool = True) -> Report:
    """Kill 500 times, or 20, and report rates, recovery times and whether the store kept every promise."""
    figures = crash(FEW if small else KILLS, tell=lambda words: print(words, file=sys.stderr))  # noqa: T201
    rows = [Row(OURS, "acknowledged/s", (figures.promises / figures.seconds,))]
    for who, times in figures.recoveries.items():
        rows.append(
            Row(f"recovery after {who}, p50", "ms", (1e3 * statistics.median(times),), competes=False)
        )
        rows.append(Row(f"recovery after {who}, max", "ms", (1e3 * max(times),), competes=False))
    clean = figures.verdict.clean and figures.pages_verified
    return Report(
        job="crash",
        size=f"{figures.kills.total()} kills, {CLIENTS} clients, {LOST_SHARE:.0%} of answers lost",
        versions=own_versions("fastapi", "uvicorn", "psycopg"),
        rows=rows,
        answers_equal=clean,
        remarks=[figures.text, *([] if clean else [str(figures.verdict)])],
    )
