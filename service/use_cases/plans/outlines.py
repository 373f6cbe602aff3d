"""The units that a release changes: leaves as they were redrawn, and the units above, kept up with them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import shapely
from shapely import Geometry

from geo.partition import shift
from geo.redraw import Change, LineageKind, UnitState
from layers.catalog import Layer
from layers.stores import Stores
from layers.units import Unit, UnitDraft, UnitTree


@dataclass(slots=True)
class _Moved:
    """What left an upper unit and what joined it; ``known`` while all their households are."""

    left: list[Geometry] = field(default_factory=list)
    joined: list[Geometry] = field(default_factory=list)
    households: int = 0
    known: bool = True

    def count(self, value: UnitState, sign: int) -> None:
        (self.joined if sign > 0 else self.left).append(value.area)
        if value.households is None:
            self.known = False
        else:
            self.households += sign * value.households


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What a release publishes: the units that differ, of all levels, and those that end."""

    drafts: tuple[UnitDraft, ...]
    ended: tuple[UUID, ...]


def redrawn(stores: Stores, layer: Layer, day: date, tree: UnitTree, change: Change) -> Redrawn:
    """Return what a change of leaves makes of all levels.

    Parameters
    ----------
    tree
        All units in force on ``day`` before the change.
    """
    heirs = _heirs(change)
    drafts = [
        _leaf(layer, tree, heirs, unit, value) for unit, value in change.after.items() if value is not None
    ]
    for unit, moved in _upper(tree, change).items():
        draft = _shifted(stores, day, tree.units[unit], moved)
        if draft is not None:
            drafts.append(draft)
    ended = tuple(unit for unit, value in change.after.items() if value is None)
    return Redrawn(tuple(drafts), ended)


def outline_of(tree: UnitTree, change: Change, outlines: Mapping[UUID, Geometry]) -> dict[UUID, Geometry]:
    """Return outlines of upper units as a change of leaves leaves them; empty where no leaf is left."""
    moved = _upper(tree, change)
    return {
        unit: shift(area, moved[unit].left, moved[unit].joined) if unit in moved else area
        for unit, area in outlines.items()
    }


def _leaf(
    layer: Layer, tree: UnitTree, heirs: Mapping[UUID, UUID], unit: UUID, value: UnitState
) -> UnitDraft:
    # A new unit keeps what is said of the one that most of its ground comes from.
    source = tree.units.get(unit) or tree.units.get(heirs.get(unit, unit))
    attributes: Mapping[str, Any] = {} if source is None else source.attributes
    return UnitDraft(
        unit,
        value.code,
        value.name,
        layer.leaf_level,
        value.parent,
        value.area,
        value.households,
        attributes,
    )


def _heirs(change: Change) -> dict[UUID, UUID]:
    """Return for each new unit the one that most of its ground comes from."""
    most: dict[UUID, tuple[float, UUID]] = {}
    for one in change.lineage():
        before = change.before[one.before]
        if one.kind is LineageKind.CONTINUE or before is None or change.before.get(one.after) is not None:
            continue
        ground = one.share * before.area.area
        if ground > most.get(one.after, (0.0, one.before))[0]:
            most[one.after] = (ground, one.before)
    return {unit: source for unit, (_, source) in most.items()}


def _upper(tree: UnitTree, change: Change) -> dict[UUID, _Moved]:
    """Return what left and joined each upper unit, the lowest level first."""
    found: dict[UUID, _Moved] = defaultdict(_Moved)
    for states, sign in ((change.before, -1), (change.after, 1)):
        for value in states.values():
            if value is not None:
                for above in _above(tree, value.parent):
                    found[above].count(value, sign)
    return dict(sorted(found.items(), key=lambda item: (-tree.units[item[0]].level, item[0])))


def _above(tree: UnitTree, parent: UUID | None) -> Iterator[UUID]:
    if parent is not None:
        yield from (unit.id for unit in tree.chain(parent))


def _shifted(stores: Stores, day: date, unit: Unit, moved: _Moved) -> UnitDraft | None:
    """Return an upper unit with what left and joined it, None where nothing of it differs."""
    outline = stores.grids.area(unit.id, day)
    area = shift(outline, moved.left, moved.joined)
    known = unit.households is not None and moved.known
    households = max(0, (unit.households or 0) + moved.households) if known else None
    if households == unit.households and _same(area, outline):
        return None
    return UnitDraft(
        unit.id, unit.code, unit.name, unit.level, unit.parent, area, households, unit.attributes
    )


def _same(area: Geometry, outline: Geometry) -> bool:
    """Tell whether two areas are the same rings, stored as one part or as several."""
    return bool(
        shapely.equals_identical(
            *(shapely.normalize(shapely.multipolygons(shapely.get_parts(one))) for one in (area, outline))
        )
    )
