"""Shapes of reports: numbers with their rows, rates, months, comparisons."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field


class FigureOut(BaseModel):
    """A number, and the address of its rows, whose values add up to it."""

    count: int
    rows: str


class FiguresOut(BaseModel):
    """The numbers of a period; rates are percentages, null where there is nothing to be a part of."""

    from_: date = Field(alias="from")
    to: date
    unit: str | None
    figures: dict[str, FigureOut]
    rates: dict[str, float | None]


class MonthOut(FiguresOut):
    """The numbers of a month, or of the part of it that lies in the period."""

    month: str


class MonthsOut(BaseModel):
    """The numbers of each month."""

    items: list[MonthOut]


class ComparedOut(BaseModel):
    """A number in two periods; ``change_percent`` is null where it was 0."""

    before: FigureOut
    now: FigureOut
    change_percent: float | None


class ComparisonOut(BaseModel):
    """Two periods side by side."""

    before: dict[str, date]
    now: dict[str, date]
    unit: str | None
    figures: dict[str, ComparedOut]
    rates: dict[str, dict[str, float | None]]


class RowOut(BaseModel):
    """A row behind a number."""

    id: UUID
    at: datetime | None
    value: int
    unit: str | None
    label: str


class RowsOut(BaseModel):
    """A page of rows."""

    items: list[RowOut]
    cursor: str | None
