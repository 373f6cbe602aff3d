"""Batches from the field: each taken once, its reply kept, every repetition answered with that same reply.

A batch is one transaction. A twin that arrives meanwhile waits at the insert until the first has committed or
failed, so it either gets the finished reply or does the work itself.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from geo.errors import N_
from layers.clocks import sent_by
from layers.errors import Conflict
from layers.field_tables import field_batch
from layers.storage import Store


class BatchDiffers(Conflict):
    """The device sent another content under the same batch id before."""

    code = "batch-differs"


@dataclass(frozen=True, slots=True)
class Batch:
    """What a device sent at once; ``digest`` is the SHA-256 of the bytes it sent."""

    id: UUID
    device: str
    person: UUID
    digest: str
    received_at: datetime
    sent_at: datetime | None = None


class Batches(Store):
    """The batches of one district."""

    def claim(self, value: Batch) -> str | None:
        """Take a batch, or return the reply that the same batch got before.

        Raises
        ------
        BatchDiffers
            The device used the id for another content.
        """
        row = {name: getattr(value, name) for name in Batch.__slots__}
        statement = insert(field_batch).values(district=self.district, **row)
        statement = statement.on_conflict_do_nothing(index_elements=["district", "device", "id"])
        if self._write(statement.returning(field_batch.c.id)).first() is not None:
            return None
        known = self._first(
            select(field_batch.c.digest, field_batch.c.reply).where(
                field_batch.c.district == self.district,
                field_batch.c.device == value.device,
                field_batch.c.id == value.id,
            )
        )
        if known is None or known.digest != value.digest or known.reply is None:
            raise BatchDiffers(
                N_("Device {device} sent batch {batch} before, with another content."),
                mend=N_("Give the new content a new UUID; repeat a UUID only with the same bytes."),
                where={"parameter": "batch"},
                device=value.device,
                batch=str(value.id),
            )
        return str(known.reply)

    def finish(self, device: str, identifier: UUID, reply: str) -> None:
        """Keep the reply of a batch that was taken."""
        self._write(
            update(field_batch)
            .where(
                field_batch.c.district == self.district,
                field_batch.c.device == device,
                field_batch.c.id == identifier,
            )
            .values(reply=reply)
        )

    def hold(self, person: UUID) -> None:
        """Keep others from storing what a person sends, from whatever device, until the transaction ends."""
        self._lock(sent_by(person))
