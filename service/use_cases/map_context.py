"""What a map page needs to know of its district before its scripts ask for data."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from layers.stores import Stores
from maps.shell import Place


@dataclass(frozen=True, slots=True)
class MapContext:
    """A district as its pages know it.

    ``partition`` is the code, level names (top first) and unit counts of the area layer in force, None
    where there is none; ``facilities`` are what its stations have; ``known`` are the codes of all
    districts.
    """

    place: Place
    today: date
    partition: dict[str, Any] | None
    facilities: tuple[str, ...]
    known: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """Return what goes to the scripts besides the place itself."""
        return {
            "partition": self.partition,
            "facilities": list(self.facilities),
            "districts": list(self.known),
        }


def map_context(stores: Stores, known: tuple[str, ...]) -> MapContext:
    """Return what the pages of a district start from.

    Raises
    ------
    UnknownDistrict
        The district is not stored.
    """
    district = stores.districts.current()
    today = datetime.now(ZoneInfo(district.timezone)).date()
    partition, bounds = None, None
    for layer in stores.layers.all("partition"):
        release = stores.releases.in_force(layer.code, today)
        if release is not None and release.extent is not None:
            box = release.extent
            bounds = (box.west, box.south, box.east, box.north)
            partition = {
                "code": layer.code,
                "levels": list(layer.level_names),
                "counts": list(release.counts),
            }
            break
    if bounds is None:
        bounds = _border_bounds(stores, today)
    place = Place(district.code, district.name, district.timezone, bounds, district.name_en)
    return MapContext(place, today, partition, stores.stations.facilities(today), known)


def _border_bounds(stores: Stores, today: date) -> tuple[float, float, float, float] | None:
    segments = stores.border.all(today)
    if not segments:
        return None
    west, south, east, north = shapely.total_bounds([segment.line for segment in segments]).tolist()
    return (west, south, east, north)
