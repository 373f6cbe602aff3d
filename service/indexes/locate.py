"""Locate: who owns a point, which overlays lie on it, where it is on the border, and how sure that is.

The responsible unit is that of an overlay that claims the incident's class (priority, then the smaller area,
then id), else the leaf of the partition; its parents follow in the chain. The half-open rule gives every
point exactly one leaf. A point up to 50 m outside snaps to the nearest unit, flagged, unless the border lies
between; farther out is refused with the nearest unit named, never guessed.
"""

import logging
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely

from geo import datums
from geo.errors import N_, NotFinite, OutOfRange
from service.errors import DatumNotAllowed, InvalidInput, OutsideDistrict
from service.indexes.ground import CORRIDOR_M, METRES_PER_DEGREE, Areas, BorderLines, Ground, Place

_log = logging.getLogger("wardline.locate")

ACCURACY_M = 15.0
SNAP_M = 50.0

Rule = Literal["grid", "overlay", "snapped"]


@dataclass(frozen=True, slots=True)
class OverlayMatch:
    """A unit of an overlay on the point; ``claims`` whether its layer claims the incident's class."""

    place: Place
    priority: int
    claims: bool

    def to_json(self) -> dict[str, Any]:
        """Return the match as answers show it."""
        return {**self.place.to_json(), "priority": self.priority, "claims": self.claims}


@dataclass(frozen=True, slots=True)
class SegmentMatch:
    """The nearest place on the border: metres from the segment's start and aside, left positive."""

    position: int
    code: str
    name: str
    measure_m: float
    offset_m: float

    @property
    def side(self) -> str:
        """``left`` or ``right`` of the line's direction, or ``on`` it."""
        if abs(self.offset_m) < 0.01:  # a centimetre is the lattice
            return "on"
        return "left" if self.offset_m > 0 else "right"

    def to_json(self) -> dict[str, Any]:
        """Return the place as answers show it."""
        return {
            "code": self.code,
            "name": self.name,
            "measure_m": round(self.measure_m, 2),
            "offset_m": round(self.offset_m, 2),
            "side": self.side,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a point belongs.

    ``unit`` is responsible, by ``rule``; ``chain`` is the partition's leaf and its parents, the leaf first.
    ``candidates`` are the units within the accuracy of the point where an edge is that near, the owner first.
    ``distance_m`` is how far outside a snapped point lies.
    """

    unit: Place
    chain: tuple[Place, ...]
    overlays: tuple[OverlayMatch, ...]
    segment: SegmentMatch | None
    near_boundary: bool
    candidates: tuple[Place, ...]
    rule: Rule
    distance_m: float
    leaf: int

    def to_json(self) -> dict[str, Any]:
        """Return the answer as ``GET /locate`` shows it."""
        body: dict[str, Any] = {
            "unit": self.unit.to_json(),
            "chain": [one.to_json() for one in self.chain],
            "overlays": [one.to_json() for one in self.overlays],
            "segment": None if self.segment is None else self.segment.to_json(),
            "near_boundary": self.near_boundary,
            "candidates": [one.to_json() for one in self.candidates],
            "rule": self.rule,
        }
        if self.rule == "snapped":
            body["snapped_m"] = round(self.distance_m, 2)
        return body


def locate(
    ground: Ground,
    lon: float,
    lat: float,
    *,
    accuracy_m: float | None = None,
    layer: str | None = None,
    class_: str | None = None,
) -> Answer:
    """Return where a point in lon, lat degrees belongs.

    Raises
    ------
    NotFinite, OutOfRange
        The point is not on the globe.
    OutsideDistrict
        No unit owns it, nor one within 50 m on this side of the border; carries the nearest and its distance.
    InvalidInput
        No layer is in force on the day, or none of the name.
    """
    check_point(lon, lat)
    areas = partition(ground, layer)
    assert areas.index is not None  # noqa: S101 - partitions have one
    position = areas.index.locate_one(lon, lat)
    rule: Rule = "grid"
    distance = 0.0
    if position < 0:
        position, distance = _snap(ground, areas, lon, lat)
        rule = "snapped"
    chain = areas.chains[position]
    overlays = _overlays(ground, lon, lat, class_)
    claimed = next((one for one in overlays if one.claims), None)
    accuracy = ACCURACY_M if accuracy_m is None else accuracy_m
    candidates = _candidates(areas, position, lon, lat, accuracy)
    return Answer(
        chain[0] if claimed is None else claimed.place,
        chain,
        overlays,
        nearest_segment(ground.border, lon, lat),
        bool(candidates),
        candidates,
        rule if claimed is None else "overlay",
        distance,
        position,
    )


def partition(ground: Ground, layer: str | None) -> Areas:
    """Return the partition that a request means: the named one or the first.

    Raises
    ------
    InvalidInput
        None is in force on the day, or none of the name.
    """
    if layer is None and ground.partitions:
        return next(iter(ground.partitions.values()))
    if layer in ground.partitions:
        return ground.partitions[str(layer)]
    if layer is None:
        raise InvalidInput(
            N_("District {district} has no grids in force on {day}."),
            mend=N_("Ask about a later day, or publish grids with ./wardline import."),
            where={"parameter": "as_of"},
            district=ground.district.code,
            day=ground.day.isoformat(),
        )
    raise InvalidInput(
        N_("No partition “{layer}” is in force on {day}; there are: {known}."),
        mend=N_("Name one of them, or leave the layer out."),
        where={"parameter": "layer"},
        layer=layer[:64],
        day=ground.day.isoformat(),
        known=", ".join(ground.partitions) or "–",
    )


def check_point(lon: float, lat: float) -> None:
    """Refuse a pair that is not on the globe.

    Raises
    ------
    NotFinite, OutOfRange
        Names the parameter.
    """
    for name, value, most in (("lon", lon, 180.0), ("lat", lat, 90.0)):
        if not math.isfinite(value):
            raise NotFinite(
                N_("{parameter} is not a number."),
                mend=N_("Give degrees, such as lon=131.15&lat=46.63."),
                where={"parameter": name},
                parameter=name,
            )
        if abs(value) > most:
            raise OutOfRange(
                N_("{parameter}={value} is not on the globe."),
                mend=N_("Give lon −180 to 180 and lat −90 to 90 in degrees; are the two swapped?"),
                where={"parameter": name},
                parameter=name,
                value=value,
            )


def to_storage(lon: Any, lat: Any, datum: str, *, allowed: bool, reason: str) -> tuple[Any, Any]:
    """Return lon, lat in the storage system for a point or arrays given in a datum.

    The inverse of a shifted datum is off unless the administrator allowed it, and each use is logged with
    its ``reason``, without coordinates.

    Raises
    ------
    InvalidInput
        The datum is unknown.
    DatumNotAllowed
        The datum is shifted and its inverse is off.
    """
    if datum not in datums.DATUMS:
        raise InvalidInput(
            N_("There is no datum “{datum}”; there are: {known}."),
            mend=N_("Name one of them."),
            where={"parameter": "datum"},
            datum=datum[:32],
            known=", ".join(datums.DATUMS),
        )
    if datum not in datums.SHIFTED:
        return lon, lat
    if not allowed:
        raise DatumNotAllowed(
            N_("Points in {datum} are not accepted: taking back its shift is switched off."),
            mend=N_("Send wgs84 or cgcs2000; an administrator may set WARDLINE_ALLOW_DATUM_INVERSE=true."),
            where={"parameter": "datum"},
            datum=datum,
        )
    _log.warning("inverse of datum %s used for %s points: %s", datum, np.size(lon), reason)
    x, y = datums.to_wgs84(lon, lat, datum)
    return (float(x), float(y)) if np.ndim(lon) == 0 else (x, y)


def nearest_segment(border: BorderLines, lon: float, lat: float) -> SegmentMatch | None:
    """Return the nearest border segment within 500 m; the earlier one where two are as near."""
    if not border.segments:
        return None
    best: SegmentMatch | None = None
    for position in border.corridors.at(lon, lat):
        place = border.lines[position].locate(lon, lat)
        if place.distance_m > CORRIDOR_M or (best is not None and place.distance_m >= abs(best.offset_m)):
            continue
        segment = border.segments[position]
        best = SegmentMatch(position, segment.code, segment.name, place.measure_m, place.offset_m)
    return best


def _overlays(ground: Ground, lon: float, lat: float, class_: str | None) -> tuple[OverlayMatch, ...]:
    """Return the overlays on a point in the order of priority, then the smaller area, then id."""
    return tuple(
        OverlayMatch(areas.chains[leaf][0], areas.layer.priority, class_ in areas.layer.classes)
        for areas in ground.overlays
        if areas.overlay is not None
        for leaf in areas.overlay.covering(lon, lat)
    )


def _candidates(areas: Areas, owner: int, lon: float, lat: float, accuracy_m: float) -> tuple[Place, ...]:
    """Return the owner and the other units that the point may lie in, or nothing far from every edge."""
    assert areas.index is not None  # noqa: S101 - partitions have one
    beside = areas.index.beside(lon, lat, accuracy_m) if accuracy_m > 0 else ()
    if not beside:
        return ()
    return tuple(areas.chains[one][0] for one in (owner, *(other for other in beside if other != owner)))


def _snap(ground: Ground, areas: Areas, lon: float, lat: float) -> tuple[int, float]:
    """Return the unit that takes a point outside of all, and its distance, or refuse it."""
    assert areas.index is not None  # noqa: S101 - partitions have one
    if not len(areas.leaves):
        raise OutsideDistrict(
            N_("Layer {layer} has no unit on {day}."),
            mend=N_("Publish its grids with ./wardline import."),
            where={"parameter": "as_of"},
            layer=areas.layer.code,
            day=ground.day.isoformat(),
        )
    nearest, distance = areas.index.nearest(lon, lat)
    nearest = int(nearest)
    if may_snap(ground.border, areas, nearest, lon, lat, distance):
        return nearest, float(distance)
    unit = areas.chains[nearest][0]
    extra = {"nearest": {**unit.to_json(), "distance_m": round(float(distance), 2)}}
    swapped = abs(lon) <= 90 and areas.index.locate_one(lat, lon) >= 0
    raise OutsideDistrict(
        N_("The point is in no unit of {layer}; the nearest is {unit}, {distance} m away."),
        mend=_outside_mend(distance, swapped=swapped),
        where={"parameter": "lon,lat"},
        extra=extra,
        layer=areas.layer.code,
        unit=unit.code,
        distance=round(float(distance), 1),
    )


def _outside_mend(distance: float, *, swapped: bool) -> str:
    if swapped:
        return N_("Swapped it would lie inside: longitude comes first.")
    if distance <= SNAP_M:
        return N_("The border lies between, and nothing is assigned across it: check the place.")
    return N_("Check the place and its datum: a wrong datum moves a point by up to 700 m.")


def may_snap(
    border: BorderLines, areas: Areas, nearest: int, lon: float, lat: float, distance: float
) -> bool:
    """Say whether a point outside may be given to the nearest unit: within 50 m, and no border between.

    Where the unit's edge is the border itself, the way to the edge ends on the border, so a metre of
    tolerance decides.
    """
    if distance > SNAP_M:
        return False
    if not border.segments:
        return True
    way = shapely.shortest_line(shapely.Point(lon, lat), areas.leaves.polygons[nearest])
    return not len(border.legal.query(way, predicate="dwithin", distance=1.0 / METRES_PER_DEGREE))
