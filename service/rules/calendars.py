"""Working calendars: which days are worked, and how working time flows through them.

A working day counts as 24 hours from one midnight of the district to the next, so a limit of one working day
that begins on Monday at ten ends on Tuesday at ten; on days off no time flows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

SATURDAY = 5
_LIMIT_DAYS = 40_000
CHINA_YEARS = (min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year)
"""The first and the last year whose holidays are published."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A working calendar in a time zone.

    ``name`` is ``china``, ``weekdays`` or ``always``; ``holidays`` and ``workdays`` are days of a district's
    own that go before it.
    """

    name: str
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Say whether a day is worked; beyond the published years, by its weekday."""
        if self.name == "always":
            return True
        if day in self.workdays or day in self.holidays:
            return day in self.workdays
        if self.name == "china" and self.knows(day):
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < SATURDAY

    def knows(self, day: date) -> bool:
        """Say whether a day is in the published years; other calendars know every day."""
        return self.name != "china" or CHINA_YEARS[0] <= day.year <= CHINA_YEARS[1]

    def knows_at(self, at: datetime) -> bool:
        """Say whether the day of an instant is in the published years."""
        return self.knows(at.astimezone(self.zone).date())

    def worked(self, begin: datetime, end: datetime) -> timedelta:
        """Return how much working time flows in [begin, end), nothing where end is not later."""
        found = timedelta()
        for start, stop in self._days(begin):
            if start >= end:
                break
            found += min(stop, end) - start
        return found

    def after(self, begin: datetime, span: timedelta) -> datetime:
        """Return the first instant by which a span of working time has flowed since begin, in UTC."""
        if span <= timedelta():
            return begin.astimezone(UTC)
        for start, stop in self._days(begin):
            if span <= stop - start:
                return start + span
            span -= stop - start
        raise OverflowError("a calendar without working days")

    def _days(self, begin: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the working periods from an instant on, in UTC, day by day."""
        first = begin.astimezone(self.zone).date()
        now = begin.astimezone(UTC)
        for number in range(_LIMIT_DAYS):
            day = first + timedelta(days=number)
            if self.works(day):
                yield max(now, self._midnight(day)), self._midnight(day + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)
