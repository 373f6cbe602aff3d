"""Shapes of incidents: what channels deliver, what edits change, what readers see."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.incidents import Incident, IncidentEvent
from layers.withdrawals import Withdrawal
from service.schemas.contacts import ContactIn
from service.schemas.locate import Datum, OverlayOut, SegmentOut, UnitOut
from service.schemas.times import Instant

Word = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
# A text with digits in it is no number: JSON has both, and who mixes them may mix more.
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, strict=True)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, strict=True)]
Radius = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False, strict=True)]
Step = Literal[
    "received", "accepted", "filed", "dispatched", "handling", "done", "verified", "closed", "rejected"
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AboutIn(_Strict):
    """Whom the report complains about, by code: they neither see nor handle it."""

    representative: Word | None = None
    unit: Word | None = None


class IncidentIn(_Strict):
    """An incident as a channel delivers it; ``channel`` and ``external_id`` name it there."""

    channel: Word = "web"
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    class_: Word = Field(alias="class")
    title: Title
    description: Text = ""
    lon: Longitude
    lat: Latitude
    datum: Datum = "wgs84"
    accuracy_m: Radius | None = Field(default=None, description="Radius the place is good for, metres.")
    occurred_at: Instant | None = Field(default=None, description="Now, where none is given.")
    actor: Word = "reporter"
    contact: ContactIn | None = Field(default=None, description="Left out by who reports anonymously.")
    about: AboutIn | None = Field(default=None, description="Whom the report complains about.")
    asset: Word | None = Field(default=None, description="The code of the marker that it is about.")


class IncidentPatch(_Strict):
    """What an edit changes; members that are left out stay. A moved pin needs both lon and lat."""

    class_: Word | None = Field(default=None, alias="class")
    title: Title | None = None
    description: Text | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    datum: Datum | None = None
    accuracy_m: Radius | None = None
    occurred_at: Instant | None = None
    asset: Word | None = Field(default=None, description="The code of a marker, null for none.")
    version: int | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        strict=True,
        description="The version the edit was made from, as If-Match.",
    )
    actor: Word = "staff"


class EventIn(_Strict):
    """What happened to an incident: a comment, or a step of its life."""

    kind: Literal["comment", "status"]
    status: Step | None = None
    text: Text = ""
    colour: Literal["green", "blue", "yellow", "red"] | None = Field(
        default=None, description="In which it is dispatched; as the rules say where none is given."
    )
    named: UUID | None = Field(default=None, description="The account that answers for a red one.")
    actor: Word = "staff"


class RepresentativeRef(BaseModel):
    """Who answers for the incident, and through which unit."""

    code: str
    name: str
    unit: str
    role: Literal["home", "extra"]


class IncidentOut(BaseModel):
    """An incident with how it was assigned."""

    id: UUID
    version: int
    channel: str
    external_id: str | None
    class_: str = Field(alias="class")
    title: str
    description: str
    lon: float
    lat: float
    datum: str
    raw_lon: float
    raw_lat: float
    accuracy_m: float | None
    asset: str | None
    occurred_at: datetime
    received_at: datetime
    status: str
    colour: str
    unit: UnitOut | None
    chain: list[UnitOut]
    overlays: list[OverlayOut]
    segment: SegmentOut | None
    representative: RepresentativeRef | None
    near_boundary: bool
    candidates: list[UnitOut]
    rule: str | None


class WithdrawnOut(BaseModel):
    """What is left of an incident that was withdrawn."""

    id: UUID
    withdrawn_at: datetime
    withdrawn_by: str
    reason: str


class ReportedOut(IncidentOut):
    """A new incident, and the receipt that its reporter can follow it with."""

    receipt: str | None = Field(description="Shown once. None where the incident was delivered before.")


class EventOut(BaseModel):
    """One entry of an incident's log."""

    id: UUID
    at: datetime
    kind: str
    actor: str
    body: dict[str, Any]


class IncidentWithEvents(IncidentOut):
    """An incident with its log, oldest first."""

    events: list[EventOut]


class IncidentPage(BaseModel):
    """A page of incidents, newest first; ``cursor`` asks for the next, null on the last."""

    items: list[IncidentOut]
    cursor: str | None


def incident_json(value: Incident) -> dict[str, Any]:
    """Return an incident as readers see it."""
    assigned = value.assignment
    return {
        "id": str(value.id),
        "version": value.version,
        "channel": value.channel,
        "external_id": value.external_id,
        "class": value.class_,
        "title": value.title,
        "description": value.description,
        "lon": value.lon,
        "lat": value.lat,
        "datum": value.datum,
        "raw_lon": value.raw_lon,
        "raw_lat": value.raw_lat,
        "accuracy_m": value.accuracy_m,
        "asset": value.asset,
        "occurred_at": value.occurred_at.astimezone(UTC).isoformat(),
        "received_at": value.received_at.astimezone(UTC).isoformat(),
        "status": value.status,
        "colour": value.colour,
        "unit": assigned.get("unit"),
        "chain": assigned.get("chain", []),
        "overlays": assigned.get("overlays", []),
        "segment": assigned.get("segment"),
        "representative": assigned.get("representative"),
        "near_boundary": assigned.get("near_boundary", False),
        "candidates": assigned.get("candidates", []),
        "rule": assigned.get("rule"),
    }


def event_json(value: IncidentEvent) -> dict[str, Any]:
    """Return an entry of the log as readers see it."""
    return {
        "id": str(value.id),
        "at": value.at.astimezone(UTC).isoformat(),
        "kind": value.kind,
        "actor": value.actor,
        "body": dict(value.body),
    }


def withdrawn_json(value: Withdrawal) -> dict[str, Any]:
    """Return what is left of an incident as readers see it."""
    return {
        "id": str(value.incident),
        "withdrawn_at": value.at.isoformat(),
        "withdrawn_by": value.withdrawn_by,
        "reason": value.reason,
    }
