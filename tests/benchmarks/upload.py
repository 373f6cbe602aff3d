"""Uploads over HTTP: batches a second of one server process, with accounts and with access open."""

import json
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import psycopg
import shapely

from geo.crs import geodesic_length
from layers.border import BorderSegment
from layers.ids import new_id
from layers.people import Grant, People, Person
from layers.representatives import Representative
from layers.row_security import SYSTEM_SCOPE, enter
from layers.sign_ins import Device, Devices
from layers.stores import Stores
from service.access.tokens import DEVICE, digest, new_token
from service.database import make_engine, session_factory
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import prepare
from tests.benchmarks.load import Load, send
from tests.benchmarks.locate_http import DISTRICT, store
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.benchmarks.servers import free_port, served

UNIT = "requests/s"
OPEN = f"{OURS}, access open"
DEVICES = 16
RUNS = 3
BORDER = shapely.LineString([(109.8, 40.0), (110.2, 40.0)])
STEP_S = 5


@dataclass(frozen=True, slots=True)
class Job:
    """What a batch holds, how many fixes, incidents and edits that is, and how many batches a run sends.

    What is edited is reported before, which is not timed.
    """

    name: str
    fixes: int
    incidents: int
    batches: int
    edits: int = 0


JOBS = (
    Job("tracks of 1,000 fixes", 1_000, 0, 64),
    Job("one incident", 0, 1, 320),
    Job("100 incidents", 0, 100, 64),
    Job("1,000 edits of incidents", 0, 0, 16, edits=1_000),
)


@dataclass(slots=True)
class Contender:
    """A server that is up, who sends to it, and what was sent and came of it, by the name of the job."""

    who: str
    url: str
    port: int
    headers: Sequence[str]
    places: Sequence[tuple[float, float]]
    numbers: Iterator[int] = field(default_factory=count)
    full: dict[str, list[Load]] = field(default_factory=dict)
    half: dict[str, list[Load]] = field(default_factory=dict)
    fixes: int = 0
    incidents: int = 0
    edits: int = 0
    batches: int = 0
    wrong: int = 0

    def run(self, job: Job, size: int, *, at_half: bool) -> None:
        """Send new batches, and the first of them once more: the same bytes get the same reply."""
        known = (
            [self._reported(job, k % len(self.headers)) for k in range(size)] if job.edits else [[]] * size
        )
        requests = [self._request(job, k % len(self.headers), edited) for k, edited in enumerate(known)]
        rate = statistics.median(one.rate for one in self.full[job.name]) / 2 if at_half else None
        done = send(self.port, requests, connections=len(self.headers), rate=rate)
        (self.half if at_half else self.full).setdefault(job.name, []).append(done)
        again = send(self.port, requests[: len(self.headers)], connections=len(self.headers))
        self.wrong += _wrong(done, job.fixes + job.incidents + job.edits)
        self.wrong += sum(a != b for a, b in zip(again.bodies, done.bodies, strict=False))
        self.batches += size
        self.fixes += size * job.fixes
        self.incidents += size * job.incidents
        self.edits += size * job.edits

    def _reported(self, job: Job, device: int) -> list[dict[str, Any]]:
        """Report what a batch of a device will edit; return it."""
        number = next(self.numbers)
        made = [self._incident(number + k) for k in range(job.edits)]
        done = send(self.port, [self._put({"incidents": made}, device)], connections=1)
        self.wrong += _wrong(done, len(made))
        self.batches += 1
        self.incidents += len(made)
        return made

    def _request(self, job: Job, device: int, edited: Sequence[dict[str, Any]]) -> bytes:
        """Return a batch as a request of a device; nothing of it was sent before."""
        number = next(self.numbers)
        items = [self._incident(number + k) for k in range(job.incidents)]
        value: dict[str, Any] = {"incidents": items + [self._edit(one, k) for k, one in enumerate(edited)]}
        if job.fixes:
            spacing_s = STEP_S * job.fixes / len(self.headers)
            value["tracks"] = [_track(number, job.fixes, spacing_s)]
        return self._put(value, device)

    def _put(self, value: dict[str, Any], device: int) -> bytes:
        """Return a batch as the request that sends it."""
        body = json.dumps(value).encode()
        target = f"/api/v1/devices/{_device(device)}/batches/{uuid4()}?district={DISTRICT}"
        lines = [
            f"PUT {target} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        if self.headers[device]:
            lines.append(self.headers[device])
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _incident(self, number: int) -> dict[str, Any]:
        lon, lat = self.places[number * 7_919 % len(self.places)]
        return {
            "id": str(uuid4()),
            "class": "road",
            "description": "A tree lies across the road.",
            "lon": lon,
            "lat": lat,
            "accuracy_m": 8.0,
            "occurred_at": datetime.now(UTC).isoformat(),
        }

    def _edit(self, reported: dict[str, Any], number: int) -> dict[str, Any]:
        """Return an edit of an incident; every third moves it, so that it is assigned again."""
        lon, lat = self.places[number * 104_729 % len(self.places)]
        moved = {"lon": lon, "lat": lat} if number % 3 == 0 else {}
        return {**reported, **moved, "description": "Two trees lie across the road.", "version": 1}

    def stored(self) -> bool:
        """Say whether the database holds everything that was sent, each once, and nothing else."""
        with psycopg.connect(plain(self.url)) as database:
            found = [
                database.execute(f"SELECT count(*) FROM {what}").fetchone()  # noqa: S608 - our own names
                for what in (
                    "fix",
                    "incident",
                    "field_incident",
                    "incident_event",
                    "field_batch",
                    "quarantine",
                )
            ]
        numbers = [0 if row is None else row[0] for row in found]
        entries = self.incidents + self.edits
        sent = [self.fixes, self.incidents, entries, entries, self.batches, 0]
        return self.wrong == 0 and numbers == sent


def run(units: int = 2_924, *, small: bool = False, peers: bool = True) -> Report:
    """Measure both servers with one process each and 16 devices that send one batch after another, by turns.

    There are no ``peers``: nobody else takes such batches.
    """
    ground = prepare(300 if small else units, 20_000)
    places = [(one.x, one.y) for one in shapely.point_on_surface(ground.units)]
    devices = 4 if small else DEVICES
    contenders = []
    with ExitStack() as stack:
        for who, access in ((OURS, "accounts"), (OPEN, "open")):
            url = stack.enter_context(bench_database(f"bench_upload_{access}"))
            store(url, ground)
            headers = _lay(url, places, devices)
            if access == "open":
                headers = [""] * devices
            port = free_port()
            command = [sys.executable, "-m", "service", "serve", "--port", str(port)]
            stack.enter_context(served(command, port, "/readyz", _variables(url, access)))
            contenders.append(Contender(who, url, port, headers, places))
        for at_half in (False, True):
            for _ in range(1 if small else RUNS):
                for job in JOBS:
                    for one in contenders:
                        one.run(job, devices if small else job.batches, at_half=at_half)
        whole = {one.who: one.stored() for one in contenders}
    return Report(
        job="upload",
        size=f"{len(ground.units):,} units, {devices} devices, 1 process",
        versions=own_versions("fastapi", "uvicorn", "psycopg"),
        rows=[row for job in JOBS for one in contenders for row in _rows(one, job)],
        answers_equal=all(whole.values()),
        remarks=[_remark(one, whole=whole[one.who]) for one in contenders],
    )


def _variables(url: str, access: str) -> Mapping[str, str]:
    """Return the settings of a server; rates are counted, but all of the load comes from one address."""
    return {
        "WARDLINE_DATABASE_URL": url,
        "WARDLINE_ACCESS": access,
        "WARDLINE_WORKERS": "1",
        "WARDLINE_KEEP_FIXES_DAYS": "3650",
        "WARDLINE_LIMIT_REQUESTS": "1000000000/minute",
        "WARDLINE_LIMIT_UPLOADS": "1000000000/minute",
    }


def _rows(one: Contender, job: Job) -> Iterator[Row]:
    """Yield the rate of a job and its latencies, each for all runs."""
    first = one.who == OURS and job == JOBS[0]
    yield Row(one.who, UNIT, tuple(each.rate for each in one.full[job.name]), note=job.name, competes=first)
    for when, loads in (("full", one.full[job.name]), ("half", one.half[job.name])):
        for percent in (50, 99):
            values = tuple(each.percentile(percent) for each in loads)
            yield Row(f"{one.who}, p{percent} at {when} load", "ms", values, note=job.name, competes=False)


def _remark(one: Contender, *, whole: bool) -> str:
    said = f"{one.batches:,} batches, {one.fixes:,} fixes, {one.incidents:,} incidents, {one.edits:,} edits"
    return f"{one.who}: {said}: {'all stored, each once' if whole else 'NOT all stored once'}"


def _wrong(done: Load, items: int) -> int:
    """Return how many replies do not say that all of their items are stored."""
    every = {"created": items, "duplicate": 0, "quarantined": 0}
    return sum(json.loads(body)["counts"] != every for body in done.bodies)


def _device(number: int) -> str:
    return f"bench-{number}"


def _track(number: int, size: int, spacing_s: float) -> dict[str, Any]:
    """Return a walk along the border; walks of one device follow each other."""
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=25)
    begin += timedelta(seconds=number * spacing_s)
    return {
        "track": str(uuid4()),
        "points": [
            {
                "seq": k,
                "at": (begin + timedelta(seconds=STEP_S * k)).isoformat(),
                "lon": round(109.8 + (number % 200) * 0.001 + k * 6e-5, 7),
                "lat": 40.0001,
                "accuracy_m": 5.0,
            }
            for k in range(size)
        ],
    }


def _lay(url: str, places: Sequence[tuple[float, float]], devices: int) -> list[str]:
    """Store a border, who answers for the units, and guards with a device each; return their headers."""
    now = datetime.now(UTC)
    since, headers = date(2024, 1, 1), []
    engine = make_engine(url)
    try:
        with session_factory(engine)() as session, session.begin():
            enter(session, SYSTEM_SCOPE)
            stores = Stores(session, DISTRICT)
            length = geodesic_length(BORDER)
            stores.border.add([BorderSegment(new_id(), "B1", "B1", 1, 0.0, length, length, BORDER, since)])
            units = sorted(stores.grids.tree("grids", since).units)
            people = [Representative(new_id(), f"R{k}", f"R{k}") for k in range(len(units))]
            stores.representatives.add(people)
            pairs = [(one.id, unit) for one, unit in zip(people, units, strict=True)]
            stores.representatives.assign(pairs, since)
            for number in range(devices):
                person, token = Person(new_id(), f"guard-{number}", "Guard", now), new_token(DEVICE)
                People(session).add(person)
                People(session).add_grant(
                    Grant(new_id(), person.id, "guard", DISTRICT, None, since, None, None, now)
                )
                device = Device(new_id(), _device(number), "Phone", person.id, None, now)
                Devices(session).add(device, digest(token))
                headers.append(f"Authorization: Bearer {token}")
    finally:
        engine.dispose()
    return headers
