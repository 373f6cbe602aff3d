"""The ends of the chain of responsibility: demonstration households below, and who leads each level above.

A demonstration household is a place: a code, a label of the place, the small grid it lies in, and its period.
Nothing is known of the people who live there. Who leads is an office that the public knows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast
from uuid import UUID

from shapely.geometry import Point
from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Index,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    or_,
    select,
    update,
)

from geo.errors import N_
from layers.area import within
from layers.base import identifier, in_district, link, shard_table
from layers.errors import NotFound, OutOfReach
from layers.geometry import from_shape, geometry_type, to_shape
from layers.paging import Page
from layers.storage import Store

demonstration_household = shard_table(
    "demonstration_household",
    identifier(),
    Column("code", Text, nullable=False),
    Column("label", Text, nullable=False),
    identifier("unit"),
    Column("geom", geometry_type("POINT"), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    in_district(),
    link("unit", "unit"),
    UniqueConstraint("district", "code"),
    CheckConstraint("until > since", name="until"),
    Index(None, "district", "unit"),
)

leader = shard_table(
    "leader",
    identifier(),
    # Nothing where it is the whole county.
    identifier("unit", nullable=True),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    in_district(),
    link("unit", "unit"),
    CheckConstraint("until > since", name="until"),
    Index(None, "district", "unit"),
)


@dataclass(frozen=True, slots=True)
class DemonstrationHousehold:
    """A household at ``lon``, ``lat`` in degrees, in the small grid ``unit``, up to, without, ``until``."""

    id: UUID
    code: str
    label: str
    unit: UUID
    lon: float
    lat: float
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Leader:
    """Who leads a unit, or the county where it is None, by the title of the office."""

    id: UUID
    unit: UUID | None
    name: str
    title: str
    since: date
    until: date | None = None


class Demonstrations(Store):
    """The demonstration households of one district, and who leads its levels."""

    def add(self, values: Sequence[DemonstrationHousehold]) -> None:
        """Store new households.

        Raises
        ------
        Conflict
            The district has one of the same code.
        """
        self._insert(demonstration_household, [_row(value) for value in values])

    def all(self) -> tuple[DemonstrationHousehold, ...]:
        """Return all households, of every day."""
        return tuple(_household(row) for row in self._all(self._households()))

    def by_code(self, code: str) -> DemonstrationHousehold:
        """Return the household of a code.

        Raises
        ------
        NotFound
            There is none that the caller may see.
        """
        row = self._first(self._households().where(demonstration_household.c.code == code))
        if row is None:
            raise NotFound(
                N_("There is no demonstration household {household} here."),
                mend=N_("Check the code, or ask somebody whose area it lies in."),
                where={"household": code[:64]},
                household=code[:64],
            )
        return _household(row)

    def page(
        self, as_of: date, units: Collection[UUID] | None, limit: int, cursor: str | None
    ) -> Page[DemonstrationHousehold]:
        """Return a page of the households of a day, of all units or of some."""
        statement = self._households().where(_on(demonstration_household, as_of))
        if units is not None:
            statement = statement.where(demonstration_household.c.unit.in_(sorted(units)))
        return self._page(statement, demonstration_household.c.id, _household, limit, cursor)

    def end(self, value: DemonstrationHousehold, until: date) -> DemonstrationHousehold:
        """Let a household be one up to, without, a day, and return it.

        Raises
        ------
        OutOfReach
            The caller may not write it.
        """
        self._end(demonstration_household, value.id, until)
        return replace(value, until=until)

    def place(self, placed: Mapping[UUID, UUID]) -> None:
        """Store in which small grid households lie: units by household."""
        columns = demonstration_household.c
        for household, unit in placed.items():
            mine = (columns.district == self.district) & (columns.id == household)
            self._write(update(demonstration_household).where(mine).values(unit=unit))

    def add_leaders(self, values: Sequence[Leader]) -> None:
        """Store who leads from a day on."""
        names = Leader.__slots__
        self._insert(leader, [{name: getattr(value, name) for name in names} for value in values])

    def leaders(self, as_of: date, units: Collection[UUID] | None = None) -> tuple[Leader, ...]:
        """Return who leads on a day, of all or of the county and some units, as they were stored."""
        statement = select(leader).where(leader.c.district == self.district, _on(leader, as_of))
        if units is not None:
            statement = statement.where(or_(leader.c.unit.is_(None), leader.c.unit.in_(sorted(units))))
        return tuple(_leader(row) for row in self._all(statement.order_by(leader.c.id)))

    def leader(self, identifier: UUID) -> Leader:
        """Return who leads by an id.

        Raises
        ------
        NotFound
            Nobody.
        """
        row = self._first(select(leader).where(leader.c.district == self.district, leader.c.id == identifier))
        if row is None:
            raise NotFound(
                N_("Nobody leads by the id {leader}."),
                mend=N_("List who leads."),
                where={"leader": str(identifier)},
                leader=str(identifier),
            )
        return _leader(row)

    def end_leader(self, value: Leader, until: date) -> Leader:
        """Let somebody lead up to, without, a day, and return who it is.

        Raises
        ------
        OutOfReach
            The caller may not write it.
        """
        self._end(leader, value.id, until)
        return replace(value, until=until)

    def _end(self, table: Table, identifier: UUID, until: date) -> None:
        mine = (table.c.district == self.district) & (table.c.id == identifier)
        if self._write(update(table).where(mine).values(until=until)).rowcount == 0:
            raise OutOfReach(N_("This is not yours to end."), mend=N_("Ask somebody whose area it lies in."))

    def _households(self) -> Select[Any]:
        columns = demonstration_household.c
        statement = select(demonstration_household).where(columns.district == self.district)
        return (
            statement
            if self.roots is None
            else statement.where(within(columns.unit, self.district, self.roots))
        )


def _on(table: Table, day: date) -> Any:
    """Return the condition that a row is in force on a day."""
    return (table.c.since <= day) & or_(table.c.until.is_(None), table.c.until > day)


def _row(value: DemonstrationHousehold) -> dict[str, Any]:
    return {
        "id": value.id,
        "code": value.code,
        "label": value.label,
        "unit": value.unit,
        "geom": from_shape(Point(value.lon, value.lat)),
        "since": value.since,
        "until": value.until,
    }


def _household(row: Row[Any]) -> DemonstrationHousehold:
    place = cast("Point", to_shape(row.geom))
    return DemonstrationHousehold(
        row.id, row.code, row.label, row.unit, place.x, place.y, row.since, row.until
    )


def _leader(row: Row[Any]) -> Leader:
    return Leader(row.id, row.unit, row.name, row.title, row.since, row.until)
