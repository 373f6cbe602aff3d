"""Datums of map services: GCJ-02 and BD-09 from WGS 84, and back by iteration.

GCJ-02 moves a point by 29 to 681 m, which usually means another grid. WGS 84 and CGCS2000 differ by less than
a phone's error and are taken as equal. Nothing moves outside the box in which GCJ-02 is used.

Sources: the formulae as published in "Restrictions on geographic data in China" (Wikipedia, sections GCJ-02
and BD-09) and by the open implementations it cites; the ellipsoid is Krasovsky 1940 (EPSG:7024).
"""

from collections.abc import Callable
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Forward = Callable[[Floats, Floats], tuple[Floats, Floats]]

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
"""The datums that an input may declare."""

SHIFTED = ("gcj02", "bd09")
"""Those whose points must be moved before they mean a place."""

_MAJOR_AXIS = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
_BD_WAVE = pi * 3000.0 / 180.0

# A step shrinks the error about 150-fold for GCJ-02: three leave 0.12 mm over China's land but 0.20 mm at the
# edges of the box, four 1.3 micrometres everywhere. BD-09 also turns around the origin of the coordinates and
# shrinks it only 70-fold from a larger first error.
_STEPS = {"gcj02": 4, "bd09": 6}


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """Return lon, lat in degrees of a datum for points in WGS 84 degrees, of any shape."""
    lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return _FORWARD[datum](lons, lats)


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, datum: str) -> tuple[Floats, Floats]:
    """Return WGS 84 lon, lat in degrees for points of a datum, of any shape.

    The forward formula is iterated: the point whose image is the given one. Its legality differs by place,
    so whoever calls this for a shifted datum must have been allowed to.
    """
    lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if datum not in SHIFTED:
        return lons, lats
    forward = _FORWARD[datum]
    x, y = lons, lats
    for _ in range(_STEPS[datum]):
        moved_x, moved_y = forward(x, y)
        x, y = x - (moved_x - lons), y - (moved_y - lats)
    return x, y


def _unmoved(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return lon, lat


def _gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return GCJ-02 for WGS 84, unmoved outside the box in which it is used."""
    inside = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    # Outside the box the formula is not evaluated for the point itself: it may be infinite there.
    x = np.where(inside, lon, 105.0) - 105.0
    y = np.where(inside, lat, 35.0) - 35.0
    phi = np.radians(np.where(inside, lat, 35.0))
    root = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    metres_lat = _MAJOR_AXIS * (1.0 - _ECCENTRICITY_SQUARED) / (root * np.sqrt(root))
    metres_lon = _MAJOR_AXIS / np.sqrt(root) * np.cos(phi)
    lon_shift = np.degrees(_east_shift(x, y) / metres_lon)
    lat_shift = np.degrees(_north_shift(x, y) / metres_lat)
    return np.where(inside, lon + lon_shift, lon), np.where(inside, lat + lat_shift, lat)


def _waves(value: Floats, *terms: tuple[float, float]) -> Any:
    return sum(weight * np.sin(value * frequency * pi) for weight, frequency in terms) * (2.0 / 3.0)


def _east_shift(x: Floats, y: Floats) -> Any:
    shift = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    shift = shift + _waves(x, (20.0, 6.0), (20.0, 2.0))
    shift = shift + _waves(x, (20.0, 1.0), (40.0, 1.0 / 3.0))
    return shift + _waves(x, (150.0, 1.0 / 12.0), (300.0, 1.0 / 30.0))


def _north_shift(x: Floats, y: Floats) -> Any:
    shift = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    shift = shift + _waves(x, (20.0, 6.0), (20.0, 2.0))
    shift = shift + _waves(y, (20.0, 1.0), (40.0, 1.0 / 3.0))
    return shift + _waves(y, (160.0, 1.0 / 12.0), (320.0, 1.0 / 30.0))


def _bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return BD-09 for WGS 84, by way of GCJ-02; unmoved outside the box."""
    inside = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    x, y = _gcj02(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_WAVE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_WAVE)
    return (
        np.where(inside, radius * np.cos(angle) + 0.0065, lon),
        np.where(inside, radius * np.sin(angle) + 0.006, lat),
    )


_FORWARD: dict[str, Forward] = {"wgs84": _unmoved, "cgcs2000": _unmoved, "gcj02": _gcj02, "bd09": _bd09}
