"""Ingest of tracks: from the bytes of a file or a phone to fixes that are durable and stored once."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import numpy as np
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.crs import geodesic_length
from layers.border import BorderSegment
from layers.ids import new_id
from layers.stores import Stores
from service import heap
from service.database import make_engine, migrate
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import KEPT
from tests.benchmarks.ingest_ours import BATCH, DISTRICT, Ours, Walk, jobs, phone_jobs, walk
from tests.benchmarks.ingest_workers import WORKERS, rates
from tests.benchmarks.peer_environment import PeerFailed, run_peer
from tests.benchmarks.report import OURS, Report, Row, load_now, own_versions

UNIT = "fixes/s"
FIXES, SMALL = 200_000, 3_000
RUNS, LEDGER_RUNS = 5, 3
BATCHES = 100
PEERS = ("ingest_executemany", "ingest_staging", "ingest_gpxpy", "ingest_pyogrio")


def run(units: int = 0, *, small: bool = False, peers: bool = True) -> Report:
    """Measure every format, phones and batches of 1,000 fixes; ``units`` are not needed."""
    del units
    data, runs = walk(SMALL if small else FIXES), 1 if small else RUNS
    rows: list[Row] = []
    equal: dict[str, bool] = {}
    begun = load_now("at the start")
    versions = own_versions("psycopg", "numpy", "pyarrow", "orjson")
    with bench_database("bench_ingest") as url:
        engine = make_engine(url)
        try:
            _lay(engine)
            heap.settle()  # as a server does once it has begun
            ours = Ours(engine)
            for job, act in jobs(ours, data):
                act(job, ledger=False)  # the first run makes the months and warms what is compiled
                for ledger in (False, True):
                    count = min(runs, LEDGER_RUNS) if ledger else runs
                    took = [_seconds(partial(act, job, ledger=ledger)) for _ in range(count)]
                    note = job + (", with the ledger" if ledger else "")
                    wall, work = (
                        tuple(len(data) / one for one in column) for column in zip(*took, strict=True)
                    )
                    rows.append(Row(OURS, UNIT, wall, note, competes=not rows))
                    note += ", by the time our processor worked"
                    rows.append(Row(OURS, UNIT, work, note, competes=False))
                equal[job] = np.array_equal(ours.stored(job), data.answer)
            for job, act in phone_jobs(ours.phones, data):
                each = [_seconds(partial(act, job, ledger=False))[0] for _ in range(runs)]
                wall = tuple(2 * len(data) / one for one in each)
                rows.append(Row(OURS, UNIT, wall, f"{job}, two phones at once", competes=False))
                equal[f"{job}, two at once"] = np.array_equal(ours.stored(job), data.answer)
            for job, _ in jobs(ours, data):
                several, equal[f"{job}, {WORKERS} processes"] = rates(url, job, len(data), runs)
                rows.append(Row(OURS, UNIT, several, f"{job}, {WORKERS} processes at once", competes=False))
            rows += _latencies(ours, 3 if small else BATCHES)
        finally:
            engine.dispose()
    if peers:
        with bench_database("bench_ingest_peers") as url:
            for module in PEERS:
                rows.append(_peer(module, url, data, runs, versions, equal))
    return Report(
        job="ingest",
        size=f"{len(data):,} fixes",
        versions=versions,
        rows=rows,
        answers_equal=all(equal.values()),
        remarks=[
            begun,
            load_now("at the end"),
            *(f"{name}: {'the same fixes' if one else 'OTHER fixes'}" for name, one in equal.items()),
        ],
    )


def _latencies(ours: Ours, count: int) -> Iterator[Row]:
    """Yield how long a body of 1,000 fixes takes, each of a device of its own."""
    data = walk(BATCH)
    for job, act in jobs(ours, data):
        for ledger in (False, True):
            milli = [1_000 * _seconds(partial(act, job, ledger=ledger))[0] for _ in range(count)]
            for percent in (50, 99):
                note = f"{job}, p{percent} of {BATCH:,} fixes" + (", with the ledger" if ledger else "")
                yield Row(OURS, "ms", (float(np.percentile(milli, percent)),), note, competes=False)


def _seconds(act: Callable[[], None]) -> tuple[float, float]:
    """Return how long something takes, and for how long of that our processor works."""
    begin, before = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - begin, time.process_time() - before


def _peer(
    module: str, url: str, data: Walk, runs: int, versions: dict[str, str], equal: dict[str, bool]
) -> Row:
    folder = KEPT / "ingest"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "walk.json").write_bytes(data.files["columns of JSON"])
    (folder / "walk.gpx").write_bytes(data.files["GPX"])
    who = module.removeprefix("ingest_")
    try:
        found = run_peer(module, folder, runs, variables={"BENCH_DATABASE": plain(url)})
    except PeerFailed as failure:
        return Row(who, UNIT, (), note=f"unavailable: {failure}")
    versions |= found.versions
    equal[who] = np.array_equal(found.pairs, data.answer)
    return Row(who, UNIT, tuple(len(data) / one for one in found.seconds))


def _lay(engine: Engine) -> None:
    """Store a district with a border, which the ledger is kept of."""
    migrate(engine)
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.districts.create("基准县", name_en="Benchmark County")
        line = shapely.LineString([(109.8, 40.0), (110.2, 40.0)])
        length = geodesic_length(line)
        stores.border.add(
            [BorderSegment(new_id(), "B1", "B1", 1, 0.0, length, length, line, date(2024, 1, 1))]
        )
        session.commit()
