"""Shapes of the audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from layers.audit_chain import ChainHead, Entry


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


class ChainProof(BaseModel):
    """When a chain was last proven: how many entries it had, and how many were not as written."""

    at: datetime
    by: str
    entries: int
    faults: int


class AuditChain(BaseModel):
    """A chain: its length, the hash of its last entry, and when it was last proven from here."""

    entries: int
    hash: str
    proven: ChainProof | None


def chain_json(head: ChainHead, proof: Entry | None) -> dict[str, Any]:
    """Return the state of a chain, given the entry that tells of its last proof."""
    told = None
    if proof is not None:
        told = {"at": proof.at, "by": proof.actor_name, **{k: proof.detail[k] for k in ("entries", "faults")}}
    return {"entries": head.seq, "hash": head.hash.hex(), "proven": told}


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
