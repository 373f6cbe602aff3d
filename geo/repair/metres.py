"""Sizes of lattice ground in metres: areas, mean widths, and whether a disc of some width fits in."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.crs import GEOD
from geo.lattice import SCALE
from geo.partition.chain_kernels import Integers
from geo.partition.chains import Shapes

_SIDES = 8
_CRUMB_M = 1e-4


def step_metres(lat_steps: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return the metres of one step east and north (n, 2) at latitudes in steps (n,)."""
    lat = np.radians(np.asarray(lat_steps, dtype=np.float64) / SCALE)
    root = 1.0 - GEOD.es * np.sin(lat) ** 2
    east = GEOD.a / np.sqrt(root) * np.cos(lat)
    north = GEOD.a * (1.0 - GEOD.es) / root**1.5
    return np.column_stack((east, north)) * (np.pi / 180.0 / SCALE)


def in_metres(shapes: Shapes, origin: Integers) -> Shapes:
    """Return shapes in steps from a corner as metres, each at the scale of its own middle latitude."""
    if not len(shapes):
        return shapes
    bounds = shapely.bounds(shapes)
    scales = step_metres((bounds[:, 1] + bounds[:, 3]) / 2 + origin[1])
    corners = bounds[:, :2]
    counts = shapely.get_num_coordinates(shapes)
    scale, corner = np.repeat(scales, counts, axis=0), np.repeat(corners, counts, axis=0)
    moved: Shapes = shapely.transform(shapes, lambda xy: (xy - corner) * scale)
    return moved


def sizes(metric: Shapes) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return area in m² and mean width in m of shapes in metres."""
    area, rim = shapely.area(metric), shapely.length(metric)
    return area, np.divide(2.0 * area, rim, out=np.zeros(len(area)), where=rim > 0)


def fits(metric: Shapes, width_m: float) -> npt.NDArray[np.bool_]:
    """Return in which shapes, in metres, a disc of a diameter fits."""
    # Ground that holds a disc is larger than the disc, and its box is wider.
    found: npt.NDArray[np.bool_] = shapely.area(metric) > np.pi * (width_m / 2) ** 2
    bounds = shapely.bounds(metric)
    found &= np.minimum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) > width_m
    found[found] = ~shapely.is_empty(shapely.buffer(metric[found], -width_m / 2, quad_segs=_SIDES))
    return found


def core(metric: Geometry, width_m: float) -> Geometry:
    """Return the ground of a shape, in metres, that discs of a diameter reach."""
    return metric.buffer(-width_m / 2, quad_segs=_SIDES).buffer(width_m / 2 * 1.02, quad_segs=_SIDES)


def widest(metric: Shapes) -> npt.NDArray[np.float64]:
    """Return the diameter of the largest disc that fits into each shape, in metres: at most 5 % too large."""
    if not len(metric):
        return np.zeros(0)
    area, width = sizes(metric)
    low = width
    # No disc is larger than the shape, or wider than its box is narrow; and one of the mean width fits in.
    bounds = shapely.bounds(metric)
    narrow = np.minimum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    high: npt.NDArray[np.float64] = np.maximum(np.minimum(np.sqrt(4.0 * area / np.pi), narrow), low)
    open_ = np.flatnonzero(high > 1.05 * low + _CRUMB_M)
    while len(open_):
        # The bounds can be far apart, so the search goes by factors.
        middle = np.sqrt(np.maximum(low[open_], _CRUMB_M) * high[open_])
        holds = ~shapely.is_empty(shapely.buffer(metric[open_], -middle / 2, quad_segs=_SIDES))
        low[open_[holds]], high[open_[~holds]] = middle[holds], middle[~holds]
        open_ = open_[high[open_] > 1.05 * low[open_] + _CRUMB_M]
    return high
