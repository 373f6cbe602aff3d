"""Geocentric coordinates on the CGCS2000 ellipsoid, the metric frame of lines and tracks.

Straight distances in this frame are within 1 mm of geodesic ones over a kilometre, everywhere on the globe,
with no zone, no origin and no seam at 180°.
Source: EPSG Guidance Note 7-2, "Geographic/Geocentric conversions", at ellipsoidal height 0.
"""

import math

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

SEMI_MAJOR = 6378137.0
FLATTENING = 1.0 / 298.257222101
ECCENTRICITY2 = FLATTENING * (2.0 - FLATTENING)

Floats = npt.NDArray[np.float64]


@compiled
def geocentric_place(lon: float, lat: float) -> tuple[float, float, float]:
    """Return geocentric x, y, z in metres of a point in degrees on the ellipsoid."""
    lam = math.radians(lon)
    phi = math.radians(lat)
    sine = math.sin(phi)
    normal = SEMI_MAJOR / math.sqrt(1.0 - ECCENTRICITY2 * sine * sine)
    level = normal * math.cos(phi)
    return level * math.cos(lam), level * math.sin(lam), normal * (1.0 - ECCENTRICITY2) * sine


@compiled
def geocentric(lon: Floats, lat: Floats) -> Floats:
    """Return geocentric x, y, z in metres, shape (n, 3), of points in degrees on the ellipsoid."""
    xyz = np.empty((lon.shape[0], 3))
    for i in range(lon.shape[0]):
        xyz[i, 0], xyz[i, 1], xyz[i, 2] = geocentric_place(lon[i], lat[i])
    return xyz
