"""Coverage: a million fixes judged against border, units and markers, and what then answers for a period.

Peers judge the same fixes against the border alone, slow ones a part of them, and say how many metres each
patrol covered. They have to agree with us, and we with what was really walked.
"""

import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geo.coverage import Intervals, RouteIndex, covered_length, union, walked
from geo.linear import MeasuredLine
from geo.track import clean
from geo.visits import (
    NO_BARRIERS,
    MarkerIndex,
    SightIndex,
    UnitIndex,
    barrier_index,
    marker_visits,
    seen,
    sight_along,
    unit_visits,
    watched,
)
from tests.benchmarks import coverage_ledger
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import KEPT
from tests.benchmarks.patrolled import BORDER_M, Patrolled, patrolled
from tests.benchmarks.peer_environment import PEERS as PEERS_ALIKE
from tests.benchmarks.peer_environment import PeerFailed, peer_python, run_peer
from tests.benchmarks.report import OURS, Report, Row, load_now, own_versions

FIXES, SMALL = 1_000_000, 6_000
UNITS, MARKERS = 3_000, 1_000
RUNS = 5
UNIT = "fixes/s"
WALLED, ASIDE_DEG = 10, 0.0002
"""Along every so many segments, and so far to the north of them, stands a barrier."""
WAYS = ("cleaning", "line", "units", "markers")

SHARE, ENDS_M = 0.005, 70.0
"""Covered metres agree within this part and this at the ends: a buffer of 30 m adds as much to both."""

PEERS = {
    "coverage_shapely": 10,
    "coverage_buffer": 10,
    "coverage_postgis": None,
    "coverage_postgis_buffer": 1,
    "coverage_movingpandas": 1,
    "coverage_ecoscope": 1,
}
"""How many patrols each peer judges; None for all."""
APART = {"coverage_ecoscope": "ecoscope"}
"""The environments of those that need packages which the others have left behind."""


def run(units: int = 0, *, small: bool = False, peers: bool = True, keep: Path = KEPT) -> Report:
    """Judge the fixes, have the peers judge them, then measure the ledger; ``units`` are not needed."""
    del units
    size = (SMALL, 100, 50, 20_000.0) if small else (FIXES, UNITS, MARKERS, BORDER_M)
    runs = 2 if small else RUNS
    _say(f"{size[0]:,} fixes …")
    ground = patrolled(*size, keep)
    rows, walks = _ours(ground, runs)
    rows += _sights(ground, runs)
    remarks = [load_now("at the start")]
    metres = [_covered(ground, [one]) for one in walks]
    equal = {"what was really walked": _agree(metres, np.diff(ground.spans)[:, 0])}
    equal["what was walked at least once"] = _agree([_covered(ground, walks)], np.array([ground.walked_m]))
    versions = own_versions("numpy", "numba", "shapely", "psycopg")
    if peers:
        with bench_database("bench_coverage_peers") as url:
            for module, count in PEERS.items():
                rows.append(_peer(module, count, plain(url), ground, metres, runs, (versions, equal)))
    found, answers = coverage_ledger.measure(ground, walks, small=small)
    rows += found
    equal |= answers
    return Report(
        job="coverage",
        size=f"{ground.fixes:,} fixes, {ground.whole.length_m / 1_000:,.0f} km of border, "
        f"{len(ground.units):,} units, {len(ground.markers):,} markers",
        versions=versions,
        rows=rows,
        answers_equal=all(equal.values()),
        remarks=[*remarks, load_now("at the end")]
        + [f"{name}: {'the same metres' if one else 'OTHER metres'}" for name, one in equal.items()],
    )


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _ours(ground: Patrolled, runs: int) -> tuple[list[Row], list[Intervals]]:
    """Return how fast all is judged and what of that takes how long, and what each patrol walked."""
    lines = RouteIndex.build(ground.segments)
    units = UnitIndex.build(ground.units)
    markers = MarkerIndex.build(ground.markers[:, 0], ground.markers[:, 1])
    took: list[list[float]] = []
    worked: list[float] = []
    walks: list[Intervals] = []
    for _ in range(runs + 1):  # the first run loads what is compiled
        times, before = [time.perf_counter()], time.process_time()
        tracks = [clean(one) for one in ground.patrols]
        times.append(time.perf_counter())
        walks = [walked(one, lines) for one in tracks]
        times.append(time.perf_counter())
        for one in tracks:
            unit_visits(one, units)
        times.append(time.perf_counter())
        for one in tracks:
            marker_visits(one, markers)
        times.append(time.perf_counter())
        took.append(np.diff(times).tolist())
        worked.append(1e3 * (time.process_time() - before))
    whole = tuple(ground.fixes / sum(one) for one in took[1:])
    rows = [Row(OURS, UNIT, whole, "cleaning, line, units and markers")]
    for place, way in enumerate(WAYS):
        milli = tuple(1e3 * one[place] for one in took[1:])
        rows.append(Row(OURS, "ms", milli, f"of that {way}", competes=False))
    milli = tuple(1e3 * sum(one) for one in took[1:])
    rows.append(Row(OURS, "ms", milli, f"all four for {ground.fixes:,} fixes", competes=False))
    rows.append(Row(OURS, "ms", tuple(worked[1:]), "of that the processor worked", competes=False))
    return rows, walks


def _sights(ground: Patrolled, runs: int) -> list[Row]:
    """Return how long it takes to tell what was seen in all three bands, past barriers and without any."""
    tracks = [clean(one) for one in ground.patrols]
    sights = [sight_along(one, one.way()) for one in tracks]
    walls = [
        MeasuredLine.from_lonlat(
            one.interpolate(np.linspace(0.0, one.length_m, 20)) + np.array([0.0, ASIDE_DEG])
        )
        for one in ground.segments[::WALLED]
    ]
    rows = []
    for name, barriers in (("", NO_BARRIERS), (f", a barrier along 1/{WALLED}", barrier_index(walls))):
        lines = SightIndex.build(ground.segments, barriers)
        worked = np.empty((runs + 1, 2))
        for one in range(runs + 1):
            begun = time.process_time()
            for track, sight in zip(tracks, sights, strict=True):
                seen(track, lines, sight=sight)
            between = time.process_time()
            for track, sight in zip(tracks, sights, strict=True):
                watched(track, sight, (), barriers=barriers)
            worked[one] = between - begun, time.process_time() - between
        for what, milli in zip(("line", "ground"), 1e3 * worked[1:].T, strict=True):
            told = f"{what} seen, of the processor{name}"
            rows.append(Row(OURS, "ms", tuple(milli.tolist()), told, competes=False))
    return rows


def _covered(ground: Patrolled, walks: Sequence[Intervals]) -> float:
    """Return the metres of the border that walks cover together."""
    starts = np.concatenate([[0.0], np.cumsum([one.length_m for one in ground.segments])])
    low = np.concatenate([starts[one.line] + one.low for one in walks])
    high = np.concatenate([starts[one.line] + one.high for one in walks])
    return covered_length(union(low, high))


def _agree(metres: Sequence[float], others: npt.NDArray[np.float64]) -> bool:
    ours = np.array(metres)
    return ours.shape == others.shape and bool((np.abs(ours - others) <= SHARE * others + ENDS_M).all())


def _peer(
    module: str,
    count: int | None,
    url: str,
    ground: Patrolled,
    metres: Sequence[float],
    runs: int,
    told: tuple[dict[str, str], dict[str, bool]],
) -> Row:
    """Have a peer judge the first patrols; add its versions and whether it agrees to what is told."""
    count = len(ground.patrols) if count is None else min(count, len(ground.patrols))
    folder = KEPT / "coverage"
    shutil.rmtree(folder, ignore_errors=True)
    ground.write(folder, count)
    fixes = sum(map(len, ground.patrols[:count]))
    who = module.removeprefix("coverage_")
    _say(f"{who} …")
    try:
        found = run_peer(
            module,
            folder,
            runs if count > 1 else 1,
            python=peer_python(APART.get(module, PEERS_ALIKE)),
            variables={"BENCH_DATABASE": url},
        )
    except PeerFailed as failure:
        return Row(who, UNIT, (), note=f"unavailable: {failure}")
    versions, equal = told
    versions |= found.versions
    equal[who] = _agree(metres[:count], found.pairs[1] / 1e3)
    # What takes more than its share of a longer walk would be slower still with all fixes.
    note = "line" if count == len(ground.patrols) else f"line, on {fixes:,} fixes"
    return Row(who, UNIT, tuple(fixes / one for one in found.seconds), note)
