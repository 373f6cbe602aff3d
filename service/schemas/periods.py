"""Shapes of period plans: plans, tasks, items, events, letters and monitoring points."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from layers.period_records import (
    MonitoringPoint,
    PeriodEvent,
    PeriodItem,
    PeriodPlan,
    PeriodTask,
    State,
)
from service.schemas.incidents import Latitude, Longitude, Title, Word
from service.schemas.stops import Named, Note
from service.schemas.times import NearDay, NearInstant

Kind = Literal["month", "quarter", "half-year", "free"]
Evidence = Literal["check", "ledger"]
Unit = Callable[[UUID | None], dict[str, Any] | None]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlanIn(_Strict):
    """The plan of a period; ``last_day`` is needed where the days are free, and belongs to it."""

    kind: Kind
    title: Title
    first_day: NearDay
    last_day: NearDay | None = None


class TaskIn(_Strict):
    """What an office asks of units, by code, until a day: checks at them, or ledgers from them."""

    title: Title
    kind: Word
    evidence: Evidence = "check"
    office: Named = Field(description="The office it comes from.")
    due_on: NearDay
    units: Annotated[list[Word], Field(min_length=1, max_length=5_000)]
    responsible: Word | None = Field(
        default=None, description="The unit that answers for all of them; each for itself if left out."
    )
    answerable: Annotated[str, Field(max_length=200)] = Field(default="", description="Who, in words.")
    place: Annotated[str, Field(max_length=200)] = ""
    lon: Longitude | None = None
    lat: Latitude | None = None


class MergeIn(_Strict):
    """Tasks that mean the same. What is left out comes of them: the first title, the earliest day."""

    tasks: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    title: Title | None = None
    kind: Word | None = Field(default=None, description="Needed where they are of different kinds.")
    due_on: NearDay | None = None
    reason: Note = Field(default="", description="Needed where they are of different kinds.")


class ReasonIn(_Strict):
    """Why."""

    reason: Title


class EventIn(_Strict):
    """A check carried out at a unit, or a ledger it handed in; ``id`` is made by whoever records it, once."""

    id: UUID
    task: UUID
    unit: Word
    at: NearInstant
    note: Note = ""


class EventsIn(_Strict):
    """Checks and ledgers, recorded all or none."""

    items: Annotated[list[EventIn], Field(min_length=1, max_length=1_000)]


class PointIn(_Strict):
    """A place that a supervisor watches."""

    name: Named
    place: Annotated[str, Field(max_length=200)] = ""
    lon: Longitude
    lat: Latitude
    supervisor: UUID
    note: Note = ""


class UnitRef(BaseModel):
    """A unit."""

    id: UUID
    code: str
    name: str


class Count(BaseModel):
    """A number and the address of its rows."""

    count: int
    rows: str


class PlanOut(BaseModel):
    """A plan and how it stands."""

    id: UUID
    kind: Kind
    title: str
    first_day: date
    last_day: date
    state: Literal["open", "published"]
    published_at: datetime | None
    published_by: str | None
    created_at: datetime
    created_by: str
    counts: dict[str, Count] = Field(
        description="submitted, tasks, units, items, and items by state: open, done, done-late, late"
    )


class PlanHead(BaseModel):
    """A plan."""

    id: UUID
    kind: Kind
    title: str
    first_day: date
    last_day: date
    state: Literal["open", "published"]


class PlansOut(BaseModel):
    """A page of plans."""

    items: list[PlanHead]
    cursor: str | None


class TaskOut(BaseModel):
    """A task; a merge has ``sources`` and no office, and covers what any of them covers."""

    id: UUID
    plan: UUID
    title: str
    kind: str
    evidence: Evidence
    office: str
    offices: list[str]
    due_on: date
    responsible: UnitRef | None
    answerable: str
    place: str
    lon: float | None
    lat: float | None
    merged_into: UUID | None
    sources: list[UUID]
    reason: str
    undone_at: datetime | None
    undone_by: str | None
    created_at: datetime
    created_by: str
    units: list[UnitRef]


class TasksOut(BaseModel):
    """A page of tasks."""

    items: list[TaskOut]
    cursor: str | None


class ItemOut(BaseModel):
    """What a task asks of one unit."""

    id: UUID
    task: UUID
    title: str
    kind: str
    evidence: Evidence
    due_on: date
    unit: UnitRef
    recipient: UnitRef
    state: State
    done_at: datetime | None


class ItemsOut(BaseModel):
    """A page of items."""

    items: list[ItemOut]
    cursor: str | None


class CoveredOut(BaseModel):
    """A page of the units that a plan covers."""

    items: list[UnitRef]
    cursor: str | None


class EventOut(BaseModel):
    """A check or a ledger."""

    id: UUID
    task: UUID
    unit: UnitRef
    kind: Evidence
    at: datetime
    note: str
    recorded_at: datetime
    recorded_by: str


class RecordedOut(BaseModel):
    """What was recorded, and how much of it is new."""

    items: list[EventOut]
    new: int


class EventsOut(BaseModel):
    """A page of checks and ledgers."""

    items: list[EventOut]
    cursor: str | None


class PointOut(BaseModel):
    """A monitoring point."""

    id: UUID
    plan: UUID
    name: str
    place: str
    lon: float
    lat: float
    unit: UnitRef
    supervisor: dict[str, str]
    note: str
    ended_at: datetime | None
    created_at: datetime
    created_by: str


class PointsOut(BaseModel):
    """The monitoring points of a plan."""

    items: list[PointOut]


class SupervisorsOut(BaseModel):
    """Who supervises in the district today."""

    items: list[dict[str, str]]


def plan_json(value: PeriodPlan) -> dict[str, Any]:
    """Return a plan as readers see it."""
    return {
        "id": str(value.id),
        "kind": value.kind,
        "title": value.title,
        "first_day": value.first_day.isoformat(),
        "last_day": value.last_day.isoformat(),
        "state": "open" if value.published_at is None else "published",
        "published_at": _iso(value.published_at),
        "published_by": value.published_by,
        "created_at": value.created_at.isoformat(),
        "created_by": value.created_by,
    }


def task_json(value: PeriodTask, unit: Unit, offices: list[str]) -> dict[str, Any]:
    """Return a task as readers see it."""
    plain = ("title", "kind", "evidence", "office", "answerable", "place", "lon", "lat", "reason")
    return {
        "id": str(value.id),
        "plan": str(value.plan),
        **{name: getattr(value, name) for name in (*plain, "undone_by", "created_by")},
        "offices": offices,
        "due_on": value.due_on.isoformat(),
        "responsible": unit(value.responsible),
        "merged_into": None if value.merged_into is None else str(value.merged_into),
        "sources": [str(one) for one in value.sources],
        "undone_at": _iso(value.undone_at),
        "created_at": value.created_at.isoformat(),
        "units": [unit(one) for one in value.units],
    }


def item_json(value: PeriodItem, unit: Unit) -> dict[str, Any]:
    """Return what a task asks of a unit as readers see it."""
    return {
        "id": str(value.id),
        "task": str(value.task),
        **{name: getattr(value, name) for name in ("title", "kind", "evidence", "state")},
        "due_on": value.due_on.isoformat(),
        "unit": unit(value.unit),
        "recipient": unit(value.recipient),
        "done_at": _iso(value.done_at),
    }


def event_json(value: PeriodEvent, unit: Unit) -> dict[str, Any]:
    """Return a check or a ledger as readers see it."""
    return {
        "id": str(value.id),
        "task": str(value.task),
        "unit": unit(value.unit),
        "kind": value.kind,
        "at": value.at.isoformat(),
        "note": value.note,
        "recorded_at": value.recorded_at.isoformat(),
        "recorded_by": value.recorded_by,
    }


def point_json(value: MonitoringPoint, unit: Unit) -> dict[str, Any]:
    """Return a monitoring point as readers see it."""
    return {
        "id": str(value.id),
        "plan": str(value.plan),
        **{name: getattr(value, name) for name in ("name", "place", "lon", "lat", "note", "created_by")},
        "unit": unit(value.unit),
        "supervisor": {"id": str(value.supervisor), "name": value.supervisor_name},
        "ended_at": _iso(value.ended_at),
        "created_at": value.created_at.isoformat(),
    }


def _iso(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()
