"""Fixes of a device, found by its patrols: their order, their days, and that no month is read whole."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from sqlalchemy import text
from sqlalchemy.orm import Session

from layers.fix_blocks import by_time
from layers.fixes import FixTable
from layers.ingest import Ingest
from layers.patrols import Patrol
from layers.row_security import SYSTEM_SCOPE
from layers.storage import read_sql
from layers.stores import Stores
from tests.layers import makers
from tests.layers.conftest import DISTRICT
from tests.layers.makers import NOON
from tests.layers.row_scene import as_web

EVERYWHERE = np.array([[-180.0, -90.0, 180.0, 90.0]])
NOWHERE = np.array([[0.0, 0.0, 1.0, 1.0]])


def begun(stores: Stores, device: str, digest: str) -> Patrol:
    return stores.patrols.add(makers.patrol(device, digest))[0]


def numbered(stores: Stores, owner: Patrol, t: ArrayLike, lon: ArrayLike) -> None:
    count = np.size(t)
    fixes = FixTable.of(t, lon, np.full(count, 44.0))
    stores.patrols.add_numbered(owner.device, owner.id, fixes, np.zeros(count, dtype=bool))


few = st.integers(0, 2)


@given(st.lists(st.tuples(few, few, few, few, st.integers(0, 99)), unique=True))
def test_fixes_are_by_time_then_place_patrol_and_number(rows: list[tuple[int, ...]]) -> None:
    t, lon, lat, owner, seq = np.array(rows, dtype=np.int32).reshape(-1, 5).T
    ids = tuple(UUID(int=place << 64) for place in range(3))
    table = replace(FixTable.of(t, lon, lat, seq=seq), patrol=owner, patrols=ids)
    found = by_time(table)
    owners = [found.patrols[place] for place in found.patrol.tolist()]
    places = np.array([ids.index(one) for one in owners], dtype=np.int64)
    told = np.column_stack([found.t, found.lon, found.lat, places, found.seq]).astype(np.int64)
    assert [tuple(row) for row in told.tolist()] == sorted(rows)
    assert found.patrols == tuple(dict.fromkeys(owners))


def test_recordings_of_a_device_that_overlap_are_one_way(stores: Stores) -> None:
    start = NOON.timestamp()
    one, other = begun(stores, "a", "d1"), begun(stores, "a", "d2")
    numbered(stores, one, [start, start + 2, start + 2, start + 4], [120.0, 120.3, 120.1, 120.0])
    numbered(stores, other, [start + 1, start + 2, start + 5], [120.5, 120.2, 120.5])
    numbered(stores, begun(stores, "b", "d3"), [start + 3], [121.0])
    found = stores.patrols.fixes_of_device("a", NOON, NOON + timedelta(seconds=5))
    assert (found.t - start).tolist() == [0, 1, 2, 2, 2, 4]
    assert found.lon.tolist() == [120.0, 120.5, 120.1, 120.2, 120.3, 120.0]
    assert [found.patrols[place] for place in found.patrol] == [
        one.id,
        other.id,
        one.id,
        other.id,
        one.id,
        one.id,
    ]
    assert len(stores.patrols.fixes_of(one.id)) == 4
    assert len(stores.patrols.fixes_of(other.id)) == 3


def test_a_file_adds_to_what_is_known_of_its_device_alone(stores: Stores) -> None:
    sent = makers.fixes(10)
    stores.patrols.add_fixes(begun(stores, "a", "d1"), sent.take(slice(3, 6)))
    stores.patrols.add_fixes(begun(stores, "a", "d2"), sent.take(slice(8, 9)))
    stores.patrols.add_fixes(begun(stores, "b", "d3"), sent)
    counts = stores.patrols.add_fixes(begun(stores, "a", "d4"), sent)
    assert (counts.created, counts.duplicate) == (6, 4)
    assert len(stores.patrols.fixes_of_device("a", NOON, NOON + timedelta(days=1))) == 10


def test_times_finer_than_microseconds_lie_within_their_patrol(session: Session, stores: Stores) -> None:
    t = np.random.default_rng(3).uniform(NOON.timestamp(), NOON.timestamp() + 9e6, 60)
    for place, one in enumerate(t.tolist()):
        sent = FixTable.of([one], [120.0], [44.0])
        owner = begun(stores, "a", f"d{place}")
        assert stores.patrols.add_fixes(owner, sent).created == 1
        assert stores.patrols.add_fixes(begun(stores, "a", f"again{place}"), sent).duplicate == 1
        assert len(stores.patrols.fixes_of(owner.id)) == 1


# An hour comes twice at midnight, or later; midnight does not come, a day does not, and nothing of the kind.
@pytest.mark.parametrize(
    ("timezone", "begin"),
    [
        ("America/Havana", datetime(2025, 11, 1, tzinfo=UTC)),
        ("America/New_York", datetime(2025, 11, 1, tzinfo=UTC)),
        ("America/Asuncion", datetime(2023, 9, 30, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2011, 12, 29, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2025, 6, 1, tzinfo=UTC)),
    ],
)
def test_days_are_told_as_a_calendar_tells_them(stores: Stores, timezone: str, begin: datetime) -> None:
    every = np.arange(0, 3 * 86_400, 1_200) + begin.timestamp()
    for number, some in enumerate(np.array_split(every, 3)):
        numbered(stores, begun(stores, "a", f"d{number}"), some, np.full(len(some), 120.0))
    numbered(stores, begun(stores, "b", "d9"), every[-2:], [120.0, 120.0])
    zone = ZoneInfo(timezone)
    alone = [(place, place + 1) for place in range(len(every))]
    for first, last in ((0, len(every)), (50, 170), *alone):
        inside = every[first:last]
        period = datetime.fromtimestamp(inside[0], UTC), datetime.fromtimestamp(inside[-1] + 1, UTC)
        told = {("a", datetime.fromtimestamp(one, zone).date()) for one in inside}
        told |= {("b", datetime.fromtimestamp(one, zone).date()) for one in inside if one in every[-2:]}
        assert stores.patrols.device_days(*period, timezone) == tuple(sorted(told))
        assert stores.patrols.device_days(*period, timezone, EVERYWHERE) == tuple(sorted(told))
        assert stores.patrols.device_days(*period, timezone, NOWHERE) == ()


def test_nobody_was_in_a_box_between_their_fixes(stores: Stores) -> None:
    start = NOON.timestamp()
    numbered(stores, begun(stores, "a", "d1"), [start, start + 1], [120.0, 120.4])
    period = NOON, NOON + timedelta(days=1)
    between, around = (np.array([[west, 43.0, west + 0.2, 45.0]]) for west in (120.1, 120.3))
    assert stores.patrols.device_days(*period, "UTC", between) == ()
    assert stores.patrols.device_days(*period, "UTC", around) == (("a", NOON.date()),)
    assert stores.patrols.device_days(*period, "UTC", np.r_[between, around]) == (("a", NOON.date()),)


@pytest.mark.parametrize(("first", "last", "days"), [(1, 3, 0), (0, 3, 1), (1, 4, 0), (1, 5, 1)])
def test_nobody_recorded_between_their_fixes(stores: Stores, first: int, last: int, days: int) -> None:
    hour = timedelta(hours=1)
    numbered(stores, begun(stores, "a", "d1"), [NOON.timestamp(), NOON.timestamp() + 14_400], [120.0, 120.0])
    period = NOON + first * hour, NOON + last * hour
    assert len(stores.patrols.device_days(*period, "UTC")) == days
    assert len(stores.patrols.fixes_of_device("a", *period)) == days


def _scans(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if str(plan.get("Relation Name", "")).startswith("fix_"):
        yield plan
    for below in plan.get("Plans", ()):
        yield from _scans(below)


_ASKED: dict[str, Any] = {
    "district": DISTRICT,
    "device": "d7",
    "timezone": "UTC",
    "from_at": NOON,
    "to_at": NOON + timedelta(days=1),
    "first": NOON,
    "last": NOON + timedelta(days=1),
    "begins": [NOON],
    "ends": [NOON + timedelta(days=1)],
    "west": [1_200_000_000],
    "south": [440_000_000],
    "east": [1_200_000_001],
    "north": [440_000_001],
}


@pytest.mark.parametrize("query", ["fixes_of_device", "fix_known", "device_days"])
def test_no_month_is_read_whole(session: Session, stores: Stores, query: str) -> None:
    Ingest(session, DISTRICT).ensure_months(np.array([NOON.timestamp()]))
    session.execute(
        text(
            """
            INSERT INTO patrol (district, id, device, mode, name, source, digest, started_at, ended_at, fixes,
                                received_at)
            SELECT :d, lpad(to_hex(n), 32, '0')::uuid, 'd' || n % 20, 'foot', '', '', n::text, start,
                   start + interval '1 hour', 50, start
            FROM generate_series(0, 799) AS n
            CROSS JOIN LATERAL (SELECT :noon + n / 20 * interval '12 hours' AS start) AS one
            """
        ),
        {"d": DISTRICT, "noon": NOON},
    )
    session.execute(
        text(
            """
            INSERT INTO fix_block (
                district, patrol, first_at, last_at, id, device, fixes, west, south, east, north, first_seq,
                last_seq, at, lon_e7, lat_e7, part, seq
            )
            SELECT district, id, at, at, gen_random_uuid(), device, 1, 1200000000, 440000000 + k, 1200000000,
                   440000000 + k, k, k, ARRAY[at], ARRAY[1200000000], ARRAY[440000000 + k], ARRAY[0], ARRAY[k]
            FROM patrol
            CROSS JOIN generate_series(0, 49) AS k
            CROSS JOIN LATERAL (SELECT started_at + k * interval '1 minute' AS at) AS one
            WHERE district = :d
            """
        ),
        {"d": DISTRICT},
    )
    session.execute(text("ANALYZE patrol, fix_block"))
    as_web(session, SYSTEM_SCOPE)
    connection: Any = session.connection().connection.driver_connection
    statement = f"EXPLAIN (FORMAT JSON) {read_sql(query)}"
    plan = connection.execute(statement.encode(), _ASKED).fetchone()[0][0]["Plan"]
    scans = list(_scans(plan))
    assert scans
    for scan in scans:
        assert "patrol = " in scan.get("Index Cond", ""), scan
