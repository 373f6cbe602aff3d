"""Who reported an incident: contact data as ciphertext, and the digests of the receipts that were given.

Nothing here can be read without the keys of the service, which the database does not have.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update

from layers.record_tables import incident_contact, incident_receipt
from layers.storage import Store


@dataclass(frozen=True, slots=True)
class SealedContact:
    """The sealed contact data of an incident: the name of the key, the nonce and the ciphertext."""

    incident: UUID
    key: str
    nonce: bytes
    sealed: bytes


class Contacts(Store):
    """Who reported the incidents of one district."""

    def keep(self, value: SealedContact, at: datetime) -> None:
        """Store the contact of an incident.

        Raises
        ------
        NotFound
            The district has no such incident.
        """
        row = {name: getattr(value, name) for name in SealedContact.__slots__}
        self._insert(incident_contact, [{**row, "stored_at": at}])

    def get(self, incident: UUID) -> SealedContact | None:
        """Return the sealed contact of an incident, None where there is none (any more)."""
        columns = incident_contact.c
        row = self._first(
            select(columns.incident, columns.key, columns.nonce, columns.sealed).where(
                columns.district == self.district, columns.incident == incident
            )
        )
        return None if row is None else _contact(row)

    def with_other_keys(self, key: str, limit: int) -> Sequence[SealedContact]:
        """Return contacts that are not sealed with a key, by incident."""
        columns = incident_contact.c
        rows = self._all(
            select(columns.incident, columns.key, columns.nonce, columns.sealed)
            .where(columns.district == self.district, columns.key != key)
            .order_by(columns.incident)
            .limit(limit)
            .with_for_update()
        )
        return [_contact(row) for row in rows]

    def by_key(self) -> dict[str, int]:
        """Return how many contacts each key seals, by its name."""
        columns = incident_contact.c
        counted = select(columns.key, func.count().label("contacts"))
        rows = self._all(
            counted.where(columns.district == self.district).group_by(columns.key).order_by(columns.key)
        )
        return {row.key: row.contacts for row in rows}

    def replace(self, value: SealedContact) -> None:
        """Put the same contact, sealed anew, in place of the stored one."""
        columns = incident_contact.c
        self._write(
            update(incident_contact)
            .where(columns.district == self.district, columns.incident == value.incident)
            .values(key=value.key, nonce=value.nonce, sealed=value.sealed)
        )

    def give_receipt(self, incident: UUID, digest: bytes, at: datetime, person: UUID | None = None) -> None:
        """Store the SHA-256 of the receipt of an incident, and who reported it where they signed in."""
        self._insert(
            incident_receipt, [{"incident": incident, "digest": digest, "given_at": at, "person": person}]
        )

    def reporters(self, incidents: Collection[UUID]) -> tuple[int, frozenset[UUID]]:
        """Return how many receipts incidents have, and the accounts that were given any."""
        columns = incident_receipt.c
        rows = self._all(
            select(columns.person).where(
                columns.district == self.district, columns.incident == func.any(list(incidents))
            )
        )
        return len(rows), frozenset(row.person for row in rows if row.person is not None)

    def by_receipt(self, digest: bytes) -> UUID | None:
        """Return the incident of a receipt, None where there is none (any more)."""
        columns = incident_receipt.c
        row = self._first(
            select(columns.incident).where(columns.district == self.district, columns.digest == digest)
        )
        return None if row is None else row.incident


def _contact(row: Row[Any]) -> SealedContact:
    return SealedContact(row.incident, row.key, row.nonce, row.sealed)
