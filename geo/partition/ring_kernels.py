"""Kernels that walk directed edges into simple rings, and place points in rings, exactly."""

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.partition.chain_kernels import Integers, cross_sign, ring_sign

Counts = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Span = tuple[int, int]


@compiled
def _half(ax: int, ay: int, bx: int, by: int) -> int:
    """Return 0 where b is clockwise of a by less than half a turn, 1 opposite, 2 beyond, 3 along a."""
    side = cross_sign(ax, ay, bx, by)
    if side < 0:
        return 0
    if side > 0:
        return 2
    return 3 if float(ax) * bx + float(ay) * by > 0 else 1


@compiled
def _sooner(ax: int, ay: int, bx: int, by: int, cx: int, cy: int) -> bool:
    """Tell whether turning clockwise from a meets direction b before c."""
    b_half, c_half = _half(ax, ay, bx, by), _half(ax, ay, cx, cy)
    if b_half != c_half:
        return b_half < c_half
    return cross_sign(bx, by, cx, cy) < 0


@compiled
def _lower_bound(tails: Integers, low: int, high: int, value: int) -> int:
    """Return the first position in [low, high) whose tail is not below ``value``."""
    while low < high:
        middle = (low + high) // 2
        if tails[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _next_edge(
    tails: Integers,
    heads: Integers,
    ends: tuple[Integers, Integers],
    used: Flags,
    seed: int,
    edge: int,
    span: Span,
) -> int:
    """Return the edge that bounds the same patch of ground as ``edge`` at its head, or −1.

    It is the first one met clockwise from where ``edge`` comes from. ``span`` is the first edge that may
    leave that node and the end of the group.
    """
    origin, target = ends
    bx, by = origin[edge, 0] - target[edge, 0], origin[edge, 1] - target[edge, 1]
    best = -1
    cx, cy = 0, 0
    k, end = span
    while k < end and tails[k] == heads[edge]:
        if not used[k] or k == seed:
            kx, ky = target[k, 0] - origin[k, 0], target[k, 1] - origin[k, 1]
            if best < 0 or _sooner(bx, by, kx, ky, cx, cy):
                best, cx, cy = k, kx, ky
        k += 1
    return best


@compiled
def _cut_loop(
    tails: Integers, stack: Integers, nodes: Integers, place: Integers, back: int, depth: int, loop: Integers
) -> None:
    """Write the loop of the walk from ``back`` to its end into ``loop``, from its smallest point on."""
    first = back
    for k in range(back, depth):
        place[nodes[k]] = -1
        if tails[stack[k]] < tails[stack[first]]:
            first = k
    loop[: depth - first] = stack[first:depth]
    loop[depth - first : depth - back] = stack[back:first]


@compiled
def _walk(
    tails: Integers,
    heads: Integers,
    ends: tuple[Integers, Integers],
    seed: int,
    span: Span,
    used: Flags,
    scratch: tuple[Integers, Integers, Integers],
    out: Integers,
    starts: Integers,
    rings: int,
) -> tuple[int, bool]:
    """Walk from one edge until the walk closes; append its loops; return how many rings there are now."""
    stack, nodes, place = scratch
    begin, end = span
    depth = 0
    edge = seed
    node = _lower_bound(tails, begin, end, tails[seed])
    closed = False
    while True:
        used[edge] = True
        place[node] = depth
        stack[depth] = edge
        nodes[depth] = node
        depth += 1
        node = _lower_bound(tails, begin, end, heads[edge])
        if node == end or tails[node] != heads[edge]:
            break
        back = place[node]
        if back >= 0:
            at = starts[rings]
            _cut_loop(tails, stack, nodes, place, back, depth, out[at : at + depth - back])
            rings += 1
            starts[rings] = at + depth - back
            depth = back
        edge = _next_edge(tails, heads, ends, used, seed, edge, (node, end))
        if edge == seed:
            closed = depth == 0
            break
        if edge < 0:
            break
    for k in range(depth):
        place[nodes[k]] = -1
    return rings, closed


@compiled
def walk_rings(
    tails: Integers, heads: Integers, origin: Integers, target: Integers, group_starts: Integers
) -> tuple[Integers, Integers, Integers, Counts, bool]:
    """Walk edges, sorted by group and tail, into simple rings with the interior on the left.

    1. Walk on from each unused edge, at a node of degree 4 and more always to the edge that bounds the same
       patch of ground, until the walk closes.
    2. Cut the walk at every point that it passes twice. Of the loops of one walk exactly one turns left, the
       shell; the others are holes that touch it or each other in single points.

    ``origin`` and ``target`` (n, 2) are the ends as coordinates. Returns the edges (m,) ring by ring, the
    starts of the rings (r + 1,), the walk (r,) and the group (r,) of each, and whether every walk closed.
    """
    n = len(tails)
    used = np.zeros(n, dtype=np.bool_)
    scratch = (np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64), np.full(n, -1, dtype=np.int64))
    out = np.empty(n, dtype=np.int64)
    starts = np.zeros(n + 1, dtype=np.int64)
    walks = np.empty(n, dtype=np.int64)
    groups = np.empty(n, dtype=np.int32)
    rings = 0
    all_closed = True
    for group in range(len(group_starts) - 1):
        span = (group_starts[group], group_starts[group + 1])
        for seed in range(span[0], span[1]):
            if used[seed]:
                continue
            before = rings
            rings, closed = _walk(
                tails, heads, (origin, target), seed, span, used, scratch, out, starts, rings
            )
            all_closed = all_closed and closed
            walks[before:rings] = seed
            groups[before:rings] = group
    kept = starts[rings]
    return (
        out[:kept].copy(),
        starts[: rings + 1].copy(),
        walks[:rings].copy(),
        groups[:rings].copy(),
        all_closed,
    )


@compiled
def ring_signs(xy: Integers, starts: Integers) -> npt.NDArray[np.int8]:
    """Return for each ring 1 where it turns left, −1 right, 0 where it has no area."""
    signs = np.empty(len(starts) - 1, dtype=np.int8)
    for ring in range(len(signs)):
        signs[ring] = ring_sign(
            xy[starts[ring] : starts[ring + 1], 0], xy[starts[ring] : starts[ring + 1], 1]
        )
    return signs


@compiled
def point_in_ring(px: int, py: int, x: Integers, y: Integers) -> int:
    """Return 1 for a lattice point inside a ring, 0 on it, −1 outside, exactly."""
    inside = False
    j = len(x) - 1
    for i in range(len(x)):
        if (y[i] > py) != (y[j] > py):
            side = cross_sign(x[j] - x[i], y[j] - y[i], px - x[i], py - y[i])
            if side == 0:
                return 0
            if (side > 0) == (y[j] > y[i]):
                inside = not inside
        elif y[i] == py and (x[i] == px or (y[j] == py and min(x[i], x[j]) <= px <= max(x[i], x[j]))):
            return 0
        j = i
    return 1 if inside else -1
