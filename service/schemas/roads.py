"""Shapes of closed roads."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.times import NearDay

By = Literal["foot", "car"]


class ClosureIn(BaseModel):
    """The road nearest to a place is closed, between two junctions, up to the day before ``valid_to``."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    modes: Annotated[list[By], Field(min_length=1, max_length=2)] = ["foot", "car"]
    valid_from: NearDay
    valid_to: NearDay | None = None
    reason: str = Field(min_length=1, max_length=500)


class ClosureOut(BaseModel):
    """A closed road; ``road`` is its name or kind, null where it is no longer in the data."""

    id: UUID
    way: int
    road: str | None
    lon: float
    lat: float
    modes: list[By]
    valid_from: date
    valid_to: date | None
    reason: str


class ClosuresOut(BaseModel):
    """All closed roads."""

    items: list[ClosureOut]
