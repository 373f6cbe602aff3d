"""Stops of the mobile service: where it comes, from when to when, with which services."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import shapely
from shapely.geometry import Point
from sqlalchemy import Row, select, update

from geo.errors import N_
from layers.errors import NotFound
from layers.geometry import from_shape, to_shape
from layers.outreach_tables import service_stop
from layers.storage import Store

StopState = Literal["planned", "held", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A stop at ``lon``, ``lat`` in degrees; ``reason`` is why it was cancelled."""

    id: UUID
    name: str
    place: str
    lon: float
    lat: float
    unit: UUID
    services: tuple[str, ...]
    from_at: datetime
    to_at: datetime
    created_at: datetime
    created_by: str
    state: StopState = "planned"
    reason: str = ""
    version: int = 1


_COLUMNS = (
    *("id", "name", "place", "unit", "from_at", "to_at"),
    *("created_at", "created_by", "state", "reason", "version"),
)


class Stops(Store):
    """The stops of one district."""

    def add(self, value: Stop) -> None:
        """Store a stop."""
        row = {name: getattr(value, name) for name in _COLUMNS}
        body = {"services": list(value.services)}
        self._insert(service_stop, [{**row, "geom": from_shape(Point(value.lon, value.lat)), "body": body}])

    def get(self, identifier: UUID) -> Stop:
        """Return a stop by its id.

        Raises
        ------
        NotFound
            The district has no such stop.
        """
        column = service_stop.c
        row = self._first(
            select(service_stop).where(column.district == self.district, column.id == identifier)
        )
        if row is None:
            raise NotFound(
                N_("District {district} has no stop {stop}."),
                mend=N_("List the stops of the period."),
                where={"stop": str(identifier)},
                district=self.district,
                stop=str(identifier),
            )
        return _stop(row)

    def during(self, from_at: datetime, to_at: datetime) -> tuple[Stop, ...]:
        """Return the stops of which a part lies in [from_at, to_at), by time."""
        column = service_stop.c
        rows = self._all(
            select(service_stop)
            .where(column.district == self.district, column.to_at > from_at, column.from_at < to_at)
            .order_by(column.from_at, column.id)
        )
        return tuple(_stop(row) for row in rows)

    def change(self, identifier: UUID, version: int, **values: Any) -> bool:
        """Change a stop that is at a version; say whether it was."""
        column = service_stop.c
        mine = (column.district == self.district) & (column.id == identifier) & (column.version == version)
        return (
            self._write(update(service_stop).where(mine).values(**values, version=version + 1)).rowcount > 0
        )


def _stop(row: Row[Any]) -> Stop:
    point = shapely.get_coordinates(to_shape(row.geom))[0]
    plain = {name: getattr(row, name) for name in _COLUMNS}
    return Stop(lon=float(point[0]), lat=float(point[1]), services=tuple(row.body["services"]), **plain)
