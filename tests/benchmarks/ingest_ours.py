"""Our ingest as the benchmark “ingest” measures it: a walk in every form, and what stores each."""

import importlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.clock import Corrections
from geo.track import Fixes
from layers.stores import Stores
from service.readers import tracks as readers
from service.readers.loggers import Logged, read_overland, read_owntracks
from service.use_cases.field import Sender, take_points
from service.use_cases.tracks import Delivery, keep_up, upload
from tests.fixtures.walks import gpx

DISTRICT = "152921"
BATCH = 1_000
ZONE = ZoneInfo("Asia/Shanghai")
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
    name: str = "bench"
    number: int = 0
    devices: dict[str, str] = field(default_factory=dict)

    def device(self, job: str) -> str:
        """Return a device that sent nothing before, and remember it as the last of a job."""
        self.number += 1
        self.devices[job] = f"{self.name}-{self.number}"
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


def jobs(ours: Ours, data: Walk) -> Iterator[tuple[str, Callable[..., None]]]:
    """Yield each form of a walk with what stores it."""
    for job, kind in _KINDS.items():
        yield job, partial(ours.file, kind=kind, content=data.files[job])
    yield from phone_jobs(ours.phone, data)


def phone_jobs(act: Callable[..., None], data: Walk) -> Iterator[tuple[str, Callable[..., None]]]:
    """Yield the forms that phones send, with what stores them by an act of ours."""
    yield f"Overland, {BATCH:,} points a body", partial(act, read=read_overland, bodies=data.overland)
    foot = partial(read_owntracks, mode="foot")
    yield f"OwnTracks, {BATCH:,} messages a body", partial(act, read=foot, bodies=data.owntracks)
