"""Shapes of the coverage of units and markers: values, their JSON, GeoJSON and rows, and the models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import numpy as np
import shapely
from pydantic import BaseModel, Field
from shapely.geometry.base import BaseGeometry

from geo.evidence import Evidence
from layers.markers import Marker
from layers.units import Unit
from service.schemas.coverage import Period

UnitState = Literal["visited", "grazed", "none"]
EvidenceName = Literal["declared", "inferred", "seen", "observed", "scanned", "inspected", "serviced"]


@dataclass(frozen=True, slots=True)
class Ground:
    """How many square metres of a unit were in sight, of those on which somebody can walk.

    ``low_m2`` were surely in sight, ``high_m2`` possibly.
    """

    seen_m2: float
    area_m2: float
    low_m2: float
    high_m2: float

    def percent(self, part_m2: float) -> float | None:
        """Return the share that a part is; None where nobody can walk."""
        return None if self.area_m2 <= 0.0 else round(100.0 * part_m2 / self.area_m2, 3)


@dataclass(frozen=True, slots=True)
class Between:
    """How many days nobody was there from one visit of a period to the next: in the middle, and at most."""

    median_days: float
    most_days: float


@dataclass(frozen=True, slots=True, eq=False)
class UnitCoverage:
    """What happened in a unit in a period; ``last_at`` looks back farther.

    ``visits`` are those that count, at least 20 minutes apart, whoever made them. ``metres`` and ``seconds``
    are sums over people. ``between`` is None where there were not two visits.
    """

    unit: Unit
    parent: str | None
    state: UnitState
    visits: int
    between: Between | None
    ground: Ground
    metres: float
    seconds: float
    last_at: datetime | None
    last_by: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """A clock of a marker: the days it may take, when it was last set back, and the day it runs out."""

    days: int | None
    last_at: datetime | None
    next_on: date | None


@dataclass(frozen=True, slots=True, eq=False)
class MarkerCoverage:
    """How well a marker is known to have been visited in a period; the last visit may lie before it."""

    marker: Marker
    segment: str | None
    evidence: Evidence | None
    last_at: datetime | None
    last_by: str | None
    last_evidence: Evidence | None
    distance_m: float | None
    routine: Clock
    joint: Clock


def units_json(layer: str | None, found: Sequence[UnitCoverage], period: Period) -> dict[str, Any]:
    """Return the body of the coverage of units."""
    states = [one.state for one in found]
    visited = states.count("visited")
    return {
        **_period_json(period),
        "layer": layer,
        "total": {
            "units": len(found),
            "visited": visited,
            "grazed": states.count("grazed"),
            "none": states.count("none"),
            "visited_percent": round(100.0 * visited / len(found), 3) if found else 0.0,
            "metres": round(sum(one.metres for one in found), 1),
            "hours": round(sum(one.seconds for one in found) / 3600.0, 3),
            **_ground_json(
                Ground(
                    *(
                        sum(getattr(one.ground, name) for one in found)
                        for name in ("seen_m2", "area_m2", "low_m2", "high_m2")
                    )
                )
            ),
        },
        "units": [unit_json(one, period) for one in found],
    }


def unit_json(one: UnitCoverage, period: Period) -> dict[str, Any]:
    """Return one unit."""
    return {
        "code": one.unit.code,
        "name": one.unit.name,
        "parent": one.parent,
        "state": one.state,
        "visits": one.visits,
        "metres": round(one.metres, 1),
        "seconds": round(one.seconds, 1),
        **_ground_json(one.ground),
        "between_days": None if one.between is None else round(one.between.median_days, 2),
        "longest_days": None if one.between is None else round(one.between.most_days, 2),
        "last_at": _text(one.last_at),
        "last_by": one.last_by,
        "age_days": _age(one.last_at, period),
    }


def _ground_json(ground: Ground) -> dict[str, float | None]:
    return {
        "area_m2": round(ground.area_m2, 1),
        "seen_m2": round(ground.seen_m2, 1),
        "seen_percent": ground.percent(ground.seen_m2),
        "seen_low_percent": ground.percent(ground.low_m2),
        "seen_high_percent": ground.percent(ground.high_m2),
    }


def unit_features(
    found: Sequence[UnitCoverage], areas: Mapping[UUID, BaseGeometry], period: Period
) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection of units with their areas."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": unit_json(one, period),
                "geometry": shapely.geometry.mapping(areas[one.unit.id]),
            }
            for one in found
        ],
    }


UNIT_COLUMNS = (
    "code", "name", "parent", "state", "visits", "metres", "seconds", "area_m2", "seen_m2",
    "seen_percent", "seen_low_percent", "seen_high_percent", "between_days", "longest_days", "last_at",
    "last_by", "age_days",
)  # fmt: skip


def unit_rows(found: Sequence[UnitCoverage], period: Period) -> list[tuple[Any, ...]]:
    """Return a row of ``UNIT_COLUMNS`` for each unit."""
    return [_row(unit_json(one, period), UNIT_COLUMNS) for one in found]


def markers_json(found: Sequence[MarkerCoverage], period: Period) -> dict[str, Any]:
    """Return the body of the coverage of markers."""
    reached = [one for one in found if one.evidence is not None and one.evidence >= Evidence.OBSERVED]
    passed = [one for one in found if one.evidence == Evidence.SEEN]
    return {
        **_period_json(period),
        "total": {
            "markers": len(found),
            "visited": len(reached),
            "passed": len(passed),
            "none": len(found) - len(reached) - len(passed),
            "visited_percent": round(100.0 * len(reached) / len(found), 3) if found else 0.0,
        },
        "markers": [marker_json(one, period) for one in found],
    }


def marker_json(one: MarkerCoverage, period: Period) -> dict[str, Any]:
    """Return one marker."""
    return {
        "code": one.marker.code,
        "name": one.marker.name,
        "kind": one.marker.kind,
        "lon": one.marker.lon,
        "lat": one.marker.lat,
        "segment": one.segment,
        "measure_m": None if one.marker.measure_m is None else round(one.marker.measure_m, 2),
        "evidence": _name(one.evidence),
        "last_at": _text(one.last_at),
        "last_by": one.last_by,
        "last_evidence": _name(one.last_evidence),
        "distance_m": None if one.distance_m is None else round(one.distance_m, 1),
        "age_days": _age(one.last_at, period),
        "routine": _clock(one.routine, period),
        "joint": _clock(one.joint, period),
    }


def marker_features(found: Sequence[MarkerCoverage], period: Period) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection of markers."""
    features = []
    for one in found:
        properties = marker_json(one, period)
        place = [properties.pop("lon"), properties.pop("lat")]
        features.append(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Point", "coordinates": place},
            }
        )
    return {"type": "FeatureCollection", "features": features}


MARKER_COLUMNS = (
    "code", "name", "kind", "lon", "lat", "segment", "measure_m", "evidence", "last_at", "last_by",
    "last_evidence", "distance_m", "age_days", "routine_days", "routine_last_at", "routine_next_on",
    "joint_days", "joint_last_at", "joint_next_on",
)  # fmt: skip


def marker_rows(found: Sequence[MarkerCoverage], period: Period) -> list[tuple[Any, ...]]:
    """Return a row of ``MARKER_COLUMNS`` for each marker."""
    rows = []
    for one in found:
        body = marker_json(one, period)
        for name in ("routine", "joint"):
            body |= {f"{name}_{key}": value for key, value in body.pop(name).items()}
        rows.append(_row(body, MARKER_COLUMNS))
    return rows


def _row(body: dict[str, Any], columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple("" if body[name] is None else body[name] for name in columns)


def _clock(clock: Clock, period: Period) -> dict[str, Any]:
    return {
        "days": clock.days,
        "last_at": _text(clock.last_at),
        "age_days": _age(clock.last_at, period),
        "next_on": None if clock.next_on is None else clock.next_on.isoformat(),
    }


def _period_json(period: Period) -> dict[str, str]:
    return {
        "from": period.from_at.isoformat(),
        "to": period.to_at.isoformat(),
        "as_of": period.as_of.isoformat(),
    }


def _name(evidence: Evidence | None) -> str | None:
    return None if evidence is None else evidence.name.lower()


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


def _age(at: datetime | None, period: Period) -> float | None:
    if at is None:
        return None
    return float(np.round(max(0.0, (period.as_of - at).total_seconds() / 86_400.0), 2))


class UnitCoverageOut(BaseModel):
    """A unit: ``visited`` counts, ``grazed`` is less, ``none`` is not at all in the period."""

    code: str
    name: str
    parent: str | None = Field(description="Code of the unit above it.")
    state: UnitState
    visits: int = Field(description="Visits that count, at least 20 minutes apart.")
    metres: float
    seconds: float = Field(description="Summed over people.")
    area_m2: float = Field(description="On which somebody can walk: without water and closed ground.")
    seen_m2: float = Field(description="Of that, what was in sight of a patrol in the period.")
    seen_percent: float | None = Field(description="Null where nobody can walk.")
    seen_low_percent: float | None = Field(
        description="Within V − 2σ, by those hours that lie in the period."
    )
    seen_high_percent: float | None = Field(description="Within V + 2σ, by those that touch the period.")
    between_days: float | None = Field(
        description="Days from one visit that counts to the next, the middle of them; null below two visits."
    )
    longest_days: float | None = Field(description="The most days from one visit that counts to the next.")
    last_at: datetime | None = Field(
        description="The end of the last visit that counts, before the period too."
    )
    last_by: str | None
    age_days: float | None


class UnitTotalOut(BaseModel):
    """Counts and sums over the units."""

    units: int
    visited: int
    grazed: int
    none: int
    visited_percent: float
    metres: float
    hours: float
    area_m2: float
    seen_m2: float
    seen_percent: float | None
    seen_low_percent: float | None
    seen_high_percent: float | None


class UnitsCoverageOut(BaseModel):
    """Coverage of the units of a layer in the half-open period from, to."""

    from_: datetime = Field(alias="from")
    to: datetime
    as_of: datetime = Field(description="The instant ages are told at.")
    layer: str | None
    total: UnitTotalOut
    units: list[UnitCoverageOut]


class ClockOut(BaseModel):
    """A clock: the days its marker says, the last time it was set back, and the day it runs out."""

    days: int | None
    last_at: datetime | None
    age_days: float | None
    next_on: date | None


class MarkerCoverageOut(BaseModel):
    """A marker: how well it is known to have been visited in the period, and when last."""

    code: str
    name: str
    kind: str
    lon: float
    lat: float
    segment: str | None
    measure_m: float | None
    evidence: EvidenceName | None = Field(
        description="The best of the period; passed is seen, visited observed."
    )
    last_at: datetime | None = Field(description="Visited or better, before the period too.")
    last_by: str | None
    last_evidence: EvidenceName | None
    distance_m: float | None
    age_days: float | None
    routine: ClockOut
    joint: ClockOut


class MarkerTotalOut(BaseModel):
    """Counts over the markers."""

    markers: int
    visited: int
    passed: int
    none: int
    visited_percent: float


class MarkersCoverageOut(BaseModel):
    """Coverage of markers in the half-open period from, to."""

    from_: datetime = Field(alias="from")
    to: datetime
    as_of: datetime = Field(description="The instant ages are told at.")
    total: MarkerTotalOut
    markers: list[MarkerCoverageOut]
