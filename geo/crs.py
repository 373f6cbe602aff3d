"""Coordinate reference systems: one storage system, one transformer factory, geodesic measures.

Storage and interchange are lon, lat degrees in EPSG:4490 (CGCS2000). EPSG:4490 and EPSG:4326 differ by less
than a phone's error and PROJ treats them as equal.
"""

from functools import lru_cache
from math import cos, floor, radians
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError
from shapely import Geometry

from geo.errors import N_, GeoError

STORAGE_CRS = "EPSG:4490"
STORAGE_SRID = 4490
GEOD = Geod(a=6378137.0, rf=298.257222101)
"""The ellipsoid of CGCS2000."""

# EPSG 4534…4554 are the CGCS2000 3-degree Gauss-Kruger zones by central meridian, 75°E…135°E.
_FIRST_ZONE, _FIRST_MERIDIAN, _LAST_MERIDIAN = 4534, 75, 135
_CHINA_LAT = (3.0, 54.0)


class UnknownCrs(GeoError):
    """A text does not name a coordinate reference system."""

    code = "crs-unknown"


def parse_crs(text: str) -> CRS:
    """Return the CRS that an EPSG code, WKT or PROJ text names.

    Raises
    ------
    UnknownCrs
        PROJ does not know it.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise UnknownCrs(
            N_("“{crs}” is not a coordinate reference system."),
            mend=N_("Name one such as EPSG:4490, EPSG:4326 or EPSG:4547."),
            crs=text[:80],
        ) from error


@lru_cache(maxsize=128)
def transformer(source: str, target: str) -> Transformer:
    """Return the transformer between two systems, named as text, with lon or easting always first."""
    return Transformer.from_crs(parse_crs(source), parse_crs(target), always_xy=True)


def reproject(geometry: Any, source: str, target: str = STORAGE_CRS) -> Any:
    """Transform a geometry, or an array of them, from one system to another; Z is dropped.

    A vertex outside the source system's domain becomes infinite; ``geo.lattice`` refuses it by its position.
    """
    if source == target:
        return shapely.force_2d(geometry)
    change = transformer(source, target).transform
    return shapely.transform(shapely.force_2d(geometry), change, interleaved=False)


def geodesic_length(line: Any) -> Any:
    """Return the length in metres on the CGCS2000 ellipsoid of a line in lon, lat, or of each of an array."""
    if isinstance(line, np.ndarray):
        return np.array([GEOD.geometry_length(each) for each in line], dtype=np.float64)
    return float(GEOD.geometry_length(line))


def geodesic_area(geometry: Any) -> Any:
    """Return the area in square metres on the ellipsoid, without sign or holes, of areas in lon, lat."""
    if isinstance(geometry, np.ndarray):
        return np.array([_area(each) for each in geometry], dtype=np.float64)
    return _area(geometry)


def metric_crs(lon: float, lat: float) -> CRS:
    """Return a CRS in metres, easting first, for work near a point.

    Inside China's zones it is the CGCS2000 3-degree Gauss-Kruger zone, EPSG 4534 + (meridian − 75) / 3;
    elsewhere a transverse Mercator on the point's own meridian.
    """
    meridian = 3 * floor(lon / 3 + 0.5)
    if _FIRST_MERIDIAN <= meridian <= _LAST_MERIDIAN and _CHINA_LAT[0] <= lat <= _CHINA_LAT[1]:
        return CRS.from_epsg(_FIRST_ZONE + (meridian - _FIRST_MERIDIAN) // 3)
    return _local_mercator(round(lon, 1), round(lat, 1))


@lru_cache(maxsize=256)
def _local_mercator(lon: float, lat: float) -> CRS:
    """Return the transverse Mercator centred at a point."""
    return CRS.from_proj4(
        f"+proj=tmerc +lat_0={lat} +lon_0={lon} +k=1 +x_0=0 +y_0=0 +ellps=GRS80 +units=m +no_defs"
    )


def distance_m(lon: float, lat: float, shape: Geometry) -> float:
    """Return the metres on the ellipsoid from a point to a near point or line, all in lon, lat degrees.

    The nearest place is found on a plane that is true about the point: exact to a thousandth within 10 km.
    """
    scale = (cos(radians(lat)), 1.0)
    flat = shapely.transform(shape, lambda at: (at - (lon, lat)) * scale)
    x, y = shapely.get_coordinates(shapely.shortest_line(shapely.Point(0, 0), flat))[-1] / scale
    return float(GEOD.inv(lon, lat, lon + x, lat + y)[2])


def _area(geometry: Geometry) -> float:
    """Return the area of one geometry: parts and holes summed by their own size, whatever their direction."""
    total = 0.0
    for part in shapely.get_parts(geometry):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        total += abs(GEOD.geometry_area_perimeter(part.exterior)[0])
        total -= sum(abs(GEOD.geometry_area_perimeter(hole)[0]) for hole in part.interiors)
    return total
