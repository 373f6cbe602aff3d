"""The clock from the log: working calendars, pauses that are never lost, and the day a limit is over."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rules.calendars import CHINA_YEARS, Calendar
from service.rules.clocks import clock
from service.rules.life import STEPS, THROUGH, history
from service.rules.limits import CaseRules

ZONE = ZoneInfo("Asia/Shanghai")
CHINA = Calendar("china", ZONE)
WEEKDAYS = Calendar("weekdays", ZONE)
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2024, 2028))
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
spans = st.integers(1, 30 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
calendars = st.sampled_from([CHINA, WEEKDAYS, Calendar("always", ZONE)])


@dataclass(frozen=True)
class Entry:
    at: datetime
    kind: str = "status"
    person: UUID | None = None
    body: dict[str, Any] = field(default_factory=dict)


def step(at: datetime, after: str, **body: Any) -> Entry:
    return Entry(at, body={"after": after, **body})


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@given(calendars, instants, spans)
def test_as_much_time_flows_as_was_asked_for(calendar: Calendar, begin: datetime, span: timedelta) -> None:
    end = calendar.after(begin, span)
    assert calendar.worked(begin, end) == span
    assert end - begin >= span


@given(calendars, instants, spans, spans)
def test_time_adds_up(calendar: Calendar, begin: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = begin + first, begin + first + second
    assert calendar.worked(begin, end) == calendar.worked(begin, middle) + calendar.worked(middle, end)


@pytest.mark.parametrize(
    ("begin", "days", "end"),
    [
        ("2025-03-03T10:00", 1, "2025-03-04T10:00"),
        ("2025-03-07T10:00", 1, "2025-03-10T10:00"),
        ("2025-03-08T10:00", 1, "2025-03-11T00:00"),
        # The eight days off of National Day 2025, and the Sunday before that was worked for them.
        ("2025-09-27T12:00", 1, "2025-09-29T00:00"),
        ("2025-09-30T12:00", 1, "2025-10-09T12:00"),
    ],
)
def test_working_days(begin: str, days: int, end: str) -> None:
    assert CHINA.after(local(begin), timedelta(days=days)) == local(end)


def test_beyond_the_published_years_weekdays_stand_in_and_it_is_said() -> None:
    year = CHINA_YEARS[1] + 1
    known = history([step(datetime(year, 10, 4, 4, tzinfo=UTC), "filed")])
    found = clock(known, timedelta(days=3), CHINA)
    assert found is not None
    assert found.approximate
    assert clock(known, timedelta(days=3), WEEKDAYS) is not None
    assert not clock(known, timedelta(days=3), WEEKDAYS).approximate  # type: ignore[union-attr]
    assert CHINA.works(date(year, 10, 4)) == (date(year, 10, 4).weekday() < 5)


def test_a_districts_own_days_go_first() -> None:
    own = Calendar("weekdays", ZONE, frozenset({date(2025, 3, 4)}), frozenset({date(2025, 3, 8)}))
    assert own.after(local("2025-03-03T10:00"), timedelta(days=1)) == local("2025-03-05T10:00")
    assert own.after(local("2025-03-07T10:00"), timedelta(days=1)) == local("2025-03-08T10:00")


@given(calendars, instants, spans, st.lists(st.tuples(spans, spans), max_size=4))
def test_pauses_do_not_count_and_are_never_lost(
    calendar: Calendar, begin: datetime, limit: timedelta, pauses: list[tuple[timedelta, timedelta]]
) -> None:
    log, now, counted = [step(begin, "filed"), step(begin, "handling")], begin, timedelta()
    for worked, paused in pauses:
        counted += calendar.worked(now, now + worked)
        log.append(step(now + worked, "suspended"))
        now += worked + paused
        log.append(step(now, "handling"))
    found = clock(history(log), limit, calendar)
    assert found is not None
    assert found.waiting_since is None
    assert found.reminders == tuple(sorted(found.reminders))
    if counted < limit:
        assert calendar.worked(now, found.due_at) == limit - counted
    else:
        assert found.due_at <= now
    # Another limit of the same log is due in the same order.
    longer = clock(history(log), limit + timedelta(hours=1), calendar)
    assert longer is not None
    assert longer.due_at > found.due_at


def test_waiting_to_be_checked_does_not_count() -> None:
    begin = local("2025-03-03T10:00")
    log = [
        step(begin, "handling", through=["filed", "dispatched"]),
        step(begin + timedelta(hours=20), "done"),
        step(begin + timedelta(days=9), "closed", through=["verified"]),
    ]
    found = clock(history(log), timedelta(days=1), CHINA)
    assert found is not None
    assert found.on_time is True
    late = [log[0], step(begin + timedelta(hours=25), "done"), log[2]]
    assert clock(history(late), timedelta(days=1), CHINA).on_time is False  # type: ignore[union-attr]


def test_steps_taken_together_are_steps_one_by_one() -> None:
    for (before, after), between in THROUGH.items():
        way = (before, *between, after)
        assert all(there in STEPS[here] for here, there in pairwise(way))


def test_the_usual_limits() -> None:
    rules = CaseRules()
    assert [rules.limit("waste", one).span().days for one in ("green", "blue", "yellow", "red")] == [
        1, 3, 7, 15,
    ]  # fmt: skip
    assert rules.limit("urgent", "red").span() == timedelta(hours=2)
    assert rules.limit("utilities", "green").span() == timedelta(hours=24)
    assert CaseRules.of(rules.to_json()) == rules
