"""What meetings and visits are as values, with what came of them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

Kind = Literal["bench-meeting", "council", "visit"]
RequestKind = Literal["patrol", "service-stop"]
RequestState = Literal["asked", "accepted", "declined"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody said; without a name."""

    id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to be solved: by ``solution`` there and then, or as an incident.

    ``opinion`` is the one it came of, if any. ``status`` and ``closed_at`` are the incident's, as far as the
    reader may see it; they are not stored here.
    """

    id: UUID
    class_: str
    title: str
    solution: str | None
    incident: UUID | None
    opinion: UUID | None = None
    status: str | None = None
    closed_at: datetime | None = None
    outreach: UUID | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What was resolved: who sees to it, a unit or a representative, and by which day."""

    id: UUID
    text: str
    due_on: date
    unit: UUID | None = None
    representative: UUID | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    closing: str = ""
    outreach: UUID | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for a unit: more patrols, or a stop of the mobile service."""

    id: UUID
    kind: RequestKind
    unit: UUID
    text: str
    state: RequestState = "asked"
    settled_at: datetime | None = None
    settled_by: str | None = None
    answer: str = ""
    rule: UUID | None = None
    stop: UUID | None = None
    outreach: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """A meeting or a visit at ``lon``, ``lat`` in degrees, by the id that whoever recorded it gave it.

    ``attendance`` counts people by role, ``served`` those whom it was for; nobody is named.
    """

    id: UUID
    kind: Kind
    at: datetime
    place: str
    lon: float
    lat: float
    unit: UUID
    recorded_by: str
    recorded_at: datetime
    digest: str
    representative: UUID | None = None
    duty: str | None = None
    served: int = 0
    topic: str = ""
    options: tuple[str, ...] = ()
    decision: str = ""
    attendance: dict[str, int] = field(default_factory=dict)
    note: str = ""
    author: UUID | None = None
    opinions: tuple[Opinion, ...] = ()
    problems: tuple[Problem, ...] = ()
    actions: tuple[Action, ...] = ()
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class OutreachFilter:
    """Which meetings and visits a list shows; what is None shows all. The period is half-open."""

    from_at: datetime | None = None
    to_at: datetime | None = None
    kind: str | None = None
    duty: str | None = None
    representative: UUID | None = None
    units: Collection[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """So many of a kind in a month (YYYY-MM) of the district's calendar."""

    month: str
    what: str
    count: int
