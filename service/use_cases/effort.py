"""What walking the border took in a period, and how fresh what is known of it is."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geo.coverage import Effort, covered_length, efforts, freshnesses
from geo.coverage import Twice as Both
from geo.evidence import Evidence
from layers.coverage_days import Periods
from layers.stores import Stores
from service.schemas.coverage import Freshness, Period, SegmentCoverage, Twice

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
    called = stores.tasks.called(known.holders) if known.twice else {}
    names = [called.get(one, one) for one in known.holders]
    both: dict[int, list[Both]] = {}
    for each in known.twice:
        for line in each.lines:
            both.setdefault(line, []).append(each)
    return tuple(
        _of_segment(one, mine, Freshness(known_m, aged / DAY_S), _twice(both.get(k, ()), names, one, period))
        for k, (one, mine, (known_m, aged)) in enumerate(zip(found, took, fresh, strict=True))
    )


def _twice(
    known: Sequence[Both], names: Sequence[str], one: SegmentCoverage, period: Period
) -> tuple[Twice, ...]:
    """Return who was at work with two devices at once in a period, for how long, and how far apart."""
    begin, end = one.counted_from.timestamp(), period.seconds[1]
    found: dict[int, tuple[float, list[float]]] = {}
    for each in known:
        spans = np.clip(each.spans, begin, end)
        seconds, apart = found.get(each.holder, (0.0, []))
        if (more := covered_length(spans)) > 0.0:
            found[each.holder] = (seconds + more, [*apart, each.apart_m])
    return tuple(
        Twice(names[holder], round(seconds / 60.0, 1), _most(apart))
        for holder, (seconds, apart) in found.items()
    )


def _most(metres: Sequence[float]) -> float | None:
    known = [one for one in metres if not math.isnan(one)]
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
