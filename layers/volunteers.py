"""Volunteers: what they can help with, where and when. How to reach them is kept apart, sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import shapely
from shapely.geometry import Point
from sqlalchemy import Row, Select, select, update

from geo.errors import N_
from layers.errors import NotFound
from layers.geometry import from_shape, to_shape
from layers.paging import Page
from layers.rota_tables import volunteer
from layers.storage import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Volunteer:
    """A volunteer who goes ``reach_m`` metres from ``lon``, ``lat`` in degrees.

    ``windows`` are when they may be asked: each has ``days`` and minutes ``begin`` and ``end`` of the wall
    clock. They agreed to be asked on ``consented_on``.
    """

    id: UUID
    code: str
    name: str
    lon: float
    lat: float
    reach_m: float
    skills: tuple[str, ...]
    windows: tuple[Mapping[str, Any], ...]
    consented_on: date
    created_at: datetime
    created_by: str
    person: UUID | None = None
    version: int = 1


_PLAIN = (
    *("id", "code", "name", "reach_m", "consented_on", "created_at", "created_by", "person", "version"),
)


class Volunteers(Store):
    """The volunteers of one district."""

    def add(self, values: Sequence[Volunteer]) -> None:
        """Store volunteers.

        Raises
        ------
        Conflict
            Another has the code.
        """
        self._insert(volunteer, [_values(one) for one in values])

    def get(self, identifier: UUID) -> Volunteer:
        """Return a volunteer by id.

        Raises
        ------
        NotFound
            There is none, or none that the caller may see.
        """
        row = self._first(self._mine().where(volunteer.c.id == identifier))
        if row is None:
            raise NotFound(
                N_("District {district} has no volunteer {volunteer}."),
                mend=N_("List the volunteers."),
                where={"volunteer": str(identifier)},
                district=self.district,
                volunteer=str(identifier),
            )
        return _volunteer(row)

    def page(self, limit: int, cursor: str | None) -> Page[Volunteer]:
        """Return a page of volunteers by id."""
        return self._page(self._mine(), volunteer.c.id, _volunteer, limit, cursor)

    def all(self) -> tuple[Volunteer, ...]:
        """Return all volunteers by id."""
        return tuple(_volunteer(row) for row in self._all(self._mine().order_by(volunteer.c.id)))

    def change(self, value: Volunteer, version: int) -> bool:
        """Store a volunteer in place of a version; say whether it was that one."""
        rest = {name: one for name, one in _values(value).items() if name != "id"}
        mine = (volunteer.c.district == self.district) & (volunteer.c.id == value.id)
        done = self._write(
            update(volunteer)
            .where(mine, volunteer.c.version == version)
            .values(**rest | {"version": version + 1})
        )
        return done.rowcount > 0

    def remove(self, identifier: UUID) -> None:
        """Forget a volunteer, and with them their duties."""
        mine = (volunteer.c.district == self.district) & (volunteer.c.id == identifier)
        self._write(volunteer.delete().where(mine))

    def _mine(self) -> Select[Any]:
        return select(volunteer).where(volunteer.c.district == self.district)


def _values(value: Volunteer) -> dict[str, Any]:
    row = {name: getattr(value, name) for name in _PLAIN}
    place = from_shape(Point(value.lon, value.lat))
    return {
        **row,
        "geom": place,
        "skills": {"names": list(value.skills)},
        "windows": {"items": [dict(one) for one in value.windows]},
    }


def _volunteer(row: Row[Any]) -> Volunteer:
    point = shapely.get_coordinates(to_shape(row.geom))[0]
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Volunteer(
        **plain,
        lon=float(point[0]),
        lat=float(point[1]),
        skills=tuple(row.skills["names"]),
        windows=tuple(row.windows["items"]),
    )
