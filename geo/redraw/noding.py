"""Noding in whole numbers: where lines meet a boundary, rounded to the lattice, and what they then pass.

A crossing is found exactly and rounded once. Everything that passes within half a step of such a point is
led through it (snap rounding), so that the pieces share their vertices. Nothing here decides whether the
result is right: the proof does.
"""

from dataclasses import dataclass, field

import numpy as np

from geo.partition.chain_kernels import Integers
from geo.partition.chains import Chains
from geo.partition.ring_kernels import point_in_ring

Point = tuple[int, int]
Segment = tuple[Point, Point]


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """The directed edges of a unit in lattice points; ``locked`` are those of the frame, (n,)."""

    edges: list[Segment]
    low: Integers
    high: Integers
    locked: list[bool]
    rings: list[Integers]
    vertices: Integers = field(repr=False)

    @classmethod
    def of(cls, chains: Chains, locked: list[bool]) -> "Boundary":
        """Return the boundary of one unit from its chains; ``locked`` in the order of their edges."""
        rings = [chains.xy[a:b] for a, b in zip(chains.starts[:-1], chains.starts[1:], strict=True)]
        ends = [np.roll(ring, -1, axis=0) for ring in rings]
        heads = np.concatenate(ends)
        points, targets = map(_points, (chains.xy, heads))
        return cls(
            list(zip(points, targets, strict=True)),
            np.minimum(chains.xy, heads),
            np.maximum(chains.xy, heads),
            locked,
            # Twice the coordinates, so that the middle of an edge is a whole number too.
            [2 * ring for ring in rings],
            chains.xy,
        )

    def near(self, segment: Segment) -> list[int]:
        """Return the edges whose box comes within a step of a segment's."""
        return boxes_near(self.low, self.high, segment)

    def vertices_near(self, segment: Segment) -> list[Point]:
        """Return the vertices within a step of a segment's box."""
        low, high = _box(segment)
        return _points(self.vertices[((self.vertices <= high) & (self.vertices >= low)).all(axis=1)])

    def holds(self, segment: Segment) -> bool:
        """Tell whether the middle of a segment lies inside."""
        x, y = segment[0][0] + segment[1][0], segment[0][1] + segment[1][1]
        sides = [point_in_ring(x, y, ring[:, 0], ring[:, 1]) for ring in self.rings]
        return 0 not in sides and sum(side > 0 for side in sides) % 2 == 1


def boxes_near(low: Integers, high: Integers, segment: Segment) -> list[int]:
    """Return which of the boxes (n, 2) come within a step of a segment's."""
    least, most = _box(segment)
    return np.flatnonzero(((low <= most) & (high >= least)).all(axis=1)).tolist()


def meetings(one: Segment, other: Segment) -> list[Point]:
    """Return where two segments meet: a crossing rounded to the lattice, or ends that lie on the other."""
    (p, q), (a, b) = one, other
    a_side, b_side = _cross(p, q, a), _cross(p, q, b)
    p_side, q_side = _cross(a, b, p), _cross(a, b, q)
    if a_side * b_side < 0 and p_side * q_side < 0:
        whole = a_side - b_side
        return [
            (
                _rounded(a[0] * whole + (b[0] - a[0]) * a_side, whole),
                _rounded(a[1] * whole + (b[1] - a[1]) * a_side, whole),
            )
        ]
    on_one = [end for end, side in ((a, a_side), (b, b_side)) if side == 0 and _within(one, end)]
    return on_one + [end for end, side in ((p, p_side), (q, q_side)) if side == 0 and _within(other, end)]


def passes(segment: Segment, point: Point) -> bool:
    """Tell whether a segment comes into the square of one step around a lattice point."""
    (px, py), (qx, qy) = ((2 * x, 2 * y) for x, y in segment)
    x, y = 2 * point[0], 2 * point[1]
    if not (min(px, qx) <= x + 1 and max(px, qx) >= x - 1 and min(py, qy) <= y + 1 and max(py, qy) >= y - 1):
        return False
    sides = [_cross((px, py), (qx, qy), (x + dx, y + dy)) for dx in (-1, 1) for dy in (-1, 1)]
    return min(sides) <= 0 <= max(sides)


def through(segment: Segment, points: set[Point]) -> list[Point]:
    """Return the points of a path from end to end of a segment that passes through others, in order."""
    start, end = segment
    dx, dy = end[0] - start[0], end[1] - start[1]
    inner = sorted(
        points - {start, end},
        key=lambda point: ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy, point),
    )
    return [start, *inner, end]


def _box(segment: Segment) -> tuple[Integers, Integers]:
    ends = np.array(segment, dtype=np.int64)
    return ends.min(axis=0) - 1, ends.max(axis=0) + 1


def _cross(a: Point, b: Point, c: Point) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _within(segment: Segment, point: Point) -> bool:
    (ax, ay), (bx, by) = segment
    return min(ax, bx) <= point[0] <= max(ax, bx) and min(ay, by) <= point[1] <= max(ay, by)


def _rounded(numerator: int, denominator: int) -> int:
    """Return a quotient rounded to the nearest whole number, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _points(lattice: Integers) -> list[Point]:
    return [(x, y) for x, y in lattice.tolist()]
