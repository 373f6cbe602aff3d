"""The chain of the audit: how an entry is written as bytes, how each holds the one before, and the proof.

An entry's canonical form is JSON in UTF-8 with its members in alphabetical order, no white space, no escapes
but those JSON demands, ids in lower case with hyphens, and times in UTC with six decimals and ``Z``::

    {"action":"incident.create","actor":null,"actor_kind":"public","actor_name":"public",
     "at":"2026-06-01T01:30:00.000000Z","chain":"230882","detail":{"channel":"web"},"purpose":null,
     "request":"0197…","subject":"0197…","subject_kind":"incident"}

(without the line breaks). Its hash is SHA-256 of the 32 bytes of the previous entry's hash, then the entry's
number as eight bytes, the most significant first, then that form; the first entry is number 1 and follows 32
zero bytes. Members are texts, whole numbers, true, false, null or lists of texts, so the form survives any
JSON library. Who has the last hash can tell every change before it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

GENESIS = bytes(32)
"""What the first entry of a chain follows."""

MOST_FAULTS = 1000
"""So many faults are enough to know that a chain is not whole."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done: who did what, on what, when, in which request and for what purpose.

    ``chain`` is the district's code, or ``central``; ``seq`` counts the chain's entries from 1.
    """

    chain: str
    seq: int
    at: datetime
    actor_kind: str
    actor: UUID | None
    actor_name: str
    action: str
    subject_kind: str
    subject: str
    request: str | None = None
    purpose: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    previous: bytes = GENESIS
    hash: bytes = b""

    def canonical(self) -> bytes:
        """Return the bytes of the entry that the hash is taken of, besides its number."""
        said = {
            "action": self.action,
            "actor": None if self.actor is None else str(self.actor),
            "actor_kind": self.actor_kind,
            "actor_name": self.actor_name,
            "at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "chain": self.chain,
            "detail": dict(self.detail),
            "purpose": self.purpose,
            "request": self.request,
            "subject": self.subject,
            "subject_kind": self.subject_kind,
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    def digest(self) -> bytes:
        """Return SHA-256 of the previous hash, the number and this entry."""
        number = self.seq.to_bytes(8, "big", signed=True)
        return hashlib.sha256(self.previous + number + self.canonical()).digest()

    def after(self, seq: int, previous: bytes) -> "Entry":
        """Return the entry as the one that follows ``seq`` entries, the last of which has a hash."""
        linked = replace(self, seq=seq + 1, previous=previous)
        return replace(linked, hash=linked.digest())


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How long a chain is and the hash of its last entry; 0 and zero bytes where it is empty."""

    chain: str
    seq: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a chain, and at which entry.

    ``kind`` is ``changed`` (the entry is not what its hash says), ``replaced`` (the next entry was written
    after another one), ``removed`` (``seq`` is not there), ``inserted`` (it was never in the chain),
    ``moved`` (it was written as entry ``written_as``), ``truncated`` (the chain ends before an exported head)
    or ``rewritten`` (the entry of an exported head has another hash).
    """

    chain: str
    seq: int
    kind: str
    written_as: int | None = None


def verify(
    chain: str, entries: Iterable[Entry], heads: Sequence[ChainHead] = ()
) -> tuple[ChainHead, tuple[Fault, ...]]:
    """Prove a chain from its entries by ascending ``seq``; return its head and every fault, by entry.

    ``heads`` are heads of this chain that were exported earlier and kept elsewhere: only they can tell that
    the end was cut off, or that everything after a change was written anew.
    """
    expected = {head.seq: head.hash for head in heads if head.chain == chain and head.seq > 0}
    faults: list[Fault] = []
    odd: list[Entry] = []
    head = ChainHead(chain)
    for entry in entries:
        if len(faults) + len(odd) >= MOST_FAULTS:
            break
        if entry.seq < 1:
            faults.append(Fault(chain, entry.seq, "inserted"))
            continue
        gap = range(head.seq + 1, entry.seq)
        faults.extend(Fault(chain, seq, "removed") for seq in gap[:MOST_FAULTS])
        if entry.digest() != entry.hash:
            odd.append(entry)
        elif not gap and entry.previous != head.hash and not (odd and odd[-1].seq == head.seq):
            # Its own hash holds, as does that of the one before: they were not written in succession.
            faults.append(Fault(chain, head.seq, "replaced" if head.seq else "inserted"))
        if entry.seq in expected and entry.hash != expected[entry.seq]:
            faults.append(Fault(chain, entry.seq, "rewritten"))
        head = ChainHead(chain, entry.seq, entry.hash)
    faults.extend(_told_apart(odd))
    longest = max(expected, default=0)
    if longest > head.seq and len(faults) < MOST_FAULTS:
        faults.append(Fault(chain, head.seq + 1, "truncated"))
    return head, tuple(sorted(set(faults), key=lambda fault: (fault.seq, fault.kind)))


def _told_apart(odd: Sequence[Entry]) -> list[Fault]:
    """Return what happened to entries that are not what their hashes say: changed, moved or inserted."""
    places = {seq for entry in odd for seq in (entry.seq - 1, entry.seq, entry.seq + 1)}
    if len(odd) > 50:  # each of them is tried at each place
        places = set()
    moved: dict[int, int] = {}
    for entry in odd:
        nearby = places or {entry.seq - 1, entry.seq + 1}
        for seq in sorted(nearby - {entry.seq}):
            if replace(entry, seq=seq).digest() == entry.hash:
                moved[entry.seq] = seq
                break
    # An entry that stands where another was written, and fits nowhere itself, came from outside.
    taken = set(moved.values())
    return [
        Fault(entry.chain, entry.seq, "moved", moved[entry.seq])
        if entry.seq in moved
        else Fault(entry.chain, entry.seq, "inserted" if entry.seq in taken else "changed")
        for entry in odd
    ]
