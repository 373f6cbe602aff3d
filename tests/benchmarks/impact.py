"""One edge moved over HTTP: validated, proven and told what changes hands, among a million dwellings.

Beside it what a plan costs as a whole: 200 operations replayed, 200 changed units told as PDF, and published.
Nobody else does this, so there is no peer; answers are compared with an index of all units before and after.
"""

import http.client
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely
from sqlalchemy import text

from geo.lattice import SCALE
from geo.locate import LocateIndex
from geo.partition import dissolve
from geo.partition.chain_kernels import pack, unpack
from layers.dwellings import Dwelling
from layers.ids import new_id
from layers.marker_kinds import Gate, ServiceStation
from layers.markers import Marker
from layers.representatives import Representative
from layers.stores import Stores
from layers.units import UnitDraft
from service.database import make_engine, migrate, session_factory
from service.indexes.drafts import Drafts
from tests.benchmarks.database import bench_database
from tests.benchmarks.ground import prepare
from tests.benchmarks.locate_http import our_server, signed_in
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.benchmarks.servers import free_port, served

DISTRICT = "990001"
DWELLINGS, FEW_DWELLINGS = 1_000_000, 20_000
MOVES, FEW_MOVES = 200, 20
PLAN = 200
CHECKED = 5
INCIDENTS = 20_000
SIZES = (2_924, 100_000)
"""Units of the partitions that are measured unless one size is named."""

STANDS = {"markers": (50, 0), "stations": (500, 1), "representatives": (100, 2)}
"""At which dwellings, by position, things of other kinds stand: each so many, from the first."""

IDLE_S = 2.0

Ends = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


@dataclass(slots=True)
class Talk:
    """One connection of a planner, and how long each answer took, in ms, by name."""

    port: int
    header: str
    took: dict[str, list[float]] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None
    asked: float = 0.0

    def close(self) -> None:
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, method: str, path: str, body: Any = None, name: str | None = None) -> tuple[int, Any]:
        """Return status and JSON of an answer, or its bytes where it has no JSON."""
        if time.monotonic() - self.asked > IDLE_S:
            self.close()  # the service closes what is idle for some seconds
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        key, _, value = self.header.partition(": ")
        headers = {key: value, "Content-Type": "application/json", "Origin": f"http://127.0.0.1:{self.port}"}
        begun = time.perf_counter()
        self.connection.request(method, path, None if body is None else orjson.dumps(body), headers)
        answer = self.connection.getresponse()
        said = answer.read()
        self.asked = time.monotonic()
        if name is not None and answer.status == 200:
            self.took.setdefault(name, []).append((time.perf_counter() - begun) * 1e3)
        if said and "json" not in answer.headers["Content-Type"]:
            return answer.status, said
        return answer.status, orjson.loads(said) if said else None


def run(units: int | None = None, *, small: bool = False, peers: bool = True) -> Report:
    """Move edges one by one, then draw, replay and publish a plan of 200 operations; at each size."""
    sizes = (300,) if small else SIZES if units is None else (units,)
    dwellings = FEW_DWELLINGS if small else DWELLINGS
    found = [_run(count, dwellings, small=small) for count in sizes]
    measured = " and ".join(f"{count:,}" for count in sizes)
    wrong = [line for one in found for line in one.wrong]
    return Report(
        job="impact",
        size=f"{measured} units, {dwellings:,} dwellings, {INCIDENTS:,} incidents",
        versions=own_versions("fastapi", "shapely", "psycopg"),
        rows=[row for one in found for row in one.rows()],
        answers_equal=not wrong,
        remarks=[f"{CHECKED} impacts a size compared with an index of all units: {len(wrong)} wrong", *wrong],
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What one size of partition took, in ms, and what was told wrong."""

    units: int
    moves: Sequence[float]
    ops: int
    replay: float
    changed: int
    document: Sequence[float]
    publish: Sequence[float]
    wrong: Sequence[str]

    def rows(self) -> Iterator[Row]:
        """Yield the rows of a table."""
        at = f", {self.units:,} units"
        yield Row(OURS, "moves/s", (1e3 / float(np.median(self.moves)),), note=at[2:])
        for percent in (50, 95, 99):
            value = float(np.percentile(self.moves, percent))
            yield Row(f"one edge moved over HTTP, p{percent}{at}", "ms", (value,), competes=False)
        yield Row(f"{self.ops} operations replayed{at}", "ms", (self.replay,), competes=False)
        if self.document:  # else Pango is not installed
            took = tuple(self.document)
            yield Row(f"{self.changed} changed units as PDF over HTTP{at}", "ms", took, competes=False)
        yield Row(
            f"{self.changed} changed units published over HTTP{at}", "ms", tuple(self.publish), competes=False
        )


def _run(count: int, dwellings: int, *, small: bool) -> _Found:
    ground = prepare(count, dwellings)
    rng = np.random.default_rng(7)
    with ExitStack() as stack:
        url = stack.enter_context(bench_database("bench_impact"))
        _store(url, ground.units, ground.points)
        moves = _moves(ground.units, rng)
        port = free_port()
        server = our_server(url, signed_in(url))
        stack.enter_context(served(server.command(port), port, server.ready, server.variables))
        planner, reviewer = Talk(port, server.header), Talk(port, signed_in(url))
        for talk in (planner, reviewer):
            stack.callback(talk.close)
        wrong = _move_one_by_one(planner, moves, FEW_MOVES if small else MOVES, ground.units, ground.points)
        plan, ops = _draw_many(planner, moves, 20 if small else PLAN)
        replay = _replay(url, plan)
        # A moved edge changes about two units.
        plan, _ = _draw_many(planner, moves, (20 if small else PLAN) // 2)
        planner.ask("GET", f"/api/v1/plans/{plan}/document.pdf?lang=en", name="document")
        changed = _publish(planner, reviewer, plan)
    took = planner.took
    document = took.get("document", [])
    return _Found(count, took["move"], ops, replay, changed, document, took["publish"], wrong)


def _moves(units: npt.NDArray[Any], rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Return moves of inner vertices by some metres, each vertex once, far from one another."""
    corners, owner = shapely.get_coordinates(units, return_index=True)
    nodes = pack(np.rint(corners * SCALE).astype(np.int64))
    # Of a polygon with holes the last of a ring leads nowhere; such a vertex is taken for one of the frame.
    inside = owner[1:] == owner[:-1]
    tails, heads = nodes[:-1][inside], nodes[1:][inside]
    leaving, entering = np.argsort(tails), np.argsort(heads)
    out = tails[leaving], heads[leaving]
    back = heads[entering], tails[entering]
    return _drawn(out, back, np.unique(tails), rng)


def _drawn(out: Ends, back: Ends, nodes: npt.NDArray[np.int64], rng: np.random.Generator) -> Iterator[Any]:
    """Yield moves of vertices at random; ``out`` and ``back`` are directed edges by their tail and head."""
    taken: set[int] = set()
    for node in rng.permutation(nodes):
        around, others = (_beside(ends, node) for ends in (out, back))
        # Every edge of an inner vertex is there in both directions.
        if around != others or node in taken or taken & around:
            continue
        taken |= {int(node), *around}
        here = unpack(np.array([node]))[0]
        there = here + rng.integers(-300, 301, 2)
        yield {
            "type": "move",
            "paths": [
                {"old": [_degrees(other), _degrees(here)], "new": [_degrees(other), _degrees(there)]}
                for other in unpack(np.array(sorted(around)))
            ],
        }


def _beside(ends: Ends, node: np.int64) -> set[int]:
    first, last = np.searchsorted(ends[0], node, "left"), np.searchsorted(ends[0], node, "right")
    return set(ends[1][first:last].tolist())


def _degrees(node: npt.NDArray[np.int64]) -> list[float]:
    return [float(node[0]) / SCALE, float(node[1]) / SCALE]


def _move_one_by_one(
    planner: Talk,
    moves: Iterator[dict[str, Any]],
    count: int,
    units: npt.NDArray[Any],
    points: npt.NDArray[np.int64],
) -> list[str]:
    """Move one edge after another, each undone before the next; return what was told wrong."""
    _, plan = planner.ask("POST", "/api/v1/plans", {"title": "one by one"})
    path = f"/api/v1/plans/{plan['id']}/ops"
    told: list[Any] = []
    done = 0
    # The first answer waits for the release to be read.
    while done < count + 1:
        status, answer = planner.ask("POST", path, next(moves), "move" if done else None)
        if status != 200:
            continue
        done += 1
        told += [answer] if done <= CHECKED else []
        planner.ask("DELETE", f"{path}/last")
    whole = LocateIndex.build(units)
    return [what for answer in told for what in _compared(answer, whole, units, points)]


def _compared(
    answer: dict[str, Any], whole: LocateIndex, units: npt.NDArray[Any], points: npt.NDArray[np.int64]
) -> list[str]:
    """Compare what changes hands with what an index of all units says, before and after."""
    after = units.copy()
    for feature in answer["changed"]["features"]:
        after[int(feature["properties"]["code"])] = shapely.geometry.shape(feature["geometry"])
    x, y = points.T
    owners = [one.locate_lattice(x, y) for one in (whole, LocateIndex.build(after))]
    moved = owners[0] != owners[1]
    counts = {"dwellings": int(moved.sum())}
    counts |= {kind: int(moved[first::every].sum()) for kind, (every, first) in STANDS.items()}
    told = {kind: answer["impact"]["moved"][kind] for kind in counts}
    return [] if told == counts else [f"{counts} changed hands, {told} were told"]


def _draw_many(planner: Talk, moves: Iterator[dict[str, Any]], count: int) -> tuple[str, int]:
    _, plan = planner.ask("POST", "/api/v1/plans", {"title": "many"})
    path = f"/api/v1/plans/{plan['id']}/ops"
    done = 0
    while done < count:
        status, _ = planner.ask("POST", path, next(moves))
        done += status == 200
    return plan["id"], done


def _replay(url: str, plan: str) -> float:
    """Return the ms that another process needs to do the operations of a plan on a base that it has."""
    engine = make_engine(url)
    try:
        with session_factory(engine)() as session:
            stores = Stores(session, DISTRICT)
            value = stores.plans.get(plan)  # type: ignore[arg-type]
            ops = [one.op for one in stores.plans.ops(value.id)]
            layer, release = stores.layers.get(value.layer), stores.releases.get(value.base)
            drafts = Drafts()
            drafts.state(stores, layer, release, [])
            begun = time.perf_counter()
            drafts.state(stores, layer, release, ops)
            return (time.perf_counter() - begun) * 1e3
    finally:
        engine.dispose()


def _publish(planner: Talk, reviewer: Talk, plan: str) -> int:
    path = f"/api/v1/plans/{plan}"
    for who, step in ((planner, "submit"), (reviewer, "approve")):
        status, answer = who.ask("POST", f"{path}/{step}", {})
        if status != 200:
            raise RuntimeError(f"{step}: {answer}")
    _, changes = planner.ask("GET", f"{path}/changes")
    status, answer = planner.ask("POST", f"{path}/publish", {}, "publish")
    if status != 200:
        raise RuntimeError(f"publish: {answer}")
    return len(changes["features"]) // 2


def _store(url: str, units: npt.NDArray[Any], points: npt.NDArray[np.int64]) -> None:
    """Store units below groups of sixteen, dwellings and incidents; the code of a unit is its position."""
    engine = make_engine(url)
    try:
        migrate(engine)
        with session_factory(engine)() as session:
            stores = Stores(session, DISTRICT)
            stores.districts.create("基准县", name_en="Benchmark County")
            stores.layers.create("grids", name="网格", level_names=("village", "grid"))
            stores.grids.publish("grids", date(2024, 1, 1), _drafts(units))
            for part in np.array_split(np.arange(len(points)), max(1, len(points) // 50_000)):
                stores.dwellings.add(
                    [
                        Dwelling(new_id(), str(k), lon, lat, 1 + k % 3)
                        for k, (lon, lat) in zip(part.tolist(), (points[part] / SCALE).tolist(), strict=True)
                    ]
                )
            _store_others(stores, points)
            session.execute(text(_INCIDENTS), {"district": DISTRICT, "count": INCIDENTS})
            session.commit()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as database:
            database.execute(text("VACUUM ANALYZE"))
    finally:
        engine.dispose()


def _store_others(stores: Stores, points: npt.NDArray[np.int64]) -> None:
    """Store a marker, a station or a representative at some of the points."""
    at = {
        kind: [
            (k, *place)
            for k, place in zip(
                range(first, len(points), every), (points[first::every] / SCALE).tolist(), strict=True
            )
        ]
        for kind, (every, first) in STANDS.items()
    }
    day = date(2024, 1, 1)
    stores.markers.add(
        [Marker(new_id(), f"M{k}", f"门{k}", lon, lat, Gate(), day) for k, lon, lat in at["markers"]]
        + [
            Marker(new_id(), f"S{k}", f"站{k}", lon, lat, ServiceStation(role="point"), day)
            for k, lon, lat in at["stations"]
        ]
    )
    stores.representatives.add(
        [Representative(new_id(), f"R{k}", f"代表{k}", lon, lat) for k, lon, lat in at["representatives"]]
    )


_INCIDENTS = """
    INSERT INTO incident (district, id, channel, class, title, description, geom, raw_lon, raw_lat, datum,
                          occurred_at, received_at, status, colour, assignment, version, digest)
    SELECT CAST(:district AS text), gen_random_uuid(), 'web', 'road', 'x', '', d.geom, 0, 0, 'wgs84', now(),
           now(), CASE WHEN random() < 0.1 THEN 'received' ELSE 'closed' END, 'green', '{}', 1, ''
    FROM (SELECT geom FROM dwelling ORDER BY code LIMIT :count) d
"""


def _drafts(units: npt.NDArray[Any]) -> list[UnitDraft]:
    groups = np.arange(len(units), dtype=np.int32) // 16
    parents = [new_id() for _ in range(int(groups.max()) + 1)]
    outlines = dissolve(units, groups)
    upper = [
        UnitDraft(one, f"V{k}", f"村{k}", 0, None, shapely.multipolygons(shapely.get_parts(outlines[k])))
        for k, one in enumerate(parents)
    ]
    leaves = [
        UnitDraft(new_id(), str(k), f"格{k}", 1, parents[int(groups[k])], shapely.multipolygons([shape]), 300)
        for k, shape in enumerate(units)
    ]
    return upper + leaves
