"""Compiled kernels of seeing: which parts of lines lie within a distance of the steps of a way."""

import math

import numpy as np

from geo.compiled import compiled
from geo.coverage.crediting_kernels import ROW, add_row
from geo.coverage.route_index import edges_near
from geo.evidence import Evidence
from geo.geocentric import Floats
from geo.track.fixes import Ints, Places
from geo.visits.marker_kernels import is_barred

SEEN = int(Evidence.SEEN)

PART_M = 40.0
"""A long step is looked from in parts of this length, each with the lines near its middle."""

SAMPLE_M = 5.0
"""So finely is looked past barriers."""

STILL_S, LONGEST_S = 60.0, 600.0
"""Time along what is seen is even within a row: it ends where nothing new is seen for a while, or is long."""

TOUCH_M = 0.01
OPEN = 16
"""So many separate parts of lines can be in sight at once before the oldest is closed."""


@compiled
def disc_on(px: float, py: float, pz: float, xyz: Floats, i: int, radius: float) -> tuple[float, float]:
    """Return the shares of edge i between which it is within a radius of a point; low > high if nowhere."""
    ex, ey, ez = xyz[i + 1, 0] - xyz[i, 0], xyz[i + 1, 1] - xyz[i, 1], xyz[i + 1, 2] - xyz[i, 2]
    ax, ay, az = xyz[i, 0] - px, xyz[i, 1] - py, xyz[i, 2] - pz
    square = ex * ex + ey * ey + ez * ez
    half = ax * ex + ay * ey + az * ez
    root = half * half - square * (ax * ax + ay * ay + az * az - radius * radius)
    if root < 0.0:
        return 1.0, 0.0
    root = math.sqrt(root)
    return max(0.0, (-half - root) / square), min(1.0, (-half + root) / square)


@compiled
def slab_on(p: Floats, q: Floats, xyz: Floats, i: int, radius: float) -> tuple[float, float]:
    """Return the shares of edge i between which it lies beside the way from p to q, within a radius of it."""
    wx, wy, wz = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    length2 = wx * wx + wy * wy + wz * wz
    if length2 <= 0.0:
        return 1.0, 0.0
    ex, ey, ez = xyz[i + 1, 0] - xyz[i, 0], xyz[i + 1, 1] - xyz[i, 1], xyz[i + 1, 2] - xyz[i, 2]
    ax, ay, az = xyz[i, 0] - p[0], xyz[i, 1] - p[1], xyz[i, 2] - p[2]
    along0, slope = (ax * wx + ay * wy + az * wz) / length2, (ex * wx + ey * wy + ez * wz) / length2
    low, high = 0.0, 1.0
    if slope == 0.0:
        if along0 < 0.0 or along0 > 1.0:
            return 1.0, 0.0
    else:
        first, last = -along0 / slope, (1.0 - along0) / slope
        low, high = max(low, min(first, last)), min(high, max(first, last))
    # the way across: what is left of a and e without their parts along the way
    ax, ay, az = ax - along0 * wx, ay - along0 * wy, az - along0 * wz
    ex, ey, ez = ex - slope * wx, ey - slope * wy, ez - slope * wz
    square, half = ex * ex + ey * ey + ez * ez, ax * ex + ay * ey + az * ez
    rest = ax * ax + ay * ay + az * az - radius * radius
    if square < 1e-12:
        return (low, high) if rest <= 0.0 else (1.0, 0.0)
    root = half * half - square * rest
    if root < 0.0:
        return 1.0, 0.0
    root = math.sqrt(root)
    return max(low, (-half - root) / square), min(high, (-half + root) / square)


@compiled
def sight_on(p: Floats, q: Floats, xyz: Floats, i: int, radius: float) -> tuple[float, float]:
    """Return the shares of edge i between which it is within a radius of the way from p to q."""
    low, high = disc_on(p[0], p[1], p[2], xyz, i, radius)
    a, b = disc_on(q[0], q[1], q[2], xyz, i, radius)
    c, d = slab_on(p, q, xyz, i, radius)
    if a < b:
        low, high = (min(low, a), max(high, b)) if low < high else (a, b)
    if c < d:
        low, high = (min(low, c), max(high, d)) if low < high else (c, d)
    return low, high


@compiled
def is_hidden(
    p: Floats, q: Floats, at: Floats, lonlat: Floats, wall: tuple[Floats, Places, Places, Places, Floats]
) -> bool:
    """Return whether a barrier near a place in degrees lies between a place and the nearest of a way."""
    xyz, keys, spans, edges, cell = wall
    w = q - p
    length2 = (w * w).sum()
    share = min(1.0, max(0.0, ((at - p) * w).sum() / length2)) if length2 > 0.0 else 0.0
    return bool(is_barred(p + share * w, at, lonlat[0], lonlat[1], xyz, keys, spans, edges, cell))


@compiled
def extend(
    rows: Floats,
    count: int,
    held: Floats,
    chain: int,
    low: float,
    high: float,
    t0: float,
    t1: float,
    fix: int,
) -> tuple[Floats, int]:
    """Add what is seen of a chain between two measures and times to an open row, or open one.

    ``held`` (OPEN, 9): chain, low, high, way (1 up, −1 down, 0 not known), first time, time of the last
    thing new, time it was last in sight, first fix, whether it is used. Rows that ended are written.
    """
    free, oldest = -1, 0
    for k in range(held.shape[0]):
        if held[k, 8] > 0.0 and (t0 - held[k, 5] > STILL_S or t1 - held[k, 4] > LONGEST_S):
            rows, count = close_one(rows, count, held, k)
        if held[k, 8] == 0.0:
            free = k
            continue
        if held[k, 5] < held[oldest, 5]:
            oldest = k
        if held[k, 0] != chain or low > held[k, 2] + TOUCH_M or high < held[k, 1] - TOUCH_M:
            continue
        up, down = high > held[k, 2] + TOUCH_M, low < held[k, 1] - TOUCH_M
        if not up and not down:
            return rows, count
        first_look = held[k, 4] == t0 and held[k, 5] == t1  # which way it goes shows later
        way = 0.0 if first_look or up == down else (1.0 if up else -1.0)
        if not first_look and (way == 0.0 or way * held[k, 3] < 0.0):
            continue
        held[k, 1], held[k, 2] = min(low, held[k, 1]), max(high, held[k, 2])
        held[k, 3] = way
        held[k, 5] = t1
        return rows, count
    if free < 0:
        rows, count = close_one(rows, count, held, oldest)
        free = oldest
    held[free, 0], held[free, 1], held[free, 2], held[free, 3] = chain, low, high, 0.0
    held[free, 4], held[free, 5], held[free, 7], held[free, 8] = t0, t1, fix, 1.0
    return rows, count


@compiled
def close_one(rows: Floats, count: int, held: Floats, k: int) -> tuple[Floats, int]:
    """Write the open row k and free its place."""
    first, last = held[k, 1], held[k, 2]
    if held[k, 3] < 0.0:
        first, last = last, first
    rows = add_row(rows, count, held[k, 0], first, last, held[k, 4], held[k, 5], SEEN, held[k, 7])
    held[k, 8] = 0.0
    return rows, count + 1


@compiled
def look(
    p: Floats,
    q: Floats,
    i: int,
    radius: float,
    xyz: Floats,
    lonlat: Floats,
    wall: tuple[Floats, Places, Places, Places, Floats],
    walled: bool,
    found: Floats,
) -> int:
    """Write the shares of edge i that are in sight of the way from p to q; return how many spans.

    ``walled`` is whether any barrier is near.
    """
    low, high = sight_on(p, q, xyz, i, radius)
    if not high > low:
        return 0
    if not walled:
        found[0, 0], found[0, 1] = low, high
        return 1
    edge = xyz[i + 1] - xyz[i]
    steps = max(1, int((high - low) * math.sqrt((edge * edge).sum()) / SAMPLE_M))
    count, open_ = 0, False
    for s in range(steps):
        share = low + (high - low) * (s + 0.5) / steps
        at = xyz[i] + share * edge
        place = lonlat[i] + share * (lonlat[i + 1] - lonlat[i])
        if is_hidden(p, q, at, place, wall):
            open_ = False
            continue
        if not open_ and count == found.shape[0]:
            break
        if not open_:
            found[count, 0] = low + (high - low) * s / steps
            count += 1
        found[count - 1, 1] = low + (high - low) * (s + 1) / steps
        open_ = True
    return count


@compiled
def sights(
    place: Floats,
    what: Floats,
    piece: Ints,
    radius: Floats,
    xyz: Floats,
    lonlat: Floats,
    measures: Floats,
    chain: Ints,
    table: tuple[Places, Places, Places, Floats],
    wall: tuple[Floats, Places, Places, Places, Floats],
) -> Floats:
    """Return what of chains is within a radius of a way, rows (r, 7) as those of crediting.

    ``what`` (k, 4) is time in, time out, lon, lat of each waypoint, ``radius`` (k,) metres in sight on the
    step from it to the next; nothing where it is not above 0. ``table`` and the arrays before it are an
    index of the lines, ``wall`` one of barriers.
    """
    rows = np.empty((64, ROW))
    keys, spans, edges, cell = table
    held = np.zeros((OPEN, 9))
    found = np.empty((64, 2))
    count = 0
    for k in range(place.shape[0]):
        linked = k + 1 < place.shape[0] and piece[k + 1] == piece[k]
        alone = not linked and (k == 0 or piece[k - 1] != piece[k])
        if not radius[k] > 0.0 or not (linked or alone):
            continue
        j = k + 1 if linked else k
        way = place[j] - place[k]
        parts = int(math.sqrt((way * way).sum()) / PART_M) + 1
        begun, ended = what[k, 1] if linked else what[k, 0], what[j, 0] if linked else what[k, 1]
        for part in range(parts):
            a, b = part / parts, (part + 1) / parts
            p, q = place[k] + a * way, place[k] + b * way
            middle = 0.5 * (a + b)
            lon = what[k, 2] + middle * (what[j, 2] - what[k, 2])
            lat = what[k, 3] + middle * (what[j, 3] - what[k, 3])
            t0, t1 = begun + a * (ended - begun), begun + b * (ended - begun)
            # Barriers are indexed as far as anything is seen from a part.
            first, last = edges_near(lon, lat, wall[1], wall[2], wall[4])
            lo, hi = edges_near(lon, lat, keys, spans, cell)
            for e in range(lo, hi):
                i = edges[e]
                for s in range(look(p, q, i, radius[k], xyz, lonlat, wall, last > first, found)):
                    span = measures[i + 1] - measures[i]
                    low, high = measures[i] + found[s, 0] * span, measures[i] + found[s, 1] * span
                    rows, count = extend(rows, count, held, chain[i], low, high, t0, t1, k)
    for k in range(OPEN):
        if held[k, 8] > 0.0:
            rows, count = close_one(rows, count, held, k)
    return rows[:count]
