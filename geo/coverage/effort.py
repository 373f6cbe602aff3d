"""What walking a line took: kilometres, hours and person-hours, of people, teams and devices.

A team that walks together walks a way once, and each of its people for all of its hours. A person is at one
place at a time, however many devices they carry.
"""

from dataclasses import dataclass

import numpy as np

from geo.coverage.effort_kernels import aged_each, took_each
from geo.coverage.intervals import PASS_S, Intervals, covered_length, gaps, intersection, union
from geo.geocentric import Floats

TEAM_S = 300.0
"""Who comes along the same metre in the same direction within so many seconds belongs to the same walk."""

TWICE_S = 60.0
"""Two devices of a person that were at work for less than so long at once are no matter."""

ROUNDING_S = 1e-3
"""Times of fixes are to the millisecond: shorter intervals are rounding at the edge of what is known."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a line took: metres, of a team once; seconds in which anybody walked, and of all people."""

    metres: float
    seconds: float
    person_seconds: float


@dataclass(frozen=True, slots=True)
class Twice:
    """A holder at work with two devices at once, for so many seconds, the lesser of them on some lines.

    ``apart_m`` is the most they were apart along one line, NaN where they never were on the same. What the
    lesser one says of that time is left out.
    """

    holder: int
    lines: tuple[int, ...]
    seconds: float
    apart_m: float


def efforts(walks: Intervals, lines: int) -> list[Effort]:
    """Return what each of so many lines took; at a time each person walks with one device."""
    mine, bounds = walks.in_lines(lines)
    found = took_each(bounds, mine.from_m, mine.to_m, mine.from_t, mine.to_t, mine.holder, TEAM_S)
    return [Effort(*one) for one in found.tolist()]


def freshnesses(walks: Intervals, lengths: Floats, now: float) -> list[tuple[float, float]]:
    """Return of each line the metres that were ever walked, and metre·seconds since each was walked last."""
    mine, bounds = walks.in_lines(len(lengths))
    found = aged_each(
        bounds, mine.from_m, mine.to_m, mine.from_t, mine.to_t, mine.holder, lengths, now, PASS_S
    )
    return [(metres, age) for metres, age in found.tolist()]


def one_at_a_time(walks: Intervals) -> tuple[Intervals, list[Twice]]:
    """Return the intervals that are left when each holder is at one place at a time, and who was at two.

    ``walks`` are of all lines, ``source`` is the device. At one time the device counts that walked most.
    """
    parts, twice = [], []
    for holder in np.unique(walks.holder).tolist():
        mine = walks.take(walks.holder == holder)
        sources = np.unique(mine.source).tolist()
        if len(sources) == 1:
            parts.append(mine)
            continue
        ways = [mine.take(mine.source == one) for one in sources]
        ways.sort(key=lambda one: -float(np.abs(one.to_m - one.from_m).sum()))
        taken = np.empty((0, 2))
        for place, way in enumerate(ways):
            twice += [found for better in ways[:place] if (found := _twice(better, way)) is not None]
            parts += [_longer(way.within(a, b)) for a, b in gaps(taken, -np.inf, np.inf).tolist()]
            taken = union(*np.concatenate([taken, np.stack([way.from_t, way.to_t], axis=1)]).T)
    return Intervals.join(parts), twice


def _longer(part: Intervals) -> Intervals:
    return part.take(part.to_t - part.from_t >= ROUNDING_S)


def _twice(better: Intervals, other: Intervals) -> Twice | None:
    if better.to_t.max() <= other.from_t.min() or other.to_t.max() <= better.from_t.min():
        return None  # one device after the other, as a rule
    mine, theirs = (union(one.from_t, one.to_t) for one in (better, other))
    shared = intersection(mine, theirs)
    seconds = covered_length(shared)
    if seconds < TWICE_S:
        return None
    beside = [other.within(a, b) for a, b in shared.tolist()]
    lines = tuple(np.unique(Intervals.join(beside).line).tolist())
    apart = [
        _apart(better.on(line), other.on(line)) for line in np.intersect1d(better.line, other.line).tolist()
    ]
    found = np.concatenate([*apart, np.empty(0)])
    return Twice(int(other.holder[0]), lines, seconds, float(found.max()) if len(found) else float("nan"))


def _apart(a: Intervals, b: Intervals) -> Floats:
    """Return how far two devices were apart along a line at the ends of the times that they share."""
    start = np.maximum(a.from_t[:, None], b.from_t)
    end = np.minimum(a.to_t[:, None], b.to_t)
    i, j = np.nonzero(start <= end)
    times = (start[i, j], end[i, j])
    return np.concatenate([np.abs(_at(a.take(i), t) - _at(b.take(j), t)) for t in times])


def _at(walks: Intervals, t: Floats) -> Floats:
    """Return the measure of each interval at a time of it."""
    seconds = np.where(walks.to_t > walks.from_t, walks.to_t - walks.from_t, 1.0)
    return np.asarray(walks.from_m + (walks.to_m - walks.from_m) * (t - walks.from_t) / seconds)
