"""Names, places and figures of the units of one level, in columns, for maps."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import numpy as np
import shapely

from geo.errors import N_
from layers.catalog import Layer
from layers.stores import Stores
from layers.units import LeafTable, UnitTree
from service.errors import InvalidInput

Property = Literal["households", "representatives", "incidents"]

_DECIMALS = 6


def unit_figures(
    stores: Stores,
    layer: Layer,
    level: int,
    as_of: date,
    property_: Property | None = None,
    known_at: datetime | None = None,
) -> dict[str, list[Any]]:
    """Return the units of a level in columns, in the order of their ids.

    Columns are ``code``, ``name``, ``lon`` and ``lat`` of a point inside, ``bounds`` (west, south, east,
    north), all in degrees, and ``value`` where a property is asked for, null where it is not known; upper
    units count what is below them. Incidents are those that were open when the day ended. ``known_at`` is
    the instant of the knowledge of the units that is asked for.

    Raises
    ------
    InvalidInput
        The layer has no such level.
    """
    units = _table(stores, layer, level, as_of, known_at)
    inside = shapely.point_on_surface(units.polygons)
    columns: dict[str, list[Any]] = {
        "code": list(units.codes),
        "name": list(units.names),
        "lon": np.round(shapely.get_x(inside), _DECIMALS).tolist(),
        "lat": np.round(shapely.get_y(inside), _DECIMALS).tolist(),
        "bounds": np.round(shapely.bounds(units.polygons), _DECIMALS).reshape(-1, 4).tolist(),
    }
    if property_ == "households":
        columns["value"] = _households(stores, layer, units, as_of, known_at)
    elif property_ is not None:
        counts = _counts(stores, layer, property_, as_of)
        tree = stores.grids.tree(layer.code, as_of, known_at)
        total = sum_up(counts, tree)
        columns["value"] = [total[unit] for unit in units.ids]
    return columns


def _households(
    stores: Stores, layer: Layer, units: LeafTable, as_of: date, known_at: datetime | None
) -> list[int | None]:
    """Return each unit's own figure, else the sum of the leaves below it that have one."""
    own = [None if count < 0 else count for count in units.households.tolist()]
    if None not in own:
        return own
    leaves = stores.grids.leaves(layer.code, as_of, known_at)
    if leaves.ids == units.ids:
        return own
    pairs = zip(leaves.ids, leaves.households.tolist(), strict=True)
    tree = stores.grids.tree(layer.code, as_of, known_at)
    total = sum_up({leaf: count for leaf, count in pairs if count >= 0}, tree)
    return [total.get(unit) if count is None else count for unit, count in zip(units.ids, own, strict=True)]


def sum_up(counts: Mapping[UUID, int], tree: UnitTree) -> Counter[UUID]:
    """Return the counts of units with those of everything below them; units that are gone count nowhere."""
    total: Counter[UUID] = Counter()
    for unit, count in counts.items():
        if unit in tree.units:
            for holder in tree.chain(unit):
                total[holder.id] += count
    return total


def _table(stores: Stores, layer: Layer, level: int, as_of: date, known_at: datetime | None) -> LeafTable:
    if not 0 <= level <= layer.leaf_level:
        raise InvalidInput(
            N_("Layer {layer} has no level {level}."),
            mend=N_("Its levels are 0 (the top) to {leaf}."),
            where={"parameter": "level"},
            layer=layer.code,
            level=level,
            leaf=layer.leaf_level,
        )
    if level == layer.leaf_level:
        return stores.grids.leaves(layer.code, as_of, known_at)
    return stores.grids.outlines(layer.code, level, as_of, known_at)


def _counts(stores: Stores, layer: Layer, property_: Property, as_of: date) -> Mapping[UUID, int]:
    if property_ == "incidents":
        district = stores.districts.current()
        if as_of >= district.today(datetime.now(UTC)):
            return stores.incidents.open_by_unit()
        return stores.incidents.open_on(layer.code, as_of, district.begin_of(as_of + timedelta(days=1)))
    return {unit: len(people) for unit, people in stores.representatives.holders(as_of).items()}
