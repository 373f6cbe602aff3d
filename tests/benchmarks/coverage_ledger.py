"""The ledger of coverage: new fixes into it, and any period out of it, small and after years."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.coverage import Evidence, Intervals
from geo.track import Fixes
from layers.border import BorderSegment
from layers.coverage import LineVisit
from layers.coverage_days import CoverageDays, coverage_day
from layers.coverage_tables import coverage_line
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.patrols import Patrol
from layers.stores import Stores
from layers.units import UnitDraft
from service.database import make_engine, migrate
from service.readers import tracks as readers
from service.schemas.coverage import Period, SegmentCoverage
from service.use_cases import due
from service.use_cases.coverage import coverage
from service.use_cases.tracks import Delivery, upload
from tests.benchmarks.database import bench_database
from tests.benchmarks.patrolled import START, Patrolled
from tests.benchmarks.report import OURS, Row

DISTRICT = "152921"
ZONE = ZoneInfo("Asia/Shanghai")
BATCH, BATCHES, ASKED = 1_000, 20, 5
TIMES = 190
"""The ledger is made so many times as large."""

BEGIN = date(2024, 1, 1)
SPREAD_S = 165_978
"""Walks are repeated after so many seconds: 190 of them take a year."""
APART_PEOPLE = 20
"""So many repetitions, which overlap in time, are of other people: nobody is in two places at once."""

_RUNGS = ((Evidence.OBSERVED, 0), (Evidence.SEEN, -1), (Evidence.SEEN, 0), (Evidence.SEEN, 1))

_REPEAT = """
    INSERT INTO coverage_line (district, id, segment, device, day, patrol, evidence, from_m, to_m,
                               from_at, to_at, person, band)
    SELECT district, gen_random_uuid(), segment, device || '-' || k,
           ((from_at - shift) AT TIME ZONE 'Asia/Shanghai')::date, patrol, evidence,
           CASE WHEN from_m > 0 THEN least(to_m, from_m + 0.7 * k) ELSE 0 END, to_m,
           from_at - shift, to_at - shift, person || '-' || k % :apart_people, band
    FROM coverage_line
    CROSS JOIN LATERAL (
        SELECT k, make_interval(secs => k * CAST(:apart AS float8)) AS shift
        FROM generate_series(1, CAST(:times AS int) - 1) AS k
    ) AS earlier
"""
_COVERED = """
    SELECT segment, (SELECT sum(upper(one) - lower(one)) FROM unnest(spans) AS one)::float8
    FROM (
        SELECT segment, range_agg(numrange(from_m::numeric, to_m::numeric)) AS spans
        FROM coverage_line WHERE evidence >= 3 GROUP BY segment
    ) AS found
"""


@dataclass(frozen=True, slots=True)
class _Ledger:
    """A district with a ledger in a database of its own."""

    engine: Engine
    segments: tuple[BorderSegment, ...]
    patrol: Patrol


def measure(
    ground: Patrolled, walks: Sequence[Intervals], *, small: bool = False
) -> tuple[list[Row], dict[str, bool]]:
    """Return how long new fixes and questions take, and whether each answer is that of plain SQL."""
    times = 3 if small else TIMES
    rows: list[Row] = []
    equal: dict[str, bool] = {}
    with bench_database("bench_coverage") as url:
        engine = make_engine(url)
        try:
            ledger = _lay(engine, ground)
            rows += _batches(ledger, ground.patrols[0], 2 if small else BATCHES)
            _walks(ledger, walks)
            for count in (1, times):
                if count > 1:
                    _repeat(ledger, count)
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as database:
                    database.execute(text("VACUUM ANALYZE coverage_line, coverage_day"))
                note = f"a year of all segments, ledger of {count * ground.fixes:,} fixes"
                found, one = _ask(ledger, 2 if small else ASKED, note)
                rows += found
                equal[note] = one
        finally:
            engine.dispose()
    return rows, equal


def _lay(engine: Engine, ground: Patrolled) -> _Ledger:
    """Store the border, the units and the markers of a ground."""
    migrate(engine)
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.districts.create("基准县", name_en="Benchmark County")
        stores.layers.create("grids", name="网格", level_names=("grid",))
        drafts = [
            UnitDraft(new_id(), str(k), f"格{k}", 0, None, shapely.multipolygons([one]))
            for k, one in enumerate(ground.units)
        ]
        stores.grids.publish("grids", BEGIN, drafts)
        segments, at = [], 0.0
        for k, line in enumerate(ground.segments):
            shape, code, length = shapely.LineString(line.lonlat), f"B{k:03d}", line.length_m
            segments.append(
                BorderSegment(new_id(), code, code, k, at, at + length, length, shape, BEGIN, due_days=30)
            )
            at += length
        stores.border.add(segments)
        kind = read_attributes("fence-post", {})
        stores.markers.add(
            [
                Marker(new_id(), f"M{k:04d}", f"{k}号桩", lon, lat, kind, BEGIN)
                for k, (lon, lat) in enumerate(ground.markers.tolist())
            ]
        )
        patrol, _ = stores.patrols.add(
            Patrol(new_id(), "ledger", "foot", "walk", "api", "0" * 64, datetime.now(UTC))
        )
        session.commit()
    return _Ledger(engine, tuple(segments), patrol)


def _batches(ledger: _Ledger, walk: Fixes, count: int) -> list[Row]:
    """Return how long 1,000 fixes take from the bytes of a body to the ledger of their device and day.

    They are the first of a device, or the last of a walk of which all others are stored.
    """
    size = min(BATCH, len(walk) // 2)
    first = []
    for number in range(count + 1):
        begin = number * size % (len(walk) - size)
        first.append(_upload(ledger, f"bench-{number}", walk, slice(begin, begin + size)))
    last = []
    for number in range(max(1, count // 4)):
        _upload(ledger, f"walk-{number}", walk, slice(len(walk) - size))
        last.append(_upload(ledger, f"walk-{number}", walk, slice(len(walk) - size, None)))
    # the first of all reads and indexes border, units and markers
    (opening, _), milli, worked = first[0], *zip(*first[1:], strict=True)
    ended, ended_worked = zip(*last, strict=True)
    return [
        Row(OURS, "ms", milli, f"{size:,} new fixes stored and in all ledgers", competes=False),
        Row(OURS, "ms", worked, "of that our processor, without the database's", competes=False),
        Row(OURS, "ms", (opening,), "the first of them, which reads the ground", competes=False),
        Row(OURS, "ms", ended, f"the last {size:,} of a walk of {len(walk):,}", competes=False),
        Row(OURS, "ms", ended_worked, "of that our processor", competes=False),
    ]


def _upload(ledger: _Ledger, device: str, walk: Fixes, part: slice) -> tuple[float, float]:
    """Store a part of a walk; return how many milliseconds that took, and how many of them we computed."""
    columns = {name: getattr(walk, name)[part].tolist() for name in ("t", "lon", "lat")}
    content = json.dumps(columns).encode()
    begun, before = time.perf_counter(), time.process_time()
    track = readers.read(content, "geojson", filename="walk", most=1 << 62)
    with Session(ledger.engine) as session:
        delivery = Delivery.of(device, "walk", content, datetime.now(UTC))
        upload(Stores(session, DISTRICT), delivery, track)
        session.commit()
    return 1e3 * (time.perf_counter() - begun), 1e3 * (time.process_time() - before)


def _walks(ledger: _Ledger, walks: Sequence[Intervals]) -> None:
    """Store what patrols walked, and that they saw the same, in each of three bands."""
    with Session(ledger.engine) as session:
        stores = Stores(session, DISTRICT)
        session.execute(coverage_line.delete())
        session.execute(coverage_day.delete())
        for number, walk in enumerate(walks):
            back = walk.from_m > walk.to_m
            from_t, to_t = np.where(back, walk.to_t, walk.from_t), np.where(back, walk.from_t, walk.to_t)
            visits = [
                LineVisit(
                    ledger.segments[walk.line[k]].id,
                    ledger.patrol.id,
                    evidence,
                    float(walk.low[k]),
                    float(walk.high[k]),
                    datetime.fromtimestamp(float(from_t[k]), UTC),
                    datetime.fromtimestamp(float(to_t[k]), UTC),
                    f"P{number % 40}",
                    band,
                )
                for k in range(len(walk))
                for evidence, band in _RUNGS
            ]
            stores.coverage.replace_lines(f"d{number}", _day(walk), visits)
        session.commit()


def _day(walk: Intervals) -> date:
    return datetime.fromtimestamp(float(walk.from_t.min(initial=START + 1e9)), ZONE).date()


def _repeat(ledger: _Ledger, times: int) -> None:
    """Make the ledger so many times as large: the same walks earlier, their ends at other places."""
    with ledger.engine.begin() as database:
        database.execute(text(_REPEAT), {"times": times, "apart": SPREAD_S, "apart_people": APART_PEOPLE})
        database.execute(text("ANALYZE coverage_line"))
    with Session(ledger.engine) as session:
        days = CoverageDays(session, DISTRICT)
        for device, day in session.execute(text("SELECT DISTINCT device, day FROM coverage_line")).all():
            days.make(device, day)
        session.commit()


def _ask(ledger: _Ledger, count: int, note: str) -> tuple[list[Row], bool]:
    """Return how long a year of the whole border takes, and whether it covers what SQL says."""
    to_at = datetime.fromtimestamp(START + 60 * 86_400, ZONE)
    period = Period(to_at - timedelta(days=399), to_at, to_at)
    milli: list[float] = []
    worked: list[float] = []
    route: list[float] = []
    answers: tuple[SegmentCoverage, ...] = ()
    for _ in range(count + 1):
        with Session(ledger.engine) as session:
            stores = Stores(session, DISTRICT)
            begun, before = time.perf_counter(), time.process_time()
            answers = coverage(stores, ledger.segments, period)
            milli.append(1e3 * (time.perf_counter() - begun))
            worked.append(1e3 * (time.process_time() - before))
            due.with_rules(stores, answers, period)
            route.append(1e3 * (time.perf_counter() - begun))
    with ledger.engine.connect() as database:
        known: dict[Any, float] = {row[0]: float(row[1]) for row in database.execute(text(_COVERED))}
        stored = database.execute(text("SELECT count(*) FROM coverage_line")).scalar_one()
    equal = all(abs(one.covered_m - known.get(one.segment.id, 0.0)) < 0.01 for one in answers)
    rows = [
        Row(OURS, "ms", tuple(milli[1:]), f"{note} in {stored:,} rows", competes=False),
        Row(OURS, "ms", tuple(worked[1:]), "of that our processor, without the database's", competes=False),
        Row(OURS, "ms", tuple(route[1:]), "with rules, as over HTTP", competes=False),
    ]
    return rows, equal
