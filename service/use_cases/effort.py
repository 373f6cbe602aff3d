"""What walking the border took in a period, and how fresh what is known of it is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geo.coverage import Effort, covered_length, efforts, freshnesses
from geo.coverage import Twice as Both
from geo.evidence import Evidence
from layers.coverage_days import Periods
from layers.fixes import instant
from layers.stores import Stores
from service.schemas.coverage import Freshness, Period, SegmentCoverage, Twice
from service.underway import Names, names_of

DAY = timedelta(days=1)
HISTORY = timedelta(days=400)
DAY_S = 86_400.0


def with_effort(
    stores: Stores, found: Sequence[SegmentCoverage], period: Period
) -> tuple[SegmentCoverage, ...]:
    """Return coverage of segments with kilometres, hours and person-hours, and with how fresh it is.

    A team that walks together walks once; a person with two devices is at one place at a time.
    """
    if not found:
        return ()
    zone = ZoneInfo(stores.districts.current().timezone)
    after = period.to_at.astimezone(zone).date() + DAY
    first = min(period.from_at.astimezone(zone).date(), after - HISTORY)
    # Only what was walked is asked for, of all days.
    known = stores.observed.known([one.segment.id for one in found], Periods.never(first, after, len(found)))
    every = known.walks.at_least(Evidence.OBSERVED)
    begins = np.array([one.counted_from.timestamp() for one in found])
    in_order, _ = every.in_lines(len(found))
    took = efforts(in_order.within(begins[in_order.line], period.seconds[1]), len(found))
    lengths = np.array([one.length_m for one in found])
    fresh = freshnesses(in_order.within(0.0, period.seconds[1]), lengths, period.as_of.timestamp())
    names = names_of(stores, known.holders) if known.twice else Names({}, {})
    both: dict[int, list[Both]] = {}
    for each in known.twice:
        for line in each.lines:
            both.setdefault(line, []).append(each)
    twice = [_twice(both.get(k, ()), known.holders, names, one, period) for k, one in enumerate(found)]
    return tuple(
        _of_segment(one, mine, Freshness(known_m, aged / DAY_S), doubled)
        for one, mine, (known_m, aged), doubled in zip(found, took, fresh, twice, strict=True)
    )


def _twice(
    known: Sequence[Both], holders: Sequence[str], names: Names, one: SegmentCoverage, period: Period
) -> tuple[Twice, ...]:
    """Return who was at work with two devices at once in a period, for how long, and how far apart."""
    begin, end = one.counted_from.timestamp(), period.seconds[1]
    found: dict[int, _Together] = {}
    for each in known:
        spans = np.clip(each.spans, begin, end)
        if (seconds := covered_length(spans)) > 0.0:
            found.setdefault(each.holder, _Together()).add(seconds, each.apart_m, float(spans.max()))
    return tuple(
        Twice(names.at(holders[holder], instant(both.last_t)), round(both.seconds / 60.0, 1), both.most_m())
        for holder, both in found.items()
    )


@dataclass(slots=True)
class _Together:
    """For how long somebody was at work with two devices, how far apart these were, and until when."""

    seconds: float = 0.0
    apart_m: list[float] = field(default_factory=list)
    last_t: float = 0.0

    def add(self, seconds: float, apart_m: float, last_t: float) -> None:
        """Add a day."""
        self.seconds += seconds
        self.apart_m.append(apart_m)
        self.last_t = max(self.last_t, last_t)

    def most_m(self) -> float | None:
        """Return the most metres; None where none are known."""
        known = [one for one in self.apart_m if not math.isnan(one)]
        return round(max(known), 1) if known else None


def _of_segment(
    one: SegmentCoverage, took: Effort, fresh: Freshness, twice: tuple[Twice, ...]
) -> SegmentCoverage:
    return replace(
        one,
        walked_km=took.metres / 1000.0,
        hours=took.seconds / 3600.0,
        person_hours=took.person_seconds / 3600.0,
        twice=twice,
        freshness=fresh,
    )
