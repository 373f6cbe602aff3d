"""Compiled kernel of the algebra of intervals: who visited each piece of a line, how often and when last."""

import math

import numpy as np

from geo.compiled import compiled
from geo.geocentric import Floats
from geo.track.fixes import Ints, Places

NEARLY = 16
"""So many places on average does a visit move before sorting by insertion is given up."""

SAFE_S = 1.0
"""Outings are so much farther apart than passes, so that no rounding of a time matters."""


@compiled
def sort_by_time(when: Floats, who: Places, begin: int, end: int) -> None:
    """Sort visits [begin, end) by time: by insertion, as they are nearly in order, else as a whole."""
    left = NEARLY * (end - begin)
    for k in range(begin + 1, end):
        time, one = when[k], who[k]
        place = k
        while place > begin and when[place - 1] > time and left > 0:
            when[place], who[place] = when[place - 1], who[place - 1]
            place -= 1
            left -= 1
        when[place], who[place] = time, one
        if left <= 0:
            order = np.argsort(when[begin:end]) + begin
            when[begin:end], who[begin:end] = when[order], who[order]
            return


@compiled
def cover_cells(
    edges: Floats, from_m: Floats, to_m: Floats, from_t: Floats, to_t: Floats, apart: float
) -> tuple[Ints, Floats, Places]:
    """Return passes, last time and last interval of each piece between edges.

    Each interval visits whole pieces; the time of a visit is that of the piece's middle. Visits of a piece
    are in order of time: one ``apart`` seconds or more after the one before is another pass. Intervals that
    lie farther apart in time never make one pass, so only those of one outing are looked at piece by piece.
    """
    cells = edges.shape[0] - 1
    n = from_m.shape[0]
    first = np.empty(n, np.int64)
    beyond = np.empty(n, np.int64)
    for i in range(n):
        first[i] = np.searchsorted(edges, min(from_m[i], to_m[i]))
        beyond[i] = min(cells, np.searchsorted(edges, max(from_m[i], to_m[i])))
    order = np.argsort(from_t, kind="mergesort")
    change = np.zeros(cells + 1, np.int64)
    last_t = np.full(cells, math.nan)
    last = np.full(cells, -1, np.int64)
    following = np.arange(cells + 1)
    starts = outings(order, from_t, to_t, apart + SAFE_S)
    for k in range(starts.shape[0] - 2, -1, -1):
        some = order[starts[k] : starts[k + 1]]
        if apart_along(some, first, beyond):
            for i in some:
                if first[i] >= beyond[i]:
                    continue
                change[first[i]] += 1
                change[beyond[i]] -= 1
                c = next_open(following, first[i])
                while c < beyond[i]:
                    share = (0.5 * (edges[c] + edges[c + 1]) - from_m[i]) / (to_m[i] - from_m[i])
                    last_t[c], last[c] = from_t[i] + share * (to_t[i] - from_t[i]), i
                    following[c] = c + 1
                    c = next_open(following, c)
        else:
            low, passes, when, who = cover_outing(
                some, first, beyond, edges, from_m, to_m, from_t, to_t, apart
            )
            for at in range(passes.shape[0]):
                c = low + at
                change[c] += passes[at]
                change[c + 1] -= passes[at]
                if who[at] >= 0 and last[c] < 0:
                    last_t[c], last[c] = when[at], who[at]
                    following[c] = c + 1
    return np.cumsum(change)[:cells].astype(np.int32), last_t, last


@compiled
def outings(order: Places, from_t: Floats, to_t: Floats, silence: float) -> Places:
    """Return where in the order of time each run of intervals without a silence begins, and its end."""
    starts = np.empty(order.shape[0] + 1, np.int64)
    count, latest = 0, -math.inf
    for k in range(order.shape[0]):
        i = order[k]
        if k == 0 or from_t[i] - latest >= silence:
            starts[count] = k
            count += 1
        latest = max(latest, to_t[i])
    starts[count] = order.shape[0]
    return starts[: count + 1]


@compiled
def apart_along(some: Places, first: Places, beyond: Places) -> bool:
    """Return whether intervals, each in turn, go on beside all before them, so that no piece has two."""
    low, high = -1, -1
    for i in some:
        if first[i] >= beyond[i]:
            continue
        if high < 0:
            low, high = first[i], beyond[i]
        elif first[i] >= high:
            high = beyond[i]
        elif beyond[i] <= low:
            low = first[i]
        else:
            return False
    return True


@compiled
def next_open(following: Places, c: int) -> int:
    """Return the first piece from c on that has no last visit yet; the way there is made shorter."""
    end = c
    while following[end] != end:
        end = following[end]
    while c != end:
        after = following[c]
        following[c] = end
        c = after
    return end


@compiled
def cover_outing(
    some: Places,
    first: Places,
    beyond: Places,
    edges: Floats,
    from_m: Floats,
    to_m: Floats,
    from_t: Floats,
    to_t: Floats,
    apart: float,
) -> tuple[int, Places, Floats, Places]:
    """Return the first piece of some intervals, and from there on passes, last time and last interval."""
    low, start, when, who = visits(some, first, beyond, edges, from_m, to_m, from_t, to_t)
    cells = start.shape[0] - 1
    passes = np.zeros(cells, np.int64)
    last_t = np.full(cells, math.nan)
    last = np.full(cells, -1, np.int64)
    for c in range(cells):
        if start[c] == start[c + 1]:
            continue
        sort_by_time(when, who, start[c], start[c + 1])
        passes[c] = 1
        for k in range(start[c] + 1, start[c + 1]):
            if when[k] - when[k - 1] >= apart:
                passes[c] += 1
        last_t[c] = when[start[c + 1] - 1]
        last[c] = who[start[c + 1] - 1]
    return low, passes, last_t, last


@compiled
def visits(
    some: Places,
    first: Places,
    beyond: Places,
    edges: Floats,
    from_m: Floats,
    to_m: Floats,
    from_t: Floats,
    to_t: Floats,
) -> tuple[int, Places, Floats, Places]:
    """Return the first piece of some intervals, and of each from there on its span of visits: when and who.

    Intervals in order of time leave the visits of each piece nearly in order too.
    """
    low, high = edges.shape[0], 0
    for i in some:
        if first[i] < beyond[i]:
            low, high = min(low, first[i]), max(high, beyond[i])
    cells = max(0, high - low)
    start = np.zeros(cells + 1, np.int64)
    for i in some:
        for c in range(first[i], beyond[i]):
            start[c - low + 1] += 1
    for c in range(cells):
        start[c + 1] += start[c]
    when = np.empty(start[cells])
    who = np.empty(start[cells], np.int64)
    at = start[:-1].copy()
    for i in some:
        for c in range(first[i], beyond[i]):
            share = (0.5 * (edges[c] + edges[c + 1]) - from_m[i]) / (to_m[i] - from_m[i])
            when[at[c - low]] = from_t[i] + share * (to_t[i] - from_t[i])
            who[at[c - low]] = i
            at[c - low] += 1
    return low, start, when, who
