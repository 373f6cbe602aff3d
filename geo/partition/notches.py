"""Notches: thin cracks that reach between two units from outside, where no frame says what is meant.

Without a frame the units' outer boundary is taken as it is, and a vertex on it that only one of two
neighbours moved leaves no loose edge. What is left is a crack: found by closing the boundary like a mask of
half the width, and told as something to look at, since such a notch may also be real.
"""

from typing import Any

import numpy as np
import shapely
from shapely import Geometry, STRtree

from geo.partition.chains import Shapes
from geo.partition.defects import SLIVER_WIDTH_M, Defect, DefectKind, measure, metres_per_degree
from geo.partition.scene import solid_parts

_LEAST_AREA_M2 = 1e-5
# Of a wedge the mean width is half its opening: 30 stands for an angle below 4 degrees.
_SLENDER = 30.0
_NEAR_M = 0.02
_MOST_VERTICES = 300_000


def notches(area: Geometry, shapes: Shapes, width_m: float = SLIVER_WIDTH_M) -> list[Defect]:
    """Return the thin cracks of an area's outline that lie between at least two units.

    Parameters
    ----------
    area
        The outer boundary of all units, in lon, lat degrees.
    shapes
        The units, likewise.
    width_m
        The width in metres below which a crack is thin; it must also be a sharp wedge.
    """
    if area.is_empty or shapely.get_num_coordinates(area) > _MOST_VERTICES:
        return []
    west, south, _, north = area.bounds
    scale = np.array(metres_per_degree((south + north) / 2))
    corner = np.array([west, south])

    def to_plane(geometry: Any) -> Any:
        return shapely.transform(geometry, lambda lonlat: (lonlat - corner) * scale)

    plane = to_plane(area)
    closed = plane.buffer(width_m / 2, join_style="mitre").buffer(-width_m / 2, join_style="mitre")
    cracks, _ = solid_parts(np.array([shapely.difference(closed, plane)], dtype=object))
    sizes, rims = shapely.area(cracks), shapely.length(cracks)
    slender = (sizes > _LEAST_AREA_M2) & (rims / 2 > _SLENDER * 2 * sizes / rims)
    cracks = cracks[slender]
    if not len(cracks):
        return []
    found = shapely.transform(cracks, lambda xy: xy / scale + corner)
    crack, near = STRtree(shapes).query(found, predicate="dwithin", distance=_NEAR_M / scale.min())
    defects = []
    for k, geometry in enumerate(found):
        units = tuple(sorted(near[crack == k].tolist()))
        if len(units) < 2:
            continue
        size, width = measure(geometry)
        at = shapely.point_on_surface(geometry)
        defects.append(Defect(DefectKind.NOTCH, units, geometry, (at.x, at.y), size, width, covered=0))
    return defects
