"""Shapes of the chain of responsibility: its path, demonstration households and who leads."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.demonstration import DemonstrationHousehold, Leader
from service.schemas.representatives import Code, Name
from service.schemas.times import NearDay

Label = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


class HouseholdIn(BaseModel):
    """A demonstration household: a place. The label names the place, never who lives there."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    label: Label
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)]
    since: NearDay | None = Field(default=None, description="Its first day; today if left out.")
    until: NearDay | None = Field(default=None, description="The day it ends before.")


class HouseholdsIn(BaseModel):
    """Demonstration households, stored all or none."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[HouseholdIn], Field(min_length=1, max_length=5000)]


class HouseholdOut(BaseModel):
    """A demonstration household with the code of the small grid it lies in."""

    id: UUID
    code: str
    label: str
    unit: str | None
    lon: float
    lat: float
    since: date
    until: date | None


class HouseholdsOut(BaseModel):
    """Demonstration households."""

    items: list[HouseholdOut]
    cursor: str | None = None


class HouseholdsImportedOut(BaseModel):
    """What a file of households holds; ``known`` rows are stored just so and change nothing."""

    file: str
    rows: int
    new: int
    known: int
    applied: bool


class UntilIn(BaseModel):
    """The day that something ends before."""

    model_config = ConfigDict(extra="forbid")

    until: NearDay


class LeaderIn(BaseModel):
    """Who leads a unit, or the county where no unit is named."""

    model_config = ConfigDict(extra="forbid")

    unit: Code | None = Field(default=None, description="Code of the unit; the whole county if left out.")
    name: Name
    title: Label
    since: NearDay | None = Field(default=None, description="The first day; today if left out.")
    until: NearDay | None = None


class LeadersIn(BaseModel):
    """Who leads, stored all or none."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[LeaderIn], Field(min_length=1, max_length=1000)]


class LeaderOut(BaseModel):
    """Who leads a unit, or the county where it is null."""

    id: UUID
    unit: str | None
    name: str
    title: str
    since: date
    until: date | None


class LeadersOut(BaseModel):
    """Who leads."""

    items: list[LeaderOut]


class AnsweringOut(BaseModel):
    """Somebody responsible at a level: ``leader`` by office, or a representative by ``home`` or ``extra``."""

    name: str
    code: str | None
    title: str
    role: str


class LevelOut(BaseModel):
    """One level of the path; ``code`` is null where the question ends above it.

    ``through`` is the code of the nearest level, this or above, that has anybody responsible.
    """

    level: str
    code: str | None
    name: str | None
    people: list[AnsweringOut]
    through: str | None


class ChainOut(BaseModel):
    """Exactly one path from the county down to a demonstration household."""

    as_of: date
    complete: bool = Field(description="Whether the path reaches a demonstration household.")
    path: list[LevelOut]
    households: int = Field(description="Demonstration households of the small grid on that day.")
    lon: float | None
    lat: float | None
    distance_m: float | None = Field(description="From the asked point to the household.")


def household_json(value: DemonstrationHousehold, unit: str | None) -> dict[str, Any]:
    """Return a household as readers see it."""
    return {
        "id": str(value.id),
        "code": value.code,
        "label": value.label,
        "unit": unit,
        "lon": value.lon,
        "lat": value.lat,
        "since": value.since.isoformat(),
        "until": None if value.until is None else value.until.isoformat(),
    }


def leader_json(value: Leader, unit: str | None) -> dict[str, Any]:
    """Return who leads as readers see it."""
    return {
        "id": str(value.id),
        "unit": unit,
        "name": value.name,
        "title": value.title,
        "since": value.since.isoformat(),
        "until": None if value.until is None else value.until.isoformat(),
    }
