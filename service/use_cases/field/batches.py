"""Batches: taken once, every item judged, the reply kept for every repetition."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from layers.field_batches import Batch
from layers.stores import Stores
from service.readers.field_batch import FieldBatch, Unreadable, read_batch
from service.readers.field_points import TrackPart
from service.use_cases.field.clock import tell_clock
from service.use_cases.field.incidents import store_incidents
from service.use_cases.field.judged import Judged, Sender, Work, counted, hold
from service.use_cases.field.outreach import store_outreach
from service.use_cases.field.points import hold_tracks, store_points
from service.use_cases.field.visits import store_visits


@dataclass(frozen=True, slots=True)
class Taken:
    """The reply of a batch, as JSON, and whether it was given before."""

    reply: str
    repeated: bool


def take(
    stores: Stores,
    sender: Sender,
    identifier: UUID,
    body: bytes,
    work: Work,
    translate: Callable[[str], str] = str,
) -> Taken:
    """Store a batch and return its reply; the same bytes under the same id get the same reply again.

    What the reply says is stored when the caller's transaction is committed, and nothing of it before.

    Raises
    ------
    ContentTooLarge, MalformedBody, InvalidInput
        It is no batch; see :func:`service.readers.field_batch.read_batch`. Nothing is stored.
    BatchDiffers
        The device used the id for another content.
    """
    batch = read_batch(body)
    known = stores.batches.claim(
        Batch(
            id=identifier,
            device=sender.device,
            person=sender.person,
            digest=hashlib.sha256(body).hexdigest(),
            received_at=sender.received_at,
            sent_at=batch.sent_at,
        )
    )
    if known is not None:
        return Taken(known, repeated=True)
    judged, behind_s = _store(stores, sender, batch, work)
    value = {
        "batch": str(identifier),
        "items": [one.to_json(translate) for one in judged],
        "counts": counted(judged),
        "clock_behind_s": behind_s,
    }
    reply = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    stores.batches.finish(sender.device, identifier, reply)
    stores.audit.record("batch.store", "batch", identifier, device=sender.device, items=len(judged))
    return Taken(reply, repeated=False)


def take_points(
    stores: Stores,
    sender: Sender,
    parts: Sequence[TrackPart],
    unreadable: Sequence[Unreadable],
    work: Work,
) -> list[Judged]:
    """Store the points of a client that sends no batches; return the verdicts, one for all stored."""
    judged = store_points(stores, sender, parts, work, named=False)
    judged += [Judged.quarantined("point", one.ref, one.fault, one.raw) for one in unreadable]
    return hold(stores, sender, judged)


def _store(stores: Stores, sender: Sender, batch: FieldBatch, work: Work) -> tuple[list[Judged], int | None]:
    """Store the items of a batch while nobody else stores anything of the same person.

    Returns the verdicts, and by how much its device's clock is behind, None where it does not tell.
    """
    held = hold_tracks(stores, sender, batch.tracks)
    behind_s = tell_clock(stores, sender, batch, held, work)
    judged = store_points(stores, sender, batch.tracks, work, held=held)
    judged += [Judged.quarantined("point", one.ref, one.fault, one.raw) for one in batch.unreadable]
    judged += store_visits(stores, sender, batch.visits)
    judged += store_outreach(stores, sender, batch.outreach, work)
    judged += store_incidents(stores, sender, batch.incidents, work)
    return hold(stores, sender, judged), behind_s
