"""A plan as a value, and which steps it may take: by the table of steps, and by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row

from geo.errors import N_
from layers.errors import Conflict, WrongPerson
from layers.plan_tables import STEPS, PlanStatus


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan; ``scope`` are the upper units it keeps to, empty for the whole layer.

    ``number`` counts the plans of the layer, ``version`` the writes. ``release`` is what it became;
    ``conflict`` why it could not become one.
    """

    id: UUID
    layer: str
    number: int
    title: str
    note: str
    author: UUID
    author_name: str
    base: UUID
    scope: tuple[UUID, ...]
    status: PlanStatus
    effective_on: date | None
    version: int
    created_at: datetime
    changed_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    reviewer: UUID | None
    reviewer_name: str | None
    decision_note: str
    release: UUID | None
    conflict: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class PlanOp:
    """An operation of a plan as its planner gave it; ``undone`` ones can be done again."""

    plan: UUID
    seq: int
    op: Mapping[str, Any]
    author: UUID
    at: datetime
    undone: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who takes a step, by id and by the name that goes with the plan."""

    id: UUID
    name: str


def require_draft(found: Plan) -> None:
    """Refuse to change a plan that is no draft."""
    if found.status != "draft":
        raise Conflict(
            N_("Plan {number} is {status}: only a draft can be changed."),
            mend=N_("Its author can take it back to a draft, unless it is published."),
            where={"plan": str(found.id), "status": found.status},
            number=found.number,
            status=found.status,
        )


def require_step(found: Plan, status: PlanStatus, by: Person | None) -> None:
    """Refuse a step that the table of steps does not have, or not for this person; None is the service."""
    step = STEPS[status]
    if found.status not in step.sources:
        raise Conflict(
            N_("Plan {number} is {status}: it cannot become {to}."),
            mend=N_("From {sources} it can."),
            where={"plan": str(found.id), "status": found.status},
            number=found.number,
            status=found.status,
            to=status,
            sources=", ".join(sorted(step.sources)),
        )
    if by is None and step.by == "reviewer":
        raise ValueError("a decision is somebody's")
    if by is None or step.by == "anybody":
        return
    if step.by == "reviewer" and by.id == found.author:
        raise WrongPerson(
            N_("Nobody decides a plan of their own."),
            mend=N_("Let another reviewer look at plan {number}."),
            where={"plan": str(found.id)},
            number=found.number,
        )
    if step.by == "author" and by.id != found.author:
        raise WrongPerson(
            N_("Plan {number} is not yours to change."),
            mend=N_("Its author drafts it, submits it and publishes it; a reviewer decides it."),
            where={"plan": str(found.id)},
            number=found.number,
        )


def published(found: Plan, release: UUID | None, effective_on: date | None) -> dict[str, Any]:
    """Return the columns of what a plan became."""
    day = effective_on or found.effective_on
    became = release or found.release
    if became is None or day is None:
        raise ValueError("what is published has a release and a day")
    return {"release": became, "effective_on": day, "conflict": None}


def nothing_to_turn(identifier: UUID, seq: int | None, *, undone: bool) -> Conflict:
    """Return the refusal where no operation, or not the one named, can be undone or done again."""
    if seq is not None:
        message, mend = N_("Operation {seq} is not there to be undone."), N_("Load the plan again.")
        return Conflict(message, mend=mend, where={"plan": str(identifier), "seq": seq}, seq=seq)
    message = N_("There is no operation to undo.") if undone else N_("There is none to do again.")
    return Conflict(message, mend=N_("Add an operation."), where={"plan": str(identifier)})


def plan_of(row: Row[Any]) -> Plan:
    """Return a row as a plan."""
    given = {name: getattr(row, name) for name in Plan.__slots__}
    return Plan(**{**given, "scope": tuple(row.scope), "status": cast("PlanStatus", row.status)})


def op_of(row: Row[Any]) -> PlanOp:
    """Return a row as an operation."""
    return PlanOp(**{name: getattr(row, name) for name in PlanOp.__slots__})
