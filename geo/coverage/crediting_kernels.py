"""Compiled kernels of crediting: the likeliest way along a line to intervals of it, walked or inferred."""

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.coverage.matching_kernels import along, radius_of
from geo.evidence import Evidence
from geo.geocentric import Floats
from geo.linear.kernels import distance
from geo.track.fixes import Codes, Ints, Places
from geo.track.kernels import FULL

OBSERVED, INFERRED = int(Evidence.OBSERVED), int(Evidence.INFERRED)

SLACK_RATIO, SLACK_SIGMAS, SLACK_M = 1.3, 2.0, 20.0
"""Metres along the line may exceed the chord by so much within a walk."""

INFER_S, INFER_RATIO = 1800.0, 0.7
STRAY_S = 60.0
"""So long off the route is an error to be bridged, not a way elsewhere."""

STRAY_FIXES, BRIEF_S, BRIEF_M = 5, 20.0, 60.0
"""Two walks are one if between them no more places than a spike has, so short a time and so few metres lie
off the route or beyond the radius, all of them where errors reach."""

SWING = 1.65
"""A walk is longer than this times its swing across the line; a straight crossing at over 17° is shorter."""

BESIDE_M, BESIDE_SIGMAS = 16.0, 1.2
"""A run that is farther to one side on average is on a way beside the line, which drift brings near it."""

LEAST_WALK_M, LEAST_SIGMAS = 25.0, 4.0
"""A shorter run between places off the route, or one of fewer standard deviations, is noise of a way beside
the line."""

SMOOTH_S, SMOOTH_M = 10.0, 40.0
TURN_M = 30.0
"""A return by less than this, or six standard deviations, is noise and not a turn."""

TOLERANCE_M = 10.0
"""Time along the line is kept by straight pieces that are right to this many metres."""

ROW = 7

Flags = npt.NDArray[np.bool_]


@compiled
def links(i: int, j: int, place: Floats, what: Floats, metres: float) -> bool:
    """Return whether ``metres`` along the line between two places are believed as walked."""
    chord = distance(place, i, place, j)
    slack = SLACK_SIGMAS * (what[i, 0] + what[j, 0]) + SLACK_M
    return bool(abs(metres) <= SLACK_RATIO * chord + slack)


@compiled
def brief(before: int, after: int, metres: float, what: Floats) -> bool:
    """Return whether so few places lie between two for so short a time that they may be errors."""
    few = after - before <= STRAY_FIXES + 1 and abs(metres) <= BRIEF_M
    return few and what[after, 1] - what[before, 2] <= BRIEF_S


@compiled
def smoothed(t: Floats, raw: Floats, offset: Floats, sigma: Floats) -> tuple[Floats, Floats]:
    """Return measures and offsets on local straight lines in time, fitted over ``SMOOTH_S`` to either side.

    Only neighbours within ``SMOOTH_M`` (or 4 sigma) along the line take part, so that a vehicle's turn keeps
    its place and a jump is no slope. At the ends the fit is one-sided and still without bias.
    """
    n = t.shape[0]
    u = np.empty(n)
    aside = np.empty(n)
    weight = 1.0 / (sigma * sigma)
    lo = 0
    for i in range(n):
        while t[lo] < t[i] - SMOOTH_S:
            lo += 1
        reach = max(SMOOTH_M, 4.0 * sigma[i])
        s0, s1, s2, y0, y1, z0, z1 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        k = lo
        while k < n and t[k] <= t[i] + SMOOTH_S:
            y = raw[k] - raw[i]
            if abs(y) <= reach:
                w = weight[k]
                x = t[k] - t[i]
                s0 += w
                s1 += w * x
                s2 += w * x * x
                y0 += w * y
                y1 += w * x * y
                z0 += w * offset[k]
                z1 += w * x * offset[k]
            k += 1
        spread = s0 * s2 - s1 * s1
        if spread > 1e-9 * s0 * s0:
            u[i] = raw[i] + (s2 * y0 - s1 * y1) / spread
            aside[i] = (s2 * z0 - s1 * z1) / spread
        else:
            u[i] = raw[i] + y0 / s0
            aside[i] = z0 / s0
    return u, aside


@compiled
def turns(u: Floats, least: float) -> Places:
    """Return the positions where a series turns by at least ``least``, with its first and last.

    The lowest and the highest value of the series are always among them.
    """
    n = u.shape[0]
    found = np.empty(n + 4, np.int64)
    found[0] = 0
    count = 1
    low, high, way, peak = 0, 0, 0, 0
    for k in range(1, n):
        if way == 0:
            low = k if u[k] < u[low] else low
            high = k if u[k] > u[high] else high
            if u[high] - u[low] >= least:
                way = 1 if high > low else -1
                peak, found[count] = max(low, high), min(low, high)
                count += 1
        elif way * (u[k] - u[peak]) >= 0.0:
            peak = k
        elif way * (u[peak] - u[k]) >= least:
            found[count] = peak
            count += 1
            way, peak = -way, k
    if way == 0:
        found[count], found[count + 1] = min(low, high), max(low, high)
        count += 2
    else:
        found[count] = peak
        count += 1
    found[count] = n - 1
    count += 1
    return found[:count]


@compiled
def add_row(
    rows: Floats, count: int, chain: float, m0: float, m1: float, t0: float, t1: float, kind: float, at: float
) -> Floats:
    """Return the rows, longer if need be, with one more at position ``count``."""
    if count == rows.shape[0]:
        rows = np.concatenate((rows, np.empty((count, ROW))))
    rows[count, 0], rows[count, 1], rows[count, 2] = chain, m0, m1
    rows[count, 3], rows[count, 4], rows[count, 5], rows[count, 6] = t0, t1, kind, at
    return rows


@compiled
def add_leg(
    rows: Floats, count: int, chain: float, t: Floats, u: Floats, at: Places, first: int, last: int
) -> tuple[Floats, int]:
    """Add one leg between two turns as few straight pieces in time: a swinging door over its envelope."""
    way = 1.0 if u[last] >= u[first] else -1.0
    anchor_t, anchor_y = t[first], way * u[first]
    before_t, before_y = anchor_t, anchor_y
    anchor_at, before_at = at[first], at[first]
    flattest, steepest = -np.inf, np.inf
    end = way * u[last]
    for k in range(first + 1, last + 1):
        y = end if k == last else min(end, max(before_y, way * u[k]))
        dt = max(t[k] - anchor_t, 1e-9)
        slope = (y - anchor_y) / dt
        if slope < flattest or slope > steepest:
            rows = add_row(
                rows, count, chain, way * anchor_y, way * before_y, anchor_t, before_t, OBSERVED, anchor_at
            )
            count += 1
            anchor_t, anchor_y, anchor_at = before_t, before_y, before_at
            dt = max(t[k] - anchor_t, 1e-9)
            flattest, steepest = -np.inf, np.inf
        flattest = max(flattest, (y - TOLERANCE_M - anchor_y) / dt)
        steepest = min(steepest, (y + TOLERANCE_M - anchor_y) / dt)
        before_t, before_y, before_at = t[k], y, at[k]
    rows = add_row(
        rows, count, chain, way * anchor_y, way * before_y, anchor_t, before_t, OBSERVED, anchor_at
    )
    return rows, count + 1


@compiled
def add_walk(
    rows: Floats, count: int, chain: float, at: Places, u: Floats, what: Floats
) -> tuple[Floats, int]:
    """Add the intervals of one walk, leg by leg; together they are exactly its lowest to highest measure."""
    if at.shape[0] == 0:
        return rows, count
    t, way, origin = in_and_out(at, u, what)
    pivots = turns(way, max(TURN_M, 6.0 * what[at, 0].mean()))
    for k in range(pivots.shape[0] - 1):
        if pivots[k] < pivots[k + 1]:
            rows, count = add_leg(rows, count, chain, t, way, origin, pivots[k], pivots[k + 1])
    return rows, count


@compiled
def credit(
    taken: Places,
    spot: Floats,
    place: Floats,
    what: Floats,
    piece: Ints,
    full: Codes,
    holder: Ints,
    limit: Floats,
    chain_length: Floats,
    closed: Codes,
) -> Floats:
    """Return intervals (r, 7): chain, from_m, to_m, from_t, to_t, evidence, place where it starts.

    On a closed chain measures run on beyond its length or below 0. ``limit`` (k,) is the highest plausible
    speed in m/s at each place.
    """
    rows = np.empty((64, ROW))
    count = 0
    total = taken.shape[0]
    seen = np.concatenate((np.zeros(1, np.int64), np.cumsum((full == FULL).astype(np.int64))))
    anchor, anchor_m, anchor_stretch = -1, 0.0, -1
    walk_at, walk_u, walk_chain = np.empty(0, np.int64), np.empty(0), -1
    i = 0
    while i < total:
        chain, stretch = taken[i, 1], taken[i, 2]
        length = chain_length[chain] if closed[chain] else 0.0
        end = block_end(i, taken, piece)
        at, raw, offset, run, near = full_places(i, end, taken, spot, place, what, full, length)
        u, aside = smoothed(0.5 * (what[at, 1] + what[at, 2]), raw, offset, what[at, 0])
        walk = follows(taken[i, 0], taken[end - 1, 0], at, raw, aside, what, piece, chain_length[chain])
        anchor, i = anchor if walk else -1, end
        at, u, run = at[near], u[near], run[near]
        if length == 0.0:
            u = np.minimum(np.maximum(u, 0.0), chain_length[chain])
        lo = 0
        while walk and lo < at.shape[0]:
            hi = lo + 1
            while hi < at.shape[0] and run[hi] == run[lo]:
                hi += 1
            metres = along(anchor_m, u[lo], length)
            same = lo == 0 and anchor >= 0 and anchor_stretch == stretch
            if same and joins(anchor, at[lo], metres, place, what):
                if length > 0.0:
                    u[lo:hi] += length * np.rint((anchor_m + metres - u[lo]) / length)
                walk_at, walk_u = np.concatenate((walk_at, at[lo:hi])), np.concatenate((walk_u, u[lo:hi]))
            else:
                rows, count = add_walk(rows, count, walk_chain, walk_at, walk_u, what)
                if (
                    anchor >= 0
                    and walk_chain == chain
                    and holder[anchor] == holder[at[lo]]
                    and inferred(anchor, at[lo], metres, place, what, limit, seen)
                ):
                    rows = add_row(
                        rows, count, chain, anchor_m, anchor_m + metres, what[anchor, 2], what[at[lo], 1],
                        INFERRED, anchor,
                    )  # fmt: skip
                    count += 1
                walk_at, walk_u, walk_chain = at[lo:hi], u[lo:hi], chain
            anchor, anchor_m, anchor_stretch = at[hi - 1], u[hi - 1], stretch
            lo = hi
    rows, count = add_walk(rows, count, walk_chain, walk_at, walk_u, what)
    return rows[:count]


@compiled
def joins(before: int, after: int, metres: float, place: Floats, what: Floats) -> bool:
    """Return whether two walks are one: what lies between them is brief, and the metres are believed."""
    return brief(before, after, metres, what) and links(before, after, place, what, metres)


@compiled
def block_end(i: int, taken: Places, piece: Ints) -> int:
    """Return the end of the consecutive places of one piece that are on one chain, from position i on."""
    end = i + 1
    while (
        end < taken.shape[0]
        and taken[end, 1] == taken[i, 1]
        and taken[end, 0] == taken[end - 1, 0] + 1
        and piece[taken[end, 0]] == piece[taken[i, 0]]
    ):
        end += 1
    return end


@compiled
def follows(
    first: int, last: int, at: Places, raw: Floats, aside: Floats, what: Floats, piece: Ints, whole: float
) -> bool:
    """Return whether consecutive places on a line follow it: not cross it, touch it or go beside it.

    ``first`` and ``last`` are the block's places; ``at``, ``raw`` and ``aside`` those with full credit.
    """
    if at.shape[0] == 0:
        return True
    least = SWING * (aside.max() - aside.min() + abs(aside[-1] - aside[0]))
    before = first > 0 and piece[first - 1] == piece[first]
    after = last + 1 < piece.shape[0] and piece[last + 1] == piece[last]
    if before or after:
        least = max(least, min(max(LEAST_WALK_M, LEAST_SIGMAS * what[at, 0].mean()), 0.8 * whole))
    if raw.max() - raw.min() < least:
        return False
    return bool(abs(aside.mean()) <= max(BESIDE_M, BESIDE_SIGMAS * what[at, 0].mean()))


@compiled
def full_places(
    lo: int, hi: int, taken: Places, spot: Floats, place: Floats, what: Floats, full: Codes, length: float
) -> tuple[Places, Floats, Floats, Places, Flags]:
    """Return the places of a block that are good enough to open or close an interval.

    With them their measures unrolled, their offsets, a number that changes where the way between is not
    believed, and whether they are as near to the line as it takes.
    """
    at = np.empty(hi - lo, np.int64)
    raw = np.empty(hi - lo)
    offset = np.empty(hi - lo)
    run = np.empty(hi - lo, np.int64)
    near = np.empty(hi - lo, np.bool_)
    count, runs, before = 0, 0, taken[lo, 0]
    u = spot[lo, 0]
    before_u = u
    for k in range(lo, hi):
        here = taken[k, 0]
        if k > lo:
            metres = along(spot[k - 1, 0], spot[k, 0], length)
            u += metres
            if not links(taken[k - 1, 0], here, place, what, metres):
                runs += 1
        close = abs(spot[k, 1]) <= radius_of(what[here, 0])
        if close:
            if here > before + 1 and not brief(before, here, u - before_u, what):
                runs += 1
            before, before_u = here, u
        if full[here] == FULL:
            at[count], raw[count], offset[count], run[count], near[count] = here, u, spot[k, 1], runs, close
            count += 1
    return at[:count], raw[:count], offset[:count], run[:count], near[:count]


@compiled
def in_and_out(at: Places, u: Floats, what: Floats) -> tuple[Floats, Floats, Places]:
    """Return time and measure of entering each place and, for a stay, of leaving it, with the place."""
    n = at.shape[0]
    t = np.empty(2 * n)
    way = np.empty(2 * n)
    origin = np.empty(2 * n, np.int64)
    count = 0
    for k in range(n):
        for moment in range(1, 3):
            if moment == 2 and what[at[k], 2] <= what[at[k], 1]:
                continue
            t[count], way[count], origin[count] = what[at[k], moment], u[k], at[k]
            count += 1
    return t[:count], way[:count], origin[:count]


@compiled
def inferred(i: int, j: int, metres: float, place: Floats, what: Floats, limit: Floats, seen: Places) -> bool:
    """Return whether the metres between two walks may be taken as walked: short, plausible, straight."""
    seconds = what[j, 1] - what[i, 2]
    if seconds <= 0.0 or seconds > INFER_S or metres == 0.0:
        return False
    if seen[j] - seen[i + 1] > 0 and seconds > STRAY_S:
        return False  # fixes between show that the patrol was elsewhere
    if abs(metres) - what[i, 0] - what[j, 0] > max(limit[i], limit[j]) * seconds:
        return False
    return bool(distance(place, i, place, j) >= INFER_RATIO * abs(metres))
