"""GeoJSON features that a map draws of a refusal: in lon, lat degrees, with a ``role``."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.lattice import SCALE
from geo.redraw.refusals import Feature


def feature(geometry: Geometry | None, role: str, **properties: Any) -> Feature:
    """Return a geometry in lon, lat degrees as a GeoJSON feature."""
    shown = None if geometry is None or geometry.is_empty else shapely.geometry.mapping(geometry)
    return {"type": "Feature", "geometry": shown, "properties": {"role": role, **properties}}


def point(at: npt.ArrayLike, role: str, **properties: Any) -> Feature:
    """Return a lattice point as a feature."""
    return feature(shapely.Point(np.asarray(at, dtype=np.int64) / SCALE), role, **properties)


def path(points: npt.ArrayLike, role: str, **properties: Any) -> Feature:
    """Return a lattice path, shape (n, 2), as a feature: a line, or a point where it has one place only."""
    degrees = np.asarray(points, dtype=np.int64).reshape(-1, 2) / SCALE
    if not len(degrees):
        return feature(None, role, **properties)
    if (degrees == degrees[0]).all():
        return feature(shapely.Point(degrees[0]), role, **properties)
    return feature(shapely.LineString(degrees), role, **properties)
