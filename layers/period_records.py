"""Period plans as values: tasks, what they ask of units, events, letters and monitoring points."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

Kind = Literal["month", "quarter", "half-year", "free"]
Evidence = Literal["check", "ledger"]
State = Literal["open", "done", "done-late", "late"]
STATES: tuple[State, ...] = ("open", "done", "done-late", "late")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodPlan:
    """The plan of a period; both days belong to it."""

    id: UUID
    kind: Kind
    title: str
    first_day: date
    last_day: date
    created_at: datetime
    created_by: str
    published_at: datetime | None = None
    published_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodTask:
    """A task as an office submitted it, or one into which ``sources`` were merged for a ``reason``.

    ``responsible`` is the unit that answers for it, None where each unit does for itself. ``lon``, ``lat``
    in degrees, both or none. ``units`` are those it was submitted for.
    """

    id: UUID
    plan: UUID
    title: str
    kind: str
    evidence: Evidence
    office: str
    due_on: date
    created_at: datetime
    created_by: str
    responsible: UUID | None = None
    answerable: str = ""
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    merged_into: UUID | None = None
    sources: tuple[UUID, ...] = ()
    reason: str = ""
    author: UUID | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None
    units: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class PeriodItem:
    """What a task asks of one unit: who answers for it, until when, and since when it is done."""

    id: UUID
    plan: UUID
    task: UUID
    unit: UUID
    recipient: UUID
    title: str
    kind: str
    evidence: Evidence
    due_on: date
    done_at: datetime | None
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodEvent:
    """A check carried out at a unit, or a ledger that it handed in."""

    id: UUID
    task: UUID
    unit: UUID
    kind: Evidence
    at: datetime
    recorded_at: datetime
    recorded_by: str
    note: str = ""
    author: UUID | None = None


@dataclass(frozen=True, slots=True)
class LetterItem:
    """What a letter cites; ``list`` is 0 in the letter itself, the number of a supplementary list else."""

    id: UUID
    letter: UUID
    task: UUID
    unit: UUID
    list: int
    listed_at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderLetter:
    """The one letter to a unit in a period."""

    id: UUID
    plan: UUID
    unit: UUID
    number: int
    issued_at: datetime
    issued_by: str
    items: tuple[LetterItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringPoint:
    """A place at ``lon``, ``lat`` in degrees that a supervisor watches in a period."""

    id: UUID
    plan: UUID
    name: str
    place: str
    lon: float
    lat: float
    unit: UUID
    supervisor: UUID
    supervisor_name: str
    created_at: datetime
    created_by: str
    note: str = ""
    ended_at: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items a list shows, as they stand at an instant; what is None shows all.

    ``from_day`` and ``to_day`` are days by which they are due, the latter without.
    """

    at: datetime
    plan: UUID | None = None
    task: UUID | None = None
    units: Collection[UUID] | None = None
    from_day: date | None = None
    to_day: date | None = None
    states: tuple[State, ...] = field(default=STATES)
