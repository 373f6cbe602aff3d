"""The nearest of a thousand stations to each of a million points, in exact geodesic order."""

import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geo.crs import GEOD
from geo.nearest import NearestIndex
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.debian_programs import debian_program
from tests.benchmarks.ground import KEPT
from tests.benchmarks.peer_environment import PeerFailed, run_peer
from tests.benchmarks.report import OURS, Report, Row, own_versions

UNIT = "points/s"
PEERS = {
    "scikit-learn BallTree, haversine": "nearest_sklearn",
    "PostGIS KNN on geographies": "nearest_postgis",
    "Redis GEOSEARCH": "nearest_redis",
}
REDIS_PACKAGES = ("redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1")
"""Debian's server and what it needs beside a minimal system."""

RUNS = 5
_WEST, _SOUTH, _SIDE = 130.0, 45.0, 2.0
# Answers nearer than this to the best are as good: ellipsoids of peers differ in the tenth digit.
_SAME_M = 1e-3
_PROVEN = 2_000

Floats = npt.NDArray[np.float64]


def run(*, small: bool = False, peers: bool = True, keep: Path = KEPT) -> Report:
    """Measure 1 M points × 1,000 stations (small: 2,000 × 100); compare with all geodesics and all peers."""
    rng = np.random.default_rng(8)
    count, number = (2_000, 100) if small else (1_000_000, 1_000)
    corner = np.array([_WEST, _SOUTH])
    points, stations = (corner + rng.uniform(0.0, _SIDE, (size, 2)) for size in (count, number))
    folder = keep / f"nearest-{count}"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "points.npy", points)
    np.save(folder / "stations.npy", stations)
    runs = 2 if small else RUNS
    index = NearestIndex.build(*stations.T)
    lon, lat = points.T
    found, metres = index.nearest(lon, lat, 1)
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        index.nearest(lon, lat, 1)
        seconds.append(time.perf_counter() - begin)
    rows = [Row(OURS, UNIT, tuple(count / one for one in seconds))]
    proven = _proven(points[:_PROVEN], stations, found[:_PROVEN, 0])
    remarks = [f"all geodesics of {min(count, _PROVEN):,} points: {'the same' if proven else 'NOT the same'}"]
    versions = own_versions("numpy", "scipy", "pyproj")
    for who, module in PEERS.items() if peers else ():
        sys.stderr.write(f"{who} …\n")
        try:
            with ExitStack() as stack:
                variables = {}
                if module == "nearest_postgis":
                    variables["BENCH_DATABASE"] = plain(stack.enter_context(bench_database("bench_nearest")))
                if module == "nearest_redis":
                    server, libraries = debian_program("redis-server", REDIS_PACKAGES)
                    variables = {"REDIS_SERVER": server, "REDIS_LIBRARIES": libraries}
                told = run_peer(module, folder, runs, variables=variables)
        except PeerFailed as failure:
            rows.append(Row(who, UNIT, (), note=f"unavailable: {failure}"))
            continue
        rows.append(Row(who, UNIT, tuple(count / one for one in told.seconds)))
        versions |= told.versions
        theirs = _metres(points, stations[told.pairs[1]])
        proven &= bool((metres[:, 0] <= theirs + _SAME_M).all())
        wrong = int((theirs > metres[:, 0] + _SAME_M).sum())
        remarks.append(f"{who}: {count - wrong:,} the same, {wrong:,} where its station is farther")
    size = f"{count:,} points, {number:,} stations"
    return Report("nearest", size, versions, rows, proven, remarks)


def _metres(points: Floats, stations: Floats) -> Floats:
    return np.asarray(GEOD.inv(*points.T, *stations.T)[2])


def _proven(points: Floats, stations: Floats, found: npt.NDArray[np.int64]) -> bool:
    """Say whether no station at all is nearer to a point than the one that was found."""
    for point, best in zip(points, found, strict=True):
        every = np.round(_metres(np.broadcast_to(point, stations.shape), stations), 6)
        if int(np.argmin(every)) != best:
            return False
    return True
