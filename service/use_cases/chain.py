"""The chain of responsibility: county, the levels of the grids, and the demonstration household at its end.

A place lies in exactly one small grid, and that in one unit of each level above, so a household has one path.
The path of a day is found from where the household is, not from what was stored of it: it is right before and
after any redraw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from geo.crs import GEOD
from geo.errors import N_, WardlineError
from layers.demonstration import DemonstrationHousehold, Leader
from layers.errors import NotFound
from layers.ids import new_id
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.errors import InvalidInput
from service.indexes.ground import Ground, Place, read_ground
from service.indexes.locate import locate, partition
from service.schemas.chain import HouseholdIn, LeaderIn, household_json, leader_json

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a path is asked for: a household or a unit by code, or a point in lon, lat degrees."""

    household: str | None = None
    unit: str | None = None
    lon: float | None = None
    lat: float | None = None


def path_of(stores: Stores, ground: Ground, asked: Asked) -> dict[str, Any]:
    """Return the one path of what is asked for on the day of the ground, with who answers at each level.

    Raises
    ------
    InvalidInput
        Not exactly one thing is asked for, or no unit has the code.
    NotFound
        There is no such household on that day, or none that the caller may see, or the unit or place lies
        outside of the caller's area.
    OutsideDistrict
        No unit owns the place.
    """
    _require_one(asked)
    household: DemonstrationHousehold | None = None
    lon, lat = asked.lon, asked.lat
    if asked.household is not None:
        household = _on_day(stores.demonstrations.by_code(asked.household), ground.day)
        lon, lat = household.lon, household.lat
    if lon is not None and lat is not None:
        chain = locate(ground, lon, lat).chain
    else:
        chain = named(ground, str(asked.unit), "unit")
    _require_reach(stores, chain)
    layer = partition(ground, None).layer
    there = (
        stores.demonstrations.page(ground.day, [chain[0].id], _MOST, None).items
        if len(chain) == len(layer.level_names)
        else ()
    )
    if household is None:
        household = _nearest(there, lon, lat)
    distance = None
    if household is not None and asked.lon is not None and asked.lat is not None:
        distance = round(_metres(household, asked.lon, asked.lat), 1)
    return {
        "as_of": ground.day.isoformat(),
        "complete": household is not None,
        "path": _levels(stores, ground, layer.level_names, chain[::-1], household),
        "households": len(there),
        "lon": household.lon if household is not None else lon,
        "lat": household.lat if household is not None else lat,
        "distance_m": distance,
    }


def named(ground: Ground, code: str, parameter: str) -> tuple[Place, ...]:
    """Return a unit of any level with its parents, the unit first.

    Raises
    ------
    InvalidInput
        No unit has the code.
    """
    for chain in partition(ground, None).chains:
        for depth, place in enumerate(chain):
            if place.code == code:
                return chain[depth:]
    raise InvalidInput(
        N_("There is no unit {unit} on {day}."),
        mend=N_("Give the code of a unit of the grids."),
        where={"parameter": parameter},
        unit=code[:64],
        day=ground.day.isoformat(),
    )


def add_households(stores: Stores, ground: Ground, given: Sequence[HouseholdIn]) -> list[dict[str, Any]]:
    """Store demonstration households, each in the small grid of its place, all or none.

    Raises
    ------
    OutsideDistrict, NotFound, InvalidInput, Conflict
        No unit owns a place, it lies outside of the caller's area, it ends before it begins, or a code is
        taken; ``where`` points at it.
    """
    values, units = [], []
    for position, one in enumerate(given):
        try:
            chain = locate(ground, one.lon, one.lat).chain
            _require_reach(stores, chain)
        except WardlineError as error:
            error.where = {**error.where, "pointer": f"/items/{position}"}
            raise
        since = _period(one.since or ground.day, one.until, position)
        values.append(
            DemonstrationHousehold(
                new_id(), one.code, one.label, chain[0].id, one.lon, one.lat, since, one.until
            )
        )
        units.append(chain[0].code)
    stores.demonstrations.add(values)
    stores.audit.record("household.add", "household", values[0].id, count=len(values))
    return [household_json(one, unit) for one, unit in zip(values, units, strict=True)]


def list_households(
    stores: Stores, ground: Ground, unit: str | None, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of the households of a day, of the whole district or at and below a unit.

    Raises
    ------
    InvalidInput
        No unit has the code.
    """
    chains = partition(ground, None).chains
    below = None
    if unit is not None:
        root = named(ground, unit, "unit")[0].id
        below = [chain[0].id for chain in chains if any(one.id == root for one in chain)]
    page = stores.demonstrations.page(ground.day, below, limit, cursor)
    codes = {chain[0].id: chain[0].code for chain in chains}
    return {
        "items": [household_json(one, codes.get(one.unit)) for one in page.items],
        "cursor": page.cursor,
    }


def end_household(stores: Stores, ground: Ground, code: str, until: date) -> dict[str, Any]:
    """Let a household end before a day.

    Raises
    ------
    NotFound
        There is none that the caller may see.
    InvalidInput
        The day is not after its first.
    """
    there = stores.demonstrations.by_code(code)
    _period(there.since, until, None)
    value = stores.demonstrations.end(there, until)
    stores.audit.record("household.end", "household", value.id, until=until.isoformat())
    codes = {chain[0].id: chain[0].code for chain in partition(ground, None).chains}
    return household_json(value, codes.get(value.unit))


def place_anew(stores: Stores, day: date) -> int:
    """Store in which small grids households lie after a redraw; return how many lie in another one."""
    with acting(stores.session, SYSTEM):
        households = stores.demonstrations.all()
        if not households:
            return 0
        ground = read_ground(stores, day)
        placed = {}
        for one in households:
            try:
                unit = locate(ground, one.lon, one.lat).chain[0].id
            except WardlineError:
                continue  # outside of the ground before as after: it stays where it was
            if unit != one.unit:
                placed[one.id] = unit
        stores.demonstrations.place(placed)
    if placed:
        stores.audit.record("household.place", "household", "", count=len(placed))
    return len(placed)


def add_leaders(stores: Stores, ground: Ground, given: Sequence[LeaderIn]) -> list[dict[str, Any]]:
    """Store who leads the county and its units, all or none.

    Raises
    ------
    InvalidInput
        No unit has the code, or a period ends before it begins.
    """
    values = []
    for position, one in enumerate(given):
        unit = None if one.unit is None else _unit_at(ground, one.unit, position)
        since = _period(one.since or ground.day, one.until, position)
        values.append(Leader(new_id(), unit, one.name, one.title, since, one.until))
    stores.demonstrations.add_leaders(values)
    stores.audit.record("leader.add", "leader", values[0].id, count=len(values))
    return [leader_json(one, told.unit) for one, told in zip(values, given, strict=True)]


def list_leaders(stores: Stores, ground: Ground) -> list[dict[str, Any]]:
    """Return who leads on a day."""
    codes = _codes(ground)
    return [
        leader_json(one, None if one.unit is None else codes.get(one.unit))
        for one in stores.demonstrations.leaders(ground.day)
    ]


def end_leader(stores: Stores, ground: Ground, identifier: UUID, until: date) -> dict[str, Any]:
    """Let somebody lead up to, without, a day.

    Raises
    ------
    NotFound
        Nobody of this id leads.
    InvalidInput
        The day is not after the first.
    """
    there = stores.demonstrations.leader(identifier)
    _period(there.since, until, None)
    value = stores.demonstrations.end_leader(there, until)
    stores.audit.record("leader.end", "leader", value.id, until=until.isoformat())
    return leader_json(value, None if value.unit is None else _codes(ground).get(value.unit))


def _require_one(asked: Asked) -> None:
    point = asked.lon is not None, asked.lat is not None
    if any(point) and not all(point):
        raise InvalidInput(
            N_("A place needs both lon and lat."),
            mend=N_("Send the two together, or neither."),
            where={"parameter": "lat" if point[0] else "lon"},
        )
    if (asked.household is not None) + (asked.unit is not None) + point[0] != 1:
        raise InvalidInput(
            N_("A path is asked for by one thing."),
            mend=N_("Give a household, or a unit, or lon and lat."),
            where={"parameter": "household"},
        )


def _on_day(value: DemonstrationHousehold, day: date) -> DemonstrationHousehold:
    if value.since <= day and (value.until is None or value.until > day):
        return value
    raise NotFound(
        N_("{household} is no demonstration household on {day}."),
        mend=N_("Ask for a day of its period."),
        where={"household": value.code},
        household=value.code,
        day=day.isoformat(),
    )


def _require_reach(stores: Stores, chain: Sequence[Place]) -> None:
    if stores.roots is not None and not {one.id for one in chain} & set(stores.roots):
        raise NotFound(
            N_("{unit} lies outside of your area."),
            mend=N_("Ask somebody whose area it lies in."),
            where={"unit": chain[0].code},
            unit=chain[0].code,
        )


def _nearest(
    there: Sequence[DemonstrationHousehold], lon: float | None, lat: float | None
) -> DemonstrationHousehold | None:
    """Return the household nearest to a point, or the only one where there is no point."""
    if lon is None or lat is None:
        return there[0] if len(there) == 1 else None
    return min(there, key=lambda one: (_metres(one, lon, lat), one.code), default=None)


def _metres(one: DemonstrationHousehold, lon: float, lat: float) -> float:
    return float(GEOD.inv(one.lon, one.lat, lon, lat)[2])


def _levels(
    stores: Stores,
    ground: Ground,
    level_names: Sequence[str],
    chain: Sequence[Place],
    household: DemonstrationHousehold | None,
) -> list[dict[str, Any]]:
    """Return the path, the county first: those levels that the question reaches, and the others empty."""
    people = _people(stores, ground.day, [one.id for one in chain])
    district = ground.district
    found: list[dict[str, Any]] = [
        {"level": "county", "code": district.code, "name": district.name, "people": people.get(None, [])}
    ]
    for depth, name in enumerate(level_names):
        place = chain[depth] if depth < len(chain) else None
        found.append(
            {
                "level": name,
                "code": None if place is None else place.code,
                "name": None if place is None else place.name,
                "people": [] if place is None else people.get(place.id, []),
            }
        )
    found.append(
        {
            "level": "household",
            "code": None if household is None else household.code,
            "name": None if household is None else household.label,
            "people": [],
        }
    )
    through = None
    for one in found:
        through = one["code"] if one["people"] else through
        one["through"] = None if one["code"] is None else through
    return found


def _people(
    stores: Stores, day: date, units: Sequence[UUID]
) -> Mapping[UUID | None, list[dict[str, str | None]]]:
    """Return who answers for the county, which is None, and for each of some units: offices first."""
    found: dict[UUID | None, list[dict[str, str | None]]] = {}
    for leader in stores.demonstrations.leaders(day, units):
        told = {"name": leader.name, "code": None, "title": leader.title, "role": "leader"}
        found.setdefault(leader.unit, []).append(told)
    for unit, holders in stores.representatives.holders(day, units).items():
        for one in holders:
            value = one.representative
            found.setdefault(unit, []).append(
                {"name": value.name, "code": value.code, "title": "", "role": one.role}
            )
    return found


def _unit_at(ground: Ground, code: str, position: int) -> UUID:
    try:
        return named(ground, code, "unit")[0].id
    except InvalidInput as error:
        error.where = {"pointer": f"/items/{position}/unit"}
        raise


def _period(since: date, until: date | None, position: int | None) -> date:
    if until is not None and until <= since:
        raise InvalidInput(
            N_("It would end on {until}, before it begins on {since}."),
            mend=N_("Give a later day."),
            where={"pointer": "/until" if position is None else f"/items/{position}/until"},
            since=since.isoformat(),
            until=until.isoformat(),
        )
    return since


def _codes(ground: Ground) -> dict[UUID, str]:
    return {one.id: one.code for chain in partition(ground, None).chains for one in chain}
