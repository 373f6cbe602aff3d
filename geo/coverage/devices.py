"""People with several devices: they are at one place at a time, so of two devices at once one is believed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.device_kernels import Found, Rows, sort_out
from geo.coverage.device_kernels import without as without_each
from geo.coverage.intervals import Intervals
from geo.geocentric import Floats
from geo.track.fixes import Ints, Places

Days = npt.NDArray[np.int64]

TWICE_S = 60.0
"""Two devices of a person that were at work for less than so long at once are no matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Doubts:
    """When it is not believed what a device of a holder says of a day, in columns of k.

    ``bounds`` (k + 1,) is where the Unix seconds (s, 2) of each begin among ``spans``, disjoint and in order.
    """

    holder: Ints
    source: Ints
    day: Days
    bounds: Places
    spans: Floats

    def __len__(self) -> int:
        return len(self.holder)

    def places(self, holder: npt.NDArray[Any], source: npt.NDArray[Any], day: npt.NDArray[Any]) -> Places:
        """Return which of the doubts each holder, source and day has, −1 for none."""
        mine = zip(self.holder.tolist(), self.source.tolist(), self.day.tolist(), strict=True)
        place = {key: k for k, key in enumerate(mine)}
        asked = zip(holder.tolist(), source.tolist(), day.tolist(), strict=True)
        return np.fromiter((place.get(key, -1) for key in asked), dtype=np.int64, count=len(holder))

    def meanwhile(self, places: Places, from_t: Floats, to_t: Floats) -> Places:
        """Return the places of doubts (n,), −1 also where they lie before or after a time of each."""
        found = np.full(len(places), -1)
        some = np.flatnonzero(places >= 0)
        first, last = self.bounds[places[some]], self.bounds[places[some] + 1] - 1
        kept = some[(self.spans[first, 0] < to_t[some]) & (self.spans[last, 1] > from_t[some])]
        found[kept] = places[kept]
        return found

    def without(self, intervals: Intervals, places: Places) -> Intervals:
        """Return what of intervals lies outside of the doubts at places, one of each (−1 for none)."""
        return _parts(
            intervals, without_each(intervals.from_t, intervals.to_t, places, self.bounds, self.spans)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Twice:
    """Holders at work with two devices at once on a day, in columns of k.

    ``apart_m`` (k,) is the most the two were apart along one line, NaN where they never were on the same.
    ``pair`` (m,) and ``line`` (m,) are the lines of the lesser of a pair at those times, which are in Unix
    seconds: ``pair_of`` (s,), ``from_t``, ``to_t``.
    """

    holder: Ints
    apart_m: Floats
    pair: Places
    line: Ints
    pair_of: Places
    from_t: Floats
    to_t: Floats

    @classmethod
    def never(cls) -> "Twice":
        """Return that nobody was."""
        return cls(*(np.empty(0, kind) for kind in (np.int32, float, int, np.int32, int, float, float)))

    def __len__(self) -> int:
        return len(self.holder)

    def by_line(self, begin: Floats, end: float) -> tuple[Ints, Ints, Floats, Floats, Floats]:
        """Return of each line and holder seconds in the period of the line, the most apart and the last time.

        ``begin`` is the Unix second at which the period of each line begins. Lines and holders are in order;
        those without any second of the period are left out, as are lines that were not asked about (−1).
        """
        asked = np.flatnonzero(self.line >= 0)
        order = np.argsort(self.pair_of, kind="stable")
        bounds = np.searchsorted(self.pair_of[order], np.arange(len(self) + 1))
        often = np.diff(bounds)[self.pair[asked]]
        row = np.repeat(np.arange(len(asked)), often)
        span = order[bounds[self.pair[asked]][row] + np.arange(len(row)) - (np.cumsum(often) - often)[row]]
        since = np.maximum(self.from_t[span], begin[self.line[asked][row]])
        until = np.minimum(self.to_t[span], end)
        inside = since < until
        row, since, until = asked[row[inside]], since[inside], until[inside]
        line, pair = self.line[row], self.pair[row]
        keys, place = np.unique(np.stack([line, self.holder[pair]]), axis=1, return_inverse=True)
        most, last_t = np.full(keys.shape[1], np.nan), np.full(keys.shape[1], -np.inf)
        np.fmax.at(most, place, self.apart_m[pair])
        np.maximum.at(last_t, place, until)
        seconds = np.bincount(place, until - since, keys.shape[1]).astype(np.float64)
        return keys[0].astype(np.int32), keys[1].astype(np.int32), seconds, most, last_t


@dataclass(frozen=True, slots=True, eq=False)
class OneAtATime:
    """What is left when each holder is at one place at a time; ``day`` is that of each of ``walks``."""

    walks: Intervals
    day: Days
    twice: Twice
    doubts: Doubts


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
    order = _in_groups(walks.holder, date, walks.source)
    mine, date = walks.take(order), date[order]
    ways, groups = _bounds(mine, date)
    rows = Rows(mine.line, mine.from_m, mine.to_m, mine.from_t, mine.to_t, mine.evidence)
    found = sort_out(rows, ways, groups, TWICE_S)
    first = ways[:-1]
    begins = _starts(found.doubts.number)
    some = first[found.doubts.number[begins]]
    spans = np.stack([found.doubts.low, found.doubts.high], axis=1)
    doubts = Doubts(mine.holder[some], mine.source[some], date[some], np.append(begins, len(spans)), spans)
    twice = Twice(
        mine.holder[first[found.pairs.number]],
        found.pairs.low,
        found.lines.number,
        found.lines.low.astype(np.int32),
        found.times.number,
        found.times.low,
        found.times.high,
    )
    return OneAtATime(_parts(mine, found.left), date[found.left.number], twice, doubts)


def _in_groups(holder: Ints, date: Days, source: Ints) -> Places:
    """Return an order in which the rows of each holder, day and source are together, as they mostly are."""
    starts = _starts(holder, date, source)
    order = np.lexsort((source[starts], date[starts], holder[starts]))
    often = np.diff(np.append(starts, len(date)))[order]
    return np.repeat(starts[order] - (np.cumsum(often) - often), often) + np.arange(len(date))


def _bounds(mine: Intervals, date: Days) -> tuple[Places, Places]:
    """Return where the rows of each holder, day and source begin, and those of each holder and day."""
    ways = _starts(mine.holder, date, mine.source)
    groups = np.searchsorted(ways, _starts(mine.holder, date))
    return np.append(ways, len(date)), np.append(groups, len(ways))


def _starts(*columns: npt.NDArray[Any]) -> Places:
    """Return where a run of rows begins that are alike in some columns."""
    if len(columns[0]) == 0:
        return np.empty(0, np.int64)
    other = np.logical_or.reduce([np.diff(column) != 0 for column in columns])
    return np.flatnonzero(np.append(True, other))


def _parts(intervals: Intervals, found: Found) -> Intervals:
    """Return the parts of some intervals, each from a time to a time."""
    part, begin, end = intervals.take(found.number), found.low, found.high
    seconds = np.where(part.to_t > part.from_t, part.to_t - part.from_t, 1.0)
    pace = (part.to_m - part.from_m) / seconds
    from_m = np.where(begin > part.from_t, part.from_m + pace * (begin - part.from_t), part.from_m)
    to_m = np.where(end < part.to_t, part.from_m + pace * (end - part.from_t), part.to_m)
    return Intervals(part.line, from_m, to_m, begin, end, part.evidence, part.holder, part.source)
