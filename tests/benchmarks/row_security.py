"""What row security costs: boxes among a million markers, and the round trip that tells whom a read is for.

The same statements are asked as the owner, whose policy is always true, as the role of the service, and as
that role where the operator of the spatial index is not marked as leak-proof. The turns alternate.
"""

import time
from collections.abc import Callable, Mapping
from uuid import UUID

import psycopg
from psycopg import sql

from layers.row_security import SETTING, Scope
from service.cluster import Cluster
from service.database import make_engine, migrate
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import KEPT
from tests.benchmarks.report import OURS, Report, Row, own_versions

NAME = "bench_row_security"
DISTRICT = "990101"
MARKERS, FEW = 1_000_000, 20_000
RUNS = 5
LEAKY = "web role, && not leak-proof"
OWNER = "owner, no policy to ask"
BARE, TOLD = "one read, owner", "one read, web role told whom for"

Asked = Mapping[str, Callable[[], object]]

_LOAD = """
    INSERT INTO marker
    SELECT %(district)s, gen_random_uuid(), n::text, 'gate', '',
           ST_SetSRID(ST_MakePoint(120 + n %% 1000 / 1000.0, 44 + n / 1000 / 1000.0), 4490),
           NULL, NULL, '{}', '[2025-01-01,)'
    FROM generate_series(0, %(count)s - 1) AS n
"""
_BOX = """
    SELECT id FROM marker
    WHERE geom && ST_MakeEnvelope(120.5, 44.005, 120.503, 44.015, 4490)
      AND district = '990101' AND valid @> date '2026-01-01'
    ORDER BY id
"""
_ONE = "SELECT name FROM marker WHERE district = '990101' AND id = %s"
_MARK = "ALTER FUNCTION geometry_overlaps(geometry, geometry) {} LEAKPROOF"


def run(units: int = 0, *, small: bool = False, peers: bool = True) -> Report:
    """Load the markers and ask; all must answer the same."""
    count = FEW if small else MARKERS
    with bench_database(NAME) as url:
        engine = make_engine(url)
        migrate(engine)
        engine.dispose()
        cluster = Cluster(KEPT / "home")
        addresses = [plain(one) for one in (url, cluster.web_url(NAME), cluster.admin_url(NAME))]
        with (
            psycopg.connect(addresses[0]) as owner,
            psycopg.connect(addresses[1]) as web,
            psycopg.connect(addresses[2], autocommit=True) as admin,
        ):
            one = _load(owner, admin, count)
            return _compare(owner, web, admin, one, count)


def _load(owner: psycopg.Connection, admin: psycopg.Connection, count: int) -> UUID:
    """Make the markers; rules that have no part in reading are left out, since they cost the load most."""
    owner.execute("INSERT INTO district VALUES (%s, '', '', 'UTC', now())", [DISTRICT])
    owner.execute("ALTER TABLE marker DROP CONSTRAINT ex_marker_code")
    owner.execute("DROP INDEX ix_marker_geom, ix_marker_district_kind, ix_marker_district_segment_measure_m")
    owner.execute(_LOAD, {"district": DISTRICT, "count": count})
    owner.execute("CREATE INDEX ix_marker_geom ON marker USING gist (geom)")
    owner.commit()
    admin.execute("VACUUM ANALYZE marker")
    row = owner.execute("SELECT id FROM marker LIMIT 1").fetchone()
    owner.commit()
    assert row is not None
    return UUID(str(row[0]))


def _compare(
    owner: psycopg.Connection, web: psycopg.Connection, admin: psycopg.Connection, one: UUID, count: int
) -> Report:
    guard = Scope(districts={DISTRICT: {"guard": (one,)}}).to_json()
    told = sql.SQL("SET LOCAL {} = {}").format(sql.SQL(SETTING), sql.Literal(guard))

    def ask(connection: psycopg.Connection, query: str, *parameters: object) -> list[tuple[object, ...]]:
        if connection is web:
            connection.execute(told)
        rows = connection.execute(query, parameters or None).fetchall()
        connection.rollback()
        return rows

    turns: Asked = {
        OURS: lambda: ask(web, _BOX),
        OWNER: lambda: ask(owner, _BOX),
        BARE: lambda: ask(owner, _ONE, one),
        TOLD: lambda: ask(web, _ONE, one),
    }
    answers = [ask(web, _BOX), ask(owner, _BOX)]
    plans = [f"plan as {OURS}:", *_plan(ask(web, f"EXPLAIN ANALYZE {_BOX}"))]
    rates: dict[str, list[float]] = {who: [] for who in (OURS, LEAKY, OWNER, TOLD, BARE)}
    for _ in range(RUNS):
        for who, turn in turns.items():
            rates[who].append(_rate(turn))
        admin.execute(_MARK.format("NOT"))
        try:
            answers.append(ask(web, _BOX))
            rates[LEAKY].append(_rate(turns[OURS]))
            leaky = _plan(ask(web, f"EXPLAIN ANALYZE {_BOX}"))
        finally:
            admin.execute(_MARK.format(""))
    return Report(
        job="row security",
        size=f"{count:,} markers, a box of {len(answers[0])}",
        versions={**own_versions("psycopg"), "postgresql": str(web.info.server_version)},
        rows=[Row(who, "/s", tuple(runs), competes=who in (OURS, LEAKY)) for who, runs in rates.items()],
        answers_equal=bool(answers[0]) and all(answer == answers[0] for answer in answers),
        remarks=[*plans, f"plan as {LEAKY}:", *leaky],
    )


def _plan(rows: list[tuple[object, ...]]) -> list[str]:
    return [f"  {row[0]}" for row in rows]


def _rate(turn: Callable[[], object], seconds: float = 0.5) -> float:
    """Return how often a second a turn can be taken."""
    begun, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - begun) < seconds:
        turn()
        done += 1
    return done / spent
