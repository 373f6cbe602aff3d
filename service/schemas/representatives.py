"""Shapes of representatives."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.representatives import Representative
from layers.units import Unit
from service.schemas.locate import UnitOut

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class RepresentativeIn(BaseModel):
    """A new representative; the home grid is found by ``lon``, ``lat``, or named by ``home``."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    name: Name
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)] | None = None
    home: Code | None = Field(default=None, description="Code of the home grid, instead of the place's.")
    attributes: dict[str, Any] = Field(default_factory=dict, max_length=32)


class RepresentativesIn(BaseModel):
    """Many new representatives, stored all or none."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[RepresentativeIn], Field(min_length=1, max_length=1000)]


class DutyOut(BaseModel):
    """A unit a representative answers for."""

    code: str
    name: str
    level: str
    layer: str
    role: str


class RepresentativeOut(BaseModel):
    """A representative with the units they answer for, the home first."""

    id: UUID
    code: str
    name: str
    lon: float | None
    lat: float | None
    active: bool
    attributes: dict[str, Any]
    home: UnitOut | None
    units: list[DutyOut]


class RepresentativesOut(BaseModel):
    """All active representatives by code."""

    items: list[RepresentativeOut]


def representative_json(value: Representative, duties: list[tuple[str, Unit, str]]) -> dict[str, Any]:
    """Return a representative as readers see them; a duty is role, unit and the name of its level."""
    units = [
        {"code": unit.code, "name": unit.name, "level": level, "layer": unit.layer, "role": role}
        for role, unit, level in duties
    ]
    home = next((one for one in units if one["role"] == "home"), None)
    return {
        "id": str(value.id),
        "code": value.code,
        "name": value.name,
        "lon": value.lon,
        "lat": value.lat,
        "active": value.active,
        "attributes": dict(value.attributes),
        "home": None if home is None else {name: home[name] for name in ("code", "name", "level", "layer")},
        "units": units,
    }
