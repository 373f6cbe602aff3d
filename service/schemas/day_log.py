"""Shapes of a person's day: what was walked, reached, done, left open and reported."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from service.schemas.tasks import OpenPart, PersonRef, TaskOut
from service.schemas.tracks import PatrolOut


class WalkedSegment(BaseModel):
    """A segment that was walked: metres once each, and what nobody walked of it on that day."""

    code: str
    name: str
    length_m: float
    covered_m: float
    inferred_m: float
    gaps: list[OpenPart]


class ReachedUnit(BaseModel):
    """A unit that was visited or grazed."""

    code: str
    name: str
    state: str
    minutes: float


class ReachedMarker(BaseModel):
    """A marker that was reached, by the best evidence of the day."""

    code: str
    name: str
    kind: str
    evidence: str
    at: datetime


class DoneAction(BaseModel):
    """What was done at a marker."""

    marker: str
    action: str
    at: datetime
    note: str
    evidence: str
    far: bool


class ReportedIncident(BaseModel):
    """An incident that was reported; only its id where the reader may not see it, or it is gone."""

    id: UUID
    title: str | None
    class_: str | None = Field(alias="class")
    status: str | None


class DeclaredWalk(BaseModel):
    """A stretch that is declared to have been walked without a track, by whom and why."""

    code: str
    from_m: float
    to_m: float
    at: datetime
    reason: str
    by: str


class DayOut(BaseModel):
    """The day of one person. ``km`` is null where the positions are kept no longer; no places are told."""

    district: str
    person: PersonRef
    day: date
    own: bool
    km: float | None
    hours: float
    border_km: float
    patrols: list[PatrolOut]
    segments: list[WalkedSegment]
    units: list[ReachedUnit]
    markers: list[ReachedMarker]
    declared: list[DeclaredWalk]
    actions: list[DoneAction]
    incidents: list[ReportedIncident]
    tasks: list[TaskOut]
