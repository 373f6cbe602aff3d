"""Shapes of where those on shift are at this moment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from layers.shifts import Shift

_DECIMALS = 4


class LiveOut(BaseModel):
    """Somebody on shift and where they were last; the place to some ten metres."""

    person: UUID
    name: str | None
    mode: str = Field(description="How they move, such as foot.")
    since: datetime = Field(description="When the shift began.")
    at: datetime = Field(description="When they were there: the place is as old as that.")
    lon: float
    lat: float
    accuracy_m: float | None


class LivesOut(BaseModel):
    """Everybody on shift whom the caller coordinates, by name."""

    items: list[LiveOut]


def live_json(one: Shift, name: str | None) -> dict[str, Any]:
    """Return a shift that runs as its coordinator sees it; it has a place."""
    place = one.place
    assert place is not None  # noqa: S101 - shifts without a place are not listed
    return {
        "person": str(one.person),
        "name": name,
        "mode": one.mode,
        "since": one.began_at.isoformat(timespec="seconds"),
        "at": place.at.isoformat(timespec="seconds"),
        "lon": round(place.lon, _DECIMALS),
        "lat": round(place.lat, _DECIMALS),
        "accuracy_m": None if place.accuracy_m is None else round(place.accuracy_m),
    }
