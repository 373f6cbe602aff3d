"""Single locate over HTTP: requests a second of one server process, and its latencies at half that load."""

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import psycopg
import shapely

from geo.lattice import to_lonlat
from layers.ids import new_id
from layers.people import Grant, People, Person
from layers.row_security import SYSTEM_SCOPE, enter
from layers.sign_ins import SignIn, SignIns
from layers.stores import Stores
from layers.units import UnitDraft
from service.access.credentials import PLAIN_COOKIE
from service.access.tokens import digest, new_token
from service.database import make_engine, migrate, session_factory
from tests.benchmarks.answers import Agreement, agree, exact_pairs
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import KEPT, Ground, prepare
from tests.benchmarks.load import Load, LoadFailed, load
from tests.benchmarks.peer_environment import PeerFailed, lock_of, peer_python
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.benchmarks.servers import free_port, served

UNIT = "requests/s"
OPEN = f"{OURS}, access open"
CONNECTIONS = 16
DISTRICT = "990001"
RUNS = 5
REQUESTS = 10_000
PEER_REQUESTS = 1_000


@dataclass(frozen=True, slots=True)
class Server:
    """How to start a server, ask it, and read the codes out of its answer."""

    who: str
    command: Callable[[int], Sequence[str]]
    variables: Mapping[str, str]
    ready: str
    target: str
    codes: Callable[[Any], list[str]]
    requests: int
    header: str = ""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that is up, with what it is asked and what came of it."""

    server: Server
    port: int
    points: npt.NDArray[np.int64]
    targets: list[str]
    full: list[Load] = field(default_factory=list)
    half: list[Load] = field(default_factory=list)

    def run(self) -> None:
        self.full.append(load(self.port, self.targets, connections=CONNECTIONS, header=self.server.header))

    def run_at_half_load(self) -> None:
        rate = statistics.median(one.rate for one in self.full) / 2
        header = self.server.header
        self.half.append(load(self.port, self.targets, connections=CONNECTIONS, rate=rate, header=header))


def run(units: int = 2_924, *, small: bool = False, peers: bool = True, keep: Path = KEPT) -> Report:
    """Measure all servers with one process each and 16 connections, by turns: none has a better hour."""
    ground = prepare(300 if small else units, 20_000, keep)
    absent: list[Row] = []
    contenders: list[Contender] = []
    with ExitStack() as stack:
        ours = stack.enter_context(bench_database("bench_http"))
        theirs = stack.enter_context(bench_database("bench_http_peers"))
        store(ours, ground)
        servers = [our_server(ours, signed_in(ours)), _open(ours)]
        if peers:
            _store_table(plain(theirs), ground)
            servers += [_tipg(plain(theirs)), _postgis(plain(theirs))]
        for server in servers:
            try:
                contenders.append(_start(server, ground, 0.05 if small else 1.0, stack))
            except (PeerFailed, LoadFailed) as failure:
                if server.who == OURS:
                    raise
                absent.append(Row(server.who, UNIT, (), note=f"unavailable: {failure}"))
        runs = range(2 if small else RUNS)
        for job in (Contender.run, Contender.run_at_half_load):
            for _, contender in product(runs, contenders):
                job(contender)
    agreements = {one.server.who: _agree(one, ground) for one in contenders}
    return Report(
        job="locate-http",
        size=f"{len(ground.units):,} units, one point a request, {CONNECTIONS} connections, 1 process",
        versions=own_versions("fastapi", "uvicorn", "uvloop") | (_peer_versions() if peers else {}),
        rows=[row for one in contenders for row in _rows(one)] + absent,
        answers_equal=not any(each.wrong for each in agreements.values()),
        remarks=[each.text(who) for who, each in agreements.items()],
    )


def _start(server: Server, ground: Ground, share: float, stack: ExitStack) -> Contender:
    """Start a server until the stack ends and warm it up."""
    size = max(CONNECTIONS, int(server.requests * share))
    points = ground.points[:size]
    lonlat = to_lonlat(points).tolist()
    targets = [server.target.format(lon=repr(lon), lat=repr(lat)) for lon, lat in lonlat]
    port = free_port()
    stack.enter_context(served(server.command(port), port, server.ready, server.variables))
    load(port, targets, connections=CONNECTIONS, header=server.header)
    return Contender(server, port, points, targets)


def _rows(one: Contender) -> list[Row]:
    """Return the rate of a contender and its latencies, each for all runs."""
    competes = one.server.who != OPEN
    rows = [Row(one.server.who, UNIT, tuple(each.rate for each in one.full), competes=competes)]
    for when, loads in (("full", one.full), ("half", one.half)):
        for percent in (50, 99):
            values = tuple(each.percentile(percent) for each in loads)
            rows.append(Row(f"{one.server.who}, p{percent} at {when} load", "ms", values, competes=False))
    return rows


def _agree(one: Contender, ground: Ground) -> Agreement:
    """Compare a server's codes with exact predicates; its first code stands for the owner."""
    codes = [one.server.codes(orjson.loads(body)) for body in one.full[0].bodies]
    owners = np.array([int(each[0]) if each else -1 for each in codes], dtype=np.int32)
    return agree(owners, exact_pairs(ground.units, one.points), ground.units, one.points)


def signed_in(url: str) -> str:
    """Store a person who may see everything, with a session; return the header of a request in it."""
    now, token = datetime.now(UTC), new_token()
    person = Person(new_id(), f"bench-{now:%Y%m%d%H%M%S%f}", "Bench", now)
    engine = make_engine(url)
    try:
        with session_factory(engine)() as session, session.begin():
            enter(session, SYSTEM_SCOPE)
            people = People(session)
            people.add(person)
            people.add_grant(
                Grant(new_id(), person.id, "administrator", None, None, now.date(), None, None, now)
            )
            SignIns(session).begin(SignIn(new_id(), person.id, now, now, None), digest(token))
    finally:
        engine.dispose()
    return f"Cookie: {PLAIN_COOKIE}={token}"


def _open(url: str) -> Server:
    """Return our server without accounts, to see what they cost."""
    server = our_server(url, "")
    return replace(server, who=OPEN, variables={**server.variables, "WARDLINE_ACCESS": "open"})


def our_server(url: str, header: str) -> Server:
    return Server(
        who=OURS,
        command=lambda port: [sys.executable, "-m", "service", "serve", "--port", str(port)],
        # What all of the load comes from is one address.
        variables={
            "WARDLINE_DATABASE_URL": url,
            "WARDLINE_WORKERS": "1",
            "WARDLINE_LIMIT_REQUESTS": "1000000000/minute",
        },
        header=header,
        ready="/readyz",
        target="/api/v1/locate?lon={lon}&lat={lat}",
        codes=lambda body: [body["unit"]["code"]] if body["unit"] else [],
        requests=REQUESTS,
    )


def _tipg(url: str) -> Server:
    """TiPg asked for the areas that meet a point, without their geometry; its boxes must have an extent."""
    query = "limit=5&geom-column=none&properties=code&filter-lang=cql2-text"
    return Server(
        who="TiPg",
        command=lambda port: _uvicorn("tests.benchmarks.peers.tipg_service:app", port),
        variables={"BENCH_DATABASE": url},
        ready="/collections",
        target=f"/collections/public.areas/items?{query}&filter=S_INTERSECTS(geom,POINT({{lon}}%20{{lat}}))",
        codes=lambda body: [feature["properties"]["code"] for feature in body["features"]],
        requests=PEER_REQUESTS,
    )


def _postgis(url: str) -> Server:
    return Server(
        who="PostGIS behind FastAPI",
        command=lambda port: _uvicorn("tests.benchmarks.peers.postgis_service:app", port),
        variables={"BENCH_DATABASE": url},
        ready="/locate?lon=0&lat=0",
        target="/locate?lon={lon}&lat={lat}",
        codes=lambda body: list(body["codes"]),
        requests=PEER_REQUESTS,
    )


def _uvicorn(app: str, port: int) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    return [str(peer_python()), "-m", "uvicorn", app, *options]


def _peer_versions() -> dict[str, str]:
    """Return the pinned releases of the peers that answer over HTTP."""
    pinned = dict(
        line.split(" ")[0].split("==") for line in lock_of().read_text().splitlines() if "==" in line
    )
    return {name: pinned[name] for name in ("tipg", "psycopg", "asyncpg")}


def store(url: str, ground: Ground) -> None:
    """Store the ground as a district of ours; the code of a unit is its position."""
    engine = make_engine(url)
    try:
        migrate(engine)
        with session_factory(engine)() as session:
            stores = Stores(session, DISTRICT)
            stores.districts.create("基准县", name_en="Benchmark County")
            stores.layers.create("grids", name="网格", level_names=("grid",))
            drafts = [
                UnitDraft(new_id(), str(unit), f"格{unit}", 0, None, shapely.multipolygons([shape]))
                for unit, shape in enumerate(ground.units)
            ]
            stores.grids.publish("grids", date(2024, 1, 1), drafts)
            session.commit()
    finally:
        engine.dispose()


def _store_table(url: str, ground: Ground) -> None:
    """Store the ground as the table that the peers ask, in the CRS that TiPg compares with."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("DROP TABLE IF EXISTS areas")
        database.execute("CREATE TABLE areas (id int PRIMARY KEY, code text, geom geometry(Polygon, 4326))")
        with database.cursor().copy("COPY areas FROM STDIN") as copy:
            hexes = shapely.to_wkb(shapely.set_srid(ground.units, 4326), hex=True, include_srid=True)
            for unit, text in enumerate(hexes):
                copy.write_row((unit, str(unit), text))
        database.execute("CREATE INDEX ON areas USING gist (geom)")
        database.execute("VACUUM ANALYZE areas")
