"""Shapes of releases, of the lineage of units, and of the crosswalk between two releases."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class PlanRef(BaseModel):
    """The plan that became a release."""

    id: UUID
    number: int
    title: str
    author: str
    reviewer: str | None


class ReleaseOut(BaseModel):
    """A published state of an area layer, in force from ``effective_on`` up to the next."""

    id: UUID
    layer: str
    number: int
    effective_on: date
    until: date | None = Field(description="The first day of the next release.")
    published_at: datetime
    note: str
    units: int
    counts: list[int] = Field(description="Units of each level, the top first.")
    in_force: bool
    plan: PlanRef | None


class ReleasesOut(BaseModel):
    """The releases that make up a layer, in the order of their days."""

    items: list[ReleaseOut]


class UnitThen(BaseModel):
    """A unit by id, with the code and name it had last."""

    id: UUID
    code: str
    name: str


class LineageStep(BaseModel):
    """Which share of a unit went to which in a release; null where it had none of it."""

    release: int
    effective_on: date
    kind: Literal["split", "merge", "transfer", "move", "continue"]
    from_: UnitThen = Field(alias="from")
    to: UnitThen
    share_area: float
    share_households: float | None
    share_incidents: float | None


class LineageOut(BaseModel):
    """Where a unit came from, the latest step first, and what became of it, the earliest first."""

    unit: UnitThen
    ancestors: list[LineageStep]
    descendants: list[LineageStep]


class CrosswalkRowOut(BaseModel):
    """Which share of a unit of one release is which unit of another."""

    from_: UnitThen = Field(alias="from")
    to: UnitThen | None
    share_area: float
    share_households: float | None
    share_incidents: float | None
    exact: bool = Field(description="False where an even spread within a unit had to be assumed.")


class CrosswalkOut(BaseModel):
    """What became of the units of a release in another; units that are not named went on as they were."""

    from_: int = Field(alias="from")
    to: int
    rows: list[CrosswalkRowOut]
