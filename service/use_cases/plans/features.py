"""Units of a draft as GeoJSON: what a workspace loads to edit, and what a plan changes."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import shapely

from geo.crs import geodesic_area
from geo.errors import N_
from geo.redraw import Change, State, UnitState
from layers.geometry import Box
from service.errors import InvalidInput

MOST_UNITS = 2_000

Feature = dict[str, Any]


def collection(features: Iterable[Feature]) -> dict[str, Any]:
    """Return features as a GeoJSON collection."""
    return {"type": "FeatureCollection", "features": list(features)}


def unit_feature(unit: UUID, value: UnitState, **properties: Any) -> Feature:
    """Return a unit with its area in lon, lat degrees."""
    return {
        "type": "Feature",
        "id": str(unit),
        "geometry": shapely.geometry.mapping(value.area),
        "properties": {
            "id": str(unit),
            "code": value.code,
            "name": value.name,
            "parent": None if value.parent is None else str(value.parent),
            "households": value.households,
            "area_km2": round(float(geodesic_area(value.area)) / 1e6, 6),
            **properties,
        },
    }


def changed_features(change: Change) -> list[Feature]:
    """Return the units that a change leaves changed or new."""
    return [unit_feature(unit, value) for unit, value in change.after.items() if value is not None]


def ended_units(change: Change) -> list[UUID]:
    """Return the units that are no more after a change."""
    return [unit for unit, value in change.after.items() if value is None]


def change_features(change: Change) -> list[Feature]:
    """Return every unit that differs, before and after; ``role`` says which."""
    sides: tuple[tuple[str, Mapping[UUID, UnitState | None]], ...] = (
        ("before", change.before),
        ("after", change.after),
    )
    return [
        unit_feature(unit, value, role=role)
        for role, states in sides
        for unit, value in sorted(states.items())
        if value is not None
    ]


def state_features(state: State, box: Box) -> list[Feature]:
    """Return the units of a draft that meet a box.

    Raises
    ------
    InvalidInput
        More than 2,000 do.
    """
    found: dict[UUID, None] = {}
    for part in box.parts():
        found.update(dict.fromkeys(state.around(part)))
    if len(found) > MOST_UNITS:
        raise InvalidInput(
            N_("{units} units lie in this box; at most {most} can be edited at once."),
            mend=N_("Zoom in."),
            where={"parameter": "bbox"},
            units=len(found),
            most=MOST_UNITS,
        )
    return [unit_feature(unit, state.unit(unit), changed=unit in state.changed) for unit in sorted(found)]
