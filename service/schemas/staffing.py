"""Shapes of staffing: rules, proposals and decisions."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.schemas.representatives import Code
from service.schemas.times import NearDay

Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class Pair(BaseModel):
    """A representative and a big grid, by their codes."""

    model_config = ConfigDict(extra="forbid")

    person: Code
    grid: Code


class Weights(BaseModel):
    """How much each measure counts in the load of a grid; each is first divided by its mean."""

    model_config = ConfigDict(extra="forbid")

    small_grids: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 1.0
    households: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 1.0
    incidents: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 1.0


class StaffingIn(BaseModel):
    """The rules of a staffing."""

    model_config = ConfigDict(extra="forbid")

    layer: Code | None = Field(default=None, description="The partition; the first if left out.")
    from_day: NearDay | None = Field(default=None, description="From which day on; today if left out.")
    cap: Annotated[int, Field(ge=1, le=1000, description="People that a grid has at most.")] = 3
    pins: list[Pair] = Field(default_factory=list, max_length=1000)
    forbids: list[Pair] = Field(default_factory=list, max_length=1000)
    move_m: Metres = Field(default=2000.0, description="What leaving a home costs.")
    load_m: Metres | None = Field(
        default=None,
        description="What one mean load for each person is worth; null puts load before distances.",
    )
    weights: Weights = Field(default_factory=Weights)
    extras: Annotated[
        int,
        Field(ge=0, le=3, description="Extra grids that anybody has at most; each touches the home grid."),
    ] = 0
    balance: Annotated[float, Field(ge=1, le=100, allow_inf_nan=False)] | None = Field(
        default=None,
        description="How many times the mean load anybody carries at most, with one extra grid at most.",
    )


class DecisionIn(BaseModel):
    """Why somebody decides as they do."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, StringConstraints(max_length=1000, strip_whitespace=True)] = ""


class GridOut(BaseModel):
    """A grid by code and name."""

    code: str
    name: str


class StaffedOut(BaseModel):
    """A person's home before and in the proposal, and why; distances in metres to the middle of the grid."""

    person: str
    name: str
    home: GridOut
    extras: list[GridOut] = []
    before: GridOut | None
    moved: bool
    why: str
    text: str
    distance_m: float | None
    before_m: float | None


class LoadOut(BaseModel):
    """A grid with its load, of which the mean is 1, and how many people it has before and in the proposal."""

    code: str
    name: str
    load: float
    before: int
    after: int
    extra: int = Field(default=0, description="How many have it as an extra grid in the proposal.")


class SummaryOut(BaseModel):
    """A staffing in numbers; ``worst_load`` is the highest load for each person, in mean loads of a grid."""

    people: int
    grids: int
    moved: int
    empty_before: int
    worst_load: float
    extras: int = 0
    distance_m: float


class StaffingHeadOut(BaseModel):
    """A proposal without its people."""

    id: UUID
    layer: str
    from_day: date
    state: str
    author: str
    mine: bool = Field(description="Whether the caller proposed it, and so does not decide it.")
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str
    rules: dict[str, Any]
    summary: SummaryOut


class StaffingOut(StaffingHeadOut):
    """A proposal."""

    people: list[StaffedOut]
    grids: list[LoadOut]


class StaffingPage(BaseModel):
    """A page of proposals, the oldest first."""

    items: list[StaffingHeadOut]
    cursor: str | None
