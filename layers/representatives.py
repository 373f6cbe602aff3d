"""Representatives, and who of them is responsible for which unit in which period."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, cast
from uuid import UUID

from shapely.geometry import Point
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Row,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB

from geo.errors import N_
from layers.area import today_of, within
from layers.base import identifier, in_district, link, one_at_a_time, shard_table
from layers.errors import NotFound
from layers.geometry import from_shape, geometry_type, period, to_shape
from layers.heads import Heads
from layers.ids import new_id
from layers.storage import Store

Role = Literal["home", "extra"]

representative = shard_table(
    "representative",
    identifier(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("geom", geometry_type("POINT")),
    Column("attributes", JSONB, nullable=False),
    Column("active", Boolean, nullable=False),
    in_district(),
    UniqueConstraint("district", "code"),
    Index(None, "geom", postgresql_using="gist"),
)

responsibility = shard_table(
    "responsibility",
    identifier(),
    identifier("unit"),
    identifier("representative"),
    Column("role", Text, nullable=False),
    Column("valid", DATERANGE, nullable=False),
    link("unit", "unit"),
    link("representative", "representative"),
    CheckConstraint("role IN ('home', 'extra')", name="role"),
    CheckConstraint("NOT isempty(valid)", name="valid"),
    one_at_a_time("ex_responsibility_home", "representative", where=text("role = 'home'")),
    one_at_a_time("ex_responsibility_pair", "representative", "unit"),
    Index(None, "district", "unit"),
)


@dataclass(frozen=True, slots=True)
class Representative:
    """A representative; ``lon``, ``lat`` in degrees are where they can be met, None where unknown."""

    id: UUID
    code: str
    name: str
    lon: float | None = None
    lat: float | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    active: bool = True


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A representative's duty for a unit: their one ``home``, or an ``extra`` one."""

    id: UUID
    unit: UUID
    representative: UUID
    role: Role
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Responsible:
    """A representative who answers for a unit; ``depth`` counts the levels between, 0 is the unit."""

    representative: Representative
    unit: UUID
    role: Role
    depth: int


class Representatives(Store):
    """The representatives of one district and their units."""

    def add(self, representatives: Sequence[Representative]) -> None:
        """Store new representatives.

        Raises
        ------
        Conflict
            A representative of the same code exists.
        """
        self._insert(representative, [_row(value) for value in representatives])
        Heads(self._session, self.district).raise_head("representatives")

    def save(self, value: Representative) -> None:
        """Store what changed of a representative.

        Raises
        ------
        NotFound
            The district has no such representative.
        """
        row = _row(value)
        done = self._write(
            update(representative)
            .where(representative.c.district == self.district, representative.c.id == row.pop("id"))
            .values(**row)
        )
        if done.rowcount == 0:
            raise self._missing(value.code)
        Heads(self._session, self.district).raise_head("representatives")

    def all(self, *, active_only: bool = True) -> tuple[Representative, ...]:
        """Return the representatives by code."""
        statement = select(representative).where(
            representative.c.district == self.district, *answering(self.district, self.roots)
        )
        if active_only:
            statement = statement.where(representative.c.active)
        return tuple(_representative(row) for row in self._all(statement.order_by(representative.c.code)))

    def get(self, identifier: UUID) -> Representative:
        """Return a representative by id.

        Raises
        ------
        NotFound
            The district has no such representative.
        """
        row = self._first(
            select(representative).where(
                representative.c.district == self.district,
                representative.c.id == identifier,
                *answering(self.district, self.roots),
            )
        )
        if row is None:
            raise self._missing(str(identifier))
        return _representative(row)

    def by_code(self, code: str) -> Representative:
        """Return a representative by code.

        Raises
        ------
        NotFound
            The district has no such representative.
        """
        row = self._first(
            select(representative).where(
                representative.c.district == self.district,
                representative.c.code == code,
                *answering(self.district, self.roots),
            )
        )
        if row is None:
            raise self._missing(code)
        return _representative(row)

    def assign(self, pairs: Sequence[tuple[UUID, UUID]], from_day: date, *, role: Role = "home") -> None:
        """Give representatives units from a day on: pairs of (representative id, unit id).

        A home given earlier ends on that day, since everybody has one; a home that began on the very day
        is replaced.

        Raises
        ------
        Overlap
            The representative is already responsible for the unit, or has a home later on.
        NotFound
            A representative or unit is not stored.
        """
        people = [person for person, _ in pairs]
        if role == "home":
            mine = (
                (responsibility.c.district == self.district)
                & (responsibility.c.role == "home")
                & (responsibility.c.representative == func.any(people))
            )
            self._write(responsibility.delete().where(mine, func.lower(responsibility.c.valid) == from_day))
            self._write(
                update(responsibility)
                .where(mine, responsibility.c.valid.contains(from_day))
                .values(valid=func.daterange(func.lower(responsibility.c.valid), from_day))
            )
        self._insert(
            responsibility,
            [
                {
                    "id": new_id(),
                    "unit": unit,
                    "representative": person,
                    "role": role,
                    "valid": period(from_day),
                }
                for person, unit in pairs
            ],
        )
        Heads(self._session, self.district).raise_head("representatives")

    def end_extras(self, pairs: Sequence[tuple[UUID, UUID]], people: Sequence[UUID], from_day: date) -> None:
        """Let extra duties end before a day: those of pairs (representative, unit), and all of some people.

        One that would only begin on that day or later goes. Ids are those of the tables.
        """
        mine = (responsibility.c.district == self.district) & (responsibility.c.role == "extra")
        pair = tuple_(responsibility.c.representative, responsibility.c.unit).in_(list(pairs))
        mine &= responsibility.c.representative.in_(list(people)) | pair
        self._write(responsibility.delete().where(mine, func.lower(responsibility.c.valid) >= from_day))
        self._write(
            update(responsibility)
            .where(mine, responsibility.c.valid.contains(from_day))
            .values(valid=func.daterange(func.lower(responsibility.c.valid), from_day))
        )

    def responsibilities(self, as_of: date) -> tuple[Responsibility, ...]:
        """Return all duties of a day."""
        rows = self._all(
            select(responsibility)
            .where(responsibility.c.district == self.district, responsibility.c.valid.contains(as_of))
            .order_by(responsibility.c.id)
        )
        return tuple(
            Responsibility(
                row.id,
                row.unit,
                row.representative,
                cast("Role", row.role),
                row.valid.lower,
                row.valid.upper,
            )
            for row in rows
        )

    def holders(
        self, as_of: date, units: Collection[UUID] | None = None
    ) -> dict[UUID, tuple[Responsible, ...]]:
        """Return who answers for each of some units, or of all, on a day: homes first, then by code."""
        found: dict[UUID, list[Responsible]] = {}
        statement = self._duties(as_of)
        if units is not None:
            statement = statement.where(responsibility.c.unit == func.any(list(units)))
        for row in self._all(statement):
            found.setdefault(row.unit, []).append(_responsible(row, 0))
        return {unit: tuple(values) for unit, values in found.items()}

    def responsible_for(self, chain: Sequence[UUID], as_of: date) -> tuple[Responsible, ...]:
        """Return who answers for a unit: those of the nearest unit of its chain that has anybody.

        ``chain`` is the unit and its parents, the unit first. Homes come before extras, then by code, so
        the first is always the same person. Empty where nobody answers for any of them.
        """
        depth = {unit: level for level, unit in enumerate(chain)}
        statement = self._duties(as_of).where(responsibility.c.unit == func.any(list(chain)))
        found = [_responsible(row, depth[row.unit]) for row in self._all(statement)]
        nearest = min((one.depth for one in found), default=0)
        return tuple(one for one in found if one.depth == nearest)

    def _duties(self, as_of: date) -> Any:
        return (
            select(representative, responsibility.c.unit, responsibility.c.role)
            .join(
                responsibility,
                (responsibility.c.district == representative.c.district)
                & (responsibility.c.representative == representative.c.id),
            )
            .where(
                representative.c.district == self.district,
                responsibility.c.valid.contains(as_of),
                representative.c.active,
            )
            .order_by(responsibility.c.role.desc(), representative.c.code)
        )

    def _missing(self, name: str) -> NotFound:
        return NotFound(
            N_("District {district} has no representative {representative}."),
            mend=N_("Check the code, or import the representatives first."),
            where={"representative": name},
            district=self.district,
            representative=name,
        )


def answering(code: str, roots: Collection[UUID] | None) -> list[ColumnElement[bool]]:
    """Return the condition that a representative answers today for a unit at or below some roots."""
    if roots is None:
        return []
    duty = select(responsibility.c.id).where(
        responsibility.c.district == representative.c.district,
        responsibility.c.representative == representative.c.id,
        responsibility.c.valid.contains(today_of(code)),
        within(responsibility.c.unit, code, roots),
    )
    return [duty.exists()]


def _row(value: Representative) -> dict[str, Any]:
    known = value.lon is not None and value.lat is not None
    return {
        "id": value.id,
        "code": value.code,
        "name": value.name,
        "geom": from_shape(Point(value.lon, value.lat)) if known else None,
        "attributes": dict(value.attributes),
        "active": value.active,
    }


def _representative(row: Row[Any]) -> Representative:
    place = to_shape(row.geom)
    return Representative(
        row.id,
        row.code,
        row.name,
        None if place is None else place.x,
        None if place is None else place.y,
        row.attributes,
        row.active,
    )


def _responsible(row: Row[Any], depth: int) -> Responsible:
    return Responsible(_representative(row), row.unit, cast("Role", row.role), depth)
