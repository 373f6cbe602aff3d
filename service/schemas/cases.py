"""Shapes of what is done about incidents: colours, requests, actions, clocks, rules and indicators."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from layers.cases import Action, CaseRequest
from service.rules.clocks import Clock
from service.rules.limits import CaseRules
from service.schemas.incidents import IncidentOut, Text, Title, Word
from service.schemas.times import NearDay

Colour = Literal["green", "blue", "yellow", "red"]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
Short = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Note = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]


Metres = Annotated[float, Field(ge=0, le=5000, allow_inf_nan=False, strict=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ColourIn(_Strict):
    """Another colour of an incident, and why; red names the account of who answers for it."""

    colour: Colour
    reason: Note = ""
    named: UUID | None = None


class RequestIn(_Strict):
    """A request to return, delay or suspend an incident; a delay asks for working days."""

    kind: Literal["return", "delay", "suspend"]
    reason: Reason
    days: Annotated[int, Field(ge=1, le=365, strict=True)] | None = None


class DecisionIn(_Strict):
    """The decision of a request."""

    approve: Annotated[bool, Field(strict=True)]
    note: Note = ""


class ActionIn(_Strict):
    """Something to be done, by whom and until when."""

    what: Title
    who: Short = ""
    assignee: UUID | None = None
    due_on: NearDay | None = None


class ActionPatch(_Strict):
    """What became of an action: done with evidence, or dropped with a reason."""

    state: Literal["done", "dropped"]
    evidence: Note = ""
    reason: Note = ""


class ReopenIn(_Strict):
    """Why a closed incident is opened again."""

    reason: Reason


class FeedbackIn(_Strict):
    """What the reporter says of the result, and whether the incident is to be opened again."""

    satisfied: Annotated[bool, Field(strict=True)]
    text: Text = ""
    reopen: Annotated[bool, Field(strict=True)] = False


class FeedbackOut(BaseModel):
    """What became of the report after its reporter said something of it."""

    status: str


class ActionOut(BaseModel):
    """An action as readers see it."""

    id: UUID
    what: str
    who: str
    assignee: UUID | None
    due_on: date | None
    state: str
    evidence: str
    reason: str
    created_at: datetime
    settled_at: datetime | None


class RequestOut(BaseModel):
    """A request as readers see it; ``approved`` is null while it waits."""

    id: UUID
    kind: str
    reason: str
    days: int | None
    asked_by: UUID | None
    asked_at: datetime
    approved: bool | None
    decided_by: UUID | None
    decided_at: datetime | None
    note: str


class ClockOut(BaseModel):
    """When an incident was filed and is due, and since when its time does not count."""

    filed_at: datetime
    due_at: datetime
    waiting_since: datetime | None
    approximate: bool = Field(description="Days beyond the published years were taken by their weekdays.")
    on_time: bool | None


class CaseOut(BaseModel):
    """How an incident stands; ``possible`` are the steps that may follow."""

    id: UUID
    version: int
    status: str
    possible: list[str]
    colour: str
    owner: dict[str, Any]
    responsible: UUID | None
    colours: list[dict[str, Any]]
    clock: ClockOut | None
    actions: list[ActionOut]
    requests: list[RequestOut]
    reporters: int = Field(description="How many follow it with a receipt.")
    merged_into: UUID | None
    merged: list[UUID] = Field(description="Those that turned out to be this one.")
    outreach: UUID | None = Field(description="The meeting or visit that collected it.")


class MergeIn(_Strict):
    """Which incident another one is, and why."""

    into: UUID
    reason: Reason


class SeparateIn(_Strict):
    """Why an incident is one of its own after all."""

    reason: Reason


class ReceiptGivenOut(BaseModel):
    """The receipt of one more reporter; it is shown once."""

    receipt: str


class SimilarOut(BaseModel):
    """An incident that may be the same, with enough to judge."""

    model_config = ConfigDict(populate_by_name=True)

    id: UUID
    channel: str
    external_id: str | None
    class_: str = Field(alias="class")
    title: str
    description: str
    status: str
    colour: str
    unit: str | None
    lon: float
    lat: float
    distance_m: float
    apart_m: float | None = Field(description="Along the border, where both are on one segment.")
    asset: str | None = Field(description="The marker that it is about.")
    occurred_at: datetime
    received_at: datetime
    due_at: datetime | None
    reporters: int


class SimilarsOut(BaseModel):
    """At most five incidents that may be the same, the nearest first."""

    items: list[SimilarOut]
    radius_m: float


class NamedOut(BaseModel):
    """Who answers for a red incident."""

    id: UUID
    name: str


class SupervisedOut(IncidentOut):
    """A red incident; ``named`` is null while nobody is named yet."""

    named: NamedOut | None
    due_at: datetime | None


class SupervisedPage(BaseModel):
    """A page of the key-supervision list."""

    items: list[SupervisedOut]
    cursor: str | None


class CountOut(BaseModel):
    """A number, and where its rows are."""

    count: int
    rows: str


class IndicatorsOut(BaseModel):
    """The numbers of a period; rates are percent of what was due and not suspended, null of nothing."""

    model_config = ConfigDict(populate_by_name=True)

    from_: datetime = Field(alias="from")
    to: datetime
    counts: dict[str, CountOut]
    closure_rate: float | None
    on_time_rate: float | None


class LimitIn(_Strict):
    """A time limit."""

    value: Annotated[float, Field(gt=0, le=3650, allow_inf_nan=False, strict=True)]
    unit: Literal["working_days", "hours"] = "working_days"


class LimitsIn(_Strict):
    """The time limits of all four colours."""

    green: LimitIn
    blue: LimitIn
    yellow: LimitIn
    red: LimitIn


class AttributeIn(_Strict):
    """One thing that a service asks for besides the report itself, as Open311 GeoReport v2 has it."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,32}$")]
    description: Title
    datatype: Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"] = "string"
    required: bool = False
    datatype_description: Short = ""
    values: Annotated[dict[Word, Title], Field(max_length=200)] = Field(
        default_factory=dict, description="What a list offers, by key."
    )

    @model_validator(mode="after")
    def _lists_offer(self) -> Self:
        if bool(self.values) != self.datatype.endswith("list"):
            raise ValueError("A list offers values, and nothing else does.")
        return self


def _once_each(asked: list[AttributeIn]) -> list[AttributeIn]:
    if len({one.code for one in asked}) < len(asked):
        raise ValueError("A service asks for each code once.")
    return asked


class RulesIn(_Strict):
    """The rules of a district for its incidents; holidays and workdays go before the calendar."""

    calendar: Literal["china", "weekdays"] = "china"
    holidays: Annotated[list[NearDay], Field(max_length=2000)] = []
    workdays: Annotated[list[NearDay], Field(max_length=2000)] = []
    limits: LimitsIn
    classes: Annotated[dict[Word, LimitIn], Field(max_length=500)] = {}
    raised: Annotated[list[Word], Field(max_length=500)] = []
    repeats: Annotated[int, Field(ge=2, le=1000, strict=True)] = 3
    repeat_days: Annotated[int, Field(ge=1, le=3650, strict=True)] = 90
    reopen_days: Annotated[int, Field(ge=0, le=3650, strict=True)] = 30
    platforms: Annotated[dict[Word, Title], Field(max_length=20)] = Field(
        default_factory=lambda: dict(CaseRules().platforms),
        description="The channels of others, such as online platforms, with their names.",
    )
    groups: Annotated[
        list[Annotated[list[Word], Field(min_length=2, max_length=50)]], Field(max_length=100)
    ] = Field(default_factory=list, description="Classes that may be the same thing.")
    radius_m: Metres = Field(default=100.0, description="How near incidents may be the same; 0 is never.")
    radii: Annotated[dict[Word, Metres], Field(max_length=500)] = Field(
        default_factory=dict, description="Radii of classes of their own."
    )
    services: Annotated[dict[Word, Title], Field(max_length=200)] = Field(
        default_factory=dict, description="Classes that others report by Open311, with their names."
    )
    attributes: Annotated[
        dict[Word, Annotated[list[AttributeIn], Field(max_length=30), AfterValidator(_once_each)]],
        Field(max_length=200),
    ] = Field(default_factory=dict, description="What others are asked for besides, by class.")


class RulesOut(RulesIn):
    """The rules in force, and how many clocks a change of them changed."""

    version: int
    recomputed: int


def action_json(one: Action) -> dict[str, Any]:
    """Return an action as readers see it."""
    return {name: getattr(one, name) for name in ActionOut.model_fields}


def request_json(one: CaseRequest) -> dict[str, Any]:
    """Return a request as readers see it."""
    return {name: getattr(one, name) for name in RequestOut.model_fields}


def clock_json(one: Clock) -> dict[str, Any]:
    """Return a clock as readers see it."""
    return {
        "filed_at": one.started_at.isoformat(),
        "due_at": one.due_at.isoformat(),
        "waiting_since": None if one.waiting_since is None else one.waiting_since.isoformat(),
        "approximate": one.approximate,
        "on_time": one.on_time,
    }
