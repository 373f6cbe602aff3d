"""Compiled kernels of people with several devices: which is believed when, and when both were at work.

A year of a county has thousands of days on which somebody carried two; a few dozen small array operations for
each took twenty times as long as all else.
"""

import math
from typing import NamedTuple

import numpy as np

from geo.compiled import compiled
from geo.coverage.span_kernels import metres, minus, unite
from geo.geocentric import Floats
from geo.track.fixes import Codes, Ints, Places

OBSERVED = 3
LEAST_S = 1e-3
"""Times of fixes are to the millisecond: what is shorter is rounding at the edge of what is known."""


class Rows(NamedTuple):
    """Walks of several people, those of each person, day and device together."""

    line: Ints
    from_m: Floats
    to_m: Floats
    from_t: Floats
    to_t: Floats
    evidence: Codes


class Found(NamedTuple):
    """Columns that grow: a number and two values for each, and how many there are (1,)."""

    number: Places
    low: Floats
    high: Floats
    filled: Places


class Sorted(NamedTuple):
    """What is left of rows, and what was found on the way.

    ``left`` has the parts of rows that are left with their times, ``doubts`` the ways that are not believed
    and when. ``pairs`` are two ways at work at once: the lesser, and how far apart they were along one line
    (NaN: never on the same); ``times`` those of a pair, ``lines`` those of the lesser at these times.
    """

    left: Found
    doubts: Found
    pairs: Found
    times: Found
    lines: Found


@compiled
def room(size: int) -> Found:
    """Return columns with room for so many."""
    return Found(np.empty(size, np.int64), np.empty(size), np.empty(size), np.zeros(1, np.int64))


@compiled
def put(found: Found, number: int, low: float, high: float) -> Found:
    """Write one more, in larger columns where there is no room left, and return the columns."""
    count = found.filled[0]
    if count == found.number.shape[0]:
        larger = room(2 * count + 16)
        larger.number[:count] = found.number
        larger.low[:count], larger.high[:count] = found.low, found.high
        found = larger
    found.number[count], found.low[count], found.high[count] = number, low, high
    found.filled[0] = count + 1
    return found


@compiled
def trim(found: Found) -> Found:
    """Return columns without the room that is left."""
    count = found.filled[0]
    return Found(
        found.number[:count].copy(), found.low[:count].copy(), found.high[:count].copy(), found.filled
    )


@compiled
def sort_out(rows: Rows, ways: Places, groups: Places, twice_s: float) -> Sorted:
    """Return what is left of each person's day when they are at one place at a time.

    ``ways`` (w + 1,) is where the rows of each person, day and device begin, ``groups`` (g + 1,) where the
    ways of each person and day do.
    """
    left, doubts = room(rows.from_m.shape[0]), room(ways.shape[0])
    pairs, times, lines = room(16), room(16), room(16)
    for group in range(groups.shape[0] - 1):
        order = by_worth(rows, ways, groups[group], groups[group + 1])
        for place in range(order.shape[0]):
            better = of_ways(ways, order[:place])
            left = leave(left, rows, ways, order[place], better)
            for span in times_of(rows, better, OBSERVED):
                doubts = put(doubts, order[place], span[0], span[1])
            for one in order[:place]:
                shared = at_once(rows, ways, one, order[place])
                if metres(shared) >= twice_s:
                    for span in shared:
                        times = put(times, pairs.filled[0], span[0], span[1])
                    for line in lines_at(rows, ways, order[place], shared):
                        lines = put(lines, pairs.filled[0], float(line), 0.0)
                    pairs = put(pairs, order[place], apart(rows, ways, one, order[place]), 0.0)
    return Sorted(trim(left), trim(doubts), trim(pairs), trim(times), trim(lines))


@compiled
def leave(left: Found, rows: Rows, ways: Places, way: int, better: Places) -> Found:
    """Write what of a way lies at no time that better rows know as well or better."""
    begin, end = ways[way], ways[way + 1]
    if better.shape[0] == 0:
        for i in range(begin, end):
            left = put(left, i, rows.from_t[i], rows.to_t[i])
        return left
    for rung in np.unique(rows.evidence[begin:end]):
        known = times_of(rows, better, rung)
        for i in range(begin, end):
            if rows.evidence[i] != rung:
                continue
            for span in outside(rows.from_t[i], rows.to_t[i], known):
                if span[1] - span[0] >= LEAST_S:
                    left = put(left, i, span[0], span[1])
    return left


@compiled
def by_worth(rows: Rows, ways: Places, begin: int, end: int) -> Places:
    """Return the ways of one person and day: who walked more first, then who began first or ended last."""
    order = np.arange(begin, end)
    # Whole micrometres: their sum does not depend on the order in which rows were read.
    walked = np.zeros(end - begin, np.int64)
    first, last = np.empty(end - begin), np.empty(end - begin)
    for k in range(end - begin):
        a, b = ways[begin + k], ways[begin + k + 1]
        first[k], last[k] = rows.from_t[a:b].min(), rows.to_t[a:b].max()
        for i in range(a, b):
            if rows.evidence[i] >= OBSERVED:
                walked[k] += np.int64(round(1e6 * abs(rows.to_m[i] - rows.from_m[i])))
    for k in range(1, end - begin):
        at = k
        while at > 0:
            a, b = order[at] - begin, order[at - 1] - begin
            if (-walked[a], first[a], -last[a]) >= (-walked[b], first[b], -last[b]):
                break
            order[at], order[at - 1] = order[at - 1], order[at]
            at -= 1
    return order


@compiled
def of_ways(ways: Places, some: Places) -> Places:
    """Return the rows of some ways."""
    count = 0
    for way in some:
        count += ways[way + 1] - ways[way]
    found, at = np.empty(count, np.int64), 0
    for way in some:
        for i in range(ways[way], ways[way + 1]):
            found[at] = i
            at += 1
    return found


@compiled
def times_of(rows: Rows, some: Places, rung: int) -> Floats:
    """Return the disjoint times of the rows that are known at least so well."""
    mine = some[rows.evidence[some] >= rung]
    return unite(rows.from_t[mine], rows.to_t[mine])


@compiled
def outside(begin: float, end: float, spans: Floats) -> Floats:
    """Return what of [begin, end) lies in none of some spans; an instant is kept as one."""
    if begin == end:
        for k in range(spans.shape[0]):
            if spans[k, 0] <= begin < spans[k, 1]:
                return np.empty((0, 2))
        return np.array([[begin, end]])
    return minus(np.array([[begin, end]]), spans, begin, end)


@compiled
def at_once(rows: Rows, ways: Places, one: int, other: int) -> Floats:
    """Return the disjoint times at which both of two ways walked."""
    mine = times_of(rows, np.arange(ways[one], ways[one + 1]), OBSERVED)
    theirs = times_of(rows, np.arange(ways[other], ways[other + 1]), OBSERVED)
    found, count, a, b = np.empty((mine.shape[0] + theirs.shape[0], 2)), 0, 0, 0
    while a < mine.shape[0] and b < theirs.shape[0]:
        low, high = max(mine[a, 0], theirs[b, 0]), min(mine[a, 1], theirs[b, 1])
        if low < high:
            found[count, 0], found[count, 1] = low, high
            count += 1
        if mine[a, 1] < theirs[b, 1]:
            a += 1
        else:
            b += 1
    return found[:count]


@compiled
def lines_at(rows: Rows, ways: Places, way: int, spans: Floats) -> Ints:
    """Return the lines that a way walked at some times, each once and in order."""
    found, count = np.empty(ways[way + 1] - ways[way], np.int32), 0
    for i in range(ways[way], ways[way + 1]):
        if rows.evidence[i] < OBSERVED:
            continue
        for k in range(spans.shape[0]):
            if rows.from_t[i] < spans[k, 1] and rows.to_t[i] > spans[k, 0]:
                found[count] = rows.line[i]
                count += 1
                break
    return np.unique(found[:count])


@compiled
def apart(rows: Rows, ways: Places, one: int, other: int) -> float:
    """Return how far two ways were apart along one line at most, NaN if never on the same.

    Measures change evenly in a row, so the most is at an end of the time that two rows share.
    """
    most = math.nan
    for i in range(ways[one], ways[one + 1]):
        if rows.evidence[i] < OBSERVED:
            continue
        for j in range(ways[other], ways[other + 1]):
            if rows.evidence[j] < OBSERVED or rows.line[i] != rows.line[j]:
                continue
            begin, end = max(rows.from_t[i], rows.from_t[j]), min(rows.to_t[i], rows.to_t[j])
            if begin <= end:
                for t in (begin, end):
                    metres_ = abs(at(rows, i, t) - at(rows, j, t))
                    most = metres_ if math.isnan(most) else max(most, metres_)
    return most


@compiled
def at(rows: Rows, i: int, t: float) -> float:
    """Return the measure of a row at a time of it."""
    seconds = rows.to_t[i] - rows.from_t[i] if rows.to_t[i] > rows.from_t[i] else 1.0
    return float(rows.from_m[i] + (rows.to_m[i] - rows.from_m[i]) * (t - rows.from_t[i]) / seconds)


@compiled
def without(from_t: Floats, to_t: Floats, which: Places, bounds: Places, spans: Floats) -> Found:
    """Return what of intervals lies outside of the spans of each: the interval, and both times.

    ``which`` (n,) is the number of the spans of an interval, −1 for none; ``bounds`` is where the spans of
    each number begin.
    """
    found = room(from_t.shape[0])
    for i in range(from_t.shape[0]):
        if which[i] < 0:
            found = put(found, i, from_t[i], to_t[i])
            continue
        for span in outside(from_t[i], to_t[i], spans[bounds[which[i]] : bounds[which[i] + 1]]):
            found = put(found, i, span[0], span[1])
    return trim(found)
