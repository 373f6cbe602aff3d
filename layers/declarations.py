"""Declarations: that somebody walked a stretch of the border and has no track of it, and why.

The weakest evidence there is. A declaration is never edited: it is withdrawn, with a reason, and made anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Double, Index, Row, Text, select, update

from geo.errors import N_
from layers.base import identifier, in_district, shard_table
from layers.errors import NotFound
from layers.storage import Store

NO_DEVICE = ""
"""What stands in the ledger for the device of what was declared: there was none."""

coverage_declaration = shard_table(
    "coverage_declaration",
    identifier(),
    Column("code", Text, nullable=False),
    Column("from_m", Double, nullable=False),
    Column("to_m", Double, nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("to_at", DateTime(timezone=True), nullable=False),
    identifier("person"),
    Column("reason", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("withdrawn_by", Text),
    Column("withdrawing", Text, nullable=False),
    in_district(),
    CheckConstraint("from_m >= 0 AND to_m > from_m", name="measures"),
    CheckConstraint("to_at > from_at", name="times"),
    CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn"),
    Index(None, "district", "from_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """That ``person`` walked a segment, by its code, from one measure to another, in metres from its start.

    ``reason`` says why there is no track. ``withdrawn_at`` is None while it counts.
    """

    id: UUID
    code: str
    from_m: float
    to_m: float
    from_at: datetime
    to_at: datetime
    person: UUID
    reason: str
    created_at: datetime
    created_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawing: str = ""


_NAMES = tuple(one.name for one in fields(Declaration))


class Declarations(Store):
    """The declarations of one district."""

    def hold(self) -> None:
        """Keep others from declaring until the transaction ends."""
        self._lock("declarations")

    def add(self, value: Declaration) -> None:
        """Store a declaration."""
        self._insert(coverage_declaration, [{name: getattr(value, name) for name in _NAMES}])

    def get(self, identifier: UUID) -> Declaration:
        """Return a declaration by its id.

        Raises
        ------
        NotFound
            The district has no such declaration.
        """
        c = coverage_declaration.c
        row = self._first(select(coverage_declaration).where(c.district == self.district, c.id == identifier))
        if row is None:
            raise NotFound(
                N_("District {district} has no declaration {declaration}."),
                mend=N_("List the declarations of the period."),
                where={"declaration": str(identifier)},
                district=self.district,
                declaration=str(identifier),
            )
        return _declaration(row)

    def during(self, begin: datetime, end: datetime, person: UUID | None = None) -> tuple[Declaration, ...]:
        """Return the declarations of [begin, end), of a person or of all, withdrawn or not, by time."""
        c = coverage_declaration.c
        statement = select(coverage_declaration).where(
            c.district == self.district, c.from_at < end, c.to_at > begin
        )
        if person is not None:
            statement = statement.where(c.person == person)
        return tuple(_declaration(row) for row in self._all(statement.order_by(c.from_at, c.id)))

    def withdraw(self, identifier: UUID, at: datetime, by: str, reason: str) -> None:
        """Let a declaration count no more."""
        c = coverage_declaration.c
        self._write(
            update(coverage_declaration)
            .where(c.district == self.district, c.id == identifier)
            .values(withdrawn_at=at, withdrawn_by=by, withdrawing=reason)
        )


def _declaration(row: Row[Any]) -> Declaration:
    return Declaration(**{name: getattr(row, name) for name in _NAMES})


def counting(every: Sequence[Declaration]) -> tuple[Declaration, ...]:
    """Return those that were not withdrawn."""
    return tuple(one for one in every if one.withdrawn_at is None)
