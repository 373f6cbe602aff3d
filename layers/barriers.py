"""Barriers of sight: walls, hedges, ridges and buildings that nobody sees past, each for a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

import shapely
from shapely.geometry import LineString, Polygon
from sqlalchemy import CheckConstraint, Column, Index, Row, Text, func, select, update
from sqlalchemy.dialects.postgresql import DATERANGE

from geo.errors import N_
from layers.base import among, identifier, in_district, one_at_a_time, shard_table
from layers.errors import NotFound
from layers.geometry import from_shape, geometry_type, period, to_shape
from layers.heads import Heads
from layers.storage import Store

BarrierKind = Literal["wall", "hedge", "ridge", "building", "other"]
BARRIER_KINDS: tuple[BarrierKind, ...] = ("wall", "hedge", "ridge", "building", "other")

sight_barrier = shard_table(
    "sight_barrier",
    identifier(),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    # Why nobody sees past it, such as what it is made of and how high.
    Column("note", Text, nullable=False),
    Column("geom", geometry_type("GEOMETRY"), nullable=False),
    Column("valid", DATERANGE, nullable=False),
    in_district(),
    one_at_a_time("ex_sight_barrier_code", "code"),
    among("kind", BARRIER_KINDS),
    CheckConstraint("GeometryType(geom) IN ('LINESTRING', 'POLYGON')", name="geom"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    Index(None, "geom", postgresql_using="gist"),
)


@dataclass(frozen=True, slots=True)
class Barrier:
    """What ends the sight from ``valid_from`` up to the day before ``valid_to``; None is without end.

    ``shape`` is a line, or a polygon whose edges are the barrier, in lon, lat degrees.
    """

    id: UUID
    code: str
    kind: BarrierKind
    name: str
    shape: LineString | Polygon
    valid_from: date | None
    valid_to: date | None = None
    note: str = ""

    @property
    def lines(self) -> tuple[bytes, ...]:
        """The lines that nobody sees past, as WKB."""
        if isinstance(self.shape, LineString):
            return (self.shape.wkb,)
        rings = (self.shape.exterior, *self.shape.interiors)
        return tuple(LineString(shapely.get_coordinates(ring)).wkb for ring in rings)


class Barriers(Store):
    """The barriers of one district."""

    def hold(self) -> None:
        """Let nobody make a ledger or change a barrier until the transaction ends."""
        self._lock("ground")

    def replace(self, barriers: Sequence[Barrier], effective_on: date) -> tuple[Barrier, ...]:
        """Make these stand from a day on in place of those with the same codes; return those that change.

        Others stay. One that began on that very day is corrected under its id, one that begins later gives
        way, and one that goes on from an earlier day ends: what was seen then was seen past what stood then.
        """
        same = (
            sight_barrier.c.district == self.district,
            sight_barrier.c.code == func.any([one.code for one in barriers]),
            sight_barrier.c.valid.overlaps(period(effective_on)),
        )
        rows = self._all(select(sight_barrier).where(*same))
        begun = {row.code: row.id for row in rows if row.valid.lower == effective_on}
        first = func.lower(sight_barrier.c.valid)
        self._write(sight_barrier.delete().where(*same, first >= effective_on))
        self._write(update(sight_barrier).where(*same).values(valid=func.daterange(first, effective_on)))
        self._insert(
            sight_barrier,
            [
                {
                    **_row(one),
                    "id": begun.get(one.code, one.id),
                    "valid": period(effective_on, one.valid_to),
                }
                for one in barriers
            ],
        )
        Heads(self._session, self.district).raise_head("barriers")
        return tuple(_barrier(row) for row in rows)

    def end(self, identifier: UUID, on: date) -> None:
        """Let a barrier stand no more from a day on; on its first day or before it never stood, and goes.

        Raises
        ------
        NotFound
            The district has no such barrier.
        """
        found = self.get(identifier)
        mine = (sight_barrier.c.district == self.district, sight_barrier.c.id == identifier)
        if found.valid_from is not None and on <= found.valid_from:
            self._write(sight_barrier.delete().where(*mine))
        else:
            self._write(update(sight_barrier).where(*mine).values(valid=period(found.valid_from, on)))
        Heads(self._session, self.district).raise_head("barriers")

    def during(self, first: date, last: date) -> tuple[Barrier, ...]:
        """Return every barrier that stands on a day of [first, last), by code, then by time."""
        rows = self._all(
            select(sight_barrier)
            .where(
                sight_barrier.c.district == self.district,
                sight_barrier.c.valid.overlaps(period(first, last)),
            )
            .order_by(sight_barrier.c.code, sight_barrier.c.valid)
        )
        return tuple(_barrier(row) for row in rows)

    def get(self, identifier: UUID) -> Barrier:
        """Return a barrier by its id.

        Raises
        ------
        NotFound
            The district has no such barrier.
        """
        row = self._first(
            select(sight_barrier).where(
                sight_barrier.c.district == self.district, sight_barrier.c.id == identifier
            )
        )
        if row is None:
            raise NotFound(
                N_("District {district} has no barrier {barrier}."),
                mend=N_("Look it up in the list of barriers."),
                where={"barrier": str(identifier)},
                district=self.district,
                barrier=str(identifier),
            )
        return _barrier(row)


def _row(value: Barrier) -> dict[str, Any]:
    return {
        "id": value.id,
        "code": value.code,
        "kind": value.kind,
        "name": value.name,
        "note": value.note,
        "geom": from_shape(value.shape),
        "valid": period(value.valid_from, value.valid_to),
    }


def _barrier(row: Row[Any]) -> Barrier:
    return Barrier(
        id=row.id,
        code=row.code,
        kind=cast("BarrierKind", row.kind),
        name=row.name,
        shape=cast("LineString | Polygon", to_shape(row.geom)),
        valid_from=row.valid.lower,
        valid_to=row.valid.upper,
        note=row.note,
    )
