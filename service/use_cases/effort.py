"""What walking the border took in a period, and how fresh what is known of it is."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from geo.coverage import Intervals, effort, freshness, one_at_a_time
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
    every = known.walks.at_least(Evidence.OBSERVED).by_line(len(found))
    parts = [
        walks.within(one.counted_from.timestamp(), period.seconds[1])
        for one, walks in zip(found, every, strict=True)
    ]
    kept, twice = one_at_a_time(Intervals.join(parts))
    walked = zip(found, kept.by_line(len(found)), every, strict=True)
    return tuple(
        _of_segment(
            one,
            mine,
            past.within(0.0, period.seconds[1]),
            [each for each in twice if k in each.lines],
            known.holders,
            period,
        )
        for k, (one, mine, past) in enumerate(walked)
    )


def _of_segment(
    one: SegmentCoverage,
    walks: Intervals,
    past: Intervals,
    twice: Sequence[Both],
    names: Sequence[str],
    period: Period,
) -> SegmentCoverage:
    took = effort(walks)
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
        freshness=_freshness(past, one.length_m, period),
    )


def _freshness(past: Intervals, length: float, period: Period) -> Freshness:
    """Return how old what is known of a segment is, metre by metre."""
    known_m, aged_m_s = freshness(past, length, period.as_of.timestamp())
    return Freshness(known_m, aged_m_s / DAY_S)
