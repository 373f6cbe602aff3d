"""The PostGIS boundary: one geometry type, one SRID, and WKB that keeps every coordinate bit for bit.

Coordinates are lon, lat in degrees, EPSG:4490, and those of areas are exactly ``int / 1e7``. WKB carries
the doubles themselves, so nothing is rounded on the way in or out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

import numpy as np
import shapely
from geoalchemy2 import Geometry, WKBElement
from numpy.typing import NDArray
from shapely import GeometryType
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.dialects.postgresql import Range

from geo.errors import N_
from layers.errors import InvalidAttribute, InvalidBox

SRID = 4490
LATTICE = 1e7

GeometryKind = Literal["POINT", "LINESTRING", "POLYGON", "MULTIPOLYGON", "GEOMETRY"]


def geometry_type(kind: GeometryKind) -> Geometry:
    """Return the column type of all geometries: EPSG:4490, indexed only where a table says so."""
    return Geometry(kind, srid=SRID, spatial_index=False)


def to_ewkb(geometry: BaseGeometry) -> bytes:
    """Return the EWKB of a lon, lat geometry with the storage SRID, every double unchanged."""
    return cast("bytes", shapely.to_wkb(shapely.set_srid(geometry, SRID), include_srid=True))


def to_ewkbs(geometries: Sequence[BaseGeometry | None] | NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the EWKB of many geometries at once; None stays None."""
    array = np.asarray(geometries, dtype=object)
    return np.asarray(shapely.to_wkb(shapely.set_srid(array, SRID), include_srid=True), dtype=object)


def from_shape(geometry: BaseGeometry | None) -> WKBElement | None:
    """Return the value to bind for a Shapely geometry in lon, lat degrees."""
    if geometry is None:
        return None
    return WKBElement(to_ewkb(geometry), srid=SRID, extended=True)


def to_shape(element: WKBElement | None) -> BaseGeometry | None:
    """Return the Shapely geometry of a selected column, in lon, lat degrees."""
    if element is None:
        return None
    data = element.data
    return cast("BaseGeometry", shapely.from_wkb(data if isinstance(data, str) else bytes(data)))


def from_wkbs(values: Sequence[bytes | memoryview | None]) -> NDArray[np.object_]:
    """Return the Shapely geometries of many WKB values as an object array; None stays None."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return np.asarray(shapely.from_wkb(array), dtype=object)


def point(lon: float, lat: float) -> Point:
    """Return the point of a lon, lat pair in degrees."""
    return Point(lon, lat)


def as_multi(geometries: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    """Return areas as MultiPolygons, the one form areas are stored in.

    Raises
    ------
    InvalidAttribute
        A geometry is not an area; ``where["row"]`` is its position from 0.
    """
    areas = np.empty(len(geometries), dtype=object)
    areas[:] = geometries
    kinds = shapely.get_type_id(areas)
    for row in np.flatnonzero(~np.isin(kinds, (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)))[:1]:
        raise InvalidAttribute(
            N_("An area must be a Polygon or MultiPolygon, not a {kind}."),
            mend=N_("Send the area's polygon."),
            where={"row": int(row)},
            kind="–" if areas[row] is None else areas[row].geom_type,
        )
    single = np.flatnonzero(kinds == GeometryType.POLYGON)
    if len(single):
        areas[single] = shapely.multipolygons(areas[single], indices=np.arange(len(single)))
    return areas


def off_lattice(geometries: NDArray[np.object_]) -> NDArray[np.intp]:
    """Return the positions of geometries with a coordinate that is not exactly ``int / 1e7`` degrees."""
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    exact = np.rint(coordinates * LATTICE) / LATTICE == coordinates
    return np.unique(owner[~exact.all(axis=1)])


@dataclass(frozen=True, slots=True)
class Box:
    """A bounding box in degrees, lon, lat; ``west > east`` crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        values = (self.west, self.south, self.east, self.north)
        if not all(math.isfinite(value) for value in values):
            raise InvalidBox(
                N_("The box {box} has a value that is not a number."), mend=_BOX_MEND, box=_written(values)
            )
        if self.south > self.north:
            raise InvalidBox(
                N_("The box {box} has its south above its north."), mend=_BOX_MEND, box=_written(values)
            )
        if abs(self.south) > 90 or abs(self.north) > 90 or abs(self.west) > 180 or abs(self.east) > 180:
            raise InvalidBox(N_("The box {box} leaves the globe."), mend=_BOX_MEND, box=_written(values))

    def parts(self) -> tuple[tuple[float, float, float, float], ...]:
        """Return one box, or the two that meet at the antimeridian."""
        if self.west <= self.east:
            return ((self.west, self.south, self.east, self.north),)
        return ((self.west, self.south, 180.0, self.north), (-180.0, self.south, self.east, self.north))

    def intersects(self, geom: Any) -> ColumnElement[bool]:
        """Return the SQL condition that a geometry column meets the box: index first, then exactly."""
        envelopes = [func.ST_MakeEnvelope(*part, SRID) for part in self.parts()]
        return or_(
            *(and_(geom.op("&&")(envelope), func.ST_Intersects(geom, envelope)) for envelope in envelopes)
        )


_BOX_MEND = N_("Give west, south, east, north in degrees: longitudes −180 to 180, latitudes −90 to 90.")


def _written(values: tuple[float, ...]) -> str:
    return ",".join(f"{value:g}" for value in values)


def period(valid_from: date | None, valid_to: date | None = None) -> Range[date]:
    """Return the half-open period of days [from, to); None is without end.

    Raises
    ------
    InvalidAttribute
        The period ends before or on the day it begins.
    """
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise InvalidAttribute(
            N_("The period from {valid_from} to {valid_to} holds no day."),
            mend=N_("The end is the first day after the period: give a later one."),
            valid_from=valid_from.isoformat(),
            valid_to=valid_to.isoformat(),
        )
    return Range(valid_from, valid_to, bounds="[)")
