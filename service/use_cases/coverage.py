"""Coverage of the border in a period: what was walked, when last, by whom, what is open and what is due."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage import (
    Asked,
    Figures,
    Intervals,
    Sights,
    Summary,
    covered_length,
    summaries,
    union,
)
from geo.coverage import Twice as Both
from geo.errors import N_
from geo.evidence import Evidence
from geo.linear import MeasuredLine, MeasureMap
from layers import coverage_days
from layers.border import BorderSegment
from layers.coverage_days import Periods
from layers.fixes import instant
from layers.markers import NamedPlace
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.coverage import (
    Due,
    DueState,
    Freshness,
    Legal,
    Passes,
    Period,
    SegmentCoverage,
    State,
    Stretch,
    Twice,
)
from service.schemas.places import between, naming
from service.underway import names_of

DAY = timedelta(days=1)
HISTORY = timedelta(days=400)
"""How far before the end of a period "walked last" looks back."""

LIKELY = 1
"""The position among what was seen of that within V; before it V − 2σ, after it V + 2σ."""

STATES: tuple[State, ...] = ("gap", "inferred", "covered")
"""The states of stretches by their codes in a summary."""

OVERDUE_LEAST_M = 50.0
"""Shorter overdue stretches are the error of the ends of walks."""

LONGEST_PERIOD = timedelta(days=3660)

Who = Callable[[float, float], str | None]
"""The name of a holder of evidence, by its position or −1, if its last is of a time."""


def period_of(first: str | None, last: str | None, timezone: str, now: datetime) -> Period:
    """Return the period of two texts: days of the district's calendar or instants, half-open.

    Without ``last`` the period ends with today, without ``first`` it begins 30 days before its end.

    Raises
    ------
    InvalidInput
        A text is neither a day nor an instant with its offset, or far off, or the period is empty or long.
    """
    zone = ZoneInfo(timezone)
    tomorrow = datetime.combine(now.astimezone(zone).date() + DAY, datetime.min.time(), zone)
    to_at = tomorrow if last is None else _instant(last, "to", zone)
    from_at = (to_at - 30 * DAY) if first is None else _instant(first, "from", zone)
    if not from_at < to_at:
        raise InvalidInput(
            N_("The period from {first} to {last} is empty."),
            mend=N_("Let it end after it begins; the end is not part of it."),
            where={"parameter": "to"},
            first=first,
            last=last,
        )
    if to_at - from_at > LONGEST_PERIOD:
        raise InvalidInput(
            N_("The period from {first} to {last} is longer than ten years."),
            mend=N_("Ask for a shorter one."),
            where={"parameter": "from"},
            first=first,
            last=last,
        )
    return Period(from_at, to_at, min(to_at, max(now, from_at)))


def _instant(text: str, parameter: str, zone: ZoneInfo) -> datetime:
    found: datetime | None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            found = datetime.combine(day, datetime.min.time(), zone)
        else:
            found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is not None and found.tzinfo is not None:
        if 1950 <= found.year <= 2200:
            return found
        raise InvalidInput(
            N_("{text} lies outside of the years 1950 to 2200."),
            mend=N_("Ask for days in which somebody may have walked."),
            where={"parameter": parameter},
            text=text[:64],
        )
    raise InvalidInput(
        N_("“{text}” is neither a day nor a time with its offset."),
        mend=N_("Write a day such as 2025-06-30, or a time such as 2025-06-30T09:00:00+08:00."),
        where={"parameter": parameter},
        text=text[:64],
    )


def segments_of(stores: Stores, period: Period, code: str | None = None) -> tuple[BorderSegment, ...]:
    """Return the segments valid on the last day of a period, all or the one of a code.

    Raises
    ------
    NotFound
        There is no segment of this code then.
    """
    day = _last_day(stores, period)
    return stores.border.all(day) if code is None else (stores.border.by_code(code, day),)


def _last_day(stores: Stores, period: Period) -> date:
    zone = ZoneInfo(stores.districts.current().timezone)
    return (period.to_at - timedelta(microseconds=1)).astimezone(zone).date()


def coverage(
    stores: Stores, segments: Sequence[BorderSegment], period: Period
) -> tuple[SegmentCoverage, ...]:
    """Return the coverage of segments in a period, in the order given."""
    zone = ZoneInfo(stores.districts.current().timezone)
    last_day = _last_day(stores, period)
    earliest = min(period.from_at.astimezone(zone).date(), last_day - HISTORY)
    ids = [one.id for one in segments]
    counted = [_counted_from(one, period, zone) for one in segments]
    lines = [_measured(one.line.wkb) for one in segments]
    asked = [_asked(*one, period) for one in zip(segments, lines, counted, strict=True)]
    begins = np.array([one.begin for one in asked])
    known = stores.observed.known(ids, Periods(earliest, last_day + DAY, begins, period.seconds[1]))
    places = stores.markers.names_along(ids, last_day)
    found = summaries(asked, known.walks, known.sights, OVERDUE_LEAST_M)
    names = names_of(stores, known.holders)

    def who(holder: float, last_t: float) -> str | None:
        return names.at(known.holders[int(holder)], instant(last_t)) if holder >= 0 else None

    twice = _twice(known.twice, who, begins, period)
    told = tuple(
        _of_segment(one, line, summary, who, places.get(one.id, ()), period, counted[k], twice.get(k, ()))
        for k, (one, line, summary) in enumerate(zip(segments, lines, found, strict=True))
    )
    said = known.walks.take(known.walks.evidence == Evidence.DECLARED)
    return told if len(said) == 0 else _with_said(told, said, period)


def _twice(
    known: Both, who: Who, begins: npt.NDArray[np.float64], period: Period
) -> dict[int, tuple[Twice, ...]]:
    """Return by line who was at work with two devices at once in a period, how long and how far apart."""
    found: dict[int, tuple[Twice, ...]] = {}
    columns = (one.tolist() for one in known.by_line(begins, period.seconds[1]))
    for line, holder, seconds, apart, last_t in zip(*columns, strict=True):
        most = None if math.isnan(apart) else round(apart, 1)
        one = Twice(who(holder, last_t), round(seconds / 60.0, 1), most)
        found[line] = (*found.get(line, ()), one)
    return found


def _with_said(
    told: Sequence[SegmentCoverage], said: Intervals, period: Period
) -> tuple[SegmentCoverage, ...]:
    """Return coverage with the spans that were declared."""
    parts = [
        rows.within(one.counted_from.timestamp(), period.seconds[1])
        for one, rows in zip(told, said.by_line(len(told)), strict=True)
    ]
    return tuple(
        replace(one, said=union(part.low, part.high).tolist()) for one, part in zip(told, parts, strict=True)
    )


def warm_up() -> None:
    """Sum up a line that nobody walked, so that all the time goes into compiling, or loading what was."""
    nothing = Sights(np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0), np.empty(0))
    nobody = Intervals.join([])
    list(summaries([Asked(1.0, 0.0, 1.0, 1.0, 1.0, 0.0)], nobody, nothing, OVERDUE_LEAST_M))
    coverage_days.warm_up()


def _counted_from(segment: BorderSegment, period: Period, zone: ZoneInfo) -> datetime:
    if segment.valid_from is None:
        return period.from_at
    return max(period.from_at, datetime.combine(segment.valid_from, datetime.min.time(), zone))


def _asked(segment: BorderSegment, line: MeasuredLine, begin: datetime, period: Period) -> Asked:
    """Return what is asked about a segment that is counted from an instant on."""
    now = period.as_of.timestamp()
    # a metre that was never walked is left since the segment was drawn, or as far back as is looked
    never = now - HISTORY.total_seconds()
    if segment.valid_from is not None:
        drawn = datetime.combine(segment.valid_from, datetime.min.time(), period.from_at.tzinfo)
        never = min(now, max(never, drawn.timestamp()))
    days = math.nan if segment.due_days is None else segment.due_days
    return Asked(line.length_m, begin.timestamp(), period.seconds[1], days, now, never)


def _of_segment(
    segment: BorderSegment,
    line: MeasuredLine,
    known: Summary,
    who: Who,
    markers: Sequence[NamedPlace],
    period: Period,
    counted_from: datetime,
    twice: tuple[Twice, ...],
) -> SegmentCoverage:
    told = known.figures
    return SegmentCoverage(
        segment=segment,
        line=line,
        counted_from=counted_from,
        covered_m=told.covered_m,
        inferred_m=told.inferred_m,
        bridged_m=told.bridged_m,
        seen_m=told.seen_m,
        legal=_legal(segment, known.sights, line.length_m),
        declared_m=told.declared_m,
        passes=Passes(told.mean, told.most, told.fewest),
        last_at=_told(told.last_t),
        last_by=who(told.last_by, told.last_t),
        walked_km=told.walked_m / 1000.0,
        hours=told.seconds / 3600.0,
        person_hours=told.person_seconds / 3600.0,
        twice=twice,
        freshness=Freshness(told.fresh_m, told.fresh_m_s / DAY.total_seconds()),
        stretches=_stretches(known, who, naming(markers)),
        due=_due(segment, told, period),
        sight=known.sights[LIKELY].tolist(),
    )


def _stretches(known: Summary, who: Who, markers: Sequence[tuple[float, str]]) -> tuple[Stretch, ...]:
    return tuple(
        Stretch(
            state=STATES[int(state)],
            from_m=low,
            to_m=high,
            passes=int(passes),
            last_at=_told(last_t),
            last_by=who(holder, last_t),
            oldest_at=_told(oldest_t),
            markers=between(markers, low, high),
        )
        for state, low, high, passes, last_t, holder, oldest_t in known.stretches.tolist()
    )


def _told(t: float) -> datetime | None:
    return None if math.isnan(t) else instant(t)


def _legal(segment: BorderSegment, sights: Sequence[npt.NDArray[np.float64]], length: float) -> Legal:
    """Return how much of the legal line was in sight; sights are in measures of the patrolled line."""
    if segment.route is None:
        return Legal(length, *(covered_length(spans) for spans in sights))
    both = _measure_map(segment.geom.wkb, segment.route.wkb)
    return Legal(float(both.ours[-1]), *(covered_length(both.back(spans)) for spans in sights))


@lru_cache(maxsize=64)
def _measure_map(legal: bytes, route: bytes) -> MeasureMap:
    """Return the map between the measures of two lines given as WKB."""
    return MeasureMap.between(_measured(legal), _measured(route))


@lru_cache(maxsize=1024)
def _measured(wkb: bytes) -> MeasuredLine:
    """Return a line given as WKB with its measures."""
    return MeasuredLine.from_lonlat(shapely.get_coordinates(shapely.from_wkb(wkb)))


def _due(segment: BorderSegment, told: Figures, period: Period) -> Due:
    """Return how a segment stands against its rule: at most so many days between two visits of a metre."""
    days = segment.due_days
    if days is None:
        return Due(None, "none", 0.0, 0.0, None)
    next_on = (datetime.fromtimestamp(told.oldest_t, period.from_at.tzinfo) + days * DAY).date()
    state: DueState = "overdue" if told.overdue_m > 0.0 else "soon" if told.soon else "ok"
    return Due(days, state, told.overdue_m, told.debt_m_days / 1000.0, next_on)
