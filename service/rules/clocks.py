"""The clock of an incident, computed from its log: when it is due, and what of its time counted.

Time counts from filing on, by the limit of the present colour. While the owner can do nothing (returned,
suspended, done and waiting to be checked, closed) no time counts. A changed rule gives another clock of the
same log; no pause is ever lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.rules.calendars import Calendar
from service.rules.life import History, waits

REMINDERS = (50, 80, 100)
"""Percent of the limit at which somebody is reminded."""


@dataclass(frozen=True, slots=True)
class Clock:
    """When an incident is due.

    ``due_at`` is as if time went on from the last pause; ``approximate`` says that days beyond the published
    years were taken by their weekdays. ``on_time`` is None while the incident is not closed.
    """

    started_at: datetime
    due_at: datetime
    reminders: tuple[datetime, ...]
    waiting_since: datetime | None
    approximate: bool
    on_time: bool | None


def clock(known: History, span: timedelta, calendar: Calendar) -> Clock | None:
    """Return the clock of an incident, None where it was not filed."""
    start = known.filed_at
    if start is None:
        return None
    pauses = [(begin, end) for begin, end in waits(known) if end is None or end > start]
    reached = [_reach(start, pauses, span * percent / 100, calendar) for percent in REMINDERS]
    due = reached[-1]
    open_since = pauses[-1][0] if pauses and pauses[-1][1] is None else None
    closed = known.closed_at is not None
    on_time = (open_since is not None and open_since <= due) if closed else None
    approximate = not all(calendar.knows_at(at) for at in (start, due))
    return Clock(start, due, tuple(reached), open_since, approximate, on_time)


def _reach(
    start: datetime, pauses: list[tuple[datetime, datetime | None]], span: timedelta, calendar: Calendar
) -> datetime:
    """Return when a span of counted working time is over."""
    for begin, end in _counted(start, pauses):
        if end is None:
            return calendar.after(begin, span)
        there = calendar.worked(begin, end)
        if span <= there:
            return calendar.after(begin, span)
        span -= there
    raise AssertionError("the last period has no end")


def _counted(
    start: datetime, pauses: list[tuple[datetime, datetime | None]]
) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the periods in which time counts; a pause that lasts counts as if it had not begun."""
    for begin, end in pauses:
        if end is None:
            break
        if begin > start:
            yield start, begin
        start = max(start, end)
    yield start, None
