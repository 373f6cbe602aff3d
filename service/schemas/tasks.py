"""Shapes of tasks of coverage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from layers.tasks import CoverageTask, State
from service.schemas.due import Metres, Note, Proof, Translate
from service.schemas.incidents import Word
from service.schemas.places import Round, place_name
from service.schemas.times import NearDay, NearInstant

Why = Annotated[str, StringConstraints(min_length=2, max_length=500, strip_whitespace=True)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TaskIn(_Strict):
    """Something that is to be visited: a gap, what is due, or anything else that needs it."""

    kind: Literal["segment", "unit", "marker"]
    code: Word
    layer: Word | None = Field(default=None, description="Of a unit; the partition where it is left out.")
    from_m: Metres | None = Field(default=None, description="Of a segment; all of it where left out.")
    to_m: Metres | None = None
    least: Proof = Field(default="observed", description="What proves a visit of a marker.")
    counts_from: NearInstant | None = Field(
        default=None,
        description="Evidence of this instant or later closes it: a gap's period start; now if left out.",
    )
    assignee: UUID | None = None
    until: NearDay | None = None
    reason: Note = ""


class TaskPatch(_Strict):
    """What is changed of a task; members that are left out stay."""

    assignee: UUID | None = None
    until: NearDay | None = None
    reason: Note | None = None


class ClosingIn(_Strict):
    """Why a task is closed by hand."""

    reason: Why


class PersonRef(BaseModel):
    """A person who may be asked, or is."""

    id: UUID
    name: str | None


class OpenPart(BaseModel):
    """A stretch that is open still."""

    from_m: float
    to_m: float
    length_m: float
    markers: list[str | None]
    where: str


class TaskOut(BaseModel):
    """A task, and what of it is open now."""

    id: UUID
    version: int
    kind: Literal["segment", "unit", "marker"]
    code: str
    layer: str | None
    from_m: float | None
    to_m: float | None
    least: str
    counts_from: datetime
    assignee: PersonRef | None
    until: date | None
    late: bool
    reason: str
    state: State
    open: list[OpenPart]
    open_m: float | None
    settled_at: datetime | None
    settled_by: str | None
    closing: str
    created_at: datetime
    created_by: str


class TasksOut(BaseModel):
    """Tasks: those to be done first."""

    items: list[TaskOut]


class AssigneesOut(BaseModel):
    """Who may be asked, by name."""

    items: list[PersonRef]


@dataclass(frozen=True, slots=True)
class Look:
    """A task as it stands now: ``parts`` of a stretch that are open with the markers round them.

    ``done`` is whether evidence leaves nothing of it open; ``name`` that of the assignee.
    """

    task: CoverageTask
    parts: Sequence[tuple[float, float, Round]]
    done: bool
    today: date
    name: str | None = None

    @property
    def state(self) -> State:
        """How it stands, whether that was noted already or not."""
        if self.task.state == "closed":
            return "closed"
        return "done" if self.done else "open"


def task_json(look: Look, translate: Translate = str) -> dict[str, Any]:
    """Return a task as readers see it."""
    value = look.task
    parts = [
        {
            "from_m": round(low, 2),
            "to_m": round(high, 2),
            "length_m": round(high - low, 2),
            "markers": list(markers),
            "where": place_name(markers, translate),
        }
        for low, high, markers in look.parts
    ]
    settled = look.state != "open" and value.state != "open"
    stretch = value.kind == "segment"
    return {
        "id": str(value.id),
        "version": value.version,
        "kind": value.kind,
        "code": value.code,
        "layer": value.layer,
        "from_m": value.from_m,
        "to_m": value.to_m,
        "least": value.least.name.lower(),
        "counts_from": value.counts_from.isoformat(),
        "assignee": None if value.assignee is None else {"id": str(value.assignee), "name": look.name},
        "until": None if value.until is None else value.until.isoformat(),
        "late": look.state == "open" and value.until is not None and value.until < look.today,
        "reason": value.reason,
        "state": look.state,
        "open": parts,
        "open_m": round(sum(high - low for low, high, _ in look.parts), 2) if stretch else None,
        "settled_at": value.settled_at.isoformat() if settled and value.settled_at else None,
        "settled_by": value.settled_by if settled else None,
        "closing": value.closing,
        "created_at": value.created_at.isoformat(),
        "created_by": value.created_by,
    }
