"""Contact data as ciphertext, of who reported, helps or asks for help, and the digests of receipts.

Nothing here can be read without the keys of the service, which the database does not have.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Column, Row, Select, Table, func, select, text, update

from layers.record_tables import incident_contact, incident_receipt
from layers.rota_tables import aid_contact
from layers.storage import Store

Of = Literal["incident", "aid"]


@dataclass(frozen=True, slots=True)
class SealedContact:
    """Sealed contact data: whose, the name of the key, the nonce, the ciphertext, and of what they are.

    ``of`` is ``incident`` where the subject is one, ``aid`` where it is a volunteer or a request for help.
    """

    subject: UUID
    key: str
    nonce: bytes
    sealed: bytes
    of: Of = "incident"


_TABLES: dict[Of, tuple[Table, Column[Any]]] = {
    "incident": (incident_contact, incident_contact.c.incident),
    "aid": (aid_contact, aid_contact.c.subject),
}


class Contacts(Store):
    """How to reach people of one district."""

    def keep(self, value: SealedContact, at: datetime) -> None:
        """Store contact data.

        Raises
        ------
        NotFound
            The district has no such incident.
        """
        table, subject = _TABLES[value.of]
        row = {subject.name: value.subject, "key": value.key, "nonce": value.nonce, "sealed": value.sealed}
        self._insert(table, [{**row, "stored_at": at}])

    def get(self, subject: UUID, of: Of = "incident") -> SealedContact | None:
        """Return the sealed contact of a subject, None where there is none (any more)."""
        table, column = _TABLES[of]
        row = self._first(_select(table, column).where(table.c.district == self.district, column == subject))
        return None if row is None else _contact(row, of)

    def with_other_keys(self, key: str, limit: int) -> Sequence[SealedContact]:
        """Return contacts that are not sealed with a key, by subject; those of incidents first."""
        found: list[SealedContact] = []
        for of, (table, column) in _TABLES.items():
            rows = self._all(
                _select(table, column)
                .where(table.c.district == self.district, table.c.key != key)
                .order_by(column)
                .limit(limit - len(found))
                .with_for_update()
            )
            found.extend(_contact(row, of) for row in rows)
        return found

    def by_key(self) -> dict[str, int]:
        """Return how many contacts each key seals, by its name."""
        counted: dict[str, int] = {}
        for table, _ in _TABLES.values():
            # Another database of the same keys may be older than a table.
            there = self._first(text("SELECT to_regclass(:name)"), {"name": table.name})
            if there is None or there[0] is None:
                continue
            rows = self._all(
                select(table.c.key, func.count().label("contacts"))
                .where(table.c.district == self.district)
                .group_by(table.c.key)
            )
            for row in rows:
                counted[row.key] = counted.get(row.key, 0) + row.contacts
        return dict(sorted(counted.items()))

    def replace(self, value: SealedContact) -> None:
        """Put the same contact, sealed anew, in place of the stored one."""
        table, column = _TABLES[value.of]
        self._write(
            update(table)
            .where(table.c.district == self.district, column == value.subject)
            .values(key=value.key, nonce=value.nonce, sealed=value.sealed)
        )

    def forget(self, subject: UUID) -> None:
        """Remove the contact of a volunteer or of a request for help."""
        mine = (aid_contact.c.district == self.district) & (aid_contact.c.subject == subject)
        self._write(aid_contact.delete().where(mine))

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


def _select(table: Table, subject: Column[Any]) -> Select[Any]:
    return select(subject.label("subject"), table.c.key, table.c.nonce, table.c.sealed)


def _contact(row: Row[Any], of: Of) -> SealedContact:
    return SealedContact(row.subject, row.key, row.nonce, row.sealed, of)
