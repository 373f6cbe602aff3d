"""Compiled kernels that cut a way into what lies in each unit of a partition, and judge how deep it went.

Times are counted in whole milliseconds and metres in whole micrometres: the parts of a step are differences
of rounded sums along it, so that whatever a way is cut into adds up to the way itself, to the last digit.
"""

import numpy as np

from geo.compiled import compiled
from geo.geocentric import Floats
from geo.lattice import SCALE
from geo.linear.kernels import distance
from geo.locate.cell_kernels import EDGE, HEAD, Int32s, Int64s, wide
from geo.locate.edge_search import DEEPEST, metres_per_step, search
from geo.locate.kernels import label_at
from geo.locate.near_kernels import is_far
from geo.track.fixes import Ints

AGAIN_MS = 1_200_000
"""In a unit again within 20 minutes is the same visit, as on a line it is the same pass."""

STEP_M = 5.0
"""So finely is looked how far from its unit's edge a part of the way is."""

_SCALE = float(SCALE)
_HALF = 180 * SCALE


@compiled
def cut_by_edge(
    px: int, py: int, qx: int, qy: int, ax: int, ay: int, bx: int, by: int, cuts: Floats, count: int
) -> tuple[Floats, int]:
    """Add where the way from p to q meets an edge a–b, as shares of the way.

    Of an edge that it runs along both ends are added.
    """
    dx, dy = qx - px, qy - py
    from_a, from_b = dx * (ay - py) - dy * (ax - px), dx * (by - py) - dy * (bx - px)
    if (from_a > 0 and from_b > 0) or (from_a < 0 and from_b < 0):
        return cuts, count
    if count + 2 > cuts.shape[0]:
        cuts = np.concatenate((cuts, np.empty(cuts.shape[0])))
    if from_a == 0 and from_b == 0:
        length2 = float(dx) * dx + float(dy) * dy
        cuts[count] = (float(ax - px) * dx + float(ay - py) * dy) / length2
        cuts[count + 1] = (float(bx - px) * dx + float(by - py) * dy) / length2
        return cuts, count + 2
    ex, ey = bx - ax, by - ay
    from_p, from_q = ex * (py - ay) - ey * (px - ax), ex * (qy - ay) - ey * (qx - ax)
    cuts[count] = float(from_p) / float(from_p - from_q)
    return cuts, count + 1


@compiled
def push_parts(stack: Int64s, depth: int, pool: Int32s, box: tuple[int, int, int, int]) -> int:
    """Put the parts of the divided cell at a depth that a box touches on the stack in its place."""
    west, south, east, north = box
    place, x0, y0 = wide(~stack[depth, 0]), stack[depth, 1], stack[depth, 2]
    code = -1 - wide(pool[place])
    sx, sy = code & 255, code >> 8
    columns, rows = 1 << (stack[depth, 3] - sx), 1 << (stack[depth, 4] - sy)
    for part in range(columns * rows):
        left, low = x0 + ((part % columns) << sx), y0 + ((part // columns) << sy)
        word = wide(pool[place + 1 + part])
        beyond = left > east or low > north or left + (1 << sx) <= west or low + (1 << sy) <= south
        if word >= 0 or beyond:
            continue
        stack[depth, 0], stack[depth, 1], stack[depth, 2] = word, left, low
        stack[depth, 3], stack[depth, 4] = sx, sy
        depth += 1
    return depth


@compiled
def cuts_of(
    px: int, py: int, qx: int, qy: int, pool: Int32s, frame: Int64s, stack: Int64s, cuts: Floats
) -> tuple[Floats, int]:
    """Return where the way from p to q may change its owner: where it meets edges, as shares of the way."""
    count = 0
    west, east = max(min(px, qx), frame[0]), min(max(px, qx), frame[2])
    south, north = max(min(py, qy), frame[1]), min(max(py, qy), frame[3])
    if west > east or south > north:
        return cuts, 0
    box = (west, south, east, north)
    for row in range((south - frame[1]) >> frame[5], ((north - frame[1]) >> frame[5]) + 1):
        for column in range((west - frame[0]) >> frame[4], ((east - frame[0]) >> frame[4]) + 1):
            stack[0, 0] = pool[row * frame[6] + column]
            stack[0, 1], stack[0, 2] = frame[0] + (column << frame[4]), frame[1] + (row << frame[5])
            stack[0, 3], stack[0, 4] = frame[4], frame[5]
            depth = 1 if stack[0, 0] < 0 else 0
            while depth > 0:
                depth -= 1
                place = wide(~stack[depth, 0])
                edges = wide(pool[place])
                if edges < 0:
                    depth = push_parts(stack, depth, pool, box)
                for e in range(place + HEAD, place + HEAD + EDGE * edges, EDGE):
                    ax, ay = wide(pool[e]), wide(pool[e + 1])
                    bx, by = wide(pool[e + 2]), wide(pool[e + 3])
                    if max(ay, by) >= south and min(ay, by) <= north and bx >= west and ax <= east:
                        cuts, count = cut_by_edge(px, py, qx, qy, ax, ay, bx, by, cuts, count)
    return cuts, count


@compiled
def add_part(
    rows: Int64s,
    shares: Floats,
    count: int,
    unit: int,
    k: int,
    begin: int,
    end: int,
    um: int,
    low: float,
    high: float,
) -> tuple[Int64s, Floats]:
    """Return the tables of parts, longer if need be, with one more at position ``count``."""
    if count == rows.shape[0]:
        rows = np.concatenate((rows, np.empty((count, 5), np.int64)))
        shares = np.concatenate((shares, np.empty((count, 2))))
    rows[count, 0], rows[count, 1], rows[count, 2], rows[count, 3], rows[count, 4] = unit, k, begin, end, um
    shares[count, 0], shares[count, 1] = low, high
    return rows, shares


@compiled
def add_bounds(cuts: Floats, found: int, begin: int, end: int, bounds_ms: Int64s) -> tuple[Floats, int]:
    """Add the instants between two milliseconds, as shares of the time between them."""
    at = np.searchsorted(bounds_ms, begin, side="right")
    while at < bounds_ms.shape[0] and bounds_ms[at] < end:
        if found == cuts.shape[0]:
            cuts = np.concatenate((cuts, np.empty(found)))
        cuts[found] = float(bounds_ms[at] - begin) / float(end - begin)
        found, at = found + 1, at + 1
    return cuts, found


@compiled
def add_stop(
    rows: Int64s, shares: Floats, count: int, unit: int, k: int, begin: int, end: int, bounds_ms: Int64s
) -> tuple[Int64s, Floats, int]:
    """Add the time spent at waypoint k, cut at instants."""
    at = np.searchsorted(bounds_ms, begin, side="right")
    while begin < end:
        until = min(end, bounds_ms[at]) if at < bounds_ms.shape[0] else end
        rows, shares = add_part(rows, shares, count, unit, k, begin, until, 0, 0.0, 0.0)
        count, begin, at = count + 1, until, at + 1
    return rows, shares, count


@compiled
def add_step(
    rows: Int64s,
    shares: Floats,
    count: int,
    k: int,
    ends: tuple[int, int, int, int],
    when: tuple[int, int],
    whole_um: int,
    cuts: Floats,
    pool: Int32s,
    frame: Int64s,
    order: Int32s,
) -> tuple[Int64s, Floats, int]:
    """Add the step from waypoint k to the next, cut at shares in order; each part has one owner."""
    px, py, qx, qy = ends
    low = 0.0
    for c in range(cuts.shape[0] + 1):
        high = 1.0 if c == cuts.shape[0] else min(1.0, cuts[c])
        if not high > low:
            continue
        middle = 0.5 * (low + high)
        mx, my = px + wide(np.rint(middle * (qx - px))), py + wide(np.rint(middle * (qy - py)))
        if abs(qx - px) > _HALF:
            mx, my = (px, py) if middle < 0.5 else (qx, qy)
        unit = label_at(mx, my, pool, frame, order) - 1
        span = when[1] - when[0]
        first, last = when[0] + wide(np.rint(low * span)), when[0] + wide(np.rint(high * span))
        um = wide(np.rint(high * whole_um)) - wide(np.rint(low * whole_um))
        rows, shares = add_part(rows, shares, count, unit, k, first, last, um, low, high)
        count, low = count + 1, high
    return rows, shares, count


@compiled
def parts_of(
    xyz: Floats,
    lon: Floats,
    lat: Floats,
    from_ms: Int64s,
    to_ms: Int64s,
    piece: Ints,
    bounds_ms: Int64s,
    pool: Int32s,
    frame: Int64s,
    order: Int32s,
) -> tuple[Int64s, Floats]:
    """Cut a way where its owner may change and at instants.

    Returns rows (r, 5) in order of time: unit's position or −1, waypoint it starts at, first and last
    millisecond, micrometres; and the shares (r, 2) of the step to the next waypoint it begins and ends at,
    both 0 for the time spent at a waypoint.
    """
    n = lon.shape[0]
    rows, shares = np.empty((2 * n + 16, 5), np.int64), np.empty((2 * n + 16, 2))
    stack = np.empty((DEEPEST, 5), np.int64)
    cuts = np.empty(64)
    count = 0
    for k in range(n):
        px, py = wide(np.rint(lon[k] * _SCALE)), wide(np.rint(lat[k] * _SCALE))
        owner = label_at(px, py, pool, frame, order) - 1
        rows, shares, count = add_stop(rows, shares, count, owner, k, from_ms[k], to_ms[k], bounds_ms)
        if k + 1 == n or piece[k + 1] != piece[k]:
            continue
        qx, qy = wide(np.rint(lon[k + 1] * _SCALE)), wide(np.rint(lat[k + 1] * _SCALE))
        found = 0
        if abs(qx - px) > _HALF:
            cuts[0], found = 0.5, 1  # across 180°: one half here, one there
        elif px != qx or py != qy:
            cuts, found = cuts_of(px, py, qx, qy, pool, frame, stack, cuts)
        cuts, found = add_bounds(cuts, found, to_ms[k], from_ms[k + 1], bounds_ms)
        whole = wide(np.rint(distance(xyz, k, xyz, k + 1) * 1e6))
        rows, shares, count = add_step(
            rows, shares, count, k, (px, py, qx, qy), (to_ms[k], from_ms[k + 1]), whole,
            np.sort(cuts[:found]), pool, frame, order,
        )  # fmt: skip
    return rows[:count], shares[:count]


@compiled
def visits_of(rows: Int64s, holder: Ints, units: int) -> Int64s:
    """Return the number of the visit (r,) that each part of a way belongs to.

    A visit is being in a unit, by one holder, with interruptions of at most ``AGAIN_MS``; what lies outside
    of all units is told apart in the same way.
    """
    n = rows.shape[0]
    visit = np.empty(n, np.int64)
    last = np.full(units + 1, -1, np.int64)  # the last part in each unit
    made = 0
    for r in range(n):
        unit = rows[r, 0] + 1
        before = last[unit]
        if (
            before < 0
            or rows[r, 2] - rows[before, 3] > AGAIN_MS
            or holder[rows[r, 1]] != holder[rows[before, 1]]
        ):
            visit[r] = made
            made += 1
        else:
            visit[r] = visit[before]
        last[unit] = r
    return visit


@compiled
def deep_metres(
    rows: Int64s,
    shares: Floats,
    wanted: Int64s,
    lon: Floats,
    lat: Floats,
    accuracy: Floats,
    pool: Int32s,
    frame: Int64s,
) -> Floats:
    """Return how many metres of each of some parts are farther from all edges than twice the error."""
    found = np.zeros(wanted.shape[0])
    point = np.empty(4)
    stack = np.empty((DEEPEST, 5), np.int64)
    feet, labels = np.empty((1, 3)), np.empty((1, 2), np.int32)
    for w in range(wanted.shape[0]):
        r = wanted[w]
        k = rows[r, 1]
        metres = rows[r, 4] / 1e6
        if metres <= 0.0 or abs(lon[k + 1] - lon[k]) > 180.0:
            continue
        steps = max(1, wide(np.ceil(metres / STEP_M)))
        radius = 2.0 * max(accuracy[k], accuracy[k + 1])
        for s in range(steps):
            share = shares[r, 0] + (shares[r, 1] - shares[r, 0]) * (s + 0.5) / steps
            x, y = lon[k] + share * (lon[k + 1] - lon[k]), lat[k] + share * (lat[k + 1] - lat[k])
            if not is_far(x, y, radius, pool, frame):
                point[0], point[1] = x * _SCALE, y * _SCALE
                point[2], point[3] = metres_per_step(y)
                if search(point, radius, pool, frame, stack, feet, labels) > 0:
                    continue
            found[w] += metres / steps
    return found
