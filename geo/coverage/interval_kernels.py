"""Compiled kernel of the algebra of intervals: who visited each piece of a line, how often and when last."""

import math

import numpy as np

from geo.compiled import compiled
from geo.geocentric import Floats
from geo.track.fixes import Ints, Places

NEARLY = 16
"""So many places on average does a visit move before sorting by insertion is given up."""


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
    are sorted by time: one ``apart`` seconds or more after the one before is another pass.
    """
    cells = edges.shape[0] - 1
    n = from_m.shape[0]
    first = np.empty(n, np.int64)
    beyond = np.empty(n, np.int64)
    start = np.zeros(cells + 1, np.int64)
    for i in range(n):
        first[i] = np.searchsorted(edges, min(from_m[i], to_m[i]))
        beyond[i] = min(cells, np.searchsorted(edges, max(from_m[i], to_m[i])))
        for c in range(first[i], beyond[i]):
            start[c + 1] += 1
    for c in range(cells):
        start[c + 1] += start[c]
    when = np.empty(start[cells])
    who = np.empty(start[cells], np.int64)
    at = start[:-1].copy()
    # Intervals in order of time leave the visits of each piece nearly in order too.
    for i in np.argsort(from_t):
        for c in range(first[i], beyond[i]):
            share = (0.5 * (edges[c] + edges[c + 1]) - from_m[i]) / (to_m[i] - from_m[i])
            when[at[c]] = from_t[i] + share * (to_t[i] - from_t[i])
            who[at[c]] = i
            at[c] += 1
    passes = np.zeros(cells, np.int32)
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
    return passes, last_t, last
