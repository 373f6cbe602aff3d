"""Shapes of service stations and of the answer to “which is nearest?”."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

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
    """A station with its distance over the ground as the crow flies."""

    distance_m: float
    mode: Mode


class Filtered(BaseModel):
    """How many stations each filter took away, in this order."""

    kind: int
    facility: int
    closed: int
    hours_unknown: int


class NearestOut(BaseModel):
    """The nearest stations in order; ``why`` says why another mode than asked answers."""

    mode: Mode
    asked: Mode
    why: str | None
    at: datetime = Field(description="The instant for which open is told.")
    stations: list[NearStationOut]
    filtered: Filtered
    reason: str | None = Field(description="Why the list is empty.")


class StationsOut(BaseModel):
    """All stations by code, with all facilities there are."""

    items: list[StationOut]
    facilities: list[str]
