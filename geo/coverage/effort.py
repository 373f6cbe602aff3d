"""What walking a line took: kilometres, hours and person-hours, of people, teams and devices.

A team that walks together walks a way once, and each of its people for all of its hours. A person is at one
place at a time, however many devices they carry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.effort_kernels import aged_each, took_each
from geo.coverage.intervals import PASS_S, Intervals, covered_length, intersection, union
from geo.evidence import Evidence
from geo.geocentric import Floats
from geo.track.fixes import Ints

Days = npt.NDArray[np.int64]

TEAM_S = 300.0
"""Who comes along the same metre in the same direction within so many seconds belongs to the same walk."""

TWICE_S = 60.0
"""Two devices of a person that were at work for less than so long at once are no matter."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a line took: metres, of a team once; seconds in which anybody walked, and of all people."""

    metres: float
    seconds: float
    person_seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Twice:
    """A holder at work with two devices at once on a day, the lesser of them on some lines.

    ``spans`` (k, 2) are the Unix seconds at which both were at work. ``apart_m`` is the most they were apart
    along one line, NaN where they never were on the same. What the lesser one says of that time is left out.
    """

    holder: int
    lines: tuple[int, ...]
    spans: Floats
    apart_m: float


@dataclass(frozen=True, slots=True, eq=False)
class OneAtATime:
    """What is left when each holder is at one place at a time.

    ``day`` is that of each of ``walks``; ``doubted`` are the Unix seconds (k, 2) at which it is not believed
    what a device of a holder says of a day, by the three.
    """

    walks: Intervals
    day: Days
    twice: tuple[Twice, ...]
    doubted: Mapping[tuple[int, int, int], Floats]


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


def one_at_a_time(walks: Intervals, day: npt.NDArray[Any]) -> OneAtATime:
    """Return the intervals that are left when each holder is at one place at a time, and who was at two.

    Day by day the device that walked most counts; of the others what lies at no time that one before them
    knows as well or better. So the answer for several days is that of each of them.

    Parameters
    ----------
    walks
        Intervals of all lines, but those only seen or declared; ``source`` is the device.
    day
        The day of each, (n,), as whole numbers.
    """
    date = np.asarray(day, dtype=np.int64)
    group = _groups(walks.holder, date)
    several = _several(group, walks.source)
    parts, days, twice = [walks.take(~several)], [date[~several]], []
    doubted: dict[tuple[int, int, int], Floats] = {}
    for one in np.unique(group[several]).tolist():
        here = group == one
        holder, its_day = int(walks.holder[here][0]), int(date[here][0])
        kept, found, without = _one_day(walks.take(here))
        parts.append(kept)
        days.append(np.full(len(kept), its_day))
        twice += found
        doubted |= {(holder, source, its_day): spans for source, spans in without.items()}
    return OneAtATime(Intervals.join(parts), np.concatenate(days), tuple(twice), doubted)


def _groups(holder: Ints, date: Days) -> Days:
    """Return a number for each row, the same for those of one holder on one day."""
    if len(date) == 0:
        return date
    since = int(date.min())
    return holder.astype(np.int64) * (int(date.max()) - since + 1) + (date - since)


def _several(group: Days, source: Ints) -> npt.NDArray[np.bool_]:
    """Return which rows are of a group with more than one source."""
    distinct, place = np.unique(group, return_inverse=True)
    pairs = np.unique(place * (int(source.max(initial=0)) + 1) + source)
    often = np.bincount(pairs // (int(source.max(initial=0)) + 1), minlength=len(distinct))
    return np.asarray(often[place] > 1)


def _one_day(mine: Intervals) -> tuple[Intervals, list[Twice], dict[int, Floats]]:
    """Return what is left of one holder on one day, and when and where that is not all."""
    ways = [mine.take(mine.source == one) for one in np.unique(mine.source).tolist()]
    ways.sort(key=_worth)
    parts: list[Intervals] = []
    twice, doubted = [], {}
    for place, way in enumerate(ways):
        known = Intervals.join(ways[:place])
        sure = known.at_least(Evidence.OBSERVED)
        twice += [found for better in ways[:place] if (found := _twice(better, way)) is not None]
        parts.append(way.beyond(known))
        if len(sure):
            doubted[int(way.source[0])] = union(sure.from_t, sure.to_t)
    return Intervals.join(parts), twice, doubted


def _worth(way: Intervals) -> tuple[float, float, float]:
    """Return what a device is sorted by: who walked more, then who began first."""
    walked = way.at_least(Evidence.OBSERVED)
    return -float(np.abs(walked.to_m - walked.from_m).sum()), float(way.from_t.min()), -float(way.to_t.max())


def _twice(better: Intervals, other: Intervals) -> Twice | None:
    better, other = better.at_least(Evidence.OBSERVED), other.at_least(Evidence.OBSERVED)
    if not len(better) or not len(other):
        return None
    if better.to_t.max() <= other.from_t.min() or other.to_t.max() <= better.from_t.min():
        return None  # one device after the other, as a rule
    mine, theirs = (union(one.from_t, one.to_t) for one in (better, other))
    shared = intersection(mine, theirs)
    if covered_length(shared) < TWICE_S:
        return None
    beside = [other.within(a, b) for a, b in shared.tolist()]
    lines = tuple(np.unique(Intervals.join(beside).line).tolist())
    apart = [
        _apart(better.on(line), other.on(line)) for line in np.intersect1d(better.line, other.line).tolist()
    ]
    found = np.concatenate([*apart, np.empty(0)])
    return Twice(int(other.holder[0]), lines, shared, float(found.max()) if len(found) else float("nan"))


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
