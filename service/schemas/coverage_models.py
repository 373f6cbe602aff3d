"""Models of the answers about the coverage of the border."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from service.schemas.coverage import DueState, State


class StretchOut(BaseModel):
    """Part of a segment; ``markers`` are the codes before and after it, ``where`` says so in words."""

    from_m: float
    to_m: float
    length_m: float
    markers: tuple[str | None, str | None]
    where: str
    last_at: datetime | None = Field(description="For a gap: of the part left longest; null if never.")
    last_by: str | None
    age_days: float | None


class GapOut(StretchOut):
    """A stretch that was neither walked nor inferred."""

    owner: str | None


class StateOut(StretchOut):
    """A stretch in one state; ``geometry`` is there where it was asked for."""

    state: State
    passes: int
    geometry: dict[str, Any] | None = None


class PassesOut(BaseModel):
    """How often metres were passed, at least 20 minutes apart."""

    mean: float
    most: int
    fewest: int


class DueOut(BaseModel):
    """How the segment stands against its rule."""

    days: int | None
    state: DueState
    overdue_m: float
    debt_km_days: float
    next_on: date | None


class RungsOut(BaseModel):
    """Percent known at least so well: each rung counts all before it as well."""

    observed: float
    seen: float
    inferred: float
    declared: float


class LegalOut(BaseModel):
    """The legal line: what of it was in sight of a patrol, and that with 2σ less and more."""

    length_m: float
    seen_m: float
    seen_percent: float
    low_percent: float
    high_percent: float


class FreshnessOut(BaseModel):
    """How long ago the metres were walked, on average of those that were walked in the last 400 days."""

    age_days: float | None
    known_percent: float


class TwiceOut(BaseModel):
    """Somebody with two devices at once: the one that walked more counts."""

    by: str | None = Field(description="Null while they are on shift.")
    minutes: float
    apart_m: float | None = Field(description="Most they were apart along a segment; null where on others.")


class SegmentCoverageOut(BaseModel):
    """Coverage of one segment: metres walked, and beside them seen, inferred and declared."""

    code: str
    name: str
    owner: str | None
    chainage_from_m: float
    chainage_to_m: float
    counted_from: datetime
    length_m: float
    covered_m: float
    covered_percent: float
    inferred_m: float
    inferred_percent: float
    seen_m: float
    seen_percent: float
    declared_m: float
    declared_percent: float
    rungs: RungsOut
    legal: LegalOut
    passes: PassesOut
    last_at: datetime | None
    last_by: str | None
    walked_km: float = Field(description="Kilometres of walks: a team's once, out and back twice.")
    hours: float = Field(description="In which anybody walked.")
    person_hours: float = Field(description="Of all people; one with two devices once.")
    freshness: FreshnessOut
    twice: list[TwiceOut] = Field(description="People who were at work with two devices at once.")
    due: DueOut
    gaps: list[GapOut]


class TotalOut(BaseModel):
    """Sums over the segments."""

    length_m: float
    covered_m: float
    covered_percent: float
    seen_m: float
    seen_percent: float
    inferred_m: float
    inferred_percent: float
    rungs: RungsOut
    declared_m: float
    gap_m: float
    walked_km: float
    hours: float
    person_hours: float
    freshness: FreshnessOut


class CoverageOut(BaseModel):
    """Coverage of the border in the half-open period from, to."""

    from_: datetime = Field(alias="from")
    to: datetime
    as_of: datetime = Field(description="The instant ages are told at.")
    total: TotalOut
    segments: list[SegmentCoverageOut]


class SegmentDetailOut(SegmentCoverageOut):
    """Coverage of one segment with all its stretches in order."""

    from_: datetime = Field(alias="from")
    to: datetime
    as_of: datetime
    stretches: list[StateOut]
