"""Representatives: taken in with a home grid by location, listed with the units they answer for."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from geo.errors import N_, WardlineError
from layers.errors import NotFound
from layers.ids import new_id
from layers.representatives import Representative
from layers.stores import Stores
from layers.units import Unit
from service.errors import InvalidInput, NotAllowed
from service.indexes.ground import Ground, Place
from service.indexes.locate import locate, partition
from service.schemas.representatives import RepresentativeIn, representative_json


def home_of(ground: Ground, lon: float, lat: float) -> Place:
    """Return the home grid of a place in lon, lat degrees: the unit one level above the smallest grids.

    Where the partition has a single level, it is that level's unit.

    Raises
    ------
    OutsideDistrict
        No unit owns the place.
    """
    chain = locate(ground, lon, lat).chain
    return chain[min(1, len(chain) - 1)]


def add(stores: Stores, ground: Ground, given: RepresentativeIn) -> Representative:
    """Store a representative and give them their home grid: the named one, else that of their place.

    Raises
    ------
    OutsideDistrict
        No unit owns the place.
    InvalidInput
        Only one of lon and lat is given, or no unit has the code of the home.
    Conflict
        A representative of the same code exists.
    """
    if (given.lon is None) != (given.lat is None):
        raise InvalidInput(
            N_("A place needs both lon and lat."),
            mend=N_("Send the two together, or neither."),
            where={"pointer": "/lat" if given.lat is None else "/lon"},
        )
    value = Representative(new_id(), given.code, given.name, given.lon, given.lat, given.attributes)
    home: UUID | None = None
    if given.home is not None:
        home = _named(ground, given.home)
    elif given.lon is not None and given.lat is not None:
        home = home_of(ground, given.lon, given.lat).id
    stores.representatives.add([value])
    if home is not None:
        stores.representatives.assign([(value.id, home)], ground.day)
    stores.audit.record("representative.add", "representative", value.id, code=value.code)
    return value


def add_many(stores: Stores, ground: Ground, given: Sequence[RepresentativeIn]) -> tuple[Representative, ...]:
    """Store representatives as :func:`add` does one, within the caller's area.

    Raises
    ------
    OutsideDistrict, InvalidInput, Conflict, NotAllowed
        As for one alone; ``where`` points at it.
    """
    made = []
    for position, one in enumerate(given):
        pointer = f"/items/{position}"
        try:
            value = add(stores, ground, one)
            require_in_area(stores, value)
        except WardlineError as error:
            error.where = {**error.where, "pointer": pointer + str(error.where.get("pointer", ""))}
            raise
        made.append(value)
    return tuple(made)


def require_in_area(stores: Stores, value: Representative) -> None:
    """Refuse a representative whose home lies outside of the part of the district the caller works in.

    Raises
    ------
    NotAllowed
        Nothing of them lies in the caller's area.
    """
    try:
        stores.representatives.get(value.id)
    except NotFound as error:
        raise NotAllowed(
            N_("The home of {representative} lies outside of your area."),
            mend=N_("Give a home in your area, or ask somebody whose area is larger."),
            representative=value.code,
        ) from error


def describe(stores: Stores, values: Sequence[Representative], day: date) -> list[dict[str, Any]]:
    """Return representatives with the units they answer for on a day, the home first, then by code."""
    layers = {one.code: one for one in stores.layers.all()}
    units: dict[UUID, Unit] = {}
    for code in layers:
        units.update(stores.grids.tree(code, day).units)
    duties: dict[UUID, list[tuple[str, Unit, str]]] = {}
    for one in stores.representatives.responsibilities(day):
        unit = units.get(one.unit)
        if unit is not None:
            level = layers[unit.layer].level_names[unit.level]
            duties.setdefault(one.representative, []).append((one.role, unit, level))
    return [
        representative_json(
            value, sorted(duties.get(value.id, []), key=lambda duty: (duty[0] != "home", duty[1].code))
        )
        for value in values
    ]


def _named(ground: Ground, code: str) -> UUID:
    """Return the id of a unit of the first partition by its code, of any level."""
    for chain in partition(ground, None).chains:
        for place in chain:
            if place.code == code:
                return place.id
    raise InvalidInput(
        N_("There is no unit {unit} on {day}."),
        mend=N_("Give the code of a grid, or lon and lat instead."),
        where={"pointer": "/home"},
        unit=code,
        day=ground.day.isoformat(),
    )
