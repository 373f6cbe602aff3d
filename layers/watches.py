"""Watches: which units a person wants to be told of when they are redrawn."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, select
from sqlalchemy.dialects.postgresql import insert

from layers.base import identifier, link, shard_table
from layers.storage import Store

watch = shard_table(
    "watch",
    identifier("person"),
    identifier("unit"),
    Column("since", DateTime(timezone=True), nullable=False),
    link("unit", "unit"),
    Index(None, "district", "unit"),
    key=("person", "unit"),
)


@dataclass(frozen=True, slots=True)
class Watch:
    """That a person watches a unit: itself, and what lies below it."""

    person: UUID
    unit: UUID
    since: datetime


class Watches(Store):
    """The watches of one district."""

    def of_person(self, person: UUID) -> tuple[Watch, ...]:
        """Return what a person watches, the longest watched first."""
        rows = self._all(
            select(watch)
            .where(watch.c.district == self.district, watch.c.person == person)
            .order_by(watch.c.since, watch.c.unit)
        )
        return tuple(Watch(row.person, row.unit, row.since) for row in rows)

    def on(self, units: Collection[UUID]) -> tuple[Watch, ...]:
        """Return the watches on some units, by person and unit."""
        rows = self._all(
            select(watch)
            .where(watch.c.district == self.district, watch.c.unit.in_(sorted(units)))
            .order_by(watch.c.person, watch.c.unit)
        )
        return tuple(Watch(row.person, row.unit, row.since) for row in rows)

    def add(self, person: UUID, units: Collection[UUID], since: datetime) -> None:
        """Let a person watch units; those watched already stay as they are.

        Raises
        ------
        NotFound
            A unit is not stored.
        """
        if not units:
            return
        rows = [
            {"district": self.district, "person": person, "unit": unit, "since": since}
            for unit in sorted(units)
        ]
        self._write(insert(watch).values(rows).on_conflict_do_nothing())

    def remove(self, person: UUID, unit: UUID) -> bool:
        """Let a person watch a unit no more; return whether it was watched."""
        mine = (watch.c.district == self.district) & (watch.c.person == person) & (watch.c.unit == unit)
        return self._write(watch.delete().where(mine)).rowcount > 0
