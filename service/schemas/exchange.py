"""Shapes of what a file that came back from a desktop program became."""

from uuid import UUID

from pydantic import BaseModel, Field

from service.schemas.plans import PlanFeatures, PlanOut, ProofOut, StoredOperation


class ExchangeCounts(BaseModel):
    """What was found in a file."""

    rows: int
    unchanged: int
    new: int = Field(description="Areas that no unit had before.")
    ended: int = Field(description="Units that the file no longer has.")
    split: int = Field(description="Parts that a program left with the id of the whole.")
    recognised: int = Field(description="Rows without a known id that have the very ground of a unit.")
    snapped: int = Field(description="Vertices a lattice step beside where they were, put back there.")
    snapped_farthest_m: float
    joined: int = Field(description="Vertices put into the edge of the neighbour that they lie on.")
    joined_farthest_m: float


class RepairLimits(BaseModel):
    """What a repair was allowed to do by itself."""

    shift_m: float = Field(description="The most an edge moves.")
    area_m2: float = Field(description="The most ground that changes hands at one place.")
    share: float = Field(description="The most of its ground that a unit loses, 0 to 1.")
    overlap: str | None
    gaps: str | None
    duplicates: str | None
    rings: str | None


class RepairSums(BaseModel):
    """Count, total and largest ground, and largest shift of changes."""

    count: int
    area_m2: float
    largest_m2: float
    shift_m: float


class RepairFigures(RepairSums):
    """All changes together, and by kind."""

    by_kind: dict[str, RepairSums]


class ExchangeRepair(BaseModel):
    """What was repaired in a file: the limits, the figures, and every change with its words."""

    limits: RepairLimits
    changes: RepairFigures
    features: PlanFeatures


class ExchangeOut(BaseModel):
    """The draft that a file became, with the operations that were derived."""

    plan: PlanOut
    ops: list[StoredOperation]
    changed: PlanFeatures
    removed: list[UUID]
    found: ExchangeCounts
    repair: ExchangeRepair | None = Field(description="Null where nothing had to be repaired.")
    proof: ProofOut
