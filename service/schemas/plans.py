"""Shapes of plans: the operations a planner sends, and what readers see of a draft and its impact."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.schemas.incidents import Latitude, Longitude
from service.schemas.times import Day

MOST_OPERATIONS = 200
MOST_VERTICES = 20_000

Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Note = Annotated[str, StringConstraints(max_length=10_000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Position = tuple[Longitude, Latitude]
Line = Annotated[list[Position], Field(min_length=2, max_length=MOST_VERTICES)]
Path = Annotated[list[Position], Field(min_length=2, max_length=MOST_VERTICES)]
Households = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PathIn(_Strict):
    """A path of present boundary edges and what it becomes, in degrees."""

    old: Path
    new: Path


class MoveIn(_Strict):
    """Move edges: each path of present edges becomes a new one; whoever owns them is found by the edges."""

    type: Literal["move"]
    paths: Annotated[list[PathIn], Field(min_length=1, max_length=1_000)]


class PartIn(_Strict):
    """A part of a split unit; an id and a code are made where none is given."""

    id: UUID | None = None
    code: Code | None = None
    name: Name | None = None
    households: Households | None = None


class SplitIn(_Strict):
    """Split a unit by a line."""

    type: Literal["split"]
    unit: UUID
    line: Line
    parts: Annotated[list[PartIn], Field(max_length=100)] | None = Field(
        default=None, description="From west to east, then from north to south."
    )


class SplitByHouseholdsIn(_Strict):
    """Cut off a part with about so many households; it is kept as a split by a line."""

    type: Literal["split_by_households"]
    unit: UUID
    households: Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
    parts: Annotated[list[PartIn], Field(max_length=100)] | None = None


class MergedIn(_Strict):
    """What merged units become: one of them lives on, or a new unit is made."""

    id: UUID | None = None
    code: Code | None = None
    name: Name | None = None


class MergeIn(_Strict):
    """Merge units that share edges."""

    type: Literal["merge"]
    units: Annotated[list[UUID], Field(min_length=2, max_length=1_000)]
    into: MergedIn = MergedIn()


class TransferIn(_Strict):
    """Give the ground of a unit within a region to a unit beside it."""

    type: Literal["transfer"]
    region: Annotated[list[Line], Field(min_length=1, max_length=100, description="A ring, then its holes.")]
    from_: UUID = Field(alias="from")
    to: UUID


class ReassignIn(_Strict):
    """Put units below another unit of the level above."""

    type: Literal["reassign"]
    units: Annotated[list[UUID], Field(min_length=1, max_length=10_000)]
    parent: UUID


class RenameIn(_Strict):
    """Give a unit another name."""

    type: Literal["rename"]
    unit: UUID
    name: Name


class RecodeIn(_Strict):
    """Give a unit another code."""

    type: Literal["recode"]
    unit: UUID
    code: Code


OperationIn = Annotated[
    MoveIn | SplitIn | SplitByHouseholdsIn | MergeIn | TransferIn | ReassignIn | RenameIn | RecodeIn,
    Field(discriminator="type"),
]


class OperationsIn(_Strict):
    """Operations that are done one after another, all or none."""

    ops: Annotated[list[OperationIn], Field(min_length=1, max_length=MOST_OPERATIONS)]


class PlanIn(_Strict):
    """A new plan; it starts from the release in force last."""

    layer: Code | None = Field(
        default=None, description="The district's first partition, where none is given."
    )
    title: Title
    note: Note = ""
    effective_on: Day | None = None
    scope: Annotated[list[Code], Field(max_length=1_000)] = Field(
        default_factory=list, description="Codes of upper units it is confined to; empty for the whole layer."
    )


class PlanPatch(_Strict):
    """What an edit of a plan's head changes; members that are left out stay."""

    title: Title | None = None
    note: Note | None = None
    effective_on: Day | None = None


class DecisionIn(_Strict):
    """Why a step of a plan's life is taken."""

    note: Note = ""


class PersonOut(BaseModel):
    """Somebody with a part in a plan."""

    id: UUID | None
    name: str


class ReleaseRef(BaseModel):
    """A release of the layer."""

    id: UUID
    number: int


class UnitRef(BaseModel):
    """A unit by id and code."""

    id: UUID
    code: str
    name: str


class PlanOut(BaseModel):
    """A plan without its operations."""

    id: UUID
    number: int
    version: int
    layer: str
    title: str
    note: str
    status: str
    author: PersonOut
    reviewer: PersonOut | None
    decision_note: str
    scope: list[UnitRef]
    base: ReleaseRef
    head: ReleaseRef
    stale: bool = Field(description="Another release was published since the plan's base.")
    effective_on: date | None
    created_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    release: ReleaseRef | None
    ops: int = Field(description="Operations that count; those undone do not.")
    undone: int
    conflict: bool
    may: list[str] = Field(description="What the caller may do with it now.")


class StoredOperation(BaseModel):
    """An operation as it is kept."""

    seq: int
    op: dict[str, Any]
    author: str
    at: datetime
    undone: bool


class PlanWithOps(PlanOut):
    """A plan with its operations, in their order."""

    operations: list[StoredOperation]


class PlanPage(BaseModel):
    """A page of plans, the newest first; ``cursor`` asks for the next, null on the last."""

    items: list[PlanOut]
    cursor: str | None


class ProofOut(BaseModel):
    """What is proven of a draft: the signed edges of what it touches cancel and each area is valid."""

    exact: bool
    units: int
    ms: float


class UnitLoad(BaseModel):
    """What a unit is and has on one side of a change; ``households`` is null where nobody knows."""

    code: str
    name: str
    parent: UUID | None
    households: int | None
    dwellings: int
    area_km2: float
    parts: int
    incidents_open: int
    stations: int
    markers: int
    representatives: int


class UnitImpact(BaseModel):
    """A unit that differs: null before where it is new, null after where it ended."""

    id: UUID
    code: str
    name: str
    before: UnitLoad | None
    after: UnitLoad | None


class MovedIncidents(BaseModel):
    """Incidents that change hands: those open by class, and how many are settled."""

    open: dict[str, int]
    closed: int


class MovedOut(BaseModel):
    """How much of what lies on the ground changes hands."""

    incidents: MovedIncidents
    dwellings: int
    households: int
    stations: int
    markers: int
    representatives: int


class BrokenRule(BaseModel):
    """A soft rule that the change breaks: a warning, never a refusal."""

    rule: str
    unit: UUID
    code: str
    text: str
    severity: Literal["warning"]


class HandOut(BaseModel):
    """A station, marker or representative that changes hands, by the codes of its units."""

    kind: Literal["station", "marker", "representative"]
    id: UUID
    code: str
    name: str
    from_: str | None = Field(alias="from")
    to: str | None


class ImpactOut(BaseModel):
    """What a plan would do."""

    moved: MovedOut
    units: list[UnitImpact]
    rules: list[BrokenRule]
    hands: list[HandOut] = Field(description="The first 200.")


class PlanFeature(BaseModel):
    """A GeoJSON feature; what its properties are is told by the route."""

    model_config = ConfigDict(extra="allow")

    type: Literal["Feature"]
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class PlanFeatures(BaseModel):
    """A GeoJSON collection in lon, lat degrees."""

    type: Literal["FeatureCollection"]
    features: list[PlanFeature]


class EditOut(BaseModel):
    """What operations did: what is stored, what changed, what changes hands."""

    plan: PlanOut
    ops: list[StoredOperation]
    changed: PlanFeatures = Field(description="The units that these operations changed, as they are now.")
    removed: list[UUID]
    impact: ImpactOut
    proof: ProofOut
