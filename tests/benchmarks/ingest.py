"""Ingest of tracks: from the bytes of a file or a phone to fixes that are durable and stored once."""

import importlib
import io
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.clock import Corrections
from geo.crs import geodesic_length
from geo.track import Fixes
from layers.border import BorderSegment
from layers.ids import new_id
from layers.stores import Stores
from service import heap
from service.database import make_engine, migrate
from service.readers import tracks as readers
from service.readers.loggers import Logged, read_overland, read_owntracks
from service.use_cases.field import Sender, take_points
from service.use_cases.tracks import Delivery, keep_up, upload
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import KEPT
from tests.benchmarks.peer_environment import PeerFailed, run_peer
from tests.benchmarks.report import OURS, Report, Row, load_now, own_versions
from tests.fixtures.walks import gpx

DISTRICT = "152921"
UNIT = "fixes/s"
FIXES, SMALL = 200_000, 3_000
RUNS, LEDGER_RUNS = 5, 3
BATCH = 1_000
BATCHES = 100
ZONE = ZoneInfo("Asia/Shanghai")
PEERS = ("ingest_executemany", "ingest_staging", "ingest_gpxpy", "ingest_pyogrio")
_BEGIN = 1_780_275_600
_KINDS: Mapping[str, readers.Format] = {
    "columns of JSON": "geojson",
    "Arrow": "arrow",
    "Parquet": "parquet",
    "CSV": "csv",
    "GPX": "gpx",
}
Answer = npt.NDArray[np.int64]


@dataclass(slots=True)
class Ours:
    """Our ingest into a database of its own; each run is that of another device."""

    engine: Engine
    number: int = 0
    devices: dict[str, str] = field(default_factory=dict)

    def device(self, job: str) -> str:
        """Return a device that sent nothing before, and remember it as the last of a job."""
        self.number += 1
        self.devices[job] = f"bench-{self.number}"
        return self.devices[job]

    def file(self, job: str, kind: readers.Format, content: bytes, *, ledger: bool) -> None:
        """Store a file; without the ledger nothing but that is left out."""
        received = datetime.now(UTC)
        track = readers.read(content, kind, filename="walk", most=1 << 62)
        delivery = Delivery.of(self.device(job), "walk", content, received)
        with Session(self.engine) as session, _without_ledger(not ledger):
            upload(Stores(session, DISTRICT), delivery, track)
            session.commit()

    def phones(
        self, job: str, read: Callable[[bytes, str], Logged], bodies: Sequence[bytes], *, ledger: bool
    ) -> None:
        """Store what two phones send at once: the same walk, each as its own."""
        with ThreadPoolExecutor(2) as pool:
            devices = [self.device(job) for _ in range(2)]
            done = [pool.submit(self._phone, one, read, bodies, ledger=ledger) for one in devices]
            for one in done:
                one.result()

    def phone(
        self, job: str, read: Callable[[bytes, str], Logged], bodies: Sequence[bytes], *, ledger: bool
    ) -> None:
        """Store what a phone sends, a transaction for each body."""
        self._phone(self.device(job), read, bodies, ledger=ledger)

    def _phone(
        self, device: str, read: Callable[[bytes, str], Logged], bodies: Sequence[bytes], *, ledger: bool
    ) -> None:
        for body in bodies:
            sender = Sender(device, uuid4(), datetime.now(UTC))
            with Session(self.engine) as session:
                logged = read(body, device)
                take_points(Stores(session, DISTRICT), sender, logged.parts, logged.unreadable, _Work(ledger))
                session.commit()

    def stored(self, job: str) -> Answer:
        """Return what the last run of a job left."""
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT (extract(epoch FROM at) * 1000)::bigint, lon_e7, lat_e7"
                " FROM fix WHERE device = %s ORDER BY 1, 2, 3",
                (self.devices[job],),
            )
            return np.array([tuple(row) for row in rows], dtype=np.int64).T


class _Work:
    """What is done with points besides storing them: the ledger, or nothing."""

    def __init__(self, ledger: bool) -> None:
        self._ledger = ledger

    def recompute(self, stores: Stores, device: str, t: npt.NDArray[np.float64], clock: Corrections) -> None:
        if self._ledger:
            keep_up(stores, device, t, clock)

    def receive(self, *_: Any) -> Any:
        raise NotImplementedError

    change = may_record = record = remake = receive


@contextmanager
def _without_ledger(skip: bool) -> Iterator[None]:
    """Leave the ledger out of uploads, to measure what storing costs alone."""
    module: Any = importlib.import_module("service.use_cases.tracks.upload")
    kept = module.keep_up
    if skip:
        module.keep_up = lambda *_: ()
    try:
        yield
    finally:
        module.keep_up = kept


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk in every form that it is sent in."""

    answer: Answer
    files: Mapping[str, bytes]
    overland: Sequence[bytes]
    owntracks: Sequence[bytes]

    def __len__(self) -> int:
        return int(self.answer.shape[1])


def walk(count: int) -> Walk:
    """Return a walk of so many fixes, one every two seconds, along the border."""
    k = np.arange(count)
    t = _BEGIN + 2 * k
    lon = np.rint((109.9 + np.abs(k * 3e-5 % 0.4 - 0.2)) * 1e7) / 1e7
    lat = np.rint((40.0 + 2e-5 * np.sin(k / 7.0)) * 1e7) / 1e7
    fixes = Fixes.of(t, lon, lat)
    places = list(zip(t.tolist(), lon.tolist(), lat.tolist(), strict=True))
    table = pa.table({"t": t, "lon": lon, "lat": lat})
    stream, parquet = io.BytesIO(), io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    pa.parquet.write_table(table, parquet)
    stamps = [datetime.fromtimestamp(one, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in t.tolist()]
    rows = (f"{stamp},{x},{y}\n" for stamp, (_, x, y) in zip(stamps, places, strict=True))
    files = {
        "columns of JSON": json.dumps({"t": t.tolist(), "lon": lon.tolist(), "lat": lat.tolist()}).encode(),
        "Arrow": stream.getvalue(),
        "Parquet": parquet.getvalue(),
        "CSV": ("time,lon,lat\n" + "".join(rows)).encode(),
        "GPX": gpx(fixes),
    }
    overland = [_feature(stamp, x, y) for stamp, (_, x, y) in zip(stamps, places, strict=True)]
    owntracks = [
        {"_type": "location", "tst": one, "lon": x, "lat": y, "acc": 5, "tid": "P1"} for one, x, y in places
    ]
    lattice = np.rint(np.stack([lon, lat]) * 1e7).astype(np.int64)
    return Walk(
        np.stack([t * 1_000, *lattice]),
        files,
        [json.dumps({"locations": overland[a : a + BATCH]}).encode() for a in range(0, count, BATCH)],
        [json.dumps(owntracks[a : a + BATCH]).encode() for a in range(0, count, BATCH)],
    )


def _feature(stamp: str, lon: float, lat: float) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {
            "timestamp": stamp,
            "horizontal_accuracy": 5,
            "vertical_accuracy": 4,
            "altitude": 700,
            "speed": 1.3,
            "motion": ["walking"],
            "battery_level": 0.8,
            "wifi": "",
            "device_id": "",
        },
    }


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
            for job, act in _jobs(ours, data):
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
            for job, act in _phones(ours.phones, data):
                each = [_seconds(partial(act, job, ledger=False))[0] for _ in range(runs)]
                wall = tuple(2 * len(data) / one for one in each)
                rows.append(Row(OURS, UNIT, wall, f"{job}, two phones at once", competes=False))
                equal[f"{job}, two at once"] = np.array_equal(ours.stored(job), data.answer)
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


def _jobs(ours: Ours, data: Walk) -> Iterator[tuple[str, Callable[..., None]]]:
    for job, kind in _KINDS.items():
        yield job, partial(ours.file, kind=kind, content=data.files[job])
    yield from _phones(ours.phone, data)


def _phones(act: Callable[..., None], data: Walk) -> Iterator[tuple[str, Callable[..., None]]]:
    yield f"Overland, {BATCH:,} points a body", partial(act, read=read_overland, bodies=data.overland)
    foot = partial(read_owntracks, mode="foot")
    yield f"OwnTracks, {BATCH:,} messages a body", partial(act, read=foot, bodies=data.owntracks)


def _latencies(ours: Ours, count: int) -> Iterator[Row]:
    """Yield how long a body of 1,000 fixes takes, each of a device of its own."""
    data = walk(BATCH)
    for job, act in _jobs(ours, data):
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
