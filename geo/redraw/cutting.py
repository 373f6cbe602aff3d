"""Cutting a unit along lines: the pieces, and the vertices that its neighbours get with the cut.

1. Find where the lines meet the boundary. On the frame, which is locked, a cut goes to the nearer end of the
   edge; the lines are drawn anew to there until they meet the frame in vertices only.
2. Keep what lies inside, led through every vertex within half a step, as is each open boundary edge.
3. Find the faces; those of the unit are the pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_
from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, pack, unpack
from geo.partition.chains import Chains, Shapes
from geo.redraw.features import path
from geo.redraw.ground import Ground
from geo.redraw.noding import Boundary, Point, Segment, boxes_near, meetings, passes, through
from geo.redraw.refusals import CrossesEdge
from geo.redraw.sums import Ends, Ledger, path_ends, units_as_features

_ROUNDS = 6
Edges = set[tuple[int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """The pieces of a unit: ``steps`` (k,) as shapes in lattice steps from ``corner``, ``ends`` their edges.

    ``touched`` (k,) tells which pieces have an edge along a line. ``pushes`` are edges of neighbours that
    got vertices: the neighbour, the edge as it was and the edges it becomes.
    """

    corner: Integers
    steps: Shapes
    ends: list[Ends]
    touched: npt.NDArray[np.bool_]
    pushes: list[tuple[UUID, Ends, Ends]]

    def push(self, ledger: Ledger) -> None:
        """Enter into a ledger what the neighbours get."""
        for neighbour, old, new in self.pushes:
            ledger.take(neighbour, old)
            ledger.give(neighbour, new)

    def degrees(self, piece: int) -> shapely.Geometry:
        """Return a piece in lon, lat degrees."""
        return shapely.transform(self.steps[piece], lambda xy: (xy + self.corner) / SCALE)


def cut(ground: Ground, identifier: UUID, lines: Sequence[Integers]) -> Cut:
    """Cut a unit along lattice paths.

    Raises
    ------
    CrossesEdge
        A line comes so near to the boundary that rounding would make edges cross.
    """
    unit = ground.unit(identifier)
    chains = Chains.of([unit.area])
    sides = ground.other_sides(identifier)
    others = [
        sides.of(tail, head) for tail, head in zip(chains.tails.tolist(), chains.heads.tolist(), strict=True)
    ]
    boundary = Boundary.of(chains, [other is None for other in others])
    inside = _inside(boundary, [step for line in lines for step in _segments(line)])
    if inside is None:
        raise _too_near(ground, identifier, lines)
    inner, bent = _led_through(boundary, inside)
    outline = _outline(boundary, bent)
    inner -= {_once(edge) for edge in outline}
    found = _faces(chains.xy.min(axis=0), outline, inner)
    if found is None:
        raise _too_near(ground, identifier, lines)
    pushes = [
        (neighbour, path_ends(_lattice(list(reversed(boundary.edges[at])))), path_ends(_lattice(way[::-1])))
        for at, way in bent.items()
        if (neighbour := others[at]) is not None
    ]
    return Cut(chains.xy.min(axis=0), *found, pushes)


def _inside(boundary: Boundary, segments: list[Segment]) -> set[Segment] | None:
    """Return the parts of segments inside, ending on the boundary; None where that comes to no end."""
    low, high = boundary.low.min(axis=0), boundary.high.max(axis=0)
    segments = [segment for segment in segments if boxes_near(low[None], high[None], segment)]
    for _ in range(_ROUNDS):
        snapped = False
        kept: set[Segment] = set()
        ends = np.array(segments, dtype=np.int64).reshape(-1, 2, 2)
        low, high = ends.min(axis=1), ends.max(axis=1)
        for segment in segments:
            points: set[Point] = set()
            for edge in boundary.near(segment):
                for point in meetings(segment, boundary.edges[edge]):
                    if boundary.locked[edge] and point not in boundary.edges[edge]:
                        point = _nearer(point, boundary.edges[edge])  # noqa: PLW2901
                        snapped = True
                    points.add(point)
            for other in boxes_near(low, high, segment):
                points.update(meetings(segment, segments[other]))
            steps = pairwise(through(segment, points))
            kept.update(step for step in steps if step[0] != step[1] and boundary.holds(step))
        segments = sorted(kept)
        if not snapped:
            return kept
    return None


def _led_through(boundary: Boundary, inner: set[Segment]) -> tuple[set[Segment], dict[int, list[Point]]]:
    """Lead segments and open edges through the points within half a step of them.

    Returns the segments, and the new ways of the edges that were bent by their position.
    """
    ends = {end for segment in inner for end in segment}
    led: set[Segment] = set()
    bent: dict[int, list[Point]] = {}
    for segment in inner:
        hot = {point for point in (*boundary.vertices_near(segment), *ends) if passes(segment, point)}
        led.update(_once(step) for step in pairwise(through(segment, hot)) if step[0] != step[1])
        for end in segment:
            for edge in boundary.near((end, end)):
                if not boundary.locked[edge] and passes(boundary.edges[edge], end):
                    bent.setdefault(edge, []).append(end)
    ways = {edge: through(boundary.edges[edge], set(points)) for edge, points in bent.items()}
    return led, {edge: way for edge, way in ways.items() if len(way) > 2}


def _outline(boundary: Boundary, bent: dict[int, list[Point]]) -> set[Segment]:
    """Return the directed edges of the boundary, bent ones in their new course; what folds back cancels."""
    outline: set[Segment] = set()
    for at, edge in enumerate(boundary.edges):
        for a, b in pairwise(bent.get(at, edge)):
            if (b, a) in outline:
                outline.discard((b, a))
            else:
                outline.add((a, b))
    return outline


def _faces(
    corner: Integers, outline: set[Segment], inner: set[Segment]
) -> tuple[Shapes, list[Ends], npt.NDArray[np.bool_]] | None:
    """Return the faces that the unit is divided into, or None where the edges do not bound such."""
    ends = np.array(sorted({_once(edge) for edge in outline} | inner), dtype=np.int64)
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(ends - corner)))
    chains = Chains.of(shapely.transform(faces, lambda xy: (xy + corner) / SCALE))
    owner = chains.edge_units()
    around = _packed(outline)
    unused = set(around)
    kept, edges, touched = [], [], []
    for face in range(len(faces)):
        mine = owner == face
        tails, heads = chains.tails[mine], chains.heads[mine]
        pairs = set(zip(tails.tolist(), heads.tolist(), strict=True))
        if any((head, tail) in around for tail, head in pairs):
            continue
        kept.append(face)
        edges.append((tails, heads))
        touched.append(not pairs <= around)
        unused -= pairs
    # Every edge of the outline must have been used once: then the pieces make up the unit.
    return None if unused else (faces[kept], edges, np.array(touched, dtype=np.bool_))


def _packed(edges: set[Segment]) -> Edges:
    ends = pack(np.array(sorted(edges), dtype=np.int64).reshape(-1, 2)).reshape(-1, 2)
    return {(tail, head) for tail, head in ends.tolist()}


def _segments(line: Integers) -> list[Segment]:
    tails, heads = (unpack(ends).tolist() for ends in path_ends(line))
    return [((a, b), (c, d)) for (a, b), (c, d) in zip(tails, heads, strict=True)]


def _nearer(point: Point, edge: Segment) -> Point:
    """Return the end of an edge that is nearer to a point; of equally near ones the smaller."""
    return min(edge, key=lambda end: ((end[0] - point[0]) ** 2 + (end[1] - point[1]) ** 2, end))


def _once(segment: Segment) -> Segment:
    """Return a segment with its smaller end first."""
    return (min(segment), max(segment))


def _lattice(points: list[Point]) -> Integers:
    return np.array(points, dtype=np.int64)


def _too_near(ground: Ground, identifier: UUID, lines: Sequence[Integers]) -> CrossesEdge:
    unit = ground.unit(identifier)
    return CrossesEdge(
        N_("The line comes too near to the boundary of unit {unit}: rounded, edges would cross."),
        mend=N_("Draw it a little farther from the boundary, or through its vertices."),
        where={"unit": str(identifier)},
        features=[*(path(line, "line") for line in lines), *units_as_features({identifier: unit})],
        unit=unit.code,
    )
