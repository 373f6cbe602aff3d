"""Shapes of service stations and of the answer to “which is nearest?”."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.roads import By

Mode = Literal["straight", "designated", "network"]


class StationOut(BaseModel):
    """A service station; ``open`` is null where its hours are not known."""

    id: UUID
    code: str
    name: str
    lon: float
    lat: float
    kind: Literal["hub", "point"]
    facilities: list[str]
    opening_hours: str | None
    phone: str | None
    capacity: int | None
    open: bool | None
    changes_at: datetime | None = Field(description="When it next opens or closes.")


class NearStationOut(StationOut):
    """A station with its distance: along roads where ``mode`` is network, else as the crow flies."""

    distance_m: float
    mode: Mode
    route: list[list[float]] | None = Field(
        default=None, description="The way along roads in lon, lat degrees, where routes were asked for."
    )


class Filtered(BaseModel):
    """How many stations each filter took away, in this order."""

    kind: int
    facility: int
    capacity: int
    closed: int
    hours_unknown: int


class NearestOut(BaseModel):
    """The nearest stations in order; ``why`` says why another mode than asked answers."""

    mode: Mode
    asked: Mode
    by: By = Field(description="How one goes where roads answer.")
    why: str | None
    at: datetime = Field(description="The instant for which open is told.")
    stations: list[NearStationOut]
    filtered: Filtered
    reason: str | None = Field(description="Why the list is empty.")


Values = Annotated[list[Any], Field(max_length=10_000)]


class PointsIn(BaseModel):
    """Points in columns, in degrees; a point that is none is told so in its own answer."""

    model_config = ConfigDict(extra="forbid")

    lon: Values
    lat: Values


class NearOut(BaseModel):
    """A station by its place in the list of stations."""

    station: int
    distance_m: float


class PointFault(BaseModel):
    """Why a point has no answer."""

    code: str
    detail: str


class PointOut(BaseModel):
    """The nearest of one point, or its ``error``."""

    mode: Mode | None
    why: str | None
    nearest: list[NearOut]
    error: PointFault | None


class NearestManyOut(BaseModel):
    """Answers in the order of the points; ``stations`` are those that any of them names."""

    asked: Mode
    by: By
    at: datetime
    stations: list[StationOut]
    filtered: Filtered
    answers: list[PointOut]
    reason: str | None = Field(description="Why no point has a station.")


class StationsOut(BaseModel):
    """All stations by code, with all facilities there are."""

    items: list[StationOut]
    facilities: list[str]
