"""Bulk locate: which unit owns each of a million points."""

import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geo.lattice import to_lonlat
from geo.locate import LocateIndex
from tests.benchmarks.answers import agree, exact_pairs
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import KEPT, Ground, prepare
from tests.benchmarks.peer_environment import PeerFailed, run_peer
from tests.benchmarks.report import OURS, Report, Row, own_versions

UNIT = "points/s"
PEERS = {
    "GeoPandas sjoin": "locate_geopandas",
    "Shapely STRtree of units": "locate_shapely",
    "Shapely STRtree of points, prepared units": "locate_shapely_prepared",
    "DuckDB spatial": "locate_duckdb",
    "SedonaDB": "locate_sedona",
    "PostGIS": "locate_postgis",
}
RUNS = 7


def run(units: int = 2_924, *, small: bool = False, peers: bool = True, keep: Path = KEPT) -> Report:
    """Measure locating 1 M points (small: 20,000) and compare all answers, also with exact predicates."""
    ground = prepare(300 if small else units, 20_000 if small else 1_000_000, keep)
    runs = 2 if small else RUNS
    rows, owners = _ours(ground, runs)
    agreements = {
        "exact predicates": agree(
            owners, exact_pairs(ground.units, ground.points), ground.units, ground.points
        )
    }
    versions = own_versions("numpy", "numba", "shapely")
    for who, module in PEERS.items() if peers else ():
        _say(f"{who} …")
        try:
            with ExitStack() as stack:
                variables = {}
                if module == "locate_postgis":
                    variables["BENCH_DATABASE"] = plain(stack.enter_context(bench_database("bench_locate")))
                found = run_peer(module, ground.folder, runs, variables=variables)
        except PeerFailed as failure:
            rows.append(Row(who, UNIT, (), note=f"unavailable: {failure}"))
            continue
        rows.append(Row(who, UNIT, tuple(len(owners) / seconds for seconds in found.seconds)))
        versions |= found.versions
        agreements[who] = agree(owners, found.pairs, ground.units, ground.points)
    exact = agreements["exact predicates"]
    return Report(
        job="locate",
        size=f"{len(ground.units):,} units, {len(owners):,} points",
        versions=versions,
        rows=rows,
        answers_equal=not exact.on_edges and not any(each.wrong for each in agreements.values()),
        remarks=[each.text(who) for who, each in agreements.items()],
    )


def _ours(ground: Ground, runs: int) -> tuple[list[Row], npt.NDArray[np.int32]]:
    """Measure lookups with the index at hand, and with building it."""
    lonlat = to_lonlat(ground.points)
    lon, lat = lonlat[:, 0].copy(), lonlat[:, 1].copy()
    owners = LocateIndex.build(ground.units).locate(lon, lat)
    built, found = [], []
    for _ in range(runs):
        begin = time.perf_counter()
        index = LocateIndex.build(ground.units)
        index.locate(lon, lat)
        built.append(len(lon) / (time.perf_counter() - begin))
        best = []
        # One lookup takes a few hundredths of a second: of five in a row the middle one counts.
        for _ in range(5):
            begin = time.perf_counter()
            index.locate(lon, lat)
            best.append(time.perf_counter() - begin)
        found.append(len(lon) / sorted(best)[2])
    rows = [
        Row(OURS, UNIT, tuple(found)),
        Row(f"{OURS}, index built anew", UNIT, tuple(built), competes=False),
    ]
    return rows, owners


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
