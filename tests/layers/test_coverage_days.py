"""The packed ledger of lines says what the rows say, for any period, however they came and went."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.coverage import Asked, Summary, summaries
from geo.evidence import Evidence
from layers.coverage import LineVisit
from layers.coverage_days import CoverageDays, KnownLines, Periods, coverage_day
from layers.observed import FEW, known_of
from layers.stores import Stores
from tests.layers import makers
from tests.layers.makers import DAY

SEGMENTS = 6
HOUR = timedelta(hours=1)
_TOLD = [0, 1, 2, 3, 4, 6]
START = datetime.combine(DAY, datetime.min.time(), UTC)

visits = st.lists(
    st.tuples(
        st.integers(0, SEGMENTS - 1),
        st.sampled_from(
            [
                (Evidence.OBSERVED, 0),
                (Evidence.OBSERVED, 0),
                (Evidence.INFERRED, 0),
                (Evidence.DECLARED, 0),
                (Evidence.SEEN, -1),
                (Evidence.SEEN, 0),
                (Evidence.SEEN, 1),
            ]
        ),
        st.integers(0, 900),
        st.integers(0, 100),
        st.integers(0, 24),
        st.integers(0, 24),
        st.sampled_from([None, "A", "甲", "phone-1"]),
    ),
    max_size=6,
)
uploads = st.lists(
    st.tuples(st.sampled_from(["phone-1", "phone-2"]), st.integers(0, 2), visits), min_size=1, max_size=6
)
periods = st.tuples(st.integers(-1, 30), st.integers(31, 80))


def rows(told: Any, segments: list[UUID], patrol: UUID, day: date) -> list[LineVisit]:
    """Return rows of a day: the hours of the day at both ends of a span, in any order."""
    begin = datetime.combine(day, datetime.min.time(), UTC)
    return [
        LineVisit(
            segments[k], patrol, evidence, low, low + width, begin + a * HOUR, begin + b * HOUR, person, band
        )
        for k, (evidence, band), low, width, a, b, person in told
    ]


def told(known: KnownLines, asked: list[Asked]) -> list[Summary]:
    return list(summaries(asked, known.walks, known.sights, 10.0))


def named(known: KnownLines, who: Any) -> list[str | None]:
    return [known.holders[int(one)] if one >= 0 else None for one in who]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uploads, periods)
def test_any_period_is_told_as_the_rows_tell_it(
    session: Session, sent: list[tuple[str, int, Any]], hours: tuple[int, int]
) -> None:
    """Days are replaced, emptied and filled again; a segment may count from later than the period."""
    with session.begin_nested() as attempt:
        stores = Stores(session, "990101")
        stores.districts.create("Test")
        segments = [makers.segment(f"S{k}", k + 1) for k in range(SEGMENTS)]
        stores.border.add(segments)
        owner, _ = stores.patrols.add(makers.patrol())
        ids = [one.id for one in segments]
        for device, day, some in sent:
            at = DAY + timedelta(days=day)
            stores.coverage.replace_lines(device, at, rows(some, ids, owner.id, at))
        begin, end = (START + k * HOUR for k in hours)
        begins = np.full(SEGMENTS, begin.timestamp())
        begins[-1] += 7_200.0
        days = Periods(DAY - timedelta(days=1), DAY + timedelta(days=5), begins, end.timestamp())
        fine = known_of(stores.coverage.lines(ids, days.from_day, days.to_day), days)
        packed = CoverageDays(session, "990101").read(ids, days)
        asked = [Asked(1_000.0, one, days.end, 1.0, days.end, 0.0) for one in begins.tolist()]
        for one, other in zip(told(fine, asked), told(packed, asked), strict=True):
            figures = [known.figures._replace(last_by=-1) for known in (one, other)]
            np.testing.assert_array_equal(np.array(figures[0]), np.array(figures[1]))
            who = [[*known.stretches[:, 5], known.figures.last_by] for known in (one, other)]
            assert named(fine, who[0]) == named(packed, who[1])
            np.testing.assert_array_equal(one.stretches[:, _TOLD], other.stretches[:, _TOLD])
            for mine, theirs in zip(one.sights, other.sights, strict=True):
                np.testing.assert_array_equal(mine, theirs)
        attempt.rollback()


def test_few_segments_and_many_are_told_alike(stores: Stores) -> None:
    segments = [makers.segment(f"S{k}", k + 1) for k in range(FEW + 2)]
    stores.border.add(segments)
    owner, _ = stores.patrols.add(makers.patrol())
    ids = [one.id for one in segments]
    visits = [
        LineVisit(ids[k], owner.id, evidence, 10.0, 90.0, makers.NOON, makers.NOON + HOUR, "A")
        for k in range(FEW + 1)
        for evidence in (Evidence.OBSERVED, Evidence.SEEN)
    ]
    stores.coverage.replace_lines("d", DAY, visits)
    begin = START.timestamp()

    def known(some: list[UUID], end: float = begin + 86_400.0) -> KnownLines:
        return stores.observed.known(
            some, Periods(DAY, DAY + timedelta(days=1), np.full(len(some), begin), end)
        )

    many = known(ids)
    few = known(ids[1:3])
    assert many.holders == few.holders == ("A",)
    assert sorted(many.walks.line.tolist()) == list(range(FEW + 1))
    assert sorted(few.walks.line.tolist()) == [0, 1]
    assert few.sights.low.tolist() == [10.0, 10.0]
    # at half past noon half of it was seen
    half = known(ids, makers.NOON.timestamp() + 1_800.0)
    assert half.sights.high.tolist() == [50.0] * (FEW + 1)
    assert len(known([]).walks) == 0


def test_of_days_before_nothing_is_asked_that_was_only_seen(stores: Stores) -> None:
    segments = [makers.segment(f"S{k}", k + 1) for k in range(FEW + 1)]
    stores.border.add(segments)
    owner, _ = stores.patrols.add(makers.patrol())
    ids = [one.id for one in segments]
    seen = [LineVisit(one, owner.id, Evidence.SEEN, 0.0, 9.0, makers.NOON, makers.NOON) for one in ids]
    stores.coverage.replace_lines("d", DAY, seen)
    for some in (ids, ids[:1]):
        found = stores.observed.known(some, Periods.never(DAY, DAY + timedelta(days=1), len(some)))
        assert (len(found.walks), len(found.sights.low)) == (0, 0)


def test_a_day_of_nothing_leaves_no_row(stores: Stores) -> None:
    segment = makers.segment()
    stores.border.add([segment])
    owner, _ = stores.patrols.add(makers.patrol())
    visit = LineVisit(segment.id, owner.id, Evidence.OBSERVED, 0.0, 9.0, makers.NOON, makers.NOON, "A")
    stores.coverage.replace_lines("d", DAY, [visit])
    (row,) = stores.session.execute(select(coverage_day)).all()
    assert (row.device, row.day, row.holder, row.segments) == ("d", DAY, "A", segment.id.bytes)
    assert (len(row.walks), len(row.sights)) == (36, 0)
    stores.coverage.replace_lines("d", DAY, [])
    assert stores.session.execute(select(coverage_day)).all() == []


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_other_districts_are_not_read(stores: Stores, count: int) -> None:
    segments = [makers.segment(f"S{k}", k + 1) for k in range(count)]
    other = Stores(stores.session, "990103")
    other.districts.create("Third")
    other.border.add(segments)
    owner, _ = other.patrols.add(makers.patrol())
    ids = [one.id for one in segments]
    visit = LineVisit(ids[0], owner.id, Evidence.OBSERVED, 0.0, 9.0, makers.NOON, makers.NOON, "A")
    other.coverage.replace_lines("d", DAY, [visit])
    days = Periods.never(DAY, DAY + timedelta(days=1), count)
    assert len(other.observed.known(ids, days).walks) == 1
    assert len(stores.observed.known(ids, days).walks) == 0
