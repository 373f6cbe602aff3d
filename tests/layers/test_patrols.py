from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.errors import NotFinite, OutOfRange
from layers.errors import InvalidAttribute, NotFound, OutsideArchive
from layers.fixes import FixTable, QuarantinedFix, instant, month_bounds, months_of
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import NOON


def _stored(stores: Stores, value: Patrol | None = None) -> Patrol:
    owner, _ = stores.patrols.add(value or makers.patrol())
    return owner


def _walk(stores: Stores, count: int, **others: str) -> Patrol:
    owner = _stored(stores, makers.patrol(**others))
    stores.patrols.add_fixes(owner, makers.fixes(count))
    return stores.patrols.get(owner.id)


def test_the_same_recording_is_one_patrol(stores: Stores) -> None:
    value = makers.patrol(person="P-12")
    assert stores.patrols.add(value) == (value, True)
    assert stores.patrols.add(makers.patrol()) == (value, False)
    assert stores.patrols.add(makers.patrol("phone-2"))[1]
    assert stores.patrols.get(value.id) == value


def test_fixes_come_back_exactly_and_by_time(stores: Stores) -> None:
    rng = np.random.default_rng(7)
    count = 500
    t = NOON.timestamp() + rng.permutation(count) + rng.integers(0, 10**6, count) / 1e6
    sent = FixTable.of(
        t,
        rng.integers(-1_800_000_000, 1_800_000_000, count) / 1e7,
        rng.integers(-900_000_000, 900_000_000, count) / 1e7,
        accuracy_m=np.where(rng.random(count) < 0.5, np.nan, 7.5),
        speed_ms=rng.integers(0, 9, count),
        course=np.full(count, np.nan),
        part=rng.integers(0, 3, count),
    )
    owner = _stored(stores)
    counts = stores.patrols.add_fixes(owner, sent)
    assert (counts.created, counts.duplicate) == (count, 0)
    back = stores.patrols.fixes_of(owner.id)
    order = np.argsort(t, kind="stable")
    assert len(back) == count
    # Times are kept to the microsecond, which is what a float of seconds can tell apart.
    assert np.abs(back.t - sent.t[order]).max() < 5e-7
    assert (back.lon == sent.lon[order]).all()
    assert (back.lat == sent.lat[order]).all()
    np.testing.assert_array_equal(back.accuracy_m, sent.accuracy_m[order])
    np.testing.assert_array_equal(back.course, sent.course[order])
    assert (back.speed_ms == sent.speed_ms[order]).all()
    assert (back.part == sent.part[order]).all()
    assert (back.seq == sent.seq[order]).all()
    assert back.patrols == (owner.id,)


def test_the_patrol_knows_its_times_and_its_count(stores: Stores) -> None:
    owner = _walk(stores, 10)
    assert owner.fixes == 10
    assert owner.started_at == NOON
    assert owner.ended_at == NOON + timedelta(seconds=90)
    earlier = makers.fixes(3, NOON - timedelta(minutes=5))
    stores.patrols.add_fixes(owner, earlier)
    assert stores.patrols.get(owner.id).started_at == NOON - timedelta(minutes=5)
    assert stores.patrols.get(owner.id).ended_at == owner.ended_at
    assert stores.patrols.get(owner.id).fixes == 13


def test_a_fix_is_stored_once_whoever_delivers_it(stores: Stores) -> None:
    sent = makers.fixes(100)
    first = _stored(stores)
    stores.patrols.add_fixes(first, sent)
    again = stores.patrols.add_fixes(first, sent)
    assert (again.created, again.duplicate) == (0, 100)
    overlapping = _stored(stores, makers.patrol(digest="d2"))
    longer = makers.fixes(150)
    counts = stores.patrols.add_fixes(overlapping, longer)
    assert (counts.created, counts.duplicate) == (50, 100)
    everything = stores.patrols.fixes_of_device("phone-1", NOON, NOON + timedelta(days=1))
    assert len(everything) == 150
    assert everything.patrols == (first.id, overlapping.id)
    assert everything.patrol.tolist() == [0] * 100 + [1] * 50
    assert len(stores.patrols.fixes_of(overlapping.id)) == 50


def test_a_delivery_may_repeat_itself(stores: Stores) -> None:
    sent = makers.fixes(10)
    doubled = FixTable.of(np.tile(sent.t, 2), np.tile(sent.lon, 2), np.tile(sent.lat, 2))
    counts = stores.patrols.add_fixes(_stored(stores), doubled)
    assert (counts.created, counts.duplicate) == (10, 10)


def test_fixes_that_leave_out_different_values_are_stored_together(stores: Stores) -> None:
    sent = FixTable.of(
        makers.fixes(4).t,
        makers.fixes(4).lon,
        makers.fixes(4).lat,
        accuracy_m=[5.0, np.nan, 7.0, np.nan],
        speed_ms=[np.nan, np.nan, 1.5, 2.5],
    )
    owner = _stored(stores)
    assert stores.patrols.add_fixes(owner, sent).created == 4
    back = stores.patrols.fixes_of(owner.id)
    np.testing.assert_array_equal(back.accuracy_m, sent.accuracy_m)
    np.testing.assert_array_equal(back.speed_ms, sent.speed_ms)
    unknown = stores.session.execute(text("SELECT count(*) FROM fix WHERE accuracy_m IS NULL"))
    assert unknown.scalar() == 2


def test_a_gap_between_deliveries_is_filled(stores: Stores) -> None:
    owner = _stored(stores)
    for start, count in ((0, 5), (100, 5), (0, 12)):
        begin = NOON + timedelta(seconds=start)
        stores.patrols.add_fixes(owner, makers.fixes(count, begin, 10.0))
    assert stores.patrols.get(owner.id).fixes == len(stores.patrols.fixes_of(owner.id)) == 17


def test_a_device_has_a_name(stores: Stores) -> None:
    with pytest.raises(InvalidAttribute, match="no device"):
        stores.patrols.add(makers.patrol(" "))


def test_devices_are_named_in_any_script(stores: Stores) -> None:
    owner = _stored(stores, makers.patrol("设备-一号"))
    assert stores.patrols.add_fixes(owner, makers.fixes(3)).created == 3
    assert len(stores.patrols.fixes_of(owner.id)) == 3


def test_no_fixes_are_no_fixes(stores: Stores) -> None:
    owner = _stored(stores)
    counts = stores.patrols.add_fixes(owner, makers.fixes(0))
    assert (counts.created, counts.duplicate) == (0, 0)
    assert len(stores.patrols.fixes_of(owner.id)) == 0


def test_two_devices_and_two_districts_are_apart(session: Session, stores: Stores) -> None:
    other = Stores(session, "990102")
    for store, device in ((stores, "a"), (stores, "b"), (other, "a")):
        owner = _stored(store, makers.patrol(device))
        assert store.patrols.add_fixes(owner, makers.fixes(5)).created == 5
    assert len(stores.patrols.fixes_of_device("a", NOON, NOON + timedelta(days=1))) == 5
    assert len(other.patrols.fixes_of_device("b", NOON, NOON + timedelta(days=1))) == 0


def test_periods_are_half_open(stores: Stores) -> None:
    _walk(stores, 10)
    inside = stores.patrols.fixes_of_device(
        "phone-1", NOON + timedelta(seconds=10), NOON + timedelta(seconds=30)
    )
    assert (inside.t - NOON.timestamp()).tolist() == [10, 20]


def test_patrols_under_way_in_a_period(stores: Stores) -> None:
    one, other = _walk(stores, 10), _walk(stores, 10, device="phone-2")
    assert stores.patrols.during(NOON, NOON + timedelta(days=1)) == (one, other)
    assert stores.patrols.during(NOON, NOON + timedelta(days=1), "phone-2") == (other,)
    assert stores.patrols.during(NOON + timedelta(seconds=91), NOON + timedelta(days=1)) == ()


def test_days_are_those_of_the_timezone(stores: Stores) -> None:
    owner = _stored(stores)
    # 15:50 to 16:10 in UTC is midnight in Shanghai.
    stores.patrols.add_fixes(owner, makers.fixes(3, NOON + timedelta(hours=3, minutes=50), 600.0))
    period = (NOON, NOON + timedelta(days=1))
    assert stores.patrols.device_days(*period, "Asia/Shanghai") == (
        ("phone-1", date(2025, 3, 1)),
        ("phone-1", date(2025, 3, 2)),
    )
    assert stores.patrols.device_days(*period, "UTC") == (("phone-1", date(2025, 3, 1)),)


def test_months_are_made_once_and_at_their_edges(session: Session, stores: Stores) -> None:
    start = datetime(2031, 12, 31, 23, 59, 50, tzinfo=UTC)
    owner = _stored(stores)
    stores.patrols.add_fixes(owner, makers.fixes(4, start, 5.0))
    stores.patrols.ensure_months(makers.fixes(4, start, 5.0).t)
    counted = text(
        "SELECT count(*) FROM pg_partition_tree('fix_block') WHERE isleaf AND relid::text LIKE '%2031_12'"
    )
    parents = text(
        "SELECT count(*) FROM pg_partition_tree('fix_block') JOIN pg_partitioned_table ON partrelid = relid"
        " WHERE partstrat = 'r'"
    )
    assert session.execute(counted).scalar() == session.execute(parents).scalar()
    assert len(stores.patrols.fixes_of(owner.id)) == 4


def test_a_month_of_another_schema_is_none_of_ours(stores: Stores, session: Session) -> None:
    session.execute(text("SELECT public.ensure_fix_months('{2031-12-01}')"))
    owner = _stored(stores)
    stores.patrols.add_fixes(owner, makers.fixes(4, datetime(2031, 12, 5, tzinfo=UTC), 5.0))
    assert len(stores.patrols.fixes_of(owner.id)) == 4


@pytest.mark.parametrize("year", [1901, 1989, 2101, 9999, 20_000])
def test_years_that_are_not_stored_are_refused(stores: Stores, year: int) -> None:
    seconds = float(np.datetime64(f"{year}-06-01", "s").astype(np.int64))
    sent = FixTable.of([NOON.timestamp(), seconds], [120.0, 120.0], [44.0, 44.0])
    with pytest.raises(OutsideArchive, match=f"Fix 1 is dated {year}") as refusal:
        stores.patrols.add_fixes(_stored(stores), sent)
    assert refusal.value.where == {"row": 1}


def test_fixes_without_time_or_place_are_refused(stores: Stores) -> None:
    owner = _stored(stores)
    now = NOON.timestamp()
    with pytest.raises(InvalidAttribute, match="Fix 1 has no time"):
        stores.patrols.add_fixes(owner, FixTable.of([now, np.nan], [120, 120], [44, 44]))
    with pytest.raises(NotFinite):
        stores.patrols.add_fixes(owner, FixTable.of([now], [np.nan], [44.0]))
    with pytest.raises(OutOfRange):
        stores.patrols.add_fixes(owner, FixTable.of([now], [120.0], [91.0]))


def test_quarantined_fixes_are_kept_as_delivered(stores: Stores) -> None:
    owner = _stored(stores)
    rows = [
        QuarantinedFix(7, "future", {"time": "2199-01-01", "lat": 44.0}),
        QuarantinedFix(3, "no-time", {"lat": None, "文": "字"}),
    ]
    stores.patrols.quarantine(owner.id, rows, NOON)
    stores.patrols.quarantine(owner.id, [], NOON)
    assert stores.patrols.quarantined(owner.id) == (rows[1], rows[0])


def test_unknown_patrols_are_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound, match="no patrol"):
        stores.patrols.get(new_id())
    with pytest.raises(NotFound):
        stores.patrols.fixes_of(new_id())


@given(st.floats(month_bounds(1990, 1)[0].timestamp(), month_bounds(2100, 12)[1].timestamp() - 1))
def test_a_time_lies_in_its_month(seconds: float) -> None:
    ((year, month),) = months_of(np.array([seconds]))
    first, after = month_bounds(year, month)
    assert first <= instant(seconds) <= after
    assert first.timestamp() <= seconds < after.timestamp()


def test_workers_that_need_the_same_month_do_not_collide(engine: Engine) -> None:
    """Eight uploads at once, each its own transaction, need the same new months."""
    with Session(engine) as session:
        Stores(session, "990101").districts.create("甲县")
        session.commit()
    workers = 8
    together = Barrier(workers)
    sent = makers.fixes(24, datetime(2044, 1, 1, tzinfo=UTC), 30 * 86_400.0)

    def upload(worker: int) -> int:
        with Session(engine) as session:
            stores = Stores(session, "990101")
            owner = _stored(stores, makers.patrol(f"phone-{worker}"))
            together.wait(timeout=60)
            counts = stores.patrols.add_fixes(owner, sent)
            session.commit()
            return counts.created

    with ThreadPoolExecutor(workers) as pool:
        assert list(pool.map(upload, range(workers))) == [24] * workers


def test_the_same_file_uploaded_twice_at_once_is_stored_once(engine: Engine) -> None:
    with Session(engine) as session:
        Stores(session, "990101").districts.create("甲县")
        session.commit()
    together = Barrier(2)

    def upload(_: int) -> tuple[bool, int]:
        with Session(engine) as session:
            stores = Stores(session, "990101")
            together.wait(timeout=60)
            owner, new = stores.patrols.add(makers.patrol())
            counts = stores.patrols.add_fixes(owner, makers.fixes(1000))
            session.commit()
            return new, counts.created

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(upload, range(2))) == [(False, 0), (True, 1000)]


def test_a_patrol_value_can_be_changed_only_by_replacing_it() -> None:
    value = makers.patrol()
    assert replace(value, person="P-1").person == "P-1"
    with pytest.raises(AttributeError):
        value.person = "P-1"  # type: ignore[misc]
