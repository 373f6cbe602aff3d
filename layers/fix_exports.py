"""Requests for the raw fixes of a patrol: one person asks, another allows, and both are forgotten in days."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from geo.errors import N_
from layers.errors import NotFound
from layers.record_tables import fix_export
from layers.storage import Store


@dataclass(frozen=True, slots=True)
class FixExport:
    """A request for the raw fixes of a patrol, good until ``expires_at``; allowed by another, or not yet."""

    id: UUID
    patrol: UUID
    purpose: str
    requested_by: UUID
    requested_at: datetime
    expires_at: datetime
    allowed_by: UUID | None = None
    allowed_at: datetime | None = None


class FixExports(Store):
    """The requests of one district."""

    def add(self, value: FixExport) -> None:
        """Store a request.

        Raises
        ------
        NotFound
            The district has no such patrol.
        """
        self._insert(fix_export, [{name: getattr(value, name) for name in FixExport.__slots__}])

    def get(self, identifier: UUID) -> FixExport:
        """Return a request by id.

        Raises
        ------
        NotFound
            The district has no such request.
        """
        row = self._first(
            select(fix_export).where(fix_export.c.district == self.district, fix_export.c.id == identifier)
        )
        if row is None:
            raise NotFound(
                N_("District {district} has no request for fixes {request}."),
                mend=N_("Check the id; requests are forgotten soon after they expire."),
                where={"export": str(identifier)},
                district=self.district,
                request=str(identifier),
            )
        return _export(row)

    def open(self, now: datetime) -> tuple[FixExport, ...]:
        """Return the requests that have not expired, oldest first."""
        statement = select(fix_export).where(
            fix_export.c.district == self.district, fix_export.c.expires_at > now
        )
        return tuple(_export(row) for row in self._all(statement.order_by(fix_export.c.id)))

    def allow(self, identifier: UUID, person: UUID, at: datetime, expires_at: datetime) -> bool:
        """Note who allowed a request; return whether it was not allowed before.

        Raises
        ------
        InvalidAttribute
            It is the person who asked: the database itself refuses that.
        """
        columns = fix_export.c
        done = self._write(
            update(fix_export)
            .where(columns.district == self.district, columns.id == identifier, columns.allowed_by.is_(None))
            .values(allowed_by=person, allowed_at=at, expires_at=expires_at)
        )
        return done.rowcount == 1


def _export(row: Row[Any]) -> FixExport:
    return FixExport(**{name: getattr(row, name) for name in FixExport.__slots__})
