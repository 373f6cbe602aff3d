"""What walking the border took in a period, and how fresh what is known of it is."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np

from geo.coverage import Effort, efforts, freshnesses, one_at_a_time
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
    kept, twice = one_at_a_time(in_order.within(begins[in_order.line], period.seconds[1]))
    lengths = np.array([one.length_m for one in found])
    fresh = freshnesses(in_order.within(0.0, period.seconds[1]), lengths, period.as_of.timestamp())
    both: dict[int, list[Both]] = {}
    for each in twice:
        for line in each.lines:
            both.setdefault(line, []).append(each)
    return tuple(
        _of_segment(one, took, Freshness(known_m, aged / DAY_S), both.get(k, ()), known.holders)
        for k, (one, took, (known_m, aged)) in enumerate(
            zip(found, efforts(kept, len(found)), fresh, strict=True)
        )
    )


def _of_segment(
    one: SegmentCoverage, took: Effort, fresh: Freshness, twice: Sequence[Both], names: Sequence[str]
) -> SegmentCoverage:
    return replace(
        one,
        walked_km=took.metres / 1000.0,
        hours=took.seconds / 3600.0,
        person_hours=took.person_seconds / 3600.0,
        twice=tuple(
            Twice(
                names[each.holder],
                round(each.seconds / 60.0, 1),
                None if math.isnan(each.apart_m) else round(each.apart_m, 1),
            )
            for each in twice
        ),
        freshness=fresh,
    )
