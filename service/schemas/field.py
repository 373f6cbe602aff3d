"""Shapes of what devices send from the field, and of the answers."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.quarantine import Quarantined
from service.schemas.incidents import Latitude, Longitude, Radius, Text, Word
from service.schemas.locate import Datum
from service.schemas.outreach import OutreachIn, ProblemIn
from service.schemas.times import Instant

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Photos = Annotated[list[Sha256], Field(max_length=20)]
Action = Literal["scanned", "inspected", "cleaned", "repainted", "repaired", "replaced", "jointly-inspected"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FieldVisit(_Strict):
    """Something done at a marker."""

    id: UUID
    marker: Word = Field(description="Code of the marker.")
    at: Instant = Field(description="By the device's clock.")
    lon: Longitude | None = None
    lat: Latitude | None = None
    action: Action
    note: Text = ""
    photos: Photos = []


class FieldIncident(_Strict):
    """An incident as a device reports or edits it; an edit says the whole of it."""

    id: UUID
    class_: Word = Field(alias="class")
    title: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] = ""
    description: Text = ""
    lon: Longitude
    lat: Latitude
    datum: Datum = "wgs84"
    accuracy_m: Radius | None = None
    occurred_at: Instant
    photos: Photos = []
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="The version that an edit was made from; null for a report."
    )


class FieldProblem(ProblemIn):
    """A problem of a meeting or visit; its photos are of the incident, or of how it was solved."""

    photos: Photos = Field(default=[])


class FieldOutreach(OutreachIn):
    """A meeting or visit as a device records it: as over HTTP, and with photos."""

    problems: Annotated[list[FieldProblem], Field(max_length=200)] = Field(default=[])  # type: ignore[assignment]
    photos: Photos = Field(default=[])


class FieldPoint(_Strict):
    """One point of a track; its number is its own within the track, for ever."""

    seq: int = Field(ge=0)
    at: Instant
    lon: Longitude
    lat: Latitude
    accuracy_m: float | None = None
    speed_ms: float | None = None
    course: float | None = None


class FieldTrack(_Strict):
    """Some points of a track; it may come in any number of parts, in any order."""

    track: UUID
    mode: str = "foot"
    name: str = ""
    started_at: datetime | None = Field(default=None, description="When the shift began.")
    ended_at: datetime | None = Field(
        default=None, description="When it ended; a shift that nobody ended is over after 12 hours."
    )
    points: list[FieldPoint]


class FieldBatchIn(_Strict):
    """What a device sends at once: at most 5,000 points, 1,000 visits, meetings and incidents, 2 MB."""

    sent_at: Instant | None = None
    tracks: list[FieldTrack] = []
    visits: list[FieldVisit] = []
    outreach: list[FieldOutreach] = []
    incidents: list[FieldIncident] = []


class VerdictOut(BaseModel):
    """What became of one item, or of a run of points."""

    kind: Literal["point", "visit", "incident", "outreach"]
    ref: str = Field(description="Its id; of a point <track>/<seq>, of a run <track>/<first>-<last>.")
    verdict: Literal["created", "duplicate", "quarantined"]
    reason: str | None
    detail: str
    quarantine: UUID | None = Field(default=None, description="Where it waits.")
    incident: UUID | None = Field(default=None, description="Our id of the incident.")
    incidents: list[UUID] | None = Field(
        default=None, description="Our ids of the problems that a meeting or visit left open."
    )
    pointer: str | None = Field(default=None, description="Which member of a meeting or visit is at fault.")
    version: int | None = Field(default=None, description="The version the incident is at.")
    not_kept: int | None = Field(
        default=None,
        description="So many came when their days were over: they count for coverage and are not kept.",
    )
    outside_shift: int | None = Field(
        default=None,
        description="So many were recorded outside the shift from the track's started_at to its ended_at,"
        " at most 12 hours: they are stored and count like all others.",
    )
    distance_m: float | None = Field(
        default=None, description="How far from its marker a visit was recorded, where that is far."
    )
    current: dict[str, Any] | None = Field(default=None, description="The current copy, for a stale edit.")


class BatchReply(BaseModel):
    """What became of a batch; the same for every repetition."""

    batch: UUID
    items: list[VerdictOut]
    counts: dict[str, int]
    clock_behind_s: int | None = Field(
        default=None,
        description="By how much the device's clock is behind, less than 0 where it is ahead: set it by the"
        " network. 0 where it is right, null where the batch does not tell.",
    )


class FileOut(BaseModel):
    """How much of a file has arrived."""

    sha256: str
    offset: int = Field(description="Bytes that are kept; send the rest from here.")
    size: int | None
    complete: bool


class QuarantinedOut(BaseModel):
    """An item that could not be stored."""

    id: UUID
    kind: Literal["point", "visit", "incident", "outreach"]
    device: str
    batch: UUID | None
    ref: str
    reason: str
    detail: str
    raw: str = Field(description="The item as it was sent, as JSON; a point is a track of one point.")
    received_at: datetime
    state: Literal["waiting", "released", "discarded"]
    settled_at: datetime | None
    settled_by: str | None
    corrections: dict[str, Any] | None
    note: str | None


class QuarantinePage(BaseModel):
    """A page of quarantine, the newest first."""

    items: list[QuarantinedOut]
    reasons: dict[str, int] = Field(description="How many wait for each reason.")
    cursor: str | None


class ReleaseIn(_Strict):
    """Corrections to make first: members of the item that replace its own; ``timezone`` for naive times."""

    corrections: dict[str, Any] = Field(default_factory=dict, max_length=20)
    timezone: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        default=None, description="Zone of a time that names none, such as Asia/Shanghai."
    )
    note: Text = ""


class DiscardIn(_Strict):
    """Why an item is discarded; it is kept."""

    note: Annotated[str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True)]


def quarantined_json(value: Quarantined, detail: str) -> dict[str, Any]:
    """Return an item of quarantine as readers see it; ``detail`` is its fault in their language."""
    return {
        "id": str(value.id),
        "kind": value.kind,
        "device": value.device,
        "batch": None if value.batch is None else str(value.batch),
        "ref": value.ref,
        "reason": value.reason,
        "detail": detail,
        "raw": value.raw,
        "received_at": value.received_at.isoformat(),
        "state": value.state,
        "settled_at": None if value.settled_at is None else value.settled_at.isoformat(),
        "settled_by": value.settled_by,
        "corrections": None if value.corrections is None else dict(value.corrections),
        "note": value.note,
    }
