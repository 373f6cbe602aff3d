"""Shapes of meetings and visits: what is recorded, what is read, and the stops of the mobile service."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.field_files import Photo
from layers.outreach_records import Action, Gathering, Problem, Request
from service.schemas.incidents import Latitude, Longitude, Title, Word
from service.schemas.stops import Named, Note, StopIn
from service.schemas.times import NearDay, NearInstant

Kind = Literal["bench-meeting", "council", "visit"]
Duty = Literal["law-and-policy", "opinions", "disputes", "safety", "services", "environment"]
Said = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
People = Annotated[int, Field(ge=0, le=100_000, strict=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpinionIn(_Strict):
    """What somebody said; nobody is named."""

    id: UUID
    text: Said


class ProblemIn(_Strict):
    """Something to be solved: with ``solution`` it was solved there and then, else it becomes an incident."""

    id: UUID
    class_: Word = Field(alias="class")
    title: Title
    description: Note = ""
    opinion: UUID | None = Field(default=None, description="The opinion of this record that it came of.")
    solution: Said | None = None
    lon: Longitude | None = Field(default=None, description="Of the incident; where the meeting was.")
    lat: Latitude | None = None


class ActionIn(_Strict):
    """What was resolved: who sees to it, a unit or a representative by code, and by which day."""

    id: UUID
    text: Said
    due_on: NearDay
    unit: Word | None = None
    representative: Word | None = None


class RequestIn(_Strict):
    """What was asked for: more patrols of a unit, or a stop of the mobile service in it."""

    id: UUID
    kind: Literal["patrol", "service-stop"]
    text: Said
    unit: Word | None = Field(default=None, description="By code; the grid of the meeting if left out.")


class OutreachIn(_Strict):
    """A bench meeting, a council or a visit, whole: ``id`` is made by whoever records it, once.

    A visit has the code of its ``representative`` and a ``duty``; a council has a ``topic``.
    """

    id: UUID
    kind: Kind
    at: NearInstant
    place: Named
    lon: Longitude
    lat: Latitude
    representative: Word | None = None
    duty: Duty | None = None
    served: People = Field(default=0, description="How many people it was for.")
    topic: Note = ""
    options: Annotated[list[Said], Field(max_length=20)] = []
    decision: Note = ""
    attendance: dict[Word, People] = Field(
        default={}, max_length=30, description="How many came, by role; nobody is named."
    )
    note: Note = ""
    opinions: Annotated[list[OpinionIn], Field(max_length=200)] = []
    problems: Annotated[list[ProblemIn], Field(max_length=200)] = []
    actions: Annotated[list[ActionIn], Field(max_length=100)] = []
    requests: Annotated[list[RequestIn], Field(max_length=50)] = []


class ClosingIn(_Strict):
    """How an action was done."""

    text: Note = ""


class PatrolAnswer(_Strict):
    """Patrols that are granted: ``count`` within any ``within_days``, from a day to another."""

    within_days: Annotated[float, Field(gt=0, le=3660, allow_inf_nan=False, strict=True)]
    count: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1
    spacing_hours: Annotated[float, Field(gt=0, le=8784, allow_inf_nan=False, strict=True)] = 1.0
    from_day: NearDay | None = None
    to_day: NearDay


class AnswerIn(_Strict):
    """What becomes of a request: patrols, a stop, or neither with the reason."""

    patrol: PatrolAnswer | None = None
    stop: StopIn | None = None
    declined: Said | None = Field(default=None, description="Why not.")


class OpinionOut(BaseModel):
    """What somebody said."""

    id: UUID
    text: str


class ProblemOut(BaseModel):
    """A problem; ``status`` and ``closed_at`` are its incident's, as far as the reader may see it."""

    id: UUID
    outreach: UUID
    opinion: UUID | None
    class_: str = Field(alias="class")
    title: str
    solution: str | None
    incident: UUID | None
    status: str | None
    closed_at: datetime | None
    solved: bool


class ActionOut(BaseModel):
    """What was resolved."""

    id: UUID
    outreach: UUID
    text: str
    due_on: date
    unit: str | None
    representative: str | None
    done_at: datetime | None
    done_by: str | None
    closing: str
    late: bool


class RequestOut(BaseModel):
    """What was asked for, and what became of it."""

    id: UUID
    outreach: UUID
    kind: Literal["patrol", "service-stop"]
    unit: str | None
    text: str
    state: Literal["asked", "accepted", "declined"]
    settled_at: datetime | None
    settled_by: str | None
    answer: str
    rule: UUID | None
    stop: UUID | None


class PhotoOut(BaseModel):
    """A photo that a phone named; it is read at the device's files once it has arrived."""

    sha256: str
    device: str
    arrived: bool


class OutreachOut(BaseModel):
    """A meeting or visit with what came of it."""

    id: UUID
    kind: Kind
    at: datetime
    place: str
    lon: float
    lat: float
    unit: str | None
    representative: str | None
    duty: Duty | None
    served: int
    topic: str
    options: list[str]
    decision: str
    attendance: dict[str, int]
    note: str
    recorded_by: str
    recorded_at: datetime
    opinions: list[OpinionOut]
    problems: list[ProblemOut]
    actions: list[ActionOut]
    requests: list[RequestOut]
    photos: list[PhotoOut]


class OutreachPage(BaseModel):
    """Meetings and visits, those recorded last first."""

    items: list[OutreachOut]
    cursor: str | None


class ProblemsOut(BaseModel):
    """Problems of meetings and visits."""

    items: list[ProblemOut]


class ActionsOut(BaseModel):
    """What was resolved, by the day it is due."""

    items: list[ActionOut]


class RequestsOut(BaseModel):
    """What was asked for, the oldest first."""

    items: list[RequestOut]


class FigureOut(BaseModel):
    """A number, and where its rows are listed."""

    count: int
    rows: str


class FiguresOut(BaseModel):
    """What a period's meetings and visits came to, in all and by month of the district's calendar."""

    from_: datetime = Field(alias="from")
    to: datetime
    total: dict[str, FigureOut]
    months: dict[str, dict[str, int]]


class DutyOut(BaseModel):
    """The visits of a representative by duty, and the duties that fall short of the quota."""

    representative: str
    name: str
    visits: dict[str, int]
    missing: dict[str, int]


class DutiesOut(BaseModel):
    """Who visited for which duties; ``quota`` visits are asked for each."""

    quota: int
    items: list[DutyOut]


Codes = Mapping[UUID, str]


def problem_json(value: Problem) -> dict[str, Any]:
    """Return a problem as readers see it."""
    return {
        "id": str(value.id),
        "outreach": str(value.outreach),
        "opinion": _id(value.opinion),
        "class": value.class_,
        "title": value.title,
        "solution": value.solution,
        "incident": _id(value.incident),
        "status": value.status,
        "closed_at": _at(value.closed_at),
        "solved": value.solution is not None or value.status == "closed",
    }


def action_json(value: Action, codes: Codes, today: date) -> dict[str, Any]:
    """Return an action as readers see it; ``codes`` are those of units and representatives."""
    return {
        "id": str(value.id),
        "outreach": str(value.outreach),
        "text": value.text,
        "due_on": value.due_on.isoformat(),
        "unit": _code(codes, value.unit),
        "representative": _code(codes, value.representative),
        "done_at": _at(value.done_at),
        "done_by": value.done_by,
        "closing": value.closing,
        "late": value.done_at is None and value.due_on < today,
    }


def request_json(value: Request, codes: Codes) -> dict[str, Any]:
    """Return a request as readers see it."""
    return {
        "id": str(value.id),
        "outreach": str(value.outreach),
        "kind": value.kind,
        "unit": _code(codes, value.unit),
        "text": value.text,
        "state": value.state,
        "settled_at": _at(value.settled_at),
        "settled_by": value.settled_by,
        "answer": value.answer,
        "rule": _id(value.rule),
        "stop": _id(value.stop),
    }


def outreach_json(
    value: Gathering, codes: Codes, today: date, photos: Sequence[Photo] = ()
) -> dict[str, Any]:
    """Return a meeting or visit as readers see it; of ``photos`` those are told that it names."""
    return {
        "id": str(value.id),
        "kind": value.kind,
        "at": value.at.isoformat(),
        "place": value.place,
        "lon": value.lon,
        "lat": value.lat,
        "unit": _code(codes, value.unit),
        "representative": _code(codes, value.representative),
        "duty": value.duty,
        "served": value.served,
        "topic": value.topic,
        "options": list(value.options),
        "decision": value.decision,
        "attendance": value.attendance,
        "note": value.note,
        "recorded_by": value.recorded_by,
        "recorded_at": value.recorded_at.isoformat(),
        "opinions": [{"id": str(one.id), "text": one.text} for one in value.opinions],
        "problems": [problem_json(one) for one in value.problems],
        "actions": [action_json(one, codes, today) for one in value.actions],
        "requests": [request_json(one, codes) for one in value.requests],
        "photos": [
            {"sha256": one.sha256, "device": one.device, "arrived": one.linked_at is not None}
            for one in photos
            if one.subject == value.id
        ],
    }


def _id(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _at(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _code(codes: Codes, value: UUID | None) -> str | None:
    return None if value is None else codes.get(value)
