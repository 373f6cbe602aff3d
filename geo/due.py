"""What is due: how long a place may go without a visit, and since when it has gone longer.

One kind of limit says it all: *within any so many seconds there are at least so many visits, so far apart*.
With a count of one it is the longest interval between two visits; in force for part of a year it is a season;
with an end it is a request. Suspensions stop the clock: the time in them counts for nothing.

Everything is reckoned for k places at once, such as the pieces of a line that were walked at different times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage import Intervals, covered_length, gaps, intersection, union

Floats = npt.NDArray[np.float64]
DAY_S = 86_400.0
SPACING_S = 1_200.0
"""Visits that are closer than this are one, as passes of a line are."""

SOON = 0.2
"""What is due within this part of its limit is due soon."""


class State(Enum):
    """How a place stands; the value is what it is called."""

    OK = "ok"
    SOON = "soon"
    OVERDUE = "overdue"
    SUSPENDED = "suspended"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Limit:
    """At least ``count`` visits, ``spacing_s`` apart, within any ``within_s``.

    In force in [from_t, to_t), Unix seconds. A ``fresh`` one counts time from where it begins, as a season or
    a request does: nobody is late on its first day. Any other looks back at what was before.
    """

    within_s: float
    count: int = 1
    spacing_s: float = SPACING_S
    from_t: float = -np.inf
    to_t: float = np.inf
    fresh: bool = False

    def __post_init__(self) -> None:
        if not (self.within_s > 0.0 and self.count >= 1 and self.spacing_s > 0.0):
            raise ValueError("a limit needs a time, a count and a spacing above 0")


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """A clock that stands still in ``stops`` (s, 2), disjoint spans of Unix seconds in order."""

    stops: Floats

    @classmethod
    def of(cls, spans: Sequence[tuple[float, float]] = ()) -> "Clock":
        """Make a clock of spans in any order; an open end is infinity."""
        ends = np.array(spans, dtype=np.float64).reshape(-1, 2)
        return cls(union(ends[:, 0], ends[:, 1]))

    def stopped(self, t: float) -> bool:
        """Say whether the clock stands still at an instant."""
        return bool(((self.stops[:, 0] <= t) & (t < self.stops[:, 1])).any())

    def elapsed(self, t: Floats) -> Floats:
        """Return the reading of the clock at instants."""
        return np.asarray(t - self._still(t), dtype=np.float64)

    def _still(self, t: Floats) -> Floats:
        still = np.zeros_like(t)
        for begin, end in self.stops:
            still += np.clip(t, begin, end) - begin
        return still

    def after(self, t: Floats, seconds: float) -> Floats:
        """Return the first instants at which so many seconds have run since others."""
        found = self.elapsed(t) + seconds
        for begin, end in self.stops:
            found = np.where(found > begin, found + (end - begin), found)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """All limits of a place together, and its clock."""

    limits: tuple[Limit, ...]
    clock: Clock


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Visits of k places: those of place i are ``times[start[i]:start[i + 1]]``, ascending Unix seconds."""

    start: npt.NDArray[np.int64]
    times: Floats

    @classmethod
    def of(cls, places: Sequence[Sequence[float]]) -> "Visits":
        """Make them of the visits of each place, in any order."""
        lengths = [len(one) for one in places]
        times = [np.sort(np.array(one, dtype=np.float64)) for one in places]
        start = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return cls(start, np.concatenate([*times, np.empty(0)]))

    def __len__(self) -> int:
        return len(self.start) - 1

    def until(self, t: float) -> "Visits":
        """Return those up to an instant."""
        kept = self.times <= t
        return Visits(np.concatenate([[0], np.cumsum(kept)])[self.start].astype(np.int64), self.times[kept])

    def nth_latest(self, count: int, spacing_s: float) -> Floats:
        """Return the latest instants (k,) since which there are ``count`` visits so far apart; −∞ for never.

        Taking the latest that is far enough from the one taken before makes the n-th as late as any choice
        can, so a further visit never makes it earlier.
        """
        found = bound = np.full(len(self), np.inf)
        for _ in range(count):
            found = self._latest(bound)
            bound = found - spacing_s
        return found

    def _latest(self, bound: Floats) -> Floats:
        found = np.full(len(self), -np.inf)
        some = np.diff(self.start) > 0
        if some.any():
            allowed = np.where(self.times <= np.repeat(bound, np.diff(self.start)), self.times, -np.inf)
            found[some] = np.maximum.reduceat(allowed, self.start[:-1][some])
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How k places stand at an instant.

    ``last_t`` is the last visit (−∞: never), ``due_t`` when the first limit ends (∞: nothing is due),
    ``late_s`` the seconds of the clock since then, ``limit`` the position of that limit (−1: none), ``soon``
    whether little of it is left.
    """

    last_t: Floats
    due_t: Floats
    late_s: Floats
    limit: npt.NDArray[np.int64]
    soon: npt.NDArray[np.bool_]
    suspended: bool

    def state(self, place: int) -> State:
        """Return how one place stands in one word; ``never`` is told whether or not it is late."""
        if self.suspended:
            return State.SUSPENDED
        if self.last_t[place] == -np.inf:
            return State.NEVER
        if self.late_s[place] > 0.0:
            return State.OVERDUE
        return State.SOON if self.soon[place] else State.OK


def stand(rule: Rule, visits: Visits, since_t: float, now_t: float) -> Standing:
    """Return how places stand at ``now_t``; before ``since_t`` there was nothing to visit."""
    known = visits.until(now_t)
    size = len(known)
    now_read = rule.clock.elapsed(np.array([now_t]))
    due, limit, left = np.full(size, np.inf), np.full(size, -1), np.full(size, np.inf)
    for position, one in enumerate(rule.limits):
        if one.to_t <= now_t:
            continue
        deadline = _deadline(rule.clock, one, known, since_t)
        sooner = (deadline < one.to_t) & (deadline < due)
        due, limit = np.where(sooner, deadline, due), np.where(sooner, position, limit)
        left = np.where(sooner, SOON * one.within_s, left)
    finite = np.isfinite(due)
    reading = rule.clock.elapsed(np.where(finite, due, now_t))
    late = np.where(finite, np.maximum(now_read - reading, 0.0), 0.0)
    soon = finite & (reading - now_read < left)
    return Standing(known.nth_latest(1, SPACING_S), due, late, limit, soon, rule.clock.stopped(now_t))


def _deadline(clock: Clock, limit: Limit, visits: Visits, since_t: float) -> Floats:
    begin = max(since_t, limit.from_t) if limit.fresh else since_t
    anchor = np.maximum(visits.nth_latest(limit.count, limit.spacing_s), begin)
    return np.maximum(clock.after(anchor, limit.within_s), limit.from_t)


def overdue_s(rule: Rule, visits: Visits, since_t: float, from_t: float, to_t: float) -> Floats:
    """Return for how many seconds of the period [from_t, to_t) each place was overdue, suspensions left out.

    At each instant only the visits before it count, so the sum of periods is that of them together.
    """
    if all(one.count == 1 for one in rule.limits):
        return _overdue_of_intervals(rule, visits, since_t, from_t, to_t)
    found = np.zeros(len(visits))
    for place in range(len(visits)):
        mine = visits.times[visits.start[place] : visits.start[place + 1]]
        spans = np.array(_late_spans(rule, mine, since_t, from_t, to_t)).reshape(-1, 2)
        late = union(spans[:, 0], spans[:, 1])
        found[place] = covered_length(late) - covered_length(intersection(late, rule.clock.stops))
    return found


def _overdue_of_intervals(rule: Rule, visits: Visits, since_t: float, from_t: float, to_t: float) -> Floats:
    """Return :func:`overdue_s` where every limit is an interval: all times between visits at once."""
    begin = np.maximum(np.insert(visits.times, visits.start[:-1], since_t), since_t)
    end = np.minimum(np.insert(visits.times, visits.start[1:], to_t), to_t)
    low, high = np.empty((len(rule.limits), len(begin))), np.empty((len(rule.limits), len(begin)))
    for k, one in enumerate(rule.limits):
        anchor = np.maximum(begin, one.from_t) if one.fresh else begin
        deadline = np.maximum(rule.clock.after(anchor, one.within_s), one.from_t)
        low[k] = np.minimum(np.maximum(np.maximum(deadline, begin), from_t), to_t)
        high[k] = np.maximum(np.minimum(end, one.to_t), low[k])
    order = np.argsort(low, axis=0, kind="stable")
    total, reached = np.zeros(len(begin)), np.full(len(begin), -np.inf)
    for k in range(len(rule.limits)):
        first = np.maximum(np.take_along_axis(low, order, 0)[k], reached)
        last = np.take_along_axis(high, order, 0)[k]
        total += np.where(
            last > first, rule.clock.elapsed(last) - rule.clock.elapsed(np.minimum(first, last)), 0.0
        )
        reached = np.maximum(reached, last)
    starts = visits.start[:-1] + np.arange(len(visits))
    return np.asarray(np.add.reduceat(total, starts) if len(visits) else total, dtype=np.float64)


def _late_spans(
    rule: Rule, times: Floats, since_t: float, from_t: float, to_t: float
) -> list[tuple[float, float]]:
    spans = []
    ends = [*times[times < to_t].tolist(), to_t]
    for count, end in enumerate(ends):
        begin = max(from_t, ends[count - 1] if count else since_t)
        if end <= begin:
            continue
        known = Visits.of([times[:count].tolist()])
        for one in rule.limits:
            low = max(begin, float(_deadline(rule.clock, one, known, since_t)[0]))
            high = min(end, one.to_t)
            if high > low:
                spans.append((low, high))
    return spans


def along(walks: Intervals, low: float, high: float, cuts: Sequence[float] = ()) -> tuple[Floats, Visits]:
    """Return the edges (k + 1,) of the pieces of a line that were walked alike, and when each was.

    Between two measures in metres, cut at some more; the time of a visit is that of a piece's middle.
    """
    part = walks.clip(low, high)
    part = part.take(part.low < part.high)
    inner = [one for one in cuts if low < one < high]
    edges = np.unique(np.concatenate([[low, high], inner, part.low, part.high]))
    first, beyond = np.searchsorted(edges, part.low), np.searchsorted(edges, part.high)
    count = beyond - first
    row = np.repeat(np.arange(len(part)), count)
    piece = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    middle = 0.5 * (edges[piece] + edges[piece + 1])
    share = (middle - part.from_m[row]) / (part.to_m[row] - part.from_m[row])
    t = part.from_t[row] + share * (part.to_t[row] - part.from_t[row])
    order = np.lexsort((t, piece))
    start = np.searchsorted(piece[order], np.arange(len(edges))).astype(np.int64)
    return edges, Visits(start, t[order])


def left_open(walks: Intervals, low: float, high: float, least_m: float) -> npt.NDArray[Any]:
    """Return the spans (k, 2) between two measures that no walk covers, but for ends of walks.

    What is shorter than ``least_m``, or than half of it all, is the error of where walks end.
    """
    part = walks.clip(low, high)
    found = gaps(union(part.low, part.high), low, high)
    return found[(found[:, 1] - found[:, 0]) >= min(least_m, 0.5 * (high - low))]
