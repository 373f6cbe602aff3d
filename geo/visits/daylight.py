"""Daylight: whether it is night at a place and time, for how far a patrol sees."""

import numpy as np
import numpy.typing as npt

from geo.geocentric import Floats

TWILIGHT_DEG = -6.0
"""Night begins where civil twilight ends: until then a person sees the ground without a lamp."""

_J2000_S = 946_728_000.0


def sun_elevation(t: npt.ArrayLike, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Return the sun's elevation in degrees, right to 0.1°, at Unix seconds and places in degrees.

    Source: Astronomical Almanac, "Low-precision formulas for the Sun's coordinates", 1950–2050.
    """
    days = (np.asarray(t, dtype=np.float64) - _J2000_S) / 86_400.0
    mean = np.radians(280.460 + 0.9856474 * days)
    anomaly = np.radians(357.528 + 0.9856003 * days)
    ecliptic = mean + np.radians(1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly))
    tilt = np.radians(23.439 - 4e-7 * days)
    ascension = np.arctan2(np.cos(tilt) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(tilt) * np.sin(ecliptic))
    sidereal = np.radians(280.46062 + 360.98564737 * days + np.asarray(lon, dtype=np.float64))
    phi = np.radians(np.asarray(lat, dtype=np.float64))
    height = np.sin(phi) * np.sin(declination)
    height = height + np.cos(phi) * np.cos(declination) * np.cos(sidereal - ascension)
    return np.asarray(np.degrees(np.arcsin(np.clip(height, -1.0, 1.0))))


def is_night(t: npt.ArrayLike, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return whether it is night at Unix seconds and places in degrees."""
    return np.asarray(sun_elevation(t, lon, lat) < TWILIGHT_DEG)
