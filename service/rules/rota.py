"""Duties of a weekly rota as spans of time: which day they fall on, what they leave open, where they clash.

Duties are told by the wall clock of a place, spans are instants in UTC. Where the clock is put forward, a
time that it skips is the instant of the change; where it is put back, a time that it shows twice is the later
one, as opening hours have it. So time by the wall clock never runs backwards, and two duties that meet on it
meet to the second, whatever the clock does between them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su", "ph")
"""Monday to Sunday, and public holidays."""

HOLIDAY = DAYS[-1]
MINUTES = 24 * 60
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The time from ``begin`` until before ``end``, both in UTC."""

    begin: datetime
    end: datetime

    @classmethod
    def of(cls, begin: datetime, end: datetime) -> Self:
        """Return the span between two instants of any zone."""
        return cls(begin.astimezone(UTC), end.astimezone(UTC))

    def cut(self, other: "Span") -> "Span | None":
        """Return what two spans have in common, None where that is nothing."""
        begin, end = max(self.begin, other.begin), min(self.end, other.end)
        return Span(begin, end) if begin < end else None


@dataclass(frozen=True, slots=True)
class Pattern:
    """When a duty is: on weekdays of a period, or on one day.

    Parameters
    ----------
    begin, end
        Minutes of the wall clock after midnight; an end after 24 hours is on the next day.
    days
        The weekdays, of :data:`DAYS`; a public holiday counts as ``ph`` and as no weekday.
    on_day
        The one day, where there are no weekdays.
    from_day, to_day
        The period, half-open; None is without a bound.
    away
        Days on which it does not take place.
    """

    begin: int
    end: int
    days: frozenset[str] = frozenset()
    on_day: date | None = None
    from_day: date | None = None
    to_day: date | None = None
    away: frozenset[date] = frozenset()

    def falls_on(self, day: date, holiday: Callable[[date], bool]) -> bool:
        """Say whether the duty begins on a day."""
        if day in self.away:
            return False
        if self.on_day is not None:
            return day == self.on_day
        if (self.from_day is not None and day < self.from_day) or (
            self.to_day is not None and day >= self.to_day
        ):
            return False
        weekday = DAYS[day.weekday()]
        if weekday not in self.days and HOLIDAY not in self.days:
            return False
        return (HOLIDAY if holiday(day) else weekday) in self.days

    def span(self, day: date, zone: ZoneInfo) -> Span | None:
        """Return when the duty of a day is; None where the clock skips all of it."""
        begin, end = wall(day, self.begin, zone), wall(day, self.end, zone)
        return Span(begin, end) if begin < end else None

    def shifts(
        self, first: date, last: date, zone: ZoneInfo, holiday: Callable[[date], bool]
    ) -> Iterator[tuple[date, Span]]:
        """Yield the duties that begin on the days [first, last), each with its day."""
        if self.on_day is not None:
            first, last = max(first, self.on_day), min(last, self.on_day + _ONE_DAY)
        if self.from_day is not None:
            first = max(first, self.from_day)
        if self.to_day is not None:
            last = min(last, self.to_day)
        while first < last:
            if self.falls_on(first, holiday):
                found = self.span(first, zone)
                if found is not None:
                    yield first, found
            first += _ONE_DAY


def wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return the instant, in UTC, at which a zone's clock shows so many minutes after a day's midnight."""
    days, rest = divmod(minute, MINUTES)
    shown = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone)
    second, first = shown.replace(fold=1).astimezone(UTC), shown.replace(fold=0).astimezone(UTC)
    if second >= first:
        return second
    # The clock skips it: the change lies between what the two offsets make of it.
    low, high = second, first
    after = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that touch or overlap as one, empty ones left out."""
    found: list[Span] = []
    for one in sorted(spans):
        if one.begin >= one.end:
            continue
        if found and one.begin <= found[-1].end:
            found[-1] = Span(found[-1].begin, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Return what is left of spans, merged, where others take of them."""
    found: list[Span] = []
    others = merged(taken)
    place = 0
    for one in merged(spans):
        begin = one.begin
        while place < len(others) and others[place].end <= begin:
            place += 1
        at = place
        while at < len(others) and others[at].begin < one.end:
            if begin < others[at].begin:
                found.append(Span(begin, others[at].begin))
            begin = max(begin, others[at].end)
            at += 1
        if begin < one.end:
            found.append(Span(begin, one.end))
    return found


def clash(first: Iterable[Span], second: Iterable[Span]) -> Span | None:
    """Return the first time that lies in a span of each, None where there is none."""
    mine, theirs = merged(first), merged(second)
    place = other = 0
    while place < len(mine) and other < len(theirs):
        found = mine[place].cut(theirs[other])
        if found is not None:
            return found
        if mine[place].end <= theirs[other].end:
            place += 1
        else:
            other += 1
    return None
