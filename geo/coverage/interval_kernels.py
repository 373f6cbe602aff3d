"""Compiled kernel of the algebra of intervals: who visited each piece of a line, how often and when last."""

import math

import numpy as np

from geo.compiled import compiled
from geo.geocentric import Floats
from geo.track.fixes import Ints, Places


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
    for i in range(n):
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
        order = np.argsort(when[start[c] : start[c + 1]]) + start[c]
        passes[c] = 1
        for k in range(1, order.shape[0]):
            if when[order[k]] - when[order[k - 1]] >= apart:
                passes[c] += 1
        last_t[c] = when[order[-1]]
        last[c] = who[order[-1]]
    return passes, last_t, last
