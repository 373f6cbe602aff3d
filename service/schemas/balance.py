"""Shapes of balance: what a planner wishes for, and the proposals that even out the load."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Weight = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False, strict=True)]
Share = Annotated[float, Field(ge=0.001, le=1, allow_inf_nan=False, strict=True)]
Aim = Literal["fewest-moves", "most-even", "shortest-boundaries"]


class WeightsIn(BaseModel):
    """How much each measure matters: each counts by a unit's share of its total."""

    model_config = ConfigDict(extra="forbid")

    households: Weight = 1.0
    incidents: Weight = 0.0
    area: Weight = 0.0


class BalanceIn(BaseModel):
    """What is wanted; units and groups that are locked stay as they are."""

    model_config = ConfigDict(extra="forbid")

    weights: WeightsIn = WeightsIn()
    tolerance: Share = Field(default=0.10, description="How far a load may lie from the target, as a share.")
    most_moved: Share = Field(default=0.04, description="The share of all units that may move.")
    locked_units: Annotated[list[UUID], Field(max_length=100_000)] = Field(default_factory=list)
    locked_groups: Annotated[list[UUID], Field(max_length=10_000)] = Field(default_factory=list)


class EvennessOut(BaseModel):
    """How far loads lie from the target, as shares of it, and the metres of boundary between groups."""

    worst: float
    mean: float
    boundary_m: float


class GroupLoad(BaseModel):
    """A group with its load as a multiple of the target: 1 is even."""

    id: UUID
    code: str
    name: str
    before: float
    after: float


class MoveOut(BaseModel):
    """One unit that goes from one group to another, and why."""

    unit: UUID
    code: str
    from_: str = Field(alias="from")
    to: str
    why: str
    text: str
    load: float
    from_load: tuple[float, float]
    to_load: tuple[float, float]
    boundary_m: float


class LeftOut(BaseModel):
    """A group that stays outside of the tolerance, the cause, and a unit to split for it."""

    code: str
    load: float
    cause: str
    text: str
    split: dict[str, Any] | None


class ProposalOut(BaseModel):
    """One way to even out the load; ``ops`` are the operations that do it, in an order that is legal."""

    aim: Aim
    moved: float
    reached: bool
    after: EvennessOut
    moves: list[MoveOut]
    left: list[LeftOut]
    groups: list[GroupLoad]
    ops: list[dict[str, Any]]


class OmittedOut(BaseModel):
    """An aim that has no proposal of its own, and why."""

    aim: Aim
    why: Literal["no-evener", "no-shorter", "less-even"]
    text: str


class BalanceOut(BaseModel):
    """The present evenness, up to three proposals that really differ, and why there are not three."""

    before: EvennessOut
    least_moves: int
    proposals: list[ProposalOut]
    omitted: list[OmittedOut]
