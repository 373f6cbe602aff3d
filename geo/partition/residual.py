"""Explaining what does not cancel: from loose edges to gaps, overlaps, slivers and T-junctions.

1. Lay the loose edges into a plane, node them and form faces. Inside a face the number of units is constant.
2. Count it by winding numbers: none is a gap, two and more an overlap, outside the frame is outside.
3. A vertex within one lattice step of the inside of another unit's edge is a T-junction; faces no wider
than a
   step around it are its doing.
4. An edge that none of this explains is reported as it is, so no loose edge stays silent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry, STRtree

from geo.partition.defects import SLIVER_WIDTH_M, Defect, DefectKind, measure
from geo.partition.scene import FRAME, Cast, Floats, Loose, Scene, Shapes, solid_parts, to_plane, winding

_STEP = 1.0
_NEAR = 1.5
# A vertex this close to the end of an edge was nudged, not inserted.
_NUDGED = 2.5
# A gap at least as large as this share of the units, by rank, is a missing unit.
_UNIT_RANK = 5.0
_UNIT_SHARE = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class _Junctions:
    """T-junctions: vertices (k, 2), the edge each lies on, the unit that has it and the one that lacks it."""

    points: Floats
    edges: npt.NDArray[np.int64]
    having: npt.NDArray[np.int32]
    lacking: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Faces:
    """Faces of the loose edges: polygons (k,), how often covered (k,), and whether inside the frame (k,)."""

    shapes: Shapes
    covered: npt.NDArray[np.int64]
    inside: npt.NDArray[np.bool_]


def explain(
    shapes: Shapes,
    loose: Loose,
    *,
    frame: Geometry | None = None,
    invalid: Sequence[int] = (),
    enclaves: Sequence[tuple[float, float]] | None = (),
) -> list[Defect]:
    """Return the defects behind loose edges, each with place and size.

    Parameters
    ----------
    shapes
        The units in lon, lat degrees on the lattice.
    loose
        The edges that do not cancel; a given frame's own are among them, reversed, as owner ``FRAME``.
    frame
        The area to be divided, likewise; None where it is the outer boundary of all units.
    invalid
        Units that are no valid areas: what their own rings do is reported elsewhere.
    enclaves
        Points in lon, lat degrees of ground that may belong to no unit; None where any enclosed ground may.
    """
    bad = np.asarray(sorted(invalid), dtype=np.int64)
    scene = Scene.of(loose)
    faces = _faces(scene, frame)
    cast = scene.cast(shapes, bad, faces.shapes[(faces.covered != 1) | ~faces.inside])
    junctions = _t_junctions(scene, loose)
    thin = _Consumed(junctions.points)
    found = _junction_defects(scene, junctions)
    found += _overlaps(scene, cast, faces, thin)
    found += _gaps(scene, cast, faces, thin, shapes, enclaves, frame is None)
    if frame is not None:
        found += _outside(scene, cast, faces, thin)
    known = [each for each, _ in found] + _boundary(faces, frame is None)
    known += list(scene.lines()[junctions.edges])
    defects = [defect for _, defect in found]
    return defects + _unexplained(scene, loose, known, set(bad.tolist()))


class _Consumed:
    """Tells which faces are nothing but the rounding beside a T-junction."""

    def __init__(self, points: Floats) -> None:
        self._tree = STRtree(shapely.points(points)) if len(points) else None

    def keep(self, shapes: Shapes) -> npt.NDArray[np.bool_]:
        """Return which shapes are more than the width of one step beside a T-junction."""
        keep = np.ones(len(shapes), dtype=np.bool_)
        if self._tree is None or not len(shapes):
            return keep
        width = 2.0 * shapely.area(shapes) / shapely.length(shapes)
        near = np.unique(self._tree.query(shapes, predicate="dwithin", distance=_NEAR)[0])
        keep[near] = width[near] > _STEP
        return keep


def _faces(scene: Scene, frame: Geometry | None) -> _Faces:
    """Node the loose edges, form faces and count what covers each."""
    noded = shapely.get_parts(shapely.union_all(scene.lines()))
    shapes = shapely.get_parts(shapely.polygonize(noded))
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    around = winding(scene.starts, scene.ends, points)
    if frame is None:
        return _Faces(shapes, around, np.ones(len(shapes), dtype=np.bool_))
    # The frame's own edges are part of the sum: −1 is ground of the frame that no unit covers, 0 is in order.
    # What is above lies outside the frame once, or inside it once too often, and one face may do both.
    border = to_plane(np.array([frame], dtype=object), scene.origin)[0]
    shapely.prepare(border)
    above = around > 0
    inner, of_inner = solid_parts(shapely.intersection(shapes[above], border))
    outer, of_outer = solid_parts(shapely.difference(shapes[above], border))
    return _Faces(
        np.concatenate((shapes[~above], inner, outer)),
        np.concatenate((around[~above] + 1, around[above][of_inner] + 1, around[above][of_outer])),
        np.repeat((True, False), (int((~above).sum()) + len(inner), len(outer))),
    )


def _t_junctions(scene: Scene, loose: Loose) -> _Junctions:
    """Find vertices of loose edges within a step of the inside of a loose edge of another unit."""
    both = np.concatenate((scene.starts, scene.ends))
    owners = np.concatenate((loose.owners, loose.owners))
    tree = STRtree(scene.lines())
    vertex, edge = tree.query(shapely.points(both), predicate="dwithin", distance=_STEP)
    point, start, end = both[vertex], scene.starts[edge], scene.ends[edge]
    along = end - start
    # A ring that collapsed to a point has an edge of no length, and nothing lies inside of that.
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), _STEP * 1e-6)
    measure_along = ((point - start) * along).sum(axis=1) / length
    inner = (measure_along > _NUDGED) & (measure_along < length - _NUDGED)
    inner &= owners[vertex] != loose.owners[edge]
    vertex, edge = vertex[inner], edge[inner]
    # One report per vertex and lacking unit, by the unit with the smallest position that has it.
    key = np.column_stack(
        (both[vertex], loose.owners[edge], np.where(owners[vertex] < 0, 2**31, owners[vertex]))
    )
    order = np.lexsort(key.T[::-1])
    key, vertex, edge = key[order], vertex[order], edge[order]
    first = np.ones(len(key), dtype=np.bool_)
    first[1:] = (key[1:, :3] != key[:-1, :3]).any(axis=1)
    vertex, edge = vertex[first], edge[first]
    return _Junctions(both[vertex], edge, owners[vertex], loose.owners[edge])


def _junction_defects(scene: Scene, junctions: _Junctions) -> list[tuple[Geometry, Defect]]:
    """Return the T-junctions as defects."""
    found = []
    for at, having, lacking in zip(junctions.points, junctions.having, junctions.lacking, strict=True):
        units = tuple(int(unit) for unit in (having, lacking) if unit != FRAME)
        point = shapely.Point(at)
        degrees = scene.to_degrees(point)
        found.append((point, Defect(DefectKind.T_JUNCTION, units, degrees, (degrees.x, degrees.y))))
    return found


def _overlaps(scene: Scene, cast: Cast, faces: _Faces, thin: _Consumed) -> list[tuple[Geometry, Defect]]:
    """Name the pairs of units that share ground, wherever a face is covered twice."""
    twice = faces.shapes[faces.covered > 1]
    if not len(twice):
        return []
    touched = np.unique(cast.tree.query(twice, predicate="intersects")[1])
    areas = cast.areas[touched]
    shapely.prepare(areas)
    left, right = STRtree(areas).query(areas, predicate="intersects")
    pairs = left < right
    left, right = left[pairs], right[pairs]
    shared = _intersections(areas[left], areas[right])
    same = (shapely.area(shared) == shapely.area(areas[left])) & shapely.equals_exact(
        shapely.normalize(areas[left]), shapely.normalize(areas[right]), 0.0
    )
    parts, index = solid_parts(shared)
    # A duplicate is one defect, whatever its parts.
    whole = np.unique(index[same[index]])
    keep = ~same[index] & thin.keep(parts)
    found = [
        _area_defect(
            scene, DefectKind.DUPLICATE, _pair(cast, touched, left[k], right[k]), shared[k], covered=2
        )
        for k in whole
    ]
    for part, k in zip(parts[keep], index[keep], strict=True):
        units = _pair(cast, touched, left[k], right[k])
        found.append(_area_defect(scene, DefectKind.OVERLAP, units, part, covered=2))
    return found


def _intersections(left: Shapes, right: Shapes) -> Shapes:
    """Return the shared ground of pairs, without work where one covers the other."""
    shared = np.empty(len(left), dtype=object)
    inner = shapely.covers(left, right)
    outer = ~inner & shapely.covers(right, left)
    shared[inner], shared[outer] = right[inner], left[outer]
    rest = ~inner & ~outer
    # Neighbours that only touch need no overlay.
    rest[rest] = ~shapely.touches(left[rest], right[rest])
    shared[rest] = shapely.intersection(left[rest], right[rest])
    shared[shapely.is_missing(shared)] = shapely.Polygon()
    return shared


def _pair(cast: Cast, touched: npt.NDArray[Any], left: int, right: int) -> tuple[int, ...]:
    """Return the positions of a pair of units."""
    return tuple(sorted(int(cast.units[touched[each]]) for each in (left, right)))


def _gaps(
    scene: Scene,
    cast: Cast,
    faces: _Faces,
    thin: _Consumed,
    shapes: Shapes,
    enclaves: Sequence[tuple[float, float]] | None,
    inferred: bool,
) -> list[tuple[Geometry, Defect]]:
    """Name the ground that no unit covers, and the units around it."""
    open_ground = faces.shapes[(faces.covered <= 0) & faces.inside]
    if inferred:
        open_ground = open_ground[_confirmed(scene, open_ground, enclaves)]
    open_ground = open_ground[thin.keep(open_ground)]
    if not len(open_ground):
        return []
    face, near = cast.tree.query(open_ground, predicate="dwithin", distance=_STEP)
    around: list[list[int]] = [[] for _ in open_ground]
    for k, unit in zip(face.tolist(), cast.units[near].tolist(), strict=True):
        around[k].append(unit)
    sizes = shapely.area(shapes)
    enough = _UNIT_SHARE * np.percentile(sizes[sizes > 0], _UNIT_RANK) if (sizes > 0).any() else 0.0
    found = []
    for shape, units in zip(open_ground, around, strict=True):
        large = scene.to_degrees(shape).area >= enough
        kind = DefectKind.ENCLAVE if inferred else DefectKind.MISSING if large else DefectKind.GAP
        found.append(_area_defect(scene, kind, tuple(sorted(units)), shape, covered=0))
    return found


def _confirmed(
    scene: Scene, open_ground: Shapes, enclaves: Sequence[tuple[float, float]] | None
) -> npt.NDArray[np.bool_]:
    """Return which open ground no confirmed enclave explains."""
    if enclaves is None:
        return np.zeros(len(open_ground), dtype=np.bool_)
    left = np.ones(len(open_ground), dtype=np.bool_)
    if len(enclaves) and len(open_ground):
        points = shapely.points(scene.to_plane(np.asarray(enclaves)))
        left[np.unique(STRtree(open_ground).query(points, predicate="intersects")[1])] = False
    return left


def _outside(scene: Scene, cast: Cast, faces: _Faces, thin: _Consumed) -> list[tuple[Geometry, Defect]]:
    """Name the ground that units cover outside the frame."""
    beyond = faces.shapes[(faces.covered > 0) & ~faces.inside]
    beyond = beyond[thin.keep(beyond)]
    if not len(beyond):
        return []
    face, near = cast.tree.query(beyond, predicate="intersects")
    parts, index = solid_parts(shapely.intersection(beyond[face], cast.areas[near]))
    return [
        _area_defect(scene, DefectKind.OUTSIDE_FRAME, (int(cast.units[near[k]]),), part, covered=1)
        for part, k in zip(parts, index, strict=True)
    ]


def _area_defect(
    scene: Scene, kind: DefectKind, units: tuple[int, ...], shape: Geometry, covered: int
) -> tuple[Geometry, Defect]:
    """Return a face with the defect it is; what is thinner than a sliver's width is a sliver."""
    degrees = scene.to_degrees(shape)
    area, width = measure(degrees)
    if width < SLIVER_WIDTH_M and kind is not DefectKind.DUPLICATE:
        kind = kind if kind is DefectKind.OUTSIDE_FRAME else DefectKind.SLIVER
    at = shapely.point_on_surface(degrees)
    return shape, Defect(kind, units, degrees, (at.x, at.y), area, width, covered)


def _boundary(faces: _Faces, inferred: bool) -> list[Geometry]:
    """Return the outer boundary of everything covered: an inferred frame needs no explanation."""
    if not inferred or not len(faces.shapes):
        return []
    return [shapely.union_all(faces.shapes).boundary]


def _unexplained(scene: Scene, loose: Loose, known: list[Geometry], bad: set[int]) -> list[Defect]:
    """Report the loose edges that lie on nothing that is known."""
    middle = (scene.starts + scene.ends) / 2
    explained = np.zeros(len(loose), dtype=np.bool_)
    if known:
        tree = STRtree(shapely.get_parts(np.array(known, dtype=object)))
        explained[:] = True
        for points in (scene.starts, middle, scene.ends):
            hit = np.unique(tree.query(shapely.points(points), predicate="dwithin", distance=_NEAR)[0])
            explained &= np.isin(np.arange(len(loose)), hit)
    explained |= np.isin(loose.owners, list(bad))
    left = np.flatnonzero(~explained)
    if not len(left):
        return []
    lines = shapely.get_parts(shapely.line_merge(shapely.union_all(scene.lines()[left])))
    line, edge = STRtree(scene.lines()[left]).query(lines, predicate="intersects")
    found = []
    for k, each in enumerate(lines):
        owners = np.unique(loose.owners[left[edge[line == k]]])
        units = tuple(int(unit) for unit in owners if unit != FRAME)
        degrees = scene.to_degrees(each)
        at = shapely.point_on_surface(degrees)
        found.append(Defect(DefectKind.UNMATCHED, units, degrees, (at.x, at.y)))
    return found
