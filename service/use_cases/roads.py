"""Roads: importing them from OpenStreetMap, and closing one for a period."""

from datetime import date
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.ids import new_id
from layers.roads import MODES, Closure, RoadTable
from layers.stores import Stores
from service.errors import InvalidInput
from service.indexes.roads import edge_of


def import_roads(stores: Stores, table: RoadTable) -> None:
    """Store the roads of a file in place of all that there are; closures stay."""
    stores.roads.replace(table)


def close_road(
    stores: Stores,
    lon: float,
    lat: float,
    modes: tuple[str, ...],
    begin: date,
    end: date | None,
    reason: str,
) -> dict[str, Any]:
    """Close the road nearest to a place, between two junctions, from a day to the day before another.

    Raises
    ------
    InvalidInput
        No road is near, or the period has no day.
    """
    if end is not None and end <= begin:
        raise InvalidInput(
            N_("The road would be closed from {begin} to before {end}, which is no day."),
            mend=N_("Give an end after the beginning, or none."),
            where={"pointer": "/valid_to"},
            begin=begin,
            end=end,
        )
    table = stores.roads.table()
    edge = edge_of(table, None, lon, lat)
    if edge is None:
        raise InvalidInput(
            N_("No road is near lon {lon} lat {lat}."),
            mend=N_("Name a place on the road, or import the roads first."),
            where={"pointer": "/lon"},
            lon=lon,
            lat=lat,
        )
    chosen = tuple(mode for mode in MODES if mode in modes)
    closure = Closure(new_id(), int(table.way[edge]), lon, lat, chosen, begin, end, reason)
    stores.roads.close(closure)
    stores.audit.record("road.close", "road", closure.id, way=closure.way, reason=reason)
    return closure_json(closure, table)


def open_road(stores: Stores, identifier: UUID) -> None:
    """Take a closure away.

    Raises
    ------
    NotFound
        There is no such closure.
    """
    stores.roads.open(identifier)
    stores.audit.record("road.open", "road", identifier)


def list_closures(stores: Stores) -> list[dict[str, Any]]:
    """Return all closures with the roads they are of."""
    found = stores.roads.closures()
    if not found:
        return []
    table = stores.roads.table()
    return [closure_json(one, table) for one in found]


def closure_json(closure: Closure, table: RoadTable) -> dict[str, Any]:
    """Return a closure as readers see it; ``road`` is None where the road is no longer there."""
    edge = edge_of(table, closure.way, closure.lon, closure.lat)
    return {
        "id": str(closure.id),
        "way": closure.way,
        "road": None if edge is None else str(table.name[edge]) or str(table.kind[edge]),
        "lon": closure.lon,
        "lat": closure.lat,
        "modes": list(closure.modes),
        "valid_from": closure.valid_from.isoformat(),
        "valid_to": None if closure.valid_to is None else closure.valid_to.isoformat(),
        "reason": closure.reason,
    }
