"""Exact integer kernels that partitions share: orientation, packing of vertices, cancelling of edges.

Differences of lattice coordinates reach 3.6e9, so a cross product of two of them can leave 64 bits. Its sign
is still exact: where the floating-point value is larger than 2^60 in magnitude its error (below 2^13) cannot
change the sign, and elsewhere the true value fits into 64 bits, so wrapped arithmetic returns it.
"""

from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.lattice import LAT_LIMIT, LON_LIMIT, SCALE

Integers = npt.NDArray[np.int64]

_CERTAIN = 2.0**60
_LON_SHIFT = LON_LIMIT
_LAT_SHIFT = LAT_LIMIT
_LAT_BITS = 31
_FEW_EDGES = 200


def pack(xy: Integers) -> Integers:
    """Return lattice points, shape (n, 2), as one integer each, in the order of x, then y."""
    packed: Integers = ((xy[:, 0] + _LON_SHIFT) << _LAT_BITS) + (xy[:, 1] + _LAT_SHIFT)
    return packed


def unpack(packed: Integers) -> Integers:
    """Return packed points as lattice coordinates, shape (n, 2)."""
    lat = (packed & ((1 << _LAT_BITS) - 1)) - _LAT_SHIFT
    return np.column_stack(((packed >> _LAT_BITS) - _LON_SHIFT, lat))


@compiled
def cross_sign(ax: int, ay: int, bx: int, by: int) -> int:
    """Return the sign of the cross product of two vectors of lattice differences, exactly."""
    rough = float(ax) * float(by) - float(ay) * float(bx)
    if rough > _CERTAIN:
        return 1
    if rough < -_CERTAIN:
        return -1
    exact = ax * by - ay * bx
    if exact > 0:
        return 1
    return -1 if exact < 0 else 0


@compiled
def ring_sign(x: Integers, y: Integers) -> int:
    """Return 1 for a counter-clockwise ring (closing vertex not repeated), −1 for clockwise, 0 for none."""
    rough = 0.0
    exact = np.int64(0)
    for i in range(1, len(x) - 1):
        ax, ay = x[i] - x[0], y[i] - y[0]
        bx, by = x[i + 1] - x[0], y[i + 1] - y[0]
        rough += float(ax) * float(by) - float(ay) * float(bx)
        exact += ax * by - ay * bx
    if abs(rough) > _CERTAIN:
        return 1 if rough > 0 else -1
    if exact > 0:
        return 1
    return -1 if exact < 0 else 0


@compiled
def orient_rings(
    xy: Integers, starts: Integers, holes: npt.NDArray[np.bool_]
) -> tuple[Integers, Integers, npt.NDArray[np.int8]]:
    """Orient rings with their interior on the left and drop repeated vertices and the closing one.

    Returns the vertices (m, 2), the starts of the rings (r + 1,) among them, and 1 for each ring that
    encloses an area and 0 for each that does not.
    """
    out = np.empty_like(xy)
    out_starts = np.empty_like(starts)
    sound = np.zeros(len(holes), dtype=np.int8)
    at = 0
    for ring in range(len(holes)):
        first = at
        out_starts[ring] = first
        for i in range(starts[ring], starts[ring + 1]):
            if at > first and xy[i, 0] == out[at - 1, 0] and xy[i, 1] == out[at - 1, 1]:
                continue
            out[at, 0] = xy[i, 0]
            out[at, 1] = xy[i, 1]
            at += 1
        while at > first + 1 and out[at - 1, 0] == out[first, 0] and out[at - 1, 1] == out[first, 1]:
            at -= 1
        sign = ring_sign(out[first:at, 0], out[first:at, 1])
        if sign != 0:
            sound[ring] = 1
        if (sign < 0) != holes[ring] and sign != 0:
            for k in range((at - first) // 2):
                i, j = first + k, at - 1 - k
                x, y = out[i, 0], out[i, 1]
                out[i, 0], out[i, 1] = out[j, 0], out[j, 1]
                out[j, 0], out[j, 1] = x, y
    out_starts[len(holes)] = at
    return out[:at].copy(), out_starts, sound


@compiled
def ring_heads(packed: Integers, starts: Integers) -> Integers:
    """Return for each vertex of closed rings the vertex after it: the head of the edge that leaves it."""
    heads = np.empty_like(packed)
    for ring in range(len(starts) - 1):
        first, after = starts[ring], starts[ring + 1]
        for i in range(first, after - 1):
            heads[i] = packed[i + 1]
        if after > first:
            heads[after - 1] = packed[first]
    return heads


@compiled
def _mix(low: Any, high: Any, group: Any) -> Any:
    """Return a well-spread 64-bit number of an edge; equality is always decided on the edge itself."""
    spread = np.uint64(low) * np.uint64(0x9E3779B97F4A7C15)
    spread ^= spread >> np.uint64(29)
    spread += np.uint64(high) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(group)
    spread ^= spread >> np.uint64(32)
    spread *= np.uint64(0xD6E8FEB86659FD93)
    return nb.uint64(spread ^ (spread >> np.uint64(32)))


@compiled
def cancel(
    tails: Integers,
    heads: Integers,
    groups: npt.NDArray[np.int32],
    share: int,
    shares: int,
    first: npt.NDArray[np.int32],
    net: npt.NDArray[np.int32],
) -> None:
    """Sum directed edges group by group: opposite edges cancel, equal ones add up.

    ``first[e]`` becomes the first edge with the same two ends and group as ``e``, in either direction, and
    ``net`` of that first edge the signed count in its own direction. ``groups`` of length 0 means one group.
    Of ``shares`` calls that run at the same time each treats the edges whose number falls to it.
    """
    size = 16
    while size < 2 * len(tails) // shares + 1:
        size *= 2
    table = np.full(size, -1, dtype=np.int32)
    mask = np.uint64(size - 1)
    grouped = len(groups) > 0
    for edge in range(len(tails)):
        tail, head = tails[edge], heads[edge]
        low, high = (tail, head) if tail < head else (head, tail)
        group = groups[edge] if grouped else np.int32(0)
        number = _mix(low, high, group)
        if shares > 1 and number >> np.uint64(63) != np.uint64(share):
            continue
        slot = number & mask
        while True:
            other = table[slot]
            if other < 0:
                table[slot] = edge
                first[edge] = edge
                net[edge] += 1
                break
            if tails[other] == tail and heads[other] == head:
                if not grouped or groups[other] == group:
                    first[edge] = other
                    net[other] += 1
                    break
            elif tails[other] == head and heads[other] == tail and (not grouped or groups[other] == group):
                first[edge] = other
                net[other] -= 1
                break
            slot = (slot + np.uint64(1)) & mask


@compiled
def segments_meet(ax: int, ay: int, bx: int, by: int, cx: int, cy: int, dx: int, dy: int) -> bool:
    """Tell whether the closed segments ab and cd share a point, exactly."""
    c_side = cross_sign(bx - ax, by - ay, cx - ax, cy - ay)
    d_side = cross_sign(bx - ax, by - ay, dx - ax, dy - ay)
    if c_side * d_side > 0:
        return False
    a_side = cross_sign(dx - cx, dy - cy, ax - cx, ay - cy)
    b_side = cross_sign(dx - cx, dy - cy, bx - cx, by - cy)
    # Where all four are collinear the boxes decide, and the caller has compared those.
    return a_side * b_side <= 0


@compiled
def _bars(first: int, second: int, x: Integers, y: Integers) -> bool:
    """Tell whether two edges of a ring meet elsewhere than neighbours do, at their common vertex."""
    n = len(x)
    first_end = first + 1 if first + 1 < n else 0
    second_end = second + 1 if second + 1 < n else 0
    if first_end == second:
        before, middle, after = first, second, second_end
    elif second_end == first:
        before, middle, after = second, first, first_end
    else:
        return segments_meet(
            x[first], y[first], x[first_end], y[first_end],
            x[second], y[second], x[second_end], y[second_end],
        )  # fmt: skip
    ux, uy = x[before] - x[middle], y[before] - y[middle]
    vx, vy = x[after] - x[middle], y[after] - y[middle]
    return cross_sign(ux, uy, vx, vy) == 0 and float(ux) * vx + float(uy) * vy > 0


@compiled
def simple_ring(x: Integers, y: Integers, scratch: Integers) -> bool:
    """Tell whether no two edges of a ring meet except neighbours at their common vertex.

    Such a ring is a valid polygon. The converse is not claimed: a caller has to look at the others again.
    Edges are swept along the longer axis of the ring, so that work stays near-linear for long rings.
    ``scratch`` (5, n or more) is overwritten.
    """
    n = len(x)
    if n < 3:
        return False
    if x.max() - x.min() < y.max() - y.min():
        x, y = y, x
    low, high, bottom, top, order = scratch
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        low[i], high[i] = min(x[i], x[j]), max(x[i], x[j])
        bottom[i], top[i] = min(y[i], y[j]), max(y[i], y[j])
    _sort_edges(low[:n], order)
    for p in range(n):
        i = order[p]
        for q in range(p + 1, n):
            j = order[q]
            if low[j] > high[i]:
                break
            if bottom[j] <= top[i] and top[j] >= bottom[i] and _bars(i, j, x, y):
                return False
    return True


@compiled
def _sort_edges(low: Integers, order: Integers) -> None:
    """Order edges by where they begin; for the few of a common ring insertion beats a sort with its array."""
    n = len(low)
    if n > _FEW_EDGES:
        order[:n] = np.argsort(low)
        return
    for i in range(n):
        at = i
        while at > 0 and low[order[at - 1]] > low[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i


@compiled
def simple_rings(xy: Integers, starts: Integers, begin: int, end: int, simple: npt.NDArray[np.int8]) -> None:
    """Set ``simple`` to 1 for each of the rings ``begin`` to ``end`` that no edge of its own meets."""
    longest = 0
    for ring in range(begin, end):
        longest = max(longest, starts[ring + 1] - starts[ring])
    scratch = np.empty((5, longest), dtype=np.int64)
    for ring in range(begin, end):
        x = xy[starts[ring] : starts[ring + 1], 0]
        y = xy[starts[ring] : starts[ring + 1], 1]
        simple[ring] = 1 if simple_ring(x, y, scratch) else 0


@compiled
def round_degrees(degrees: npt.NDArray[np.float64], xy: Integers) -> bool:
    """Round degrees (n, 2) to lattice counts; tell whether all were lattice values within the globe."""
    good = True
    for i in range(len(degrees)):
        x, y = np.rint(degrees[i, 0] * SCALE), np.rint(degrees[i, 1] * SCALE)
        if not (abs(x) <= LON_LIMIT and abs(y) <= LAT_LIMIT):
            return False
        xy[i, 0], xy[i, 1] = np.int64(x), np.int64(y)
        good = good and x / SCALE == degrees[i, 0] and y / SCALE == degrees[i, 1]
    return good
