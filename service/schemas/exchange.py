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


class ExchangeOut(BaseModel):
    """The draft that a file became, with the operations that were derived."""

    plan: PlanOut
    ops: list[StoredOperation]
    changed: PlanFeatures
    removed: list[UUID]
    found: ExchangeCounts
    proof: ProofOut
