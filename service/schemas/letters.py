"""Shapes of reminder letters."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from layers.period_records import ReminderLetter
from service.schemas.incidents import Word
from service.schemas.periods import Evidence, Unit, UnitRef


class IssueIn(BaseModel):
    """Whom to write to: one unit by code, or everybody who is late."""

    model_config = ConfigDict(extra="forbid")

    unit: Word | None = None


class CitedOut(BaseModel):
    """What a letter cites, in the words of the day it was cited; ``list`` 0 is the letter itself."""

    part: int = Field(alias="list")
    listed_at: datetime
    task: UUID
    unit: UnitRef
    title: str
    kind: str
    evidence: Evidence
    offices: list[str]
    due_on: date
    days_late: int


class LetterOut(BaseModel):
    """A reminder letter with its supplementary lists."""

    id: UUID
    plan: UUID
    number: int
    unit: UnitRef
    issued_at: datetime
    issued_by: str
    lists: int
    items: list[CitedOut]


class LettersOut(BaseModel):
    """A page of letters."""

    items: list[LetterOut]
    cursor: str | None


class IssuedOut(BaseModel):
    """What issuing did; both lists are empty where nothing was late that no letter cites."""

    issued: list[LetterOut]
    supplemented: list[LetterOut]
    items: int


def letter_json(value: ReminderLetter, unit: Unit) -> dict[str, Any]:
    """Return a letter as readers see it."""
    return {
        "id": str(value.id),
        "plan": str(value.plan),
        "number": value.number,
        "unit": unit(value.unit),
        "issued_at": value.issued_at.isoformat(),
        "issued_by": value.issued_by,
        "lists": max((one.list for one in value.items), default=0),
        "items": [
            {
                "list": one.list,
                "listed_at": one.listed_at.isoformat(),
                "task": str(one.task),
                **one.body,
            }
            for one in value.items
        ],
    }
