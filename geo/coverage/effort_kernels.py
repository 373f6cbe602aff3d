"""Compiled kernels of what walking a line took, and of how fresh what is known of it is.

A team that walks together walks a way once, and each of its people for all of its hours. A person is at one
place at a time, however many devices they carry.
"""

import math

import numpy as np

from geo.compiled import compiled
from geo.coverage.interval_kernels import SAFE_S, outings
from geo.coverage.piece_kernels import Cells, Part, pieces
from geo.track.fixes import Places


@compiled
def took(part: Part, team_s: float) -> tuple[float, float, float]:
    """Return metres, those of a team once; seconds in which anybody walked; and of all people.

    The walks are in order of time; who comes along a metre within ``team_s`` seconds of the one before, in
    the same direction, belongs to the same walk.
    """
    back = part.from_m > part.to_m
    walked = along(part, np.flatnonzero(back), team_s) + along(part, np.flatnonzero(~back), team_s)
    people = part.holder.max() + 1 if part.holder.shape[0] else 0
    until, mine = -math.inf, np.full(people, -math.inf)
    anybody, everybody = 0.0, 0.0
    for k in range(part.from_t.shape[0]):
        begin, end, who = part.from_t[k], part.to_t[k], part.holder[k]
        anybody += max(0.0, end - max(begin, until))
        everybody += max(0.0, end - max(begin, mine[who]))
        until, mine[who] = max(until, end), max(mine[who], end)
    return walked, anybody, everybody


@compiled
def along(part: Part, mine: Places, team_s: float) -> float:
    """Return the metres of some walks in order of time, all in one direction, those of a team once.

    Only walks of one outing can be those of a team, and most outings are one walk after another.
    """
    found = 0.0
    starts = outings(mine, part.from_t, part.to_t, team_s + SAFE_S)
    for k in range(starts.shape[0] - 1):
        some = mine[starts[k] : starts[k + 1]]
        if beside(part, some):
            for i in some:
                found += abs(part.to_m[i] - part.from_m[i])
        else:
            found += together(part, some, team_s)
    return found


@compiled
def beside(part: Part, some: Places) -> bool:
    """Return whether walks, each in turn, go on beside all before them, so that no metre has two."""
    low, high = math.nan, math.nan
    for i in some:
        a, b = min(part.from_m[i], part.to_m[i]), max(part.from_m[i], part.to_m[i])
        if a == b:
            continue
        if math.isnan(low):
            low, high = a, b
        elif a >= high:
            high = b
        elif b <= low:
            low = a
        else:
            return False
    return True


@compiled
def together(part: Part, some: Places, team_s: float) -> float:
    """Return the metres of walks that may share some, those of a team once."""
    one = Part(part.from_m[some], part.to_m[some], part.from_t[some], part.to_t[some], part.holder[some])
    low, high = min(one.from_m.min(), one.to_m.min()), max(one.from_m.max(), one.to_m.max())
    if not high > low:
        return 0.0
    found, cells = 0.0, pieces(one, low, high, team_s)
    for k in range(cells.passes.shape[0]):
        found += cells.passes[k] * (cells.edges[k + 1] - cells.edges[k])
    return found


@compiled
def aged(cells: Cells, now: float) -> tuple[float, float]:
    """Return the metres that were ever walked, and metre·seconds since each was walked last."""
    known, age = 0.0, 0.0
    for k in range(cells.passes.shape[0]):
        if not math.isnan(cells.last_t[k]):
            size = cells.edges[k + 1] - cells.edges[k]
            known += size
            age += size * max(0.0, now - cells.last_t[k])
    return known, age
