"""Compiled kernels of what walking a line took, and of how fresh what is known of it is."""

import math

import numpy as np

from geo.compiled import compiled
from geo.coverage.span_kernels import metres, unite
from geo.coverage.summary_kernels import Part, pieces
from geo.geocentric import Floats
from geo.track.fixes import Ints, Places


@compiled
def took(
    from_m: Floats, to_m: Floats, from_t: Floats, to_t: Floats, holder: Ints, team_s: float
) -> tuple[float, float, float]:
    """Return metres, those of a team once; seconds in which anybody walked; and of all people."""
    part = Part(from_m, to_m, from_t, to_t, holder)
    back = from_m > to_m
    walked = along(part, np.flatnonzero(back), team_s) + along(part, np.flatnonzero(~back), team_s)
    order = np.argsort(holder, kind="mergesort")
    people, begin = 0.0, 0
    for k in range(1, order.shape[0] + 1):
        if k == order.shape[0] or holder[order[k]] != holder[order[begin]]:
            mine = order[begin:k]
            people += metres(unite(from_t[mine], to_t[mine]))
            begin = k
    return walked, metres(unite(from_t, to_t)), people


@compiled
def took_each(
    bounds: Places, from_m: Floats, to_m: Floats, from_t: Floats, to_t: Floats, holder: Ints, team_s: float
) -> Floats:
    """Return the three of each line (n, 3); its intervals are those from its bound up to the next."""
    found = np.empty((bounds.shape[0] - 1, 3))
    for k in range(found.shape[0]):
        a, b = bounds[k], bounds[k + 1]
        found[k, 0], found[k, 1], found[k, 2] = took(
            from_m[a:b], to_m[a:b], from_t[a:b], to_t[a:b], holder[a:b], team_s
        )
    return found


@compiled
def along(part: Part, mine: Places, team_s: float) -> float:
    """Return the metres of some walks, all in one direction, those of a team once."""
    if mine.shape[0] == 0:
        return 0.0
    from_m, to_m = part.from_m[mine], part.to_m[mine]
    low, high = min(from_m.min(), to_m.min()), max(from_m.max(), to_m.max())
    if not high > low:
        return 0.0
    one = Part(from_m, to_m, part.from_t[mine], part.to_t[mine], part.holder[mine])
    found, cells = 0.0, pieces(one, low, high, team_s)
    for k in range(cells.passes.shape[0]):
        found += cells.passes[k] * (cells.edges[k + 1] - cells.edges[k])
    return found


@compiled
def aged(
    from_m: Floats,
    to_m: Floats,
    from_t: Floats,
    to_t: Floats,
    holder: Ints,
    length: float,
    now: float,
    apart: float,
) -> tuple[float, float]:
    """Return the metres that were ever walked, and metre·seconds since each was walked last."""
    cells = pieces(Part(from_m, to_m, from_t, to_t, holder), 0.0, length, apart)
    known, age = 0.0, 0.0
    for k in range(cells.passes.shape[0]):
        if not math.isnan(cells.last_t[k]):
            size = cells.edges[k + 1] - cells.edges[k]
            known += size
            age += size * max(0.0, now - cells.last_t[k])
    return known, age


@compiled
def aged_each(
    bounds: Places,
    from_m: Floats,
    to_m: Floats,
    from_t: Floats,
    to_t: Floats,
    holder: Ints,
    length: Floats,
    now: float,
    apart: float,
) -> Floats:
    """Return both of each line (n, 2); its intervals are those from its bound up to the next."""
    found = np.empty((length.shape[0], 2))
    for k in range(found.shape[0]):
        a, b = bounds[k], bounds[k + 1]
        found[k, 0], found[k, 1] = aged(
            from_m[a:b], to_m[a:b], from_t[a:b], to_t[a:b], holder[a:b], length[k], now, apart
        )
    return found
