"""Idempotency keys: the first answer to a key is the answer to every repetition of the request.

A request is one transaction. A second request with the same key waits at the insert until the first has
committed or failed, so it either replays a finished answer or does the work itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Integer, Text, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from geo.errors import N_
from layers.base import in_district, shard_table
from layers.errors import Conflict
from layers.row_security import SYSTEM_SCOPE, scope_of
from layers.storage import Store

idempotency_key = shard_table(
    "idempotency_key",
    Column("key", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("status", Integer),
    Column("reply", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False),
    in_district(),
    key=("key",),
)


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer that was given to a key: an HTTP status and the JSON body."""

    status: int
    reply: Mapping[str, Any]


class Idempotency(Store):
    """The idempotency keys of one district."""

    def claim(self, key: str, digest: str) -> Replay | None:
        """Take a key for a request, or return the answer the same request got before.

        A key is its maker's own: the same key of another person or device is another key.

        Parameters
        ----------
        key
            What the client sent as ``Idempotency-Key``.
        digest
            SHA-256 of method, path and body.

        Raises
        ------
        Conflict
            The key was used for another request, or its request never came to an answer.
        """
        statement = (
            insert(idempotency_key)
            .values(district=self.district, key=self._own(key), digest=digest, created_at=datetime.now(UTC))
            .on_conflict_do_nothing(index_elements=["district", "key"])
            .returning(idempotency_key.c.key)
        )
        if self._write(statement).first() is not None:
            return None
        row = self._first(
            select(idempotency_key).where(
                idempotency_key.c.district == self.district, idempotency_key.c.key == self._own(key)
            )
        )
        if row is None or row.digest != digest or row.status is None:
            raise Conflict(
                N_("The idempotency key {key} was used for another request."),
                mend=N_("Make a new key for every new request; repeat a key only with the same content."),
                where={"header": "Idempotency-Key"},
                key=key[:64],
            )
        return Replay(row.status, row.reply)

    def finish(self, key: str, status: int, reply: Mapping[str, Any]) -> None:
        """Keep the answer of a claimed key."""
        self._write(
            update(idempotency_key)
            .where(idempotency_key.c.district == self.district, idempotency_key.c.key == self._own(key))
            .values(status=status, reply=dict(reply))
        )

    def _own(self, key: str) -> str:
        scope = scope_of(self._session) or SYSTEM_SCOPE
        return f"{scope.actor} {key}"

    def forget(self, before: datetime) -> int:
        """Remove the keys made before an instant; return how many."""
        return self._write(
            idempotency_key.delete().where(
                idempotency_key.c.district == self.district, idempotency_key.c.created_at < before
            )
        ).rowcount
