"""Shapes of the stops of the mobile service."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.stops import Stop
from service.schemas.incidents import Latitude, Longitude, Word
from service.schemas.times import NearInstant

Note = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)]
Named = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StopIn(_Strict):
    """A stop of the mobile service."""

    name: Named
    place: Named
    lon: Longitude
    lat: Latitude
    services: Annotated[list[Word], Field(min_length=1, max_length=30)]
    from_at: NearInstant
    to_at: NearInstant


class StopPatch(_Strict):
    """That a stop was held, or is cancelled for a reason."""

    state: Literal["held", "cancelled"]
    reason: Note = ""


class StopOut(BaseModel):
    """A stop of the mobile service."""

    id: UUID
    version: int
    name: str
    place: str
    lon: float
    lat: float
    unit: str | None
    services: list[str]
    from_at: datetime
    to_at: datetime
    state: Literal["planned", "held", "cancelled"]
    reason: str


class StopsOut(BaseModel):
    """Stops, by time."""

    items: list[StopOut]


def stop_json(value: Stop, codes: Mapping[UUID, str]) -> dict[str, Any]:
    """Return a stop as readers see it."""
    return {
        "id": str(value.id),
        "version": value.version,
        "name": value.name,
        "place": value.place,
        "lon": value.lon,
        "lat": value.lat,
        "unit": codes.get(value.unit),
        "services": list(value.services),
        "from_at": value.from_at.isoformat(),
        "to_at": value.to_at.isoformat(),
        "state": value.state,
        "reason": value.reason,
    }
