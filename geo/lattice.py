"""The integer lattice on which authoritative areas live: counts of 1e-7 degrees, about one centimetre."""

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_, NotFinite, OutOfRange

SCALE = 10_000_000
"""Lattice steps in one degree."""

LON_LIMIT = 180 * SCALE
LAT_LIMIT = 90 * SCALE

Lattice = npt.NDArray[np.int64]
LonLat = npt.NDArray[np.float64]


def to_lattice(lonlat: npt.ArrayLike) -> Lattice:
    """Round lon, lat degrees to the lattice.

    Parameters
    ----------
    lonlat
        Degrees in EPSG:4490, shape (n, 2), lon first. Halves round to even.

    Returns
    -------
    int64, shape (n, 2): counts of 1e-7 degrees.

    Raises
    ------
    NotFinite
        A coordinate is NaN or infinite; ``where["row"]`` is its position from 0.
    OutOfRange
        A longitude is beyond ±180 or a latitude beyond ±90 degrees; likewise.
    """
    degrees = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    steps = np.rint(degrees * SCALE)
    # One comparison finds NaN, infinities and range faults alike; which it was matters only once refused.
    good = (np.abs(steps) <= (LON_LIMIT, LAT_LIMIT)).all(axis=1)
    if not good.all():
        _refuse(degrees, int(np.argmin(good)))
    return steps.astype(np.int64)


def to_lonlat(lattice: npt.ArrayLike) -> LonLat:
    """Return lattice counts, shape (n, 2), as degrees: exactly ``int / 1e7``."""
    degrees: LonLat = np.asarray(lattice, dtype=np.int64) / SCALE
    return degrees


def quantise(geometry: Any) -> Any:
    """Round a geometry, or an array of them, in lon, lat degrees to the lattice.

    Every ordinate becomes exactly ``int / 1e7``; Z and M are dropped; vertices that coincide with the one
    before them are removed; the orientation of rings is untouched. A ring may collapse or cross itself by
    rounding: ``geo.partition.proof.prove`` names such rings. ``None`` and empty geometries stay as they are.

    Raises
    ------
    NotFinite, OutOfRange
        As ``to_lattice``; the position counts vertices over all geometries.
    """
    rounded = shapely.transform(
        shapely.force_2d(geometry), lambda lonlat: to_lonlat(to_lattice(lonlat)) if len(lonlat) else lonlat
    )
    try:
        return shapely.remove_repeated_points(rounded, 0.0)
    except shapely.errors.GEOSException:
        # A ring has collapsed to fewer than three places: it stays as it is, for the proof to name.
        if isinstance(rounded, np.ndarray):
            return np.array([_without_repeats(each) for each in rounded.ravel()]).reshape(rounded.shape)
        return rounded


def on_lattice(lonlat: npt.ArrayLike) -> bool:
    """Tell whether degrees, shape (n, 2), are exactly lattice values."""
    degrees = np.asarray(lonlat, dtype=np.float64).reshape(-1, 2)
    return bool((np.rint(degrees * SCALE) / SCALE == degrees).all())


def _without_repeats(geometry: Any) -> Any:
    """Return one geometry without repeated vertices, or as it is if a ring of it has collapsed."""
    try:
        return shapely.remove_repeated_points(geometry, 0.0)
    except shapely.errors.GEOSException:
        return geometry


def _refuse(degrees: LonLat, index: int) -> None:
    """Raise the refusal for the coordinate at ``index``."""
    lon, lat = float(degrees[index, 0]), float(degrees[index, 1])
    where = {"row": index}
    if not np.isfinite((lon, lat)).all():
        raise NotFinite(
            N_("Coordinate {index} is not a number ({lon}, {lat})."),
            mend=N_("Give finite decimal degrees, longitude first."),
            where=where,
            index=index,
            lon=lon,
            lat=lat,
        )
    raise OutOfRange(
        N_("Coordinate {index} ({lon}, {lat}) is not a longitude and latitude in degrees."),
        mend=N_("Give longitude first within ±180 and latitude within ±90, or name the file's real CRS."),
        where={**where, "lon": lon, "lat": lat},
        index=index,
        lon=lon,
        lat=lat,
    )
