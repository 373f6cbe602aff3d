"""Service stations: the markers of kind ``service-station``, as the nearest-station search wants them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from layers.marker_kinds import ServiceStation
from layers.markers import Markers
from layers.storage import Store


@dataclass(frozen=True, slots=True)
class Station:
    """A service station at ``lon``, ``lat`` in degrees; ``role`` is ``hub`` or ``point``."""

    id: UUID
    code: str
    name: str
    lon: float
    lat: float
    role: str
    facilities: tuple[str, ...]
    opening_hours: str | None
    phone: str | None
    capacity: int | None
    serves: tuple[str, ...] = ()


class Stations(Store):
    """The service stations of one district; they are stored as markers."""

    def all(
        self, as_of: date, *, facilities: Collection[str] = (), role: str | None = None
    ) -> tuple[Station, ...]:
        """Return the stations of a day that have all the facilities, and the role where one is given.

        They come in the order of their ids, the order that breaks ties of distance.
        """
        wanted = set(facilities)
        found = []
        for value in Markers(self._session, self.district).all(as_of, ServiceStation.kind):
            station = cast("ServiceStation", value.attributes)
            if wanted <= set(station.facilities) and role in (None, station.role):
                found.append(
                    Station(
                        value.id,
                        value.code,
                        value.name,
                        value.lon,
                        value.lat,
                        station.role,
                        station.facilities,
                        station.opening_hours,
                        station.phone,
                        station.capacity,
                        station.serves,
                    )
                )
        return tuple(sorted(found, key=lambda one: one.id))

    def facilities(self, as_of: date) -> tuple[str, ...]:
        """Return every facility that a station has on a day, sorted."""
        return tuple(sorted({name for one in self.all(as_of) for name in one.facilities}))
