"""Shapes of barriers of sight: what patrols do not see past, and from when to when it stands."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import shapely
from pydantic import BaseModel, ConfigDict, Field

from layers.barriers import Barrier
from service.schemas.declarations import Why
from service.schemas.due import Note
from service.schemas.incidents import Word
from service.schemas.projects import LineIn, Place
from service.schemas.times import NearDay

Kind = Literal["wall", "hedge", "ridge", "building", "other"]
Name = Annotated[str, Field(max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PolygonIn(_Strict):
    """A GeoJSON polygon; its edges are the barrier."""

    type: Literal["Polygon"]
    coordinates: Annotated[
        list[Annotated[list[Place], Field(min_length=4, max_length=10_000)]],
        Field(min_length=1, max_length=100),
    ]


class BarrierIn(_Strict):
    """What nobody sees past, from a day to the day before ``valid_to``, in place of one of the same code."""

    code: Word
    kind: Kind
    name: Name = Field(default="", description="Its code, where it is left out.")
    note: Note = Field(default="", description="Why nobody sees past it.")
    geometry: Annotated[LineIn | PolygonIn, Field(discriminator="type")]
    valid_from: NearDay
    valid_to: NearDay | None = None


class BarrierEndIn(_Strict):
    """The first day on which a barrier stands no more, and why; on its first day it never stood."""

    on: NearDay
    reason: Why


class BarrierOut(BaseModel):
    """A barrier of sight; ``geometry`` is a GeoJSON line or polygon in lon, lat degrees."""

    id: UUID
    code: str
    kind: Kind
    name: str
    note: str
    valid_from: date | None
    valid_to: date | None
    geometry: dict[str, Any]


class BarrierMadeOut(BarrierOut):
    """A barrier that was stored or ended."""

    recomputed: int = Field(description="Of how many devices and days what was seen was made anew.")


class BarriersOut(BaseModel):
    """Barriers by code, then by time."""

    items: list[BarrierOut]


def barrier_json(one: Barrier) -> dict[str, Any]:
    """Return a barrier."""
    return {
        "id": str(one.id),
        "code": one.code,
        "kind": one.kind,
        "name": one.name,
        "note": one.note,
        "valid_from": None if one.valid_from is None else one.valid_from.isoformat(),
        "valid_to": None if one.valid_to is None else one.valid_to.isoformat(),
        "geometry": shapely.geometry.mapping(one.shape),
    }
