"""Shapes of the audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from layers.audit_chain import Entry


class AuditEntry(BaseModel):
    """One thing that was done; ``entry`` is its number in the chain and ``hash`` its link."""

    entry: int
    at: datetime
    actor_kind: str
    actor: UUID | None
    actor_name: str
    action: str
    subject_kind: str
    subject: str
    request: str | None
    purpose: str | None
    detail: dict[str, Any]
    hash: str


class AuditPage(BaseModel):
    """Entries, the newest first; ``before`` asks for the next page, null where there are none."""

    items: list[AuditEntry]
    before: int | None


def entry_json(value: Entry) -> dict[str, Any]:
    """Return an entry as readers see it."""
    return {
        "entry": value.seq,
        "at": value.at.isoformat(),
        "actor_kind": value.actor_kind,
        "actor": None if value.actor is None else str(value.actor),
        "actor_name": value.actor_name,
        "action": value.action,
        "subject_kind": value.subject_kind,
        "subject": value.subject,
        "request": value.request,
        "purpose": value.purpose,
        "detail": dict(value.detail),
        "hash": value.hash.hex(),
    }
