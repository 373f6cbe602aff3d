"""Heads: one small counter per district and layer, so that a reader knows when its copy is out of date.

In-memory indexes, tile caches and ETags ask one cheap question, ``every``, instead of looking at the
layers themselves. Whatever changes a layer that readers hold copies of, raises its counter in the same
transaction.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from layers.base import in_district, shard_table
from layers.storage import Store, read_sql

head = shard_table(
    "head",
    Column("layer", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    in_district(),
    key=("layer",),
)


@dataclass(frozen=True, slots=True)
class Head:
    """How often a layer of a district has changed, and when it last did."""

    district: str
    layer: str
    version: int
    changed_at: datetime


def every(session: Session) -> dict[tuple[str, str], Head]:
    """Return the heads of all districts by (district, layer).

    The one question that spans districts on purpose: it is small, and it tells every worker at once which
    of its copies are out of date.
    """
    rows = session.execute(select(head.c.district, head.c.layer, head.c.version, head.c.changed_at))
    return {(row.district, row.layer): _head(row) for row in rows}


class Heads(Store):
    """The counters of one district."""

    def raise_head(self, layer: str) -> None:
        """Count one more change of a layer; others who change it wait until this transaction ends."""
        now = datetime.now(UTC)
        statement = insert(head).values(district=self.district, layer=layer, version=1, changed_at=now)
        self._write(
            statement.on_conflict_do_update(
                index_elements=["district", "layer"],
                set_={"version": head.c.version + 1, "changed_at": now},
            )
        )

    def all(self) -> dict[str, Head]:
        """Return the heads of the district by layer."""
        rows = self._all(
            select(head.c.district, head.c.layer, head.c.version, head.c.changed_at).where(
                head.c.district == self.district
            )
        )
        return {row.layer: _head(row) for row in rows}

    def ground(self, first: date, last: date) -> tuple[bytes, bytes, bytes | None, bytes | None]:
        """Return digests of border, markers, ground cover and barriers on the days of [first, last).

        They are others whenever something of them was changed meanwhile. The third is None where there never
        was any ground cover, the fourth where there never was a barrier.
        """
        days = {"district": self.district, "first": first, "last": last}
        with self._driver().cursor() as cursor:
            row = cursor.execute(read_sql("ground_stamps").encode(), days).fetchall()[0]
        border, markers, cover, barriers = row
        return border, markers, cover, barriers

    def version(self, layer: str) -> int:
        """Return how often the layer has changed; 0 where it never was stored."""
        row = self._first(
            select(head.c.version).where(head.c.district == self.district, head.c.layer == layer)
        )
        return 0 if row is None else int(row.version)


def _head(row: Any) -> Head:
    return Head(row.district, row.layer, row.version, row.changed_at)
