"""Shapes of maintenance: what was done at a marker, how well it is proven, and its clocks."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from layers.ids import new_id
from service.schemas.due import DueOut
from service.schemas.field import Action, Photos
from service.schemas.incidents import Latitude, Longitude, Text
from service.schemas.times import Instant


class ActionIn(BaseModel):
    """Something done at a marker; cleaned, repainted, repaired or replaced needs a note or a photo."""

    model_config = ConfigDict(extra="forbid")

    id: UUID = Field(default_factory=new_id, description="Your own, so that it can be repeated safely.")
    action: Action
    at: Instant
    lon: Longitude | None = None
    lat: Latitude | None = None
    note: Text = ""
    photos: Photos = []

    @model_validator(mode="after")
    def _both(self) -> "ActionIn":
        if (self.lon is None) != (self.lat is None):
            raise ValueError("lon and lat belong together")
        return self


class PhotoOut(BaseModel):
    """A photo that an action names, by its SHA-256 and the device that sends it."""

    sha256: str
    device: str
    arrived: bool


class ActionOut(BaseModel):
    """What was done at a marker. One that was recorded far from it is flagged, never refused."""

    id: UUID
    action: str
    at: datetime
    received_at: datetime
    by: str | None
    device: str
    note: str
    evidence: Literal["declared", "inferred", "seen", "observed", "scanned", "inspected", "serviced"]
    distance_m: float | None
    far: bool
    photos: list[PhotoOut]


class MaintenanceOut(BaseModel):
    """What was done at a marker, the latest first, and how its clocks stand."""

    marker: str
    name: str
    kind: str
    clocks: list[DueOut]
    actions: list[ActionOut]
