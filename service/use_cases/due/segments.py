"""What is due of the border: metre by metre, told as the stretches that stand alike."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise

import numpy as np
import shapely

from geo.coverage import Intervals
from geo.due import DAY_S, Standing, State, along, overdue_s, stand
from geo.evidence import Evidence
from geo.linear import MeasuredLine
from layers.border import BorderSegment
from layers.coverage_days import Periods
from layers.due import DueRule, Suspension
from layers.stores import Stores
from service.schemas.due import DueThing
from service.schemas.places import between, naming
from service.use_cases.due.limits import (
    Bound,
    Known,
    by_default,
    chosen,
    clock_of,
    instant,
    reason_now,
    ruled,
)

LEAST_M = 50.0
"""Shorter overdue stretches are the error of the ends of walks."""


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """A segment with its line and everything that was observed of it."""

    segment: BorderSegment
    line: MeasuredLine
    walks: Intervals


def walked_segments(stores: Stores, known: Known, codes: set[str] | None = None) -> list[Walked]:
    """Return the segments of a day with what was walked of them up to then, all or those of some codes."""
    segments = [one for one in stores.border.all(known.day) if codes is None or one.code in codes]
    first = (known.now - known.lookback).astimezone(known.zone).date()
    after = known.day + timedelta(days=1)
    ledger = stores.observed.known([one.id for one in segments], Periods.never(first, after, len(segments)))
    every = ledger.walks.at_least(Evidence.OBSERVED).by_line(len(segments))
    found = []
    for segment, walks in zip(segments, every, strict=True):
        line = MeasuredLine.from_lonlat(shapely.get_coordinates(segment.line))
        found.append(Walked(segment, line, walks.within(0.0, known.now.timestamp() + 1e-6)))
    return found


def due_segments(stores: Stores, known: Known) -> Iterator[DueThing]:
    """Yield the stretches of every segment that has a rule, in the order of the border."""
    rules = [one for one in known.rules if one.kind == "segment"]
    for one in walked_segments(stores, known):
        mine = [rule for rule in rules if rule.code == one.segment.code]
        if not mine and one.segment.due_days is None:
            continue
        markers = naming(stores.markers.along(one.segment.id, known.day))
        for thing in (s for part in parts_of(one, mine, known) for s in _stretches(one, part, known)):
            if thing.overdue and _length(thing) < min(LEAST_M, 0.5 * one.line.length_m):
                continue
            yield _placed(one, thing, markers)


def debts(stores: Stores, known: Known, begin: datetime) -> dict[str, float]:
    """Return the km·days for which each segment was overdue from an instant to that of what is known."""
    rules = [one for one in known.rules if one.kind == "segment"]
    found: dict[str, float] = {}
    for one in walked_segments(stores, known):
        mine = [rule for rule in rules if rule.code == one.segment.code]
        since_t = known.since_t(one.segment.valid_from)
        for part in parts_of(one, mine, known):
            edges, visits = along(one.walks, part.low, part.high)
            rule = ruled(part.bounds, clock_of(part.suspensions))
            late = overdue_s(rule, visits, since_t, begin.timestamp(), known.now.timestamp())
            debt = float((late * np.diff(edges)).sum()) / DAY_S / 1000.0
            found[one.segment.code] = found.get(one.segment.code, 0.0) + debt
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of a segment that the same rules and suspensions are for."""

    low: float
    high: float
    bounds: Sequence[Bound]
    suspensions: Sequence[Suspension]


def parts_of(one: Walked, every: Sequence[DueRule], known: Known) -> Iterator[Part]:
    """Yield the parts of a segment that have a rule, from its start."""
    rules = [rule for rule in every if rule.code == one.segment.code]
    stops = [
        stop
        for stop in known.suspensions
        if stop.kind == "everything" or (stop.kind == "segment" and stop.code == one.segment.code)
    ]
    measured: list[DueRule | Suspension] = [*rules, *stops]
    ends = [end for value in measured for end in (value.from_m, value.to_m) if end is not None]
    cuts = sorted({0.0, one.line.length_m, *(end for end in ends if 0.0 < end < one.line.length_m)})
    for low, high in pairwise(cuts):
        mine = [rule for rule in rules if rule.covers(low, high)]
        levels = [
            [rule for rule in mine if rule.from_m is not None],
            [rule for rule in mine if rule.from_m is None],
        ]
        bounds = chosen(levels, by_default(one.segment.due_days), known)
        if bounds:
            yield Part(low, high, bounds, [stop for stop in stops if stop.covers(low, high)])


def _stretches(one: Walked, part: Part, known: Known) -> Iterator[DueThing]:
    """Yield the stretches of a part: pieces side by side that stand alike under the same rule."""
    edges, visits = along(one.walks, part.low, part.high)
    since_t = known.since_t(one.segment.valid_from)
    standing = stand(ruled(part.bounds, clock_of(part.suspensions)), visits, since_t, known.now.timestamp())
    reason = reason_now(part.suspensions, known.now)
    alike = [
        (standing.state(k), bool(standing.late_s[k] > 0.0), bool(standing.soon[k]), int(standing.limit[k]))
        for k in range(len(visits))
    ]
    for (state, _, soon, limit), places in groupby(range(len(visits)), key=alike.__getitem__):
        at = list(places)
        yield _stretch(one, part, standing, edges, at, limit, since_t, state, soon=soon, reason=reason)


def _stretch(
    one: Walked,
    part: Part,
    standing: Standing,
    edges: np.ndarray,
    at: list[int],
    limit: int,
    since_t: float,
    state: State,
    *,
    soon: bool,
    reason: str | None,
) -> DueThing:
    last, due = standing.last_t[at], float(standing.due_t[at].min())
    latest = float(last.max())
    metres = np.diff(edges)[at]
    return DueThing(
        kind="segment",
        code=one.segment.code,
        name=one.segment.name,
        state=state,
        due_at=None if np.isinf(due) else instant(due),
        late_s=float(standing.late_s[at].max()),
        last_at=None if np.isinf(last.min()) else instant(float(last.min())),
        owner=one.segment.owner,
        lon=0.0,
        lat=0.0,
        rule=(part.bounds[limit] if limit >= 0 else part.bounds[0]).held,
        counts_from=instant((since_t if np.isinf(latest) else latest) + 1.0),
        from_m=float(edges[at[0]]),
        to_m=float(edges[at[-1] + 1]),
        debt_km_days=float((standing.late_s[at] * metres).sum()) / DAY_S / 1000.0,
        suspension=reason,
        soon=soon,
    )


def _length(thing: DueThing) -> float:
    return (thing.to_m or 0.0) - (thing.from_m or 0.0)


def _placed(one: Walked, thing: DueThing, markers: Sequence[tuple[float, str]]) -> DueThing:
    low, high = thing.from_m or 0.0, thing.to_m or 0.0
    lon, lat = one.line.interpolate(0.5 * (low + high)).tolist()
    line = one.line.cut(low, high).round(7).tolist()
    return replace(thing, lon=lon, lat=lat, line=line, markers=between(markers, low, high))
