"""Compiled kernels of matching: places to candidates on lines, candidates to the likeliest way along them.

The hidden Markov model is that of Newson and Krumm 2009, "Hidden Markov map matching through noise and
sparseness", on one line: the states of a place are all local minima of distance, and one more, off the route.
"""

import math

import numpy as np

from geo.compiled import compiled
from geo.coverage.route_index import edges_near
from geo.geocentric import Floats
from geo.linear.kernels import ONE_PLACE, distance, foot_on, measure_at, side_at
from geo.track.fixes import Codes, Ints, Places

MIN_RADIUS_M, MAX_RADIUS_M, RADIUS_BY_ACCURACY = 25.0, 60.0, 2.5
MIN_SIGMA_M = 5.0
TRANSITION_M = 10.0

OFF_ROUTE_M = 22.0
"""From here on off the route is likelier than on it, for a place with a small error."""

OFF_ROUTE_FLOOR = 1.5
"""The cost of off the route for a place with a large error: 1.7 standard deviations from the line."""

SWITCH = 3.0
"""The cost of stepping onto the route or off it, so that one stray fix does neither."""

MEMORY_S, STALEST = 10.0, 0.1
"""A receiver's error is new after so long; of places closer in time each says less, at least a tenth."""

FULL, SUPPORT = 1, 0


@compiled
def collapse(
    t: Floats, xyz: Floats, lonlat: Floats, accuracy: Floats, piece: Ints, stay: Ints, trusted: float
) -> tuple[Floats, Floats, Ints, Codes, Places]:
    """Return the places of a track: each fix in a piece is one, and each stay is one at its middle.

    Returns ``xyz`` (k, 3); ``what`` (k, 5): sigma, time in, time out, lon, lat; ``piece`` (k,); ``full`` (k,)
    whether the place may open and close an interval; ``fix`` (k,) its first fix.
    """
    n = t.shape[0]
    place = np.empty((n, 3))
    what = np.empty((n, 5))
    pieces = np.empty(n, np.int32)
    full = np.empty(n, np.int8)
    first = np.empty(n, np.int64)
    k, i = 0, 0
    while i < n:
        if piece[i] == -1:
            i += 1
            continue
        start, end, best = i, i, accuracy[i]
        members = 1
        lon, lat = lonlat[i, 0], lonlat[i, 1]
        place[k] = xyz[i]
        i += 1
        while stay[start] != -1 and i < n and (piece[i] == -1 or stay[i] == stay[start]):
            if piece[i] != -1:
                place[k] += xyz[i]
                lon += lonlat[i, 0]
                lat += lonlat[i, 1]
                best = min(best, accuracy[i])
                members += 1
                end = i
            i += 1
        place[k] /= members
        what[k, 0] = max(MIN_SIGMA_M, best)
        what[k, 1], what[k, 2] = t[start], t[end]
        what[k, 3], what[k, 4] = lon / members, lat / members
        pieces[k] = piece[start]
        full[k] = FULL if best <= trusted else SUPPORT
        first[k] = start
        k += 1
    return place[:k], what[:k], pieces[:k], full[:k], first[:k]


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
    count = 0
    for k in range(place.shape[0]):
        lo, hi = edges_near(what[k, 3], what[k, 4], keys, spans, cell)
        if lo == hi:
            continue
        radius = min(MAX_RADIUS_M, max(MIN_RADIUS_M, RADIUS_BY_ACCURACY * what[k, 0]))
        opening = count
        px, py, pz = place[k, 0], place[k, 1], place[k, 2]
        for e in range(lo, hi):
            i = edges[e]
            t, distance2 = foot_on(px, py, pz, xyz, i)
            if distance2 > radius * radius:
                continue
            fresh = i == 0 or chain[i - 1] != chain[i]
            if t <= 0.0 and not fresh and foot_on(px, py, pz, xyz, i - 1)[0] < 1.0:
                continue
            if t >= 1.0 and chain[i + 1] == chain[i]:
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
            first = i if fresh else i - 1
            beyond = i + 1 if chain[i + 1] != chain[i] else i + 2
            side = side_at(px, py, pz, i, t, xyz, first, beyond)
            which[count, 0], which[count, 1] = k, chain[i]
            where[count, 0] = measure
            where[count, 1] = math.copysign(math.sqrt(distance2), side)
            where[count, 2] = distance2
            count += 1
    return which[:count], where[:count]


@compiled
def off_route_cost(sigma: float) -> float:
    """Return what being off the route costs a place, against d²/2σ² for being on it."""
    return max(OFF_ROUTE_FLOOR, OFF_ROUTE_M * OFF_ROUTE_M / (2.0 * sigma * sigma))


@compiled
def freshness(k: int, what: Floats) -> float:
    """Return how much place k says that the one before did not: receivers' errors outlive a second."""
    if k == 0:
        return 1.0
    return float(min(1.0, max(STALEST, (what[k, 1] - what[k - 1, 2]) / MEMORY_S)))


@compiled
def along(a: float, b: float, length: float) -> float:
    """Return metres along the line from measure a to b; the short way round where length > 0 closes it."""
    if length > 0.0:
        return (b - a + 0.5 * length) % length - 0.5 * length
    return b - a


@compiled
def cheapest(
    start: int,
    end: int,
    where: Floats,
    cost: Floats,
    measure: float,
    chord: float,
    length: float,
) -> tuple[float, int]:
    """Return the least cost of coming to a measure from the candidates start..end, and from which."""
    best, origin = np.inf, -1
    for p in range(start, end):
        moved = abs(along(where[p, 0], measure, length))
        step = cost[p] + abs(moved - chord) / TRANSITION_M
        if step < best:
            best, origin = step, p
    return best, origin


@compiled
def cheapest_step(
    start: int, end: int, low: int, high: int, where: Floats, chord: float, length: float
) -> float:
    """Return the least cost of a step from one of the candidates start..end to one of low..high."""
    best = np.inf
    for p in range(start, end):
        for c in range(low, high):
            moved = abs(along(where[p, 0], where[c, 0], length))
            best = min(best, abs(moved - chord) / TRANSITION_M)
    return best if start < end else 0.0


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
        sigma = what[node[g], 0]
        fresh = freshness(node[g], what)
        stray = off_route_cost(sigma) * fresh
        start, end = (first[g - 1], first[g]) if g > lo else (0, 0)
        chord = distance(place, node[g], place, node[g - 1]) if g > lo else 0.0
        before = off[g - lo - 1] if g > lo else 0.0
        # being off the route is no way out of the receiver's jitter: it pays the least that a step along does
        jitter = cheapest_step(start, end, first[g], first[g + 1], where, chord, length)
        off[g - lo], off_back[g - lo] = before + jitter, -1
        for p in range(start, end):
            if cost[p] + SWITCH < off[g - lo]:
                off[g - lo], off_back[g - lo] = cost[p] + SWITCH, p
        off[g - lo] += stray
        step_on = SWITCH if g > lo else enters
        for c in range(first[g], first[g + 1]):
            best, back[c] = cheapest(start, end, where, cost, where[c, 0], chord, length)
            if before + step_on < best:
                best, back[c] = before + step_on, -1
            cost[c] = best + fresh * where[c, 2] / (2.0 * sigma * sigma)
    best, at = off[hi - 1 - lo], -1
    for c in range(first[hi - 1], first[hi]):
        if cost[c] + leaves < best:
            best, at = cost[c] + leaves, c
    for g in range(hi - 1, lo - 1, -1):
        chosen[g] = at
        at = back[at] if at >= 0 else off_back[g - lo]


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
    """Return the likeliest candidates: ``which`` (m, 2) place, chain and ``where`` (m, 2) measure, offset.

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
        likeliest(lo, hi, first, node, where, place, what, length, enters, leaves, cost, back, chosen)
        lo = hi
    taken = np.empty((groups, 2), np.int64)
    spot = np.empty((groups, 2))
    count = 0
    for g in range(groups):
        if chosen[g] >= 0:
            taken[count] = which[chosen[g]]
            spot[count] = where[chosen[g], :2]
            count += 1
    return taken[:count], spot[:count]
