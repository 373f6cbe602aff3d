"""Webs of open ground between several units, cut into pieces that each lie between two of them.

A gap that runs between many units would go to one of them as a whole. Its constrained Delaunay triangles are
labelled by the units at their corners, and it is cut between triangles of different labels. Cuts join
existing vertices, so that the pieces lie on the lattice.
"""

from collections import defaultdict
from itertools import combinations, pairwise

import numpy as np
import shapely
from shapely import Geometry, STRtree

from geo.partition.chain_kernels import Integers, pack
from geo.partition.chains import Edges
from geo.partition.rings import assemble
from geo.repair.chains import directed, to_degrees
from geo.repair.grounds import Borders, Ground, measured
from geo.repair.metres import core, in_metres, sizes

_SLENDER = 15.0
_WIDE = (-1,)
Label = tuple[int, ...]


def area_of(ground: Ground, origin: Integers) -> Geometry:
    """Return the shape of a ground in steps from a corner, rebuilt from its rim where needed."""
    if ground.shape is None:
        rim = ground.rim
        area = assemble(Edges(rim.tails, rim.heads, np.zeros(len(rim), dtype=np.int32)), 1)[0]
        ground.shape = shapely.transform(area, lambda lonlat: np.rint(lonlat * 1e7) - origin)
    return ground.shape


def cut_web(ground: Ground, borders: Borders, origin: Integers, width_m: float, wide: bool) -> list[Ground]:
    """Return the pieces of a ground between pairs of units; what is wide stays together.

    Pieces that border no unit hand on to their neighbours: ``contact`` holds what each shares with others.
    """
    shape = area_of(ground, origin)
    triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(shape))
    labels = _labels(triangles, borders.at_vertices(ground), origin)
    if wide:
        _mark_wide(triangles, labels, shape, origin, width_m)
    cuts = _cuts(triangles, labels)
    if not cuts:
        return [ground]
    lines = np.concatenate((shapely.get_parts(shapely.get_rings(shape)), np.array(cuts, dtype=object)))
    faces = _faces(lines, shape)
    if len(faces) < 2:
        return [ground]
    rims = directed(to_degrees(faces, origin))
    starts = np.searchsorted(rims.owners, np.arange(len(faces) + 1))
    pieces = []
    for k, face in enumerate(faces):
        rim = rims.take(slice(int(starts[k]), int(starts[k + 1])))
        pieces.append(Ground(rim, ground.cover, ground.top, face))
    return pieces


def _faces(lines: "np.ndarray[tuple[int], np.dtype[np.object_]]", shape: Geometry) -> Integers:
    """Return the faces of a shape that lines between its vertices cut."""
    coordinates = [shapely.get_coordinates(line) for line in lines]
    edges = np.concatenate([np.stack((each[:-1], each[1:]), axis=1) for each in coordinates])
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(edges)))
    shapely.prepare(shape)
    inside: Integers = faces[shapely.contains_properly(shape, shapely.point_on_surface(faces))]
    return inside


def _labels(triangles: Integers, units: dict[int, set[int]], origin: Integers) -> list[Label]:
    """Return for each triangle the fewest units that touch all its corners."""
    corners = np.rint(shapely.get_coordinates(triangles)).astype(np.int64).reshape(-1, 4, 2)[:, :3]
    packed = pack(corners.reshape(-1, 2) + origin).reshape(-1, 3).tolist()
    return [_fewest([units.get(corner, set()) for corner in each]) for each in packed]


def _fewest(sets: list[set[int]]) -> Label:
    """Return the smallest units, as few as possible, of which each non-empty set has one."""
    needed = [each for each in sets if each]
    every = sorted(set().union(*needed)) if needed else []
    for count in (1, 2):
        for chosen in combinations(every, count):
            if all(each & set(chosen) for each in needed):
                return chosen
    return tuple(every[:3])


def _mark_wide(
    triangles: Integers, labels: list[Label], shape: Geometry, origin: Integers, width_m: float
) -> None:
    """Label the triangles of ground in which a disc of the width fits, and those that are no tails of it."""
    both = in_metres(np.array([shape], dtype=object), origin)[0]
    inner = core(both, width_m)
    if inner.is_empty:
        return
    west, south = shapely.bounds(shape)[:2]
    scale = np.array(shapely.bounds(both)[2:]) / (np.array(shapely.bounds(shape)[2:]) - (west, south))
    metric = shapely.transform(triangles, lambda xy: (xy - (west, south)) * scale)
    shapely.prepare(inner)
    wide = shapely.area(shapely.intersection(metric, inner)) > 1e-6 * shapely.area(metric)
    thin = np.flatnonzero(~wide)
    for k in np.flatnonzero(wide).tolist():
        labels[k] = _WIDE
    if not len(thin):
        return
    tails = shapely.get_parts(shapely.union_all(metric[thin]))
    short = shapely.length(tails) / 2 <= _SLENDER * sizes(tails)[1]
    points = shapely.point_on_surface(metric[thin])
    point, tail = STRtree(tails).query(points, predicate="intersects")
    for k in thin[point[short[tail]]].tolist():
        labels[k] = _WIDE


def _cuts(triangles: Integers, labels: list[Label]) -> list[Geometry]:
    """Return the edges between triangles of different labels."""
    seen: dict[tuple[float, float, float, float], Label] = {}
    cuts = []
    for triangle, label in zip(triangles, labels, strict=True):
        ring = shapely.get_coordinates(triangle).tolist()
        for (x1, y1), (x2, y2) in pairwise(ring):
            key = (x1, y1, x2, y2) if (x1, y1) < (x2, y2) else (x2, y2, x1, y1)
            if key not in seen:
                seen[key] = label
            elif seen[key] != label:
                cuts.append(shapely.LineString([key[:2], key[2:]]))
    return cuts


def hand_on(pieces: list[Ground], chosen: dict[int, int]) -> dict[int, int]:
    """Return the unit of each piece, with those that border none given to their neighbours' unit.

    ``chosen`` are the units of pieces that border one.
    """
    left = {k for k in range(len(pieces)) if k not in chosen}
    owner_of: dict[tuple[int, int], int] = {}
    for k, piece in enumerate(pieces):
        for tail, head in zip(piece.rim.tails.tolist(), piece.rim.heads.tolist(), strict=True):
            owner_of[tail, head] = k
    chosen = dict(chosen)
    while left:
        fresh: dict[int, int] = {}
        for k in left:
            lengths: dict[int, float] = defaultdict(float)
            for tail, head, length in measured(pieces[k].rim):
                other = owner_of.get((head, tail))
                if other is not None and other in chosen:
                    lengths[chosen[other]] += length
            if lengths:
                fresh[k] = max(lengths, key=lambda unit: (lengths[unit], -unit))
        if not fresh:
            break
        chosen |= fresh
        left -= fresh.keys()
    return chosen
