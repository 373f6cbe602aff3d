"""Withdrawn incidents: taken away with all that belongs to them, and known to have been there.

What is left tells when, by whom and why, and whose it was, to those alone who could see the incident. Nobody
changes or removes it, and what was delivered once is not taken in again.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from layers.area import within
from layers.field_tables import field_photo
from layers.incident_tables import incident, incident_withdrawal
from layers.storage import Store

Delivery = tuple[str, str]
"""A channel, and what it calls an incident."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """That an incident was withdrawn; ``unit`` and whom it complained about say who may know."""

    incident: UUID
    at: datetime
    withdrawn_by: str
    reason: str
    unit: UUID | None = None
    about_representative: UUID | None = None
    about_unit: UUID | None = None


class Withdrawals(Store):
    """The withdrawn incidents of one district."""

    def withdraw(self, value: Withdrawal, delivery: Delivery | None) -> bool:
        """Take an incident away, with its log, contact, receipt and photos; return whether it was there.

        Raises
        ------
        Conflict
            It was withdrawn before.
        OutOfReach
            Row security does not let the caller.
        """
        row = {name: getattr(value, name) for name in Withdrawal.__slots__}
        # First, since without it row security lets nobody take anything away.
        self._insert(
            incident_withdrawal, [{**row, "delivery": None if delivery is None else _digest(delivery)}]
        )
        self._write(
            field_photo.delete().where(
                field_photo.c.district == self.district,
                field_photo.c.kind == "incident",
                field_photo.c.subject == value.incident,
            )
        )
        done = self._write(
            incident.delete().where(incident.c.district == self.district, incident.c.id == value.incident)
        )
        return done.rowcount == 1

    def get(self, identifier: UUID) -> Withdrawal | None:
        """Return what is left of an incident; None where it was not withdrawn or the caller never saw it."""
        there = [] if self.roots is None else [within(incident_withdrawal.c.unit, self.district, self.roots)]
        row = self._first(
            select(incident_withdrawal).where(
                incident_withdrawal.c.district == self.district,
                incident_withdrawal.c.incident == identifier,
                *there,
            )
        )
        return None if row is None else _withdrawal(row)

    def among(self, deliveries: Collection[Delivery]) -> frozenset[Delivery]:
        """Return which of some deliveries were of incidents that are withdrawn."""
        named = {_digest(one): one for one in deliveries}
        if not named:
            return frozenset()
        rows = self._all(
            select(incident_withdrawal.c.delivery).where(
                incident_withdrawal.c.district == self.district,
                incident_withdrawal.c.delivery == func.any(list(named)),
            )
        )
        return frozenset(named[bytes(row.delivery)] for row in rows)


def _digest(delivery: Delivery) -> bytes:
    return hashlib.sha256("\0".join(delivery).encode()).digest()


def _withdrawal(row: Row[Any]) -> Withdrawal:
    return Withdrawal(**{name: getattr(row, name) for name in Withdrawal.__slots__})
