"""Shapes of the signed monthly reports of coverage."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.coverage_reports import CoverageReport


class SignIn(BaseModel):
    """What whoever signs says."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, StringConstraints(max_length=1_000, strip_whitespace=True)] = ""


class SegmentFigures(BaseModel):
    """A segment in a month; ``debt_km_days`` is what it was overdue in the month."""

    code: str
    name: str
    owner: str | None
    length_m: float
    covered_m: float
    covered_percent: float
    inferred_m: float
    declared_m: float
    gap_m: float
    walked_km: float
    hours: float
    person_hours: float
    debt_km_days: float


class TotalFigures(BaseModel):
    """All segments together."""

    length_m: float
    covered_m: float
    covered_percent: float
    inferred_m: float
    declared_m: float
    gap_m: float
    walked_km: float
    hours: float
    person_hours: float
    debt_km_days: float


class KindFigures(BaseModel):
    """Units or markers: those with a rule, those overdue at the month's end, those visited in it."""

    with_rule: int
    overdue: int
    visited: int


class Figures(BaseModel):
    """What a month was: instants of its beginning and its end, and counts of what was done."""

    month: str
    from_: datetime = Field(alias="from")
    to: datetime
    total: TotalFigures
    segments: list[SegmentFigures]
    units: KindFigures
    markers: KindFigures
    actions: dict[str, int]


class Difference(BaseModel):
    """A figure that is another now than when it was signed; null where there was none, or is none now."""

    figure: str = Field(description="Where it is: total, units, markers, actions, or segments/CODE.")
    name: str
    signed: float | None
    now: float | None


class DraftOut(BaseModel):
    """A month as it is known now; ``over`` is whether it may be signed."""

    month: str
    over: bool
    figures: Figures


class SignedOut(BaseModel):
    """Who signed for a month, when, and for what: the SHA-256 of its figures."""

    id: UUID
    month: str
    signed_at: datetime
    signed_by: str
    note: str
    digest: str


class ReportsOut(BaseModel):
    """Signed reports, the latest month first."""

    items: list[SignedOut]


class ReportOut(SignedOut):
    """A month as it was signed, and what late data changed since; ``intact`` is whether the digest holds."""

    state: Literal["unchanged", "changed"]
    intact: bool
    figures: Figures
    delta: list[Difference]


def signed_json(value: CoverageReport) -> dict[str, Any]:
    """Return who signed for a month, when and for what."""
    return {
        "id": str(value.id),
        "month": month_name(value.month),
        "signed_at": value.signed_at.isoformat(),
        "signed_by": value.signed_by,
        "note": value.note,
        "digest": value.digest,
    }


def month_name(month: date) -> str:
    """Return how a month is written: 2025-06."""
    return month.isoformat()[:7]
