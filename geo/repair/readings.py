"""Reading invalid rings: which ground a ring that crosses or doubles itself can mean.

Two readings are usual. *Filled*: ground is a unit's if a shell of it runs around and no hole of that shell
does. *Even-odd*: if its rings are crossed an odd number of times on the way out. Where both agree nothing is
open. Ground on which they differ is the unit's only if no other unit covers it; if it is wider than the
limit and nobody covers it, a rule has to decide. Everything happens on the noded rings, so the result lies on
the lattice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry, STRtree

from geo.errors import GeoError
from geo.lattice import to_lattice
from geo.partition.chain_kernels import Integers, pack, unpack
from geo.partition.chains import Edges, Shapes
from geo.partition.rings import assemble
from geo.partition.scene import winding
from geo.repair.chains import directed, faces_of, summed, to_degrees, unique_kinds
from geo.repair.changes import (
    RINGS_EVEN_ODD,
    RINGS_FILLED,
    RINGS_SAME,
    Change,
    ChangeKind,
    Remain,
    RemainKind,
)
from geo.repair.limits import Limits
from geo.repair.metres import fits, in_metres, sizes, widest
from geo.repair.noding import node


@dataclass(frozen=True, slots=True, eq=False)
class _Faces:
    """The faces of one unit's noded rings in steps from ``origin``, and both readings of each."""

    shapes: Shapes
    origin: Integers
    filled: npt.NDArray[np.bool_]
    odd: npt.NDArray[np.bool_]


def read_rings(
    shapes: Shapes, invalid: Sequence[int], limits: Limits
) -> tuple[Shapes, list[Change], list[Remain]]:
    """Return areas with the invalid ones made valid, what was changed and what needs a decision."""
    areas = shapes.copy()
    changes: list[Change] = []
    remains: list[Remain] = []
    good = np.ones(len(areas), dtype=np.bool_)
    good[list(invalid)] = False
    read = {unit: _faces(areas[unit]) for unit in invalid}
    # First what both readings agree on, so that invalid units can tell about each other's open ground.
    for unit, faces in read.items():
        areas[unit] = _area(faces, faces.filled & faces.odd)
    tree = STRtree(areas)
    for unit, faces in read.items():
        taken, open_ground = _choose(unit, faces, tree, limits)
        areas[unit] = _area(faces, taken)
        changes.append(_change(unit, shapes[unit], faces, taken))
        if open_ground.any():
            ground = _area(faces, open_ground)
            metric = in_metres(np.array([_local(faces, open_ground)], dtype=object), faces.origin)
            area, width = sizes(metric)
            remains.append(
                Remain(
                    RemainKind.RING,
                    (unit,),
                    ground,
                    float(area[0]),
                    float(width[0]),
                    float(widest(metric)[0]),
                )
            )
    return areas, changes, remains


def _faces(shape: Geometry) -> _Faces:
    """Node the rings of one unit and read each face."""
    parts = [part for part in shapely.get_parts(shape) if not part.is_empty]
    rings = [[to_lattice(ring.coords) for ring in (part.exterior, *part.interiors)] for part in parts]
    tails, heads = [], []
    for ring in (ring for part in rings for ring in part):
        ends = pack(ring)
        moving = ends[:-1] != ends[1:]
        tails.append(ends[:-1][moving])
        heads.append(ends[1:][moving])
    every = np.concatenate(tails) if tails else np.empty(0, np.int64)
    if not len(every):
        return _Faces(
            np.empty(0, object), np.zeros(2, np.int64), np.zeros(0, np.bool_), np.zeros(0, np.bool_)
        )
    noded = node(*unique_kinds(every, np.concatenate(heads)))
    origin = unpack(noded.tails).min(axis=0)
    origin = np.minimum(origin, unpack(noded.heads).min(axis=0))
    shapes = faces_of(*unique_kinds(noded.tails, noded.heads), origin)
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    filled = np.zeros(len(shapes), dtype=np.bool_)
    turns = np.zeros(len(shapes), dtype=np.int64)
    for part in rings:
        around = [_turns(ring, origin, points) for ring in part]
        inside = around[0] != 0
        for hole in around[1:]:
            inside &= hole == 0
        filled |= inside
        turns += sum(np.abs(each) for each in around)
    return _Faces(shapes, origin, filled, turns % 2 == 1)


def _turns(ring: Integers, origin: Integers, points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return how many times a ring winds around each point."""
    local = (ring - origin).astype(np.float64)
    return winding(local[:-1], local[1:], points)


def _choose(
    unit: int, faces: _Faces, tree: STRtree, limits: Limits
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which faces are the unit's ground, and which nobody can tell."""
    open_faces = np.flatnonzero(faces.filled != faces.odd)
    taken = faces.filled & faces.odd
    unknown = np.zeros(len(taken), dtype=np.bool_)
    if not len(open_faces):
        return taken, unknown
    grounds = faces.shapes[open_faces]
    points = to_degrees_exactly(shapely.point_on_surface(grounds), faces.origin)
    point, other = tree.query(points, predicate="intersects")
    claimed = np.zeros(len(open_faces), dtype=np.bool_)
    claimed[point[other != unit]] = True
    metric = in_metres(grounds, faces.origin)
    wide = fits(metric, limits.shift_m) | (sizes(metric)[0] > limits.area_m2)
    for face, by_other, is_wide in zip(open_faces, claimed, wide, strict=True):
        if by_other:
            continue
        if is_wide and limits.rings is not None:
            taken[face] = (faces.filled if limits.rings == "filled" else faces.odd)[face]
        else:
            taken[face] = True
            unknown[face] = is_wide
    return taken, unknown


def to_degrees_exactly(points: Shapes, origin: Integers) -> Shapes:
    """Return points of the plane in degrees, without rounding to the lattice."""
    moved: Shapes = shapely.transform(points, lambda xy: (xy + origin) / 1e7)
    return moved


def _local(faces: _Faces, chosen: npt.NDArray[np.bool_]) -> Geometry:
    return shapely.union_all(faces.shapes[chosen])


def _area(faces: _Faces, chosen: npt.NDArray[np.bool_]) -> Geometry:
    """Return the sum of faces as an area in degrees."""
    if not chosen.any():
        return shapely.Polygon()
    edges = directed(to_degrees(faces.shapes[chosen], faces.origin))
    left = summed(type(edges)(edges.tails, edges.heads, np.zeros(len(edges), dtype=np.int32)))
    try:
        return assemble(Edges(left.tails, left.heads, left.owners), 1)[0]
    except GeoError:
        return shapely.Polygon()


def _change(unit: int, shape: Geometry, faces: _Faces, taken: npt.NDArray[np.bool_]) -> Change:
    """Return the change that made a unit valid: the ground on which readings differ, or the place."""
    differing = faces.filled != faces.odd
    if not differing.any():
        place = shapely.Point(shapely.get_coordinates(shape)[0])
        reason = shapely.is_valid_reason(shape)
        if "[" in reason:
            place = shapely.Point([float(each) for each in reason.split("[")[1].rstrip("]").split()])
        return Change(ChangeKind.INVALID, (), (), (unit,), place, 0.0, 0.0, 0.0, (), RINGS_SAME)
    metric = in_metres(np.array([_local(faces, differing)], dtype=object), faces.origin)
    area, width = sizes(metric)
    left_out = (differing & ~taken).any()
    return Change(
        ChangeKind.INVALID,
        () if left_out else (unit,),
        (unit,) if left_out else (),
        (),
        _area(faces, differing),
        float(area[0]),
        float(width[0]),
        float(widest(metric)[0]),
        (),
        RINGS_EVEN_ODD if left_out else RINGS_FILLED,
    )
