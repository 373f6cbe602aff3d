"""Defects: what keeps units from being an exact partition, each with place, size and how to mend it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from shapely import Geometry

from geo.crs import GEOD, geodesic_area
from geo.errors import N_
from geo.lattice import SCALE

SLIVER_WIDTH_M = 2.0
"""A gap or overlap narrower than this on average is a sliver."""

_NAMED = 6
_FRAME = N_("the frame")
# Below this extent the ellipsoid is flat to 1e-5 while a geodesic area would drown in its own rounding.
_FLAT_DEG = 0.02


class DefectKind(StrEnum):
    """What is wrong at one place of a partition."""

    GAP = "gap"
    MISSING = "missing_unit"
    ENCLAVE = "gap_or_enclave"
    OVERLAP = "overlap"
    SLIVER = "sliver"
    T_JUNCTION = "t_junction"
    DUPLICATE = "duplicate"
    INVALID = "invalid_ring"
    EMPTY = "empty"
    OUTSIDE_FRAME = "outside_frame"
    OUTSIDE_PARENT = "outside_parent"
    LEVEL_MISMATCH = "level_mismatch"
    UNMATCHED = "unmatched_edge"
    SAME_CODE = "same_code"
    NO_PARENT = "unknown_parent"
    TWO_PARENTS = "two_parents"
    NOTCH = "frame_notch"


@dataclass(frozen=True, slots=True, eq=False)
class Defect:
    """One fault of a partition.

    ``units`` are positions in the input: those that overlap, that border a gap, or whose ring is bad.
    ``geometry`` is in lon, lat degrees (EPSG:4490); ``place`` a point on it; ``area_m2`` geodesic;
    ``width_m`` the mean width, 2 · area / perimeter; ``covered`` how many units cover the place, −1 where
    that says nothing; ``parent`` the position of the upper unit concerned, or −1; ``reason`` the words of
    the validity check.
    """

    kind: DefectKind
    units: tuple[int, ...]
    geometry: Geometry
    place: tuple[float, float]
    area_m2: float = 0.0
    width_m: float = 0.0
    covered: int = -1
    parent: int = -1
    reason: str = ""

    def sentence(
        self,
        names: Sequence[str] | None = None,
        parents: Sequence[str] | None = None,
        translate: Callable[[str], str] = str,
    ) -> str:
        """Return what is wrong, where and how to mend it, with units by name (or by position from 0)."""
        shown = [names[unit] if names is not None else f"#{unit}" for unit in self.units]
        above = "" if self.parent < 0 else parents[self.parent] if parents is not None else f"#{self.parent}"
        params = {
            "first": shown[0] if shown else translate(_FRAME),
            "second": shown[1] if len(shown) > 1 else "–",
            "units": ", ".join(shown[:_NAMED]) + (" …" if len(shown) > _NAMED else "") or translate(_FRAME),
            "lon": f"{self.place[0]:.7f}",
            "lat": f"{self.place[1]:.7f}",
            "area": _readable(self.area_m2),
            "width": _readable(self.width_m),
            "parent": above,
            "reason": self.reason,
        }
        what, mend = _texts(self)
        return f"{translate(what).format(**params)} {translate(mend).format(**params)}"


_TEXTS: dict[DefectKind, tuple[str, str]] = {
    DefectKind.GAP: (
        N_("Gap of {area} m², {width} m wide, at {lon}, {lat} between {units}."),
        N_("Extend one of these units over it, or add the unit that is missing."),
    ),
    DefectKind.MISSING: (
        N_(
            "Ground of {area} m² at {lon}, {lat}, as large as a unit, belongs to none; around it are {units}."
        ),
        N_("Add the missing unit."),
    ),
    DefectKind.ENCLAVE: (
        N_("Ground of {area} m² at {lon}, {lat} inside the frame belongs to no unit; around it are {units}."),
        N_("Add the missing unit, or confirm the enclave with --enclave {lon},{lat} or a frame."),
    ),
    DefectKind.OVERLAP: (
        N_("{first} and {second} overlap by {area} m², {width} m wide, at {lon}, {lat}."),
        N_("Give this ground to one of them and draw their common edge once."),
    ),
    DefectKind.T_JUNCTION: (
        N_("{first} has a vertex at {lon}, {lat} on an edge of {second}, which has none there."),
        N_("Insert this vertex into {second}."),
    ),
    DefectKind.DUPLICATE: (
        N_("{first} and {second} are the same area of {area} m² at {lon}, {lat}."),
        N_("Remove one of them."),
    ),
    DefectKind.INVALID: (
        N_("{first} is not a valid area at {lon}, {lat}: {reason}."),
        N_("Redraw the ring there so that it neither crosses nor touches itself."),
    ),
    DefectKind.EMPTY: (N_("{first} has no area."), N_("Draw it or remove it.")),
    DefectKind.OUTSIDE_FRAME: (
        N_("{units} reach {area} m², {width} m wide, out of the frame at {lon}, {lat}."),
        N_("Cut the unit at the frame."),
    ),
    DefectKind.OUTSIDE_PARENT: (
        N_("{first} lies outside its parent {parent} by {area} m², {width} m wide, at {lon}, {lat}."),
        N_("Correct its parent or its edge."),
    ),
    DefectKind.LEVEL_MISMATCH: (
        N_("{parent} and its units differ by {area} m², {width} m wide, at {lon}, {lat} near {units}."),
        N_("Draw the edge of {parent} vertex by vertex along its units, or correct a unit's parent."),
    ),
    DefectKind.UNMATCHED: (
        N_("An edge of {units} at {lon}, {lat} matches no other edge."),
        N_("Draw the common edge once and use it for both sides."),
    ),
    DefectKind.SAME_CODE: (
        N_("{units} have the same code."),
        N_("Give each its own code, or join the parts of one unit to one row."),
    ),
    DefectKind.NO_PARENT: (
        N_("{first} at {lon}, {lat} names the parent “{reason}”, which does not exist."),
        N_("Correct its parent or add that one."),
    ),
    DefectKind.TWO_PARENTS: (
        N_("The unit “{reason}” above {units} has two parents."),
        N_("Give all units of one parent the same parents above."),
    ),
    DefectKind.NOTCH: (
        N_("A crack of {area} m², {width} m wide, reaches in from outside at {lon}, {lat} between {units}."),
        N_("Close it if it is not meant, or prove the units against their frame with --frame."),
    ),
}
_FRAME_T_JUNCTION = (
    N_("{first} and the frame do not have the same vertices at {lon}, {lat}."),
    N_("Insert this vertex where it is lacking."),
)
_LEVEL_T_JUNCTION = (
    N_("{first} and its parent {parent} do not have the same vertices at {lon}, {lat}."),
    N_("Insert this vertex where it is lacking."),
)
_SLIVER_GAP = (
    N_("Thin gap of {area} m², {width} m wide, at {lon}, {lat} between {units}."),
    N_("Move the vertices of one side onto the other's."),
)
_SLIVER_OVERLAP = (
    N_("{first} and {second} overlap thinly by {area} m², {width} m wide, at {lon}, {lat}."),
    N_("Move the vertices of one onto the other's."),
)


def _texts(defect: Defect) -> tuple[str, str]:
    """Return what is wrong and how to mend it, as keys of translations."""
    if defect.kind is DefectKind.SLIVER:
        return _SLIVER_OVERLAP if defect.covered > 1 else _SLIVER_GAP
    if defect.kind is DefectKind.T_JUNCTION and len(defect.units) < 2:
        return _FRAME_T_JUNCTION if defect.parent < 0 else _LEVEL_T_JUNCTION
    return _TEXTS[defect.kind]


def measure(geometry: Geometry) -> tuple[float, float]:
    """Return area in m² and mean width in m, 2 · area / perimeter, of an area in lon, lat degrees.

    Small areas are measured on the plane of the ellipsoid's radii at their place, larger ones geodesically.
    """
    west, south, east, north = shapely.bounds(geometry)
    if not np.isfinite(west):
        return 0.0, 0.0
    if max(east - west, north - south) < _FLAT_DEG:
        scale = metres_per_degree(south + (north - south) / 2)
        # Whole lattice steps from the corner are exact, so that a sliver of one step keeps its true area.
        flat = shapely.transform(
            geometry, lambda lonlat: np.rint((lonlat - (west, south)) * SCALE) / SCALE * scale
        )
        area, perimeter = float(flat.area), float(flat.length)
    else:
        area = geodesic_area(geometry)
        perimeter = abs(float(GEOD.geometry_length(geometry.boundary)))
    return area, (2.0 * area / perimeter if perimeter else 0.0)


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Return the length in metres of one degree of longitude and of latitude at a latitude."""
    sine = np.sin(np.radians(lat))
    root = 1.0 - GEOD.es * sine * sine
    normal = GEOD.a / np.sqrt(root)
    meridian = GEOD.a * (1.0 - GEOD.es) / root**1.5
    degree = np.pi / 180.0
    return float(normal * np.cos(np.radians(lat)) * degree), float(meridian * degree)


def as_feature(defect: Defect, sentence: str, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Return a defect as a GeoJSON feature, a mapping ready for JSON."""
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(defect.geometry) if not defect.geometry.is_empty else None,
        "properties": {
            "kind": defect.kind.value,
            "units": [names[unit] if names is not None else unit for unit in defect.units],
            "area_m2": round(defect.area_m2, 4),
            "width_m": round(defect.width_m, 4),
            "lon": defect.place[0],
            "lat": defect.place[1],
            "text": sentence,
        },
    }


def _readable(number: float) -> str:
    """Return a number with three significant digits, without an exponent."""
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    digits = max(0, 2 - int(np.floor(np.log10(abs(number)))))
    return f"{number:.{min(digits, 6)}f}"
