"""The audit: its heads as a signed file to keep elsewhere, and the proof that nothing in it was changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from geo.errors import N_
from layers.audit import Audit
from layers.audit_chain import ChainHead, Fault, verify
from layers.stores import Stores
from service.errors import InvalidInput
from service.keys import SigningKey, verify_signature

FORMAT = "wardline audit head"
VERSION = 1
PROOF = "audit.prove"
MOST_PROVEN = 200_000
"""A longer chain takes too long for a request."""

WORDS: Mapping[str, str] = {
    "changed": N_("{chain}: entry {seq} was changed."),
    "replaced": N_("{chain}: entry {seq} is not the one that the next was written after."),
    "removed": N_("{chain}: entry {seq} was removed."),
    "inserted": N_("{chain}: entry {seq} was put in; it was never written here."),
    "moved": N_("{chain}: entry {seq} was written as entry {written_as}."),
    "truncated": N_("{chain}: the end was cut off, from entry {seq} on."),
    "rewritten": N_(
        "{chain}: entry {seq} is not the one whose hash was exported; it, or one before, was written anew."
    ),
}
"""What is said of each kind of fault."""


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What became of the proof of a chain."""

    head: ChainHead
    faults: tuple[Fault, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON."""
        faults = [
            {"entry": one.seq, "kind": one.kind, "written_as": one.written_as, "text": said(one)}
            for one in self.faults
        ]
        return {**_head_json(self.head), "whole": not self.faults, "faults": faults}


def said(fault: Fault) -> str:
    """Return what is wrong, in English."""
    return WORDS[fault.kind].format(chain=fault.chain, seq=fault.seq, written_as=fault.written_as)


def prove(chains: Iterable[Audit], heads: Sequence[ChainHead] = ()) -> tuple[ChainReport, ...]:
    """Prove chains against themselves and against heads that were exported before.

    A chain of which only a head is left was cut off whole.
    """
    entries = {one.district: one for one in chains}
    lost = sorted({head.chain for head in heads if head.seq > 0} - entries.keys())
    reports = []
    for name in (*entries, *lost):
        found = entries[name].entries() if name in entries else ()
        reports.append(ChainReport(*verify(name, found, [head for head in heads if head.chain == name])))
    return tuple(reports)


def prove_here(stores: Stores) -> ChainReport:
    """Prove the chain of a district for somebody who waits for it, and note that it was.

    Raises
    ------
    InvalidInput
        The chain is too long for that.
    """
    length = stores.audit.head().seq
    if length > MOST_PROVEN:
        raise InvalidInput(
            N_("The audit has {count} entries, too many to be proven while you wait."),
            mend=N_("Run on the server: ./wardline audit verify."),
            count=length,
        )
    (report,) = prove([stores.audit])
    stores.audit.record(PROOF, "chain", stores.district, entries=report.head.seq, faults=len(report.faults))
    return report


def export_heads(chains: Iterable[Audit], key: SigningKey, now: datetime) -> dict[str, Any]:
    """Return the heads of chains as a signed body: kept elsewhere, it tells whether the end was cut off."""
    return key.sign(
        {
            "format": FORMAT,
            "version": VERSION,
            "exported_at": now.isoformat(),
            "chains": [_head_json(one.head()) for one in chains],
        }
    )


def read_heads(path: Path, public: str) -> tuple[ChainHead, ...]:
    """Return the heads of an exported file that was signed with a key.

    Raises
    ------
    InvalidInput
        It is not such a file.
    SignatureWrong
        It was changed, or signed with another key.
    """
    try:
        body = json.loads(path.read_bytes())
        if body["format"] != FORMAT or body["version"] != VERSION:
            raise ValueError(body["format"])
        heads = [
            ChainHead(str(one["chain"]), int(one["entries"]), bytes.fromhex(one["hash"]))
            for one in body["chains"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            N_("{file} is not an exported head of the audit."),
            mend=N_("Give a file that ./wardline audit head wrote."),
            where={"file": str(path)},
            file=path,
        ) from error
    verify_signature(body, public)
    return tuple(heads)


def _head_json(head: ChainHead) -> dict[str, Any]:
    return {"chain": head.chain, "entries": head.seq, "hash": head.hash.hex()}
