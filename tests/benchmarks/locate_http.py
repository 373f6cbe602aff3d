"""Single locate over HTTP: requests a second of one server process, and its latencies at half that load."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import psycopg
import shapely

from geo.lattice import to_lonlat
from layers.ids import new_id
from layers.stores import Stores
from layers.units import UnitDraft
from service.database import make_engine, migrate, session_factory
from tests.benchmarks.answers import Agreement, agree, exact_pairs
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import KEPT, Ground, prepare
from tests.benchmarks.load import Load, LoadFailed, load
from tests.benchmarks.peer_environment import LOCK, PeerFailed, peer_python
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.benchmarks.servers import free_port, served

UNIT = "requests/s"
CONNECTIONS = 16
DISTRICT = "990001"
RUNS = 5
REQUESTS = 4_000
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


def run(units: int = 2_924, *, small: bool = False, peers: bool = True, keep: Path = KEPT) -> Report:
    """Measure all servers, one after the other, with one process each and 16 connections."""
    ground = prepare(300 if small else units, 20_000, keep)
    share = 0.05 if small else 1.0
    rows: list[Row] = []
    remarks: list[str] = []
    agreements: list[Agreement] = []
    with bench_database("bench_http") as ours, bench_database("bench_http_peers") as theirs:
        _store(ours, ground)
        servers = [_ours(ours)]
        if peers:
            _store_table(plain(theirs), ground)
            servers += [_tipg(plain(theirs)), _postgis(plain(theirs))]
        for server in servers:
            sys.stderr.write(f"{server.who} …\n")
            try:
                measured, agreement, remark = _measure(server, ground, 2 if small else RUNS, share)
            except (PeerFailed, LoadFailed) as failure:
                if server.who == OURS:
                    raise
                rows.append(Row(server.who, UNIT, (), note=f"unavailable: {failure}"))
                continue
            rows += measured
            agreements.append(agreement)
            remarks += [agreement.text(server.who), remark]
    return Report(
        job="locate-http",
        size=f"{len(ground.units):,} units, one point a request, {CONNECTIONS} connections, 1 process",
        versions=own_versions("fastapi", "uvicorn", "uvloop") | (_peer_versions() if peers else {}),
        rows=rows,
        answers_equal=not any(each.wrong for each in agreements),
        remarks=remarks,
    )


def _measure(server: Server, ground: Ground, runs: int, share: float) -> tuple[list[Row], Agreement, str]:
    """Measure one server at full and at half load and compare its answers with exact predicates."""
    size = max(CONNECTIONS, int(server.requests * share))
    points = ground.points[:size]
    lonlat = to_lonlat(points).tolist()
    targets = [server.target.format(lon=repr(lon), lat=repr(lat)) for lon, lat in lonlat]
    port = free_port()
    with served(server.command(port), port, server.ready, server.variables):
        load(port, targets[: max(CONNECTIONS, size // 4)], connections=CONNECTIONS)
        full = [load(port, targets, connections=CONNECTIONS) for _ in range(runs)]
        rate = float(np.median([one.rate for one in full])) / 2
        half = load(port, targets, connections=CONNECTIONS, rate=rate)
    agreement = _agree(server, full[0], ground, points)
    latency = "p50 {:.2f} ms, p99 {:.2f} ms"
    middle = sorted(full, key=lambda one: one.rate)[len(full) // 2]
    remark = (
        f"{server.who}: at full load {latency.format(middle.percentile(50), middle.percentile(99))}; "
        f"at half load {latency.format(half.percentile(50), half.percentile(99))}"
    )
    rows = [
        Row(server.who, UNIT, tuple(one.rate for one in full)),
        Row(f"{server.who}, p99 at half load", "ms", (half.percentile(99),), competes=False),
    ]
    return rows, agreement, remark


def _agree(server: Server, found: Load, ground: Ground, points: npt.NDArray[np.int64]) -> Agreement:
    """Compare a server's codes with exact predicates; its first code stands for the owner."""
    codes = [server.codes(orjson.loads(body)) for body in found.bodies]
    owners = np.array([int(each[0]) if each else -1 for each in codes], dtype=np.int32)
    return agree(owners, exact_pairs(ground.units, points), ground.units, points)


def _ours(url: str) -> Server:
    return Server(
        who=OURS,
        command=lambda port: [sys.executable, "-m", "service", "serve", "--port", str(port)],
        variables={"WARDLINE_DATABASE_URL": url, "WARDLINE_WORKERS": "1"},
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
    pinned = dict(line.split(" ")[0].split("==") for line in LOCK.read_text().splitlines() if "==" in line)
    return {name: pinned[name] for name in ("tipg", "psycopg", "asyncpg")}


def _store(url: str, ground: Ground) -> None:
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
