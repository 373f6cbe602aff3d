"""The plane in which defects are explained: whole lattice steps from a local corner, as floats.

Detection is exact and happens on integers (``geo.partition.chains``); here an error that was already found is
only given its place, size and names, so crossing points may be rounded.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry, STRtree

from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers, unpack
from geo.partition.defect_kernels import band_edges, winding_numbers

Shapes = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
FRAME = -1
"""The owner of a frame's edges, in place of a unit's position."""
_MARGIN = 2.0
_CRUMB = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class Loose:
    """Directed edges that do not cancel, with their owners: a unit's position, or ``FRAME`` (reversed)."""

    tails: Integers
    heads: Integers
    owners: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.tails)


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """The units that have a part in a fault: positions (k,), areas (k,) made valid, and their tree."""

    units: npt.NDArray[np.int64]
    areas: Shapes
    tree: STRtree


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Loose edges in the local plane: ``origin`` is its corner on the lattice, the ends (n, 2)."""

    origin: Integers
    starts: Floats
    ends: Floats

    @classmethod
    def of(cls, loose: Loose) -> "Scene":
        """Lay loose edges into the plane at their lower left corner."""
        tails, heads = unpack(loose.tails), unpack(loose.heads)
        origin = np.minimum(tails.min(axis=0), heads.min(axis=0))
        return cls(origin, (tails - origin).astype(np.float64), (heads - origin).astype(np.float64))

    def cast(self, shapes: Shapes, invalid: npt.NDArray[np.int64], faces: Shapes) -> Cast:
        """Bring on the units whose box comes within a step of one of the faces."""
        boxes = shapely.bounds(shapes)
        full = np.flatnonzero(np.isfinite(boxes[:, 0]))
        boxes = boxes[full] * SCALE - np.tile(self.origin, 2) + (-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        tree = STRtree(shapely.box(*boxes.T))
        shapely.prepare(faces)
        near = full[np.unique(tree.query(faces, predicate="intersects")[1])]
        areas = to_plane(shapes[near], self.origin)
        bad = np.isin(near, invalid)
        areas[bad] = _made_valid(areas[bad])
        return Cast(near, areas, STRtree(areas))

    def to_degrees(self, geometry: Geometry) -> Geometry:
        """Return a geometry of the plane in lon, lat degrees."""
        return shapely.transform(geometry, lambda xy: (xy + self.origin) / SCALE)

    def to_plane(self, lonlat: npt.ArrayLike) -> Floats:
        """Return lon, lat degrees, shape (n, 2), in the plane."""
        degrees = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
        return degrees * SCALE - self.origin

    def lines(self) -> Shapes:
        """Return the loose edges as lines, (n,)."""
        lines: Shapes = shapely.linestrings(np.stack((self.starts, self.ends), axis=1))
        return lines


def winding(starts: Floats, ends: Floats, points: Floats) -> npt.NDArray[np.int64]:
    """Return how many times the directed edges (n, 2) wind counter-clockwise around each point (m, 2)."""
    if not len(starts) or not len(points):
        return np.zeros(len(points), dtype=np.int64)
    x1, y1 = np.ascontiguousarray(starts.T)
    x2, y2 = np.ascontiguousarray(ends.T)
    low = float(min(y1.min(), y2.min()))
    high = float(max(y1.max(), y2.max()))
    bands = max(1, min(len(starts) // 2, 100_000))
    height = max((high - low) / bands, 1e-9) * (1 + 1e-9)
    held = band_edges(y1, y2, low, height, bands)
    px, py = np.ascontiguousarray(points.T)
    return winding_numbers(px, py, (x1, y1, x2, y2), low, height, held)


def to_plane(shapes: Shapes, origin: Integers) -> Shapes:
    """Return lattice shapes in degrees as whole steps from a corner."""
    moved: Shapes = shapely.transform(shapes, lambda lonlat: np.rint(lonlat * SCALE) - origin)
    return moved


def solid_parts(geometries: Shapes) -> tuple[Shapes, npt.NDArray[np.int64]]:
    """Return the polygons among the parts of geometries, and the index each came from.

    Noding moves crossing points by far less than a step; crumbs that come of it alone are left out.
    """
    parts, index = shapely.get_parts(geometries, return_index=True)
    # A collection may hold multipolygons in turn.
    inner, which = shapely.get_parts(parts, return_index=True)
    solid = (shapely.get_type_id(inner) == 3) & (shapely.area(inner) > 0)
    solid[solid] = 2.0 * shapely.area(inner[solid]) / shapely.length(inner[solid]) > _CRUMB
    return inner[solid], index[which[solid]]


def _made_valid(areas: Shapes) -> Shapes:
    """Return areas as valid ones, by what their rings enclose; what has no area becomes empty."""
    valid: Shapes = shapely.make_valid(areas, method="structure", keep_collapsed=False)
    polygonal = np.isin(shapely.get_type_id(valid), (3, 6))
    valid[~polygonal] = [
        shapely.union_all(
            [part for part in shapely.get_parts(each) if part.geom_type in ("Polygon", "MultiPolygon")]
        )
        for each in valid[~polygonal]
    ]
    return valid
