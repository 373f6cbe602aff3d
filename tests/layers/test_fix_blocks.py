"""Blocks of fixes: what goes in comes out, each holds what it tells, and many small ones become few."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from layers import fix_blocks
from layers.fix_blocks import Columns, absent, columns_of, cut, once, unpacked
from layers.fix_retention import fixes_before, forget_fixes
from layers.fixes import FixTable, fix, fix_block
from layers.ids import new_id
from layers.patrols import Patrol
from layers.row_security import SYSTEM_SCOPE, Scope, enter
from layers.stores import Stores
from layers.track_withdrawals import TrackWithdrawal
from tests.layers import makers
from tests.layers.conftest import DISTRICT
from tests.layers.row_scene import HERE, Scene, as_web, lay

MIDNIGHT = datetime(2025, 4, 1, tzinfo=UTC)
Row = tuple[Any, ...]

seconds = st.integers(-40, 40)
places = st.integers(0, 3)
maybe = st.none() | st.floats(0.0, 50.0, width=32)
walks = st.lists(st.tuples(seconds, places, places, maybe, maybe, maybe), min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def _few_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let blocks be so small that walks of tests have several."""
    monkeypatch.setattr(fix_blocks, "MOST", 7)


@pytest.fixture
def scene(stores: Stores) -> Scene:
    return lay(stores.session)


def table(rows: list[tuple[float | int | None, ...]], first_seq: int = 0) -> FixTable:
    """Return fixes around a midnight between two months, 10 µs and steps of the lattice from one another."""
    t, lon, lat, accuracy, speed, course = (
        np.array([np.nan if one is None else one for one in column], dtype=np.float64)
        for column in zip(*rows, strict=True)
    )
    return FixTable.of(
        MIDNIGHT.timestamp() + t * 1e-5,
        120 + lon * 1e-7,
        44 + lat * 1e-7,
        accuracy_m=accuracy,
        speed_ms=speed,
        course=course,
        part=np.arange(len(t)) // 3,
        seq=np.arange(len(t))[::-1] + first_seq,
    )


def told(fixes: FixTable) -> list[Row]:
    """Return all that is known of each fix, None for what is not."""
    columns = (
        np.rint((fixes.t - MIDNIGHT.timestamp()) * 1e6),
        *(np.rint(one * 1e7) for one in (fixes.lon, fixes.lat)),
        *(one.astype(np.float64) for one in (fixes.part, fixes.seq)),
        *(one.astype(np.float32) for one in (fixes.accuracy_m, fixes.speed_ms, fixes.course)),
    )
    return sorted(
        (
            tuple(None if value != value else float(value) for value in row)
            for row in zip(*columns, strict=True)
        ),
        key=lambda row: row[:5],
    )


def sent(stores: Stores, fixes: FixTable, owner: Patrol) -> None:
    stores.patrols.add_numbered(owner.device, owner.id, fixes, np.zeros(len(fixes), dtype=bool))


def begun(stores: Stores, device: str = "a", digest: str = "d1") -> Patrol:
    return stores.patrols.add(makers.patrol(device, digest))[0]


def check_blocks(session: Session) -> int:
    """Hold that each block is by time, of one month, and lies within what it is found by; return how many."""
    block = fix_block.c
    rows = session.execute(select(fix_block).where(block.district == DISTRICT)).all()
    for row in rows:
        key = list(zip(row.at, row.lon_e7, row.lat_e7, row.seq, strict=True))
        assert key == sorted(key)
        assert (row.first_at, row.last_at, row.fixes) == (row.at[0], row.at[-1], len(row.at))
        assert {(one.year, one.month) for one in row.at} == {(row.first_at.year, row.first_at.month)}
        assert (row.west, row.east) == (min(row.lon_e7), max(row.lon_e7))
        assert (row.south, row.north) == (min(row.lat_e7), max(row.lat_e7))
        assert (row.first_seq, row.last_seq) == (min(row.seq), max(row.seq))
        for values in (row.accuracy_m, row.speed_ms, row.course):
            assert values is None or any(one == one for one in values), "a column without any value is NULL"
    return len(rows)


def seen_one_by_one(session: Session) -> list[Row]:
    """Return what the view tells of each fix, as :func:`told` does."""
    rows = session.execute(select(fix).where(fix.c.district == DISTRICT)).all()
    found = [
        (
            float((row.at - MIDNIGHT) // timedelta(microseconds=1)),
            *map(float, (row.lon_e7, row.lat_e7, row.part, row.seq)),
            *(
                None if one is None else float(np.float32(one))
                for one in (row.accuracy_m, row.speed_ms, row.course)
            ),
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: row[:5])


slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@slow
@given(st.lists(walks, min_size=1, max_size=3))
def test_what_goes_into_blocks_comes_out(session: Session, stores: Stores, several: list[list[Row]]) -> None:
    with session.begin_nested() as attempt:
        owner = begun(stores)
        every: list[Row] = []
        for number, rows in enumerate(several):
            fixes = table(rows, 100 * number)
            sent(stores, fixes, owner)
            every += told(fixes)
        every.sort(key=lambda row: row[:5])
        check_blocks(session)
        assert seen_one_by_one(session) == every
        assert told(stores.patrols.fixes_of(owner.id)) == every
        low, high = MIDNIGHT - timedelta(microseconds=150), MIDNIGHT + timedelta(microseconds=150)
        inside = [row for row in every if -150 <= row[0] < 150]
        assert told(stores.patrols.fixes_of_device("a", low, high)) == inside
        attempt.rollback()


@slow
@given(walks, st.integers(-400, 400))
def test_fixes_are_taken_out_of_their_blocks(
    session: Session, stores: Stores, rows: list[Row], microseconds: int
) -> None:
    with session.begin_nested() as attempt:
        owner, fixes = begun(stores), table(rows)
        sent(stores, fixes, owner)
        limit = MIDNIGHT + timedelta(microseconds=microseconds)
        gone = forget_fixes(session, DISTRICT, fixes_before(DISTRICT, limit))
        left = [row for row in told(fixes) if row[0] >= microseconds]
        assert gone == len(rows) - len(left)
        check_blocks(session)
        assert seen_one_by_one(session) == left
        assert forget_fixes(session, DISTRICT, fixes_before(DISTRICT, limit)) == 0
        attempt.rollback()


withdrawals = st.lists(st.tuples(seconds, seconds) | st.none(), min_size=1, max_size=2)


@slow
@given(walks, walks, withdrawals)
def test_what_was_withdrawn_of_one_patrol_is_not_read(
    session: Session, stores: Stores, rows: list[Row], others: list[Row], gone: list[tuple[int, int] | None]
) -> None:
    with session.begin_nested() as attempt:
        owner, other = begun(stores), begun(stores, digest="d2")
        sent(stores, table(rows), owner)
        sent(stores, table(others, 100), other)
        spans = [(-400, 400) if one is None else (10 * min(one), 10 * max(one)) for one in gone]
        for one, span in zip(gone, spans, strict=True):
            low, high = (MIDNIGHT + timedelta(microseconds=end) for end in span)
            ends = (None, None) if one is None else (low, high)
            stores.track_withdrawals.add(
                TrackWithdrawal(
                    id=new_id(),
                    patrol=owner.id,
                    device="a",
                    person=None,
                    reason="why",
                    withdrawn_at=MIDNIGHT,
                    withdrawn_by="x",
                    from_at=ends[0],
                    to_at=ends[1],
                )
            )
        left = [row for row in told(table(rows)) if not any(a <= row[0] <= b for a, b in spans)]
        left = sorted(left + told(table(others, 100)), key=lambda row: row[:5])
        begin, end = (MIDNIGHT + sign * timedelta(hours=1) for sign in (-1, 1))
        assert told(stores.patrols.fixes_of_device("a", begin, end)) == left
        attempt.rollback()


@slow
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=8), st.lists(st.integers(0, 20), min_size=1, max_size=8)
)
def test_a_file_with_gaps_finds_what_is_known(
    session: Session, stores: Stores, first: list[int], second: list[int]
) -> None:
    """Hours of it lie apart by less and by more than what is read at once."""
    with session.begin_nested() as attempt:
        known, new = (
            FixTable.of(MIDNIGHT.timestamp() + np.array(hours) * 8_000.0, *np.full((2, len(hours)), 44.0))
            for hours in (first, second)
        )
        stores.patrols.add_fixes(begun(stores), known)
        counts = stores.patrols.add_fixes(begun(stores, digest="d2"), new)
        assert counts.created == len(set(second) - set(first))
        attempt.rollback()


def test_the_service_itself_takes_fixes_out_of_their_blocks(session: Session, stores: Stores) -> None:
    """Row security would keep others from it without a word."""
    fixes = table([(second, 0, 0, 5.0, None, None) for second in range(20)])
    sent(stores, fixes, begun(stores))
    as_web(session, SYSTEM_SCOPE)
    assert (
        forget_fixes(session, DISTRICT, fixes_before(DISTRICT, MIDNIGHT + timedelta(microseconds=100))) == 10
    )
    assert seen_one_by_one(session) == told(fixes)[10:]
    check_blocks(session)


def keys(columns: Columns) -> list[tuple[int, ...]]:
    return list(zip(*(columns[name].tolist() for name in ("at", "lon_e7", "lat_e7")), strict=True))


@given(walks, walks)
def test_what_is_known_is_not_new(first: list[Row], second: list[Row]) -> None:
    known, new = columns_of(table(first)), once(columns_of(table(second)))
    assert keys(new) == sorted(set(keys(columns_of(table(second)))))
    assert keys(absent(new, known)) == sorted(set(keys(new)) - set(keys(known)))


def test_of_fixes_alike_the_first_of_the_source_is_stored() -> None:
    assert once(columns_of(table([(0, 0, 0, None, None, None)] * 3)))["seq"].tolist() == [0]


def test_blocks_are_not_larger_than_they_may_be() -> None:
    blocks = list(cut(once(columns_of(makers.fixes(30)))))
    assert [one["fixes"] for one in blocks] == [7, 7, 7, 7, 2]
    assert [one["first_seq"] for one in blocks] == [0, 7, 14, 21, 28]


def test_no_blocks_are_no_fixes() -> None:
    assert len(unpacked(("at", "lon_e7"), [])["at"]) == 0


def one_by_one(count: int) -> Iterator[FixTable]:
    """Yield a walk over midnight a fix at a time, of which but some tell how fast and how exactly."""
    for number in range(count):
        lacking = number % 3 == 0
        row = (number - count // 2, number % 4, 0, None if lacking else 5.0, None, 1.5 if lacking else None)
        yield table([row], number)


def test_many_small_blocks_become_few(session: Session, stores: Stores) -> None:
    owner, other = begun(stores), begun(stores, "b", "d2")
    sent(stores, table([(0, 0, 0, None, None, None)]), other)
    every: list[Row] = []
    most = 0
    for fixes in one_by_one(300):
        sent(stores, fixes, owner)
        every += told(fixes)
        most = max(most, check_blocks(session))
    assert most <= 1 + 2 + 64, "that of the other, one of each month, and those that came since"
    assert told(stores.patrols.fixes_of(owner.id)) == sorted(every, key=lambda row: row[:5])
    counted = select(func.count()).where(fix_block.c.patrol == other.id)
    assert session.execute(counted).scalar_one() == 1


def test_a_device_makes_its_small_blocks_few_and_removes_nothing(session: Session, scene: Scene) -> None:
    as_web(session, scene.walking())
    stores = Stores(session, HERE)
    owner = begun(stores, "mine", "few")
    for number in range(70):
        sent(stores, makers.fixes(1, makers.NOON + timedelta(seconds=number)), owner)
    assert len(stores.patrols.fixes_of(owner.id)) == 70
    counted = select(func.count()).where(fix_block.c.patrol == owner.id)
    assert session.execute(counted).scalar_one() < 64
    assert session.execute(text("DELETE FROM fix_block")).rowcount == 0  # type: ignore[attr-defined]


def test_nobody_reads_fixes_through_the_view_that_they_may_not(session: Session, scene: Scene) -> None:
    as_web(session, scene.walking())
    mine = session.execute(select(func.count()).select_from(fix)).scalar_one()
    enter(session, Scope(districts={HERE: {"public": None}}))
    assert (mine, session.execute(select(func.count()).select_from(fix)).scalar_one()) == (3, 0)


@pytest.mark.parametrize("column", ["lon_e7", "accuracy_m"])
def test_columns_of_a_block_are_of_one_length(session: Session, stores: Stores, column: str) -> None:
    sent(stores, table([(second, 0, 0, 5.0, None, None) for second in range(3)]), begun(stores))
    change = f"UPDATE fix_block SET {column} = {column} || {column}"  # noqa: S608 - names of this test
    with pytest.raises(Exception, match="fix_block"), session.begin_nested():
        session.execute(text(change))
