"""Barriers of sight: nobody sees past them, and the ledgers say what a rebuild from raw fixes would."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest
import shapely
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from geo.coverage import covered_length, union
from geo.evidence import Evidence
from geo.visits import Cells
from layers.barriers import Barrier
from layers.coverage_tables import coverage_line
from layers.ids import new_id
from layers.stores import Stores
from service.use_cases.tracks import end_barrier, put_barriers, rebuild
from tests.fixtures.walks import line, places
from tests.service.use_cases.test_ledger import (
    DAYS,
    DISTRICT,
    ZONE,
    ground,
    ledgers,
    packed,
    send,
    stores,
    walk,
)

__all__ = ["stores"]
NOON = datetime(2025, 6, 15, 11, tzinfo=ZoneInfo(ZONE)).timestamp()
SINCE, AFTER = date(2025, 1, 1), DAYS[1] + timedelta(days=1)


def barrier(code: str, shape: Any, **others: Any) -> Barrier:
    return Barrier(new_id(), code, others.pop("kind", "wall"), code, shape, SINCE, **others)


def wall(code: str, x0: float, x1: float, y: float = 15.0) -> Barrier:
    """Return a wall between the route and the legal line, 30 m off."""
    return barrier(code, shapely.LineString(line((x0, y), (x1, y)).lonlat.round(7)))


def seen_m(stores: Stores, day: date = DAYS[0]) -> float:
    """Return how many metres of the legal line were seen on a day."""
    here = (
        coverage_line.c.day == day,
        coverage_line.c.evidence == int(Evidence.SEEN),
        coverage_line.c.band == 0,
    )
    found = stores.session.execute(select(coverage_line).where(*here)).all()
    return covered_length(union(*np.array([(row.from_m, row.to_m) for row in found]).reshape(-1, 2).T))


def north(cells: Cells) -> int:
    """Return how many cells lie beyond the walls."""
    return int(cells.count[(cells.row + 0.5) * 1e-4 > places(0.0, 15.0)[1]].sum())


def assert_as_rebuilt(stores: Stores) -> None:
    assert all(one.equal for one in rebuild(stores, DAYS[0], AFTER + timedelta(days=9)))


def test_nobody_sees_past_a_wall_and_what_was_seen_is_made_anew(stores: Stores) -> None:
    send(stores, walk(600.0, 3_400.0, NOON))
    free = ledgers(stores), packed(stores), ground(stores), seen_m(stores)
    assert free[3] == pytest.approx(2_800.0 + 2.0 * 95.0, abs=25.0)
    assert put_barriers(stores, [wall("W1", -500.0, 2_000.0)], SINCE) == 1
    # Past its end one sees a little of what lies behind it.
    assert seen_m(stores) == pytest.approx(1_400.0 + 95.0 + 47.0, abs=25.0)
    walked = [[row for row in rows[0] if Evidence.SEEN not in row] for rows in (ledgers(stores), free[0])]
    assert walked[0] == walked[1], "what was walked is the same"
    assert 0.45 < north(ground(stores)) / north(free[2]) < 0.6
    assert_as_rebuilt(stores)
    again = ledgers(stores)
    send(stores, walk(600.0, 3_400.0, NOON))
    assert ledgers(stores) == again, "the same fixes once more"
    (one,) = stores.barriers.during(SINCE, AFTER)
    assert end_barrier(stores, one.id, SINCE, "a mistake")[1] == 1
    assert stores.barriers.during(date(2000, 1, 1), AFTER) == ()
    assert (ledgers(stores), packed(stores)) == free[:2]


def test_only_the_days_that_it_concerns_are_made_anew(stores: Stores) -> None:
    """Two days and two devices: one walks far from the wall, one was there before it was built."""
    far = 30_000.0
    send(stores, walk(600.0, 3_400.0, NOON))
    send(stores, walk(600.0, 3_400.0, NOON + 86_400.0, seed=1))
    there = walk(600.0, 3_400.0, NOON + 86_400.0, seed=2)
    away = type(there).of(there.t, there.lon, there.lat + far / 111_000.0, accuracy_m=there.accuracy_m)
    send(stores, away, device="d2", person="B")
    before = seen_m(stores, DAYS[0]), seen_m(stores, DAYS[1])
    assert put_barriers(stores, [wall("W1", -500.0, 4_500.0)], DAYS[1]) == 1
    assert seen_m(stores, DAYS[0]) == before[0]
    assert seen_m(stores, DAYS[1]) == 0.0 < before[1]
    assert_as_rebuilt(stores)
    (one,) = stores.barriers.during(DAYS[1], AFTER)
    assert end_barrier(stores, one.id, AFTER, "taken down")[1] == 0
    assert put_barriers(stores, [wall("W1", -500.0, 2_000.0)], DAYS[1]) == 1, "corrected under its code"
    assert [each.id for each in stores.barriers.during(DAYS[1], AFTER)] == [one.id]
    assert 0.0 < seen_m(stores, DAYS[1]) < before[1]
    assert_as_rebuilt(stores)


def test_a_building_hides_what_lies_behind_and_inside(stores: Stores) -> None:
    corners = places([1_500.0, 1_900.0], [10.0, 45.0]).round(7)
    house = barrier("H1", shapely.box(*corners[0], *corners[1]), kind="building")
    put_barriers(stores, [house], SINCE)
    send(stores, walk(600.0, 3_400.0, NOON))
    found = ground(stores)
    inside = (found.row + 0.5) * 1e-4 > corners[0, 1]
    inside &= (found.row + 0.5) * 1e-4 < corners[1, 1]
    inside &= (found.first * 1e-4 < corners[1, 0]) & ((found.first + found.count) * 1e-4 > corners[0, 0])
    spans = np.stack([found.first, found.first + found.count], axis=1)[inside] * 1e-4
    middle = corners[:, 0].mean()
    assert not ((spans[:, 0] < middle) & (spans[:, 1] > middle)).any()
    assert len(found) > 0
    assert seen_m(stores) == pytest.approx(2_990.0 - 400.0, abs=60.0)
    assert_as_rebuilt(stores)


def test_a_walk_over_midnight_sees_past_a_wall_that_is_gone(stores: Stores) -> None:
    """At night 20 m: the wall at 5 m stands on the first day only."""
    made = wall("W1", -500.0, 4_500.0, 5.0)
    put_barriers(stores, [made], SINCE)
    (one,) = stores.barriers.during(SINCE, AFTER)
    send(stores, walk(600.0, 3_900.0, NOON + 12.4 * 3_600.0))
    behind = [
        north(stores.areas_seen.within(day, day + timedelta(days=1), *whole(day)).likely) for day in DAYS
    ]
    assert behind == [0, 0]
    assert end_barrier(stores, one.id, DAYS[1], "taken down")[1] == 1
    behind = [
        north(stores.areas_seen.within(day, day + timedelta(days=1), *whole(day)).likely) for day in DAYS
    ]
    assert behind[0] == 0 < behind[1]
    assert_as_rebuilt(stores)


def test_who_changes_a_barrier_waits_for_every_ledger_and_they_for_it(engine: Engine) -> None:
    """Else an upload beside it would leave a ledger that knows nothing of the barrier."""

    def waits(hold: Callable[[Stores], object]) -> bool:
        with Session(engine) as other:
            other.execute(text("SET LOCAL lock_timeout = '20ms'"))
            try:
                hold(Stores(other, DISTRICT))
            except psycopg.errors.LockNotAvailable:
                return True
        return False

    with Session(engine) as one:
        Stores(one, DISTRICT).clocks.hold("phone")
        assert waits(lambda stores: stores.barriers.hold())
        assert waits(lambda stores: stores.clocks.hold("phone"))
        assert not waits(lambda stores: stores.clocks.hold("watch"))
        assert not waits(lambda stores: Stores(stores.session, "152922").barriers.hold())
    with Session(engine) as one:
        Stores(one, DISTRICT).barriers.hold()
        assert waits(lambda stores: stores.clocks.hold("watch"))
        Stores(one, DISTRICT).clocks.hold("watch")


def whole(day: date) -> tuple[datetime, datetime]:
    begin = datetime.combine(day, datetime.min.time(), ZoneInfo(ZONE))
    return begin, begin + timedelta(days=1)


def test_a_period_within_hours_says_what_it_may_be(stores: Stores) -> None:
    """From the middle of an hour on: at least what lies in the period, at most all that touches it."""
    send(stores, walk(0.0, 4_000.0, NOON - 900.0))
    begin = datetime.fromtimestamp(NOON, ZoneInfo(ZONE))
    known = stores.areas_seen.within(DAYS[0], DAYS[1], begin, begin + timedelta(minutes=10))
    assert len(known.sure) == 0
    assert len(known.likely) <= len(known.possible)
    all_day = stores.areas_seen.within(DAYS[0], DAYS[1], *whole(DAYS[0]))
    assert 0 < len(all_day.sure) < len(all_day.likely) < len(all_day.possible)
    assert 0 < len(known.possible) < len(all_day.possible)
