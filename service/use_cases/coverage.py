"""Coverage of the border in a period: what was walked, when last, by whom, what is open and what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage import Intervals, Profile, covered_length, gaps, intersection, profile, union
from geo.errors import N_
from geo.evidence import Evidence
from geo.linear import MeasuredLine, MeasureMap
from layers.border import BorderSegment
from layers.coverage import LineIntervals
from layers.fixes import instant
from layers.markers import Marker
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.coverage import (
    Due,
    DueState,
    Legal,
    Passes,
    Period,
    SegmentCoverage,
    State,
    Stretch,
)
from service.schemas.places import between, naming

DAY = timedelta(days=1)
HISTORY = timedelta(days=400)
"""How far before the end of a period "walked last" looks back."""

BANDS = (-1, 0, 1)
LIKELY = 1
"""The position among the bands of what was seen within V; before it V − 2σ, after it V + 2σ."""

OVERDUE_LEAST_M = 50.0
"""Shorter overdue stretches are the error of the ends of walks."""

LONGEST_PERIOD = timedelta(days=3660)


def period_of(first: str | None, last: str | None, timezone: str, now: datetime) -> Period:
    """Return the period of two texts: days of the district's calendar or instants, half-open.

    Without ``last`` the period ends with today, without ``first`` it begins 30 days before its end.

    Raises
    ------
    InvalidInput
        A text is neither a day nor an instant with its offset, or the period is empty or too long.
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
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            found = datetime.combine(day, datetime.min.time(), zone)
        else:
            found = datetime.fromisoformat(text)
        if found.tzinfo is not None and 1950 <= found.year <= 2200:
            return found
    except ValueError:
        pass
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
    # Of the time before the period nothing but the last walk is told.
    every_from = period.from_at.astimezone(zone).date()
    ledger = stores.coverage.lines(ids, earliest, last_day + DAY, every_from=every_from)
    intervals = ledger.in_time()
    walks = dict(zip(ledger.segments, intervals.by_line(len(ledger.segments)), strict=True))
    looked = dict(zip(ledger.segments, _looked(intervals, ledger), strict=True))
    markers = stores.markers.along_each(ids, last_day)
    found = []
    for segment in segments:
        begun = segment.valid_from
        counted_from = period.from_at
        if begun is not None:
            counted_from = max(counted_from, datetime.combine(begun, datetime.min.time(), zone))
        key = segment.id
        beside = markers.get(key, ())
        found.append(_of_segment(segment, walks[key], looked[key], ledger, beside, period, counted_from))
    return tuple(found)


def _of_segment(
    segment: BorderSegment,
    rows: Intervals,
    looked: Sequence[Intervals],
    ledger: LineIntervals,
    markers: Sequence[Marker],
    period: Period,
    counted_from: datetime,
) -> SegmentCoverage:
    line = _measured(segment.line.wkb)
    length = line.length_m
    begin, end = counted_from.timestamp(), period.seconds[1]
    now = rows.within(begin, end)
    observed = now.at_least(Evidence.OBSERVED)
    walked = union(observed.low, observed.high)
    inferred = _beside(now.take(now.evidence == Evidence.INFERRED), walked, length)
    bands = [part.within(begin, end) for part in looked]
    sights = [union(part.low, part.high) for part in bands]
    seen = intersection(sights[LIKELY], gaps(walked, 0.0, length))
    better = union(*np.concatenate([walked, seen]).T)
    bridged = intersection(inferred, gaps(better, 0.0, length))
    known = union(*np.concatenate([better, bridged]).T)
    declared = _beside(now.take(now.evidence == Evidence.DECLARED), known, length)
    past = rows.within(0.0, end).at_least(Evidence.OBSERVED)
    history = profile(past, 0.0, length)
    passes = profile(observed, 0.0, length)
    names = (*ledger.persons, *ledger.devices)
    look = _Look(length, history, passes, tuple(names[k] for k in past.holder), naming(markers))
    stretches = look.stretches(walked, inferred)
    latest = int(np.argmax(past.to_t)) if len(past) else -1
    return SegmentCoverage(
        segment=segment,
        line=line,
        counted_from=counted_from,
        covered_m=covered_length(walked),
        inferred_m=covered_length(inferred),
        bridged_m=covered_length(bridged),
        seen_m=covered_length(seen),
        legal=_legal(segment, sights, length),
        declared_m=covered_length(declared),
        passes=_passes(passes),
        last_at=instant(float(past.to_t[latest])) if latest >= 0 else None,
        last_by=look.names[latest] if latest >= 0 else None,
        walked_km=float(np.abs(observed.to_m - observed.from_m).sum()) / 1000.0,
        hours=float((observed.to_t - observed.from_t).sum()) / 3600.0,
        stretches=stretches,
        due=_due(segment, history, period),
    )


def _looked(intervals: Intervals, ledger: LineIntervals) -> list[tuple[Intervals, ...]]:
    """Return what was seen of each segment, surely, likely and possibly."""
    seen = ledger.evidence == Evidence.SEEN
    bands = [intervals.take(seen & (ledger.band == band)) for band in BANDS]
    return list(zip(*(one.by_line(len(ledger.segments)) for one in bands), strict=True))


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


def _beside(rows: Intervals, better: npt.NDArray[np.float64], length: float) -> npt.NDArray[np.float64]:
    """Return the spans of rows that no better evidence covers."""
    return intersection(union(rows.low, rows.high), gaps(better, 0.0, length))


def _passes(found: Profile) -> Passes:
    mean = float((found.passes * found.metres).sum() / found.metres.sum())
    return Passes(mean, int(found.passes.max()), int(found.passes.min()))


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What is known along a segment, to describe its stretches."""

    length: float
    history: Profile
    passes: Profile
    names: tuple[str, ...]
    markers: list[tuple[float, str]]

    def stretches(
        self, walked: npt.NDArray[np.float64], inferred: npt.NDArray[np.float64]
    ) -> tuple[Stretch, ...]:
        """Return the whole segment in order, cut where the state or the last walk changes."""
        known = union(*np.concatenate([walked, inferred]).T)
        found = [self._one("gap", low, high) for low, high in gaps(known, 0.0, self.length).tolist()]
        found += [self._one("inferred", low, high) for low, high in inferred.tolist()]
        for low, high in walked.tolist():
            found += [self._one("covered", a, b) for a, b in self._by_last(low, high)]
        return tuple(sorted(found, key=lambda one: one.from_m))

    def _by_last(self, low: float, high: float) -> list[tuple[float, float]]:
        """Return a span cut where another person, or the same an hour apart, was there last."""
        inside = np.flatnonzero(self.history.between(low, high))
        last, times = self.history.last[inside], self.history.last_t[inside]
        # Most pieces side by side were last walked by the same interval.
        other = (np.diff(last) != 0) | (np.abs(np.diff(times)) > 3600.0)
        cuts = [low]
        for a in np.flatnonzero(other).tolist():
            apart = abs(times[a] - times[a + 1])
            if self.names[last[a]] != self.names[last[a + 1]] or apart > 3600.0:
                cuts.append(float(self.history.edges[inside[a + 1]]))
        return list(zip(cuts, [*cuts[1:], high], strict=True))

    def _one(self, state: State, low: float, high: float) -> Stretch:
        inside = self.history.between(low, high)
        times, last = self.history.last_t[inside], self.history.last[inside]
        never = bool(np.isnan(times).any())
        latest = int(np.nanargmax(times)) if len(times) and not np.isnan(times).all() else -1
        counted = self.passes.passes[self.passes.between(low, high)]
        return Stretch(
            state=state,
            from_m=low,
            to_m=high,
            passes=int(counted.min(initial=2**31 - 1)) if len(counted) else 0,
            last_at=instant(float(times[latest])) if latest >= 0 else None,
            last_by=self.names[last[latest]] if latest >= 0 else None,
            oldest_at=None if never or latest < 0 else instant(float(times.min())),
            markers=between(self.markers, low, high),
        )


def _due(segment: BorderSegment, history: Profile, period: Period) -> Due:
    """Return how a segment stands against its rule: at most so many days between two visits of a metre."""
    days = segment.due_days
    if days is None:
        return Due(None, "none", 0.0, 0.0, None)
    now = period.as_of.timestamp()
    # a metre that was never walked is left since the segment was drawn, or as far back as is looked
    never = now - HISTORY.total_seconds()
    if segment.valid_from is not None:
        drawn = datetime.combine(segment.valid_from, datetime.min.time(), period.from_at.tzinfo)
        never = min(now, max(never, drawn.timestamp()))
    last = np.where(np.isnan(history.last_t), never, history.last_t)
    age = (now - last) / 86_400.0
    late = age > days
    spans = union(history.edges[:-1][late], history.edges[1:][late])
    long = spans[(spans[:, 1] - spans[:, 0]) >= OVERDUE_LEAST_M]
    debt = float((np.maximum(age - days, 0.0) * history.metres).sum()) / 1000.0
    walked = history.metres >= OVERDUE_LEAST_M
    oldest = float(last[walked].min()) if walked.any() else float(last.min())
    next_on = (datetime.fromtimestamp(oldest, period.from_at.tzinfo) + days * DAY).date()
    if len(long):
        state: DueState = "overdue"
    else:
        state = "soon" if bool((age > 0.8 * days).any()) else "ok"
    return Due(days, state, covered_length(long), debt if len(long) else 0.0, next_on)
