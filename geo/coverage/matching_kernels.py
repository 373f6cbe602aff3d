"""Compiled kernels of matching: places to candidates on lines, candidates to the likeliest way along them.

The hidden Markov model is that of Newson and Krumm 2009, "Hidden Markov map matching through noise and
sparseness", on one line: the states of a place are all local minima of distance, and one more, off the route.
"""

import math

import numpy as np

from geo.compiled import compiled
from geo.coverage.route_index import EMPTY, cell_key, edges_near
from geo.geocentric import Floats
from geo.linear.kernels import ONE_PLACE, distance, edge_side, foot_on, measure_at, side_at
from geo.track.fixes import Codes, Ints, Places

MIN_RADIUS_M, MAX_RADIUS_M, RADIUS_BY_ACCURACY = 25.0, 60.0, 2.5
SUPPORT_M, SUPPORT_BY_ACCURACY = 37.5, 4.0
"""Candidates beyond the radius, which one error in 80 exceeds, keep a walk together but open or close none.
They are within what one error in 16,000 exceeds, and within the radius that a missing accuracy has."""

SAME_STRETCH_M = 200.0
"""No candidate beyond the radius is needed where one within it is so near along the line."""

TRANSITION_M = 10.0

OFF_ROUTE_M = 22.0
"""From here on off the route is likelier than on it, for a place with a small error."""

OFF_ROUTE_FLOOR = 1.5
"""The cost of off the route for a place with a large error: 1.7 standard deviations from the line."""

SWITCH = 3.0
"""The cost of stepping onto the route or off it, so that one stray fix does neither."""

MEMORY_S, STALEST = 10.0, 0.1
"""A receiver's error is new after so long; of places closer in time each says less, at least a tenth."""


@compiled
def radius_of(sigma: float) -> float:
    """Return within how many metres of the line a place may open or close a walk."""
    return min(MAX_RADIUS_M, max(MIN_RADIUS_M, RADIUS_BY_ACCURACY * sigma))


@compiled
def support_radius_of(sigma: float) -> float:
    """Return within how many metres of the line a place may keep a walk together."""
    return max(radius_of(sigma), min(SUPPORT_M, SUPPORT_BY_ACCURACY * sigma))


@compiled
def keep_needed(lo: int, hi: int, which: Places, where: Floats, radius: float) -> int:
    """Drop of a place's candidates lo..hi those beyond the radius that are not needed; return the new end."""
    squared = radius * radius
    needed = np.ones(hi - lo, np.bool_)
    for c in range(lo, hi):
        for near in range(lo, hi):
            if (
                where[near, 2] <= squared < where[c, 2]
                and which[near, 1] == which[c, 1]
                and abs(where[near, 0] - where[c, 0]) <= SAME_STRETCH_M
            ):
                needed[c - lo] = False
    end = lo
    for c in range(lo, hi):
        if needed[c - lo]:
            which[end, 0], which[end, 1] = which[c, 0], which[c, 1]
            where[end, 0], where[end, 1], where[end, 2] = where[c, 0], where[c, 1], where[c, 2]
            end += 1
    return end


@compiled
def candidates(
    place: Floats,
    what: Floats,
    xyz: Floats,
    measures: Floats,
    chain: Ints,
    keys: Places,
    spans: Places,
    edges: Places,
    cell: Floats,
) -> tuple[Places, Floats]:
    """Return all local minima of distance within reach, by place, then along the lines.

    Returns ``which`` (c, 2): place, chain; ``where`` (c, 3): measure, offset with left positive, distance
    squared.
    """
    which = np.empty((64, 2), np.int64)
    where = np.empty((64, 3))
    count, here, lo, hi = 0, EMPTY, 0, 0
    for k in range(place.shape[0]):
        key = cell_key(what[k, 3], what[k, 4], cell)
        if key != here:  # a walker stays in a cell for a while
            lo, hi = edges_near(what[k, 3], what[k, 4], keys, spans, cell)
            here = key
        reach = support_radius_of(what[k, 0])
        opening = count
        px, py, pz = place[k, 0], place[k, 1], place[k, 2]
        for e in range(lo, hi):
            i = edges[e]
            t, distance2 = foot_on(px, py, pz, xyz, i)
            fresh = i == 0 or chain[i - 1] != chain[i]
            if (
                distance2 > reach * reach
                or (t >= 1.0 and chain[i + 1] == chain[i])
                or (t <= 0.0 and not fresh and foot_on(px, py, pz, xyz, i - 1)[0] < 1.0)
            ):
                continue
            measure = measure_at(i, t, measures)
            if (
                count > opening
                and which[count - 1, 1] == chain[i]
                and measure - where[count - 1, 0] < ONE_PLACE
            ):
                if distance2 >= where[count - 1, 2]:
                    continue
                count -= 1
            if count == which.shape[0]:
                which = np.concatenate((which, np.empty((count, 2), np.int64)))
                where = np.concatenate((where, np.empty((count, 3))))
            side = edge_side(px, py, pz, xyz, i)
            if t <= 0.0 or t >= 1.0:  # a corner, where both edges have a say
                beyond = i + 1 if chain[i + 1] != chain[i] else i + 2
                side = side_at(px, py, pz, i, t, xyz, i if fresh else i - 1, beyond)
            which[count, 0], which[count, 1] = k, chain[i]
            where[count, 0] = measure
            where[count, 1] = math.copysign(math.sqrt(distance2), side)
            where[count, 2] = distance2
            count += 1
        if reach > MIN_RADIUS_M and count > opening + 1:
            count = keep_needed(opening, count, which, where, radius_of(what[k, 0]))
    return which[:count], where[:count]


@compiled
def off_route_cost(sigma: float) -> float:
    """Return what being off the route costs a place, against d²/2σ² for being on it."""
    return max(OFF_ROUTE_FLOOR, OFF_ROUTE_M * OFF_ROUTE_M / (2.0 * sigma * sigma))


@compiled
def freshness(seconds: float) -> float:
    """Return how much a place says that the one before did not: receivers' errors outlive a second."""
    return min(1.0, max(STALEST, seconds / MEMORY_S))


@compiled
def along(a: float, b: float, length: float) -> float:
    """Return metres along the line from measure a to b; the short way round where length > 0 closes it."""
    if length > 0.0:
        return (b - a + 0.5 * length) % length - 0.5 * length
    return b - a


@compiled
def go_back(
    lo: int,
    hi: int,
    first: Places,
    cost: Floats,
    leaves: float,
    back: Places,
    off: Floats,
    off_back: Places,
    chosen: Places,
) -> None:
    """Choose the cheapest end of the groups lo..hi, and from there on what each came from."""
    best, at = off[hi - 1 - lo], -1
    for c in range(first[hi - 1], first[hi]):
        if cost[c] + leaves < best:
            best, at = cost[c] + leaves, c
    for g in range(hi - 1, lo - 1, -1):
        chosen[g] = at
        at = back[at] if at >= 0 else off_back[g - lo]


@compiled
def likeliest(
    lo: int,
    hi: int,
    first: Places,
    node: Places,
    where: Floats,
    place: Floats,
    what: Floats,
    length: float,
    enters: float,
    leaves: float,
    cost: Floats,
    back: Places,
    chosen: Places,
) -> None:
    """Choose a candidate, or −1 for off the route, for each of the consecutive groups lo..hi: Viterbi.

    Group g is the candidates ``first[g]`` to ``first[g + 1]`` of place ``node[g]``. ``enters`` and ``leaves``
    are what it costs to be on the route at the first and the last. ``cost`` and ``back`` are scratch, one per
    candidate; the off-route state of group g keeps its own in ``off`` below.
    """
    off = np.empty(hi - lo)
    off_back = np.empty(hi - lo, np.int64)
    for g in range(lo, hi):
        k = node[g]
        sigma = what[k, 0]
        fresh = freshness(what[k, 1] - what[k - 1, 2]) if k > 0 else 1.0
        start, end, chord, before, step_on, jitter = 0, 0, 0.0, 0.0, enters, 0.0
        if g > lo:
            start, end, chord = first[g - 1], first[g], distance(place, k, place, k - 1)
            before, step_on, jitter = off[g - lo - 1], SWITCH, np.inf
        for c in range(first[g], first[g + 1]):
            best, back[c] = np.inf, -1
            for p in range(start, end):
                step = abs(abs(along(where[p, 0], where[c, 0], length)) - chord) / TRANSITION_M
                jitter = min(jitter, step)
                if cost[p] + step < best:
                    best, back[c] = cost[p] + step, p
            if before + step_on < best:
                best, back[c] = before + step_on, -1
            cost[c] = best + fresh * where[c, 2] / (2.0 * sigma * sigma)
        # being off the route is no way out of the receiver's jitter: it pays the least that a step along does
        off[g - lo], off_back[g - lo] = before + jitter, -1
        for p in range(start, end):
            if cost[p] + SWITCH < off[g - lo]:
                off[g - lo], off_back[g - lo] = cost[p] + SWITCH, p
        off[g - lo] += off_route_cost(sigma) * fresh
    go_back(lo, hi, first, cost, leaves, back, off, off_back, chosen)


@compiled
def match(
    which: Places,
    where: Floats,
    place: Floats,
    what: Floats,
    piece: Ints,
    chain_length: Floats,
    closed: Codes,
) -> tuple[Places, Floats]:
    """Return the likeliest candidates: (m, 3) place, chain, stretch and (m, 2) measure, offset.

    The input is sorted by chain, then place. Each stretch of consecutive places of one piece that have
    candidates on one chain is decided by itself; beside it the patrol is off that route for certain.
    """
    total = which.shape[0]
    first = np.empty(total + 1, np.int64)
    node = np.empty(total, np.int64)
    groups = 0
    for c in range(total):
        if c == 0 or which[c, 0] != which[c - 1, 0] or which[c, 1] != which[c - 1, 1]:
            first[groups] = c
            node[groups] = which[c, 0]
            groups += 1
    first[groups] = total
    cost = np.empty(total)
    back = np.empty(total, np.int64)
    chosen = np.empty(groups, np.int64)
    stretch = np.empty(groups, np.int64)
    lo = 0
    while lo < groups:
        name = which[first[lo], 1]
        hi = lo + 1
        while (
            hi < groups
            and which[first[hi], 1] == name
            and node[hi] == node[hi - 1] + 1
            and piece[node[hi]] == piece[node[lo]]
        ):
            hi += 1
        start, end = node[lo], node[hi - 1]
        enters = SWITCH if start > 0 and piece[start - 1] == piece[start] else 0.0
        leaves = SWITCH if end + 1 < piece.shape[0] and piece[end + 1] == piece[end] else 0.0
        length = chain_length[name] if closed[name] else 0.0
        stretch[lo:hi] = lo
        likeliest(lo, hi, first, node, where, place, what, length, enters, leaves, cost, back, chosen)
        lo = hi
    taken = np.empty((groups, 3), np.int64)
    spot = np.empty((groups, 2))
    count = 0
    for g in range(groups):
        if chosen[g] >= 0:
            taken[count, 0], taken[count, 1] = which[chosen[g], 0], which[chosen[g], 1]
            taken[count, 2] = stretch[g]
            spot[count, 0], spot[count, 1] = where[chosen[g], 0], where[chosen[g], 1]
            count += 1
    return taken[:count], spot[:count]
