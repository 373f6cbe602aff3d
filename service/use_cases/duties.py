"""Duty sheets: of each representative the home grid, what lies in it, their duties and whom to turn to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from layers.catalog import Layer
from layers.demonstration import DemonstrationHousehold, Leader
from layers.representatives import Representative, Responsibility
from layers.stores import Stores
from layers.units import LeafTable, Unit, UnitTree
from maps.document import Duty, duty_page
from maps.shell import Reader

_MOST_DUTIES = 20
_PAGE = 1000


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """A day as duty sheets need it: the units, who answers for them, and what lies in the small grids."""

    layer: Layer
    day: date
    tree: UnitTree
    leaves: LeafTable
    inside: Mapping[UUID, Sequence[int]]
    duties: Mapping[UUID, Sequence[Responsibility]]
    people: Mapping[UUID, Representative]
    at_home: Mapping[UUID, Sequence[UUID]]
    leaders: Sequence[Leader]
    demonstrations: Mapping[UUID, Sequence[DemonstrationHousehold]]


def duty_sheets(
    stores: Stores, layer: Layer, day: date, reader: Reader, nonce: str, *, code: str | None, unit: str | None
) -> str:
    """Return the sheets of a day as one HTML file: of one representative, or of all at and below a unit.

    Raises
    ------
    NotFound
        There is no such representative or unit, or none that the caller may see.
    """
    scene = _scene(stores, layer, day)
    part = None if unit is None else stores.grids.unit_by_code(layer.code, unit, day)
    chosen = stores.representatives.all() if code is None else (stores.representatives.by_code(code),)
    if part is not None:
        chosen = tuple(one for one in chosen if part.id in _above(scene, _home(scene, one)))
    district = stores.districts.current()
    head = {
        "district": (district.name_en or district.name) if reader.lang == "en" else district.name,
        "part": "" if part is None else _name(part, reader),
        "day": day.isoformat(),
    }
    # All is read: the connection goes back before the seconds that drawing takes.
    stores.session.commit()
    return duty_page([_duty(scene, one, reader) for one in chosen], head, reader, nonce)


def _scene(stores: Stores, layer: Layer, day: date) -> _Scene:
    tree = stores.grids.tree(layer.code, day)
    leaves = stores.grids.leaves(layer.code, day)
    inside: dict[UUID, list[int]] = defaultdict(list)
    for position, leaf in enumerate(leaves.ids):
        for unit in tree.chain(leaf):
            inside[unit.id].append(position)
    duties: dict[UUID, list[Responsibility]] = defaultdict(list)
    at_home: dict[UUID, list[UUID]] = defaultdict(list)
    for one in stores.representatives.responsibilities(day):
        duties[one.representative].append(one)
        if one.role == "home":
            at_home[one.unit].append(one.representative)
    demonstrations: dict[UUID, list[DemonstrationHousehold]] = defaultdict(list)
    cursor = None
    while True:
        page = stores.demonstrations.page(day, None, _PAGE, cursor)
        for household in page.items:
            demonstrations[household.unit].append(household)
        cursor = page.cursor
        if cursor is None:
            break
    people = {one.id: one for one in stores.representatives.all()}
    leaders = stores.demonstrations.leaders(day)
    return _Scene(layer, day, tree, leaves, inside, duties, people, at_home, leaders, demonstrations)


def _home(scene: _Scene, person: Representative) -> Responsibility | None:
    return next((one for one in scene.duties.get(person.id, ()) if one.role == "home"), None)


def _above(scene: _Scene, home: Responsibility | None) -> list[UUID]:
    """Return the ids of a home grid and of the units above it."""
    if home is None or home.unit not in scene.tree.units:
        return []
    return [one.id for one in scene.tree.chain(home.unit)]


def _duty(scene: _Scene, person: Representative, reader: Reader) -> Duty:
    home = _home(scene, person)
    above = _above(scene, home)
    positions = scene.inside.get(above[0], ()) if above else ()
    leaves = scene.leaves
    own = [str(one)[:200] for one in _own(person)]
    unit = scene.tree.units[above[0]] if above else None
    extras = [
        _told(scene.tree.units[one.unit], reader)
        for one in scene.duties.get(person.id, ())
        if one.role == "extra" and one.unit in scene.tree.units
    ]
    grids = [
        _told(scene.tree.units[leaves.ids[one]], reader) | {"households": max(int(leaves.households[one]), 0)}
        for one in positions
    ]
    facts = {
        "person": {"code": person.code, "name": _person(person, reader)},
        "home": None if unit is None else _told(unit, reader),
        "since": None if home is None or home.valid_from is None else home.valid_from.isoformat(),
        "above": [_told(scene.tree.units[one], reader) for one in reversed(above)],
        "grids": sorted(grids, key=lambda one: str(one["code"])),
        "households": sum(one["households"] for one in grids),
        "extras": sorted(extras, key=lambda one: one["code"]),
        "duties": own,
        "demonstrations": [
            {"code": one.code, "label": one.label}
            for position in positions
            for one in scene.demonstrations.get(leaves.ids[position], ())
        ],
        "others": [
            {"code": scene.people[one].code, "name": _person(scene.people[one], reader)}
            for one in (scene.at_home.get(above[0], ()) if above else ())
            if one != person.id and one in scene.people
        ],
        "leaders": [
            {"name": one.name, "title": one.title}
            for one in scene.leaders
            if one.unit is None or one.unit in above
        ],
    }
    areas = [(leaves.codes[one], leaves.polygons[one]) for one in positions]
    met = None if person.lon is None or person.lat is None else (person.lon, person.lat)
    return Duty(facts, areas, met)


def _own(person: Representative) -> Sequence[Any]:
    """Return the duties that a person has of their own, the attribute ``duties``."""
    own = person.attributes.get("duties")
    return own[:_MOST_DUTIES] if isinstance(own, list) else ()


def _told(unit: Unit, reader: Reader) -> dict[str, Any]:
    return {"code": unit.code, "name": _name(unit, reader)}


def _name(unit: Unit, reader: Reader) -> str:
    english = unit.attributes.get("name_en")
    return str(english) if reader.lang == "en" and english else unit.name


def _person(person: Representative, reader: Reader) -> str:
    english = person.attributes.get("name_en")
    return str(english) if reader.lang == "en" and english else person.name
