"""Rules of a district as limits in seconds: seasons laid out over years, the nearest rules chosen."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np

from geo.due import DAY_S, SPACING_S, Clock, Limit, Rule
from geo.evidence import Evidence
from layers.due import DueRule, Suspension
from layers.stores import Stores
from service.schemas.due import Held

DAY = timedelta(days=1)
HISTORY = timedelta(days=400)
"""How far visits are looked back for; what was never visited in it is due since then."""

AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known when it is asked what is due: the rules and suspensions of a district, and an instant."""

    rules: tuple[DueRule, ...]
    suspensions: tuple[Suspension, ...]
    now: datetime
    zone: tzinfo

    @classmethod
    def of(cls, stores: Stores, now: datetime, zone: tzinfo) -> "Known":
        """Read what a district says of the time round an instant."""
        since = now - HISTORY - AHEAD
        return cls(
            stores.due_rules.all(since.astimezone(zone).date()),
            stores.due_rules.suspensions(since),
            now,
            zone,
        )

    @property
    def day(self) -> date:
        """The day it is in the district."""
        return self.now.astimezone(self.zone).date()

    @property
    def lookback(self) -> timedelta:
        """How far back visits count: further where a rule allows longer."""
        longest = max((one.within_days for one in self.rules), default=0.0)
        return max(HISTORY, timedelta(days=2.0 * longest))

    def since_t(self, begun: date | None) -> float:
        """Return the Unix seconds from which a thing is there to be visited, no longer ago than is looked."""
        earliest = (self.now - self.lookback).timestamp()
        if begun is None:
            return earliest
        return min(self.now.timestamp(), max(earliest, start_of(begun, self.zone)))


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit, what proves a visit for it, and the rule it comes of."""

    limit: Limit
    held: Held
    least: Evidence = Evidence.OBSERVED


def start_of(day: date, zone: tzinfo) -> float:
    """Return the Unix seconds at which a day begins in a zone."""
    return datetime.combine(day, time(), zone).timestamp()


def instant(t: float) -> datetime:
    """Return the instant of Unix seconds."""
    return datetime.fromtimestamp(t, UTC)


def by_default(days: int | None) -> list[Bound]:
    """Return what a thing says of itself: at most so many days between two visits."""
    return [] if days is None else [Bound(Limit(days * DAY_S), Held(float(days)))]


def chosen(levels: Sequence[Sequence[DueRule]], default: Sequence[Bound], known: Known) -> list[Bound]:
    """Return the limits of a thing that rules of several levels are for, the nearest level first.

    Of standing rules those of the nearest level that has any hold, else the default. Seasons and requests
    of every level come on top: they never loosen.
    """
    standing = next((mine for level in levels if (mine := [r for r in level if _stands(r, known)])), None)
    found = list(default) if standing is None else [b for one in standing for b in bounds_of(one, known)]
    return found + [b for level in levels for one in level if not one.standing for b in bounds_of(one, known)]


def _stands(rule: DueRule, known: Known) -> bool:
    return rule.standing and rule.from_day <= known.day and (rule.to_day is None or known.day < rule.to_day)


def bounds_of(rule: DueRule, known: Known) -> Iterator[Bound]:
    """Yield the limits of a rule, one for each time it is in force round now."""
    for first, last in _times(rule, known):
        limit = Limit(
            rule.within_days * DAY_S,
            rule.times,
            max(SPACING_S, rule.spacing_hours * 3_600.0),
            start_of(first, known.zone),
            np.inf if last is None else start_of(last, known.zone),
            fresh=not rule.standing,
        )
        yield Bound(limit, Held.of(rule), rule.least)


def _times(rule: DueRule, known: Known) -> Iterator[tuple[date, date | None]]:
    if rule.season_from is None or rule.season_to is None:
        yield rule.from_day, rule.to_day
        return
    for year in range((known.now - HISTORY).year - 1, (known.now + AHEAD).year + 1):
        first = _day_of(year, rule.season_from)
        last = _day_of(year + (rule.season_to < rule.season_from), rule.season_to) + DAY
        first = max(first, rule.from_day)
        last = last if rule.to_day is None else min(last, rule.to_day)
        if first < last:
            yield first, last


def _day_of(year: int, text: str) -> date:
    """Return a day MM-DD of a year; the last of its month where the month is shorter."""
    month, day = int(text[:2]), int(text[3:])
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def clock_of(suspensions: Sequence[Suspension]) -> Clock:
    """Return the clock that stands still during suspensions."""
    return Clock.of(
        [
            (one.from_at.timestamp(), np.inf if one.to_at is None else one.to_at.timestamp())
            for one in suspensions
        ]
    )


def reason_now(suspensions: Sequence[Suspension], now: datetime) -> str | None:
    """Return why something is suspended now, None where it is not."""
    return next(
        (one.reason for one in suspensions if one.from_at <= now and (one.to_at is None or now < one.to_at)),
        None,
    )


def ruled(bounds: Sequence[Bound], clock: Clock) -> Rule:
    """Return limits and a clock as one rule."""
    return Rule(tuple(one.limit for one in bounds), clock)
