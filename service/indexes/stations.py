"""The service stations of a day in memory, ready to be asked for the nearest."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from geo.nearest import NearestIndex
from layers.stations import Station
from layers.stores import Stores


@dataclass(frozen=True, slots=True, eq=False)
class DayStations:
    """The stations that stand on a day, in the order of their ids; ``index`` has them at the same places.

    Opening hours are in the time of ``timezone``.
    """

    timezone: str
    stations: tuple[Station, ...]
    index: NearestIndex

    @classmethod
    def read(cls, stores: Stores, timezone: str, day: date) -> Self:
        """Read and index the stations of a day."""
        found = stores.stations.all(day)
        return cls(
            timezone, found, NearestIndex.build([one.lon for one in found], [one.lat for one in found])
        )


def day_in(timezone: str, instant: datetime) -> date:
    """Return the day it is in a timezone at an instant."""
    return instant.astimezone(ZoneInfo(timezone)).date()
