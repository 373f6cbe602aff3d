"""The units of a day and the ground cover, indexed once for many uploads and questions.

Everything is kept by what it is, never by who asked: an index is the same for whoever reads the same rows.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, Generic, TypeVar
from uuid import UUID

import numpy as np
import shapely

from geo.crs import geodesic_area
from geo.geocentric import Floats
from geo.visits import UNREACHABLE, CoverIndex, UnitIndex
from layers.ground_cover import CoverArea
from layers.stores import Stores
from service.indexes.ground import index_units

KEPT = 6
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class DayUnits:
    """The leaf units of a partition on a day: the release, their index and their ids by position."""

    release: UUID
    index: UnitIndex
    ids: tuple[UUID, ...]
    polygons: Any


class _Latest(Generic[T]):
    """The values that were asked for last, by key."""

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, T] = OrderedDict()
        self._guard = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, made where it is not known."""
        with self._guard:
            found = self._found.get(key)
        if found is None:
            found = make()
        with self._guard:
            self._found[key] = found
            self._found.move_to_end(key)
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
        return found


_units: _Latest[DayUnits] = _Latest()
_covers: _Latest[CoverIndex] = _Latest()
_reachable: _Latest[Floats] = _Latest()


def units_on(stores: Stores, day: date) -> DayUnits | None:
    """Return the units of the default partition on a day, None before there are any."""
    found = stores.releases.partition_on(day)
    return None if found is None else _units_of(stores, *found, day)


def units_of(stores: Stores, layer: str, day: date) -> DayUnits | None:
    """Return the units of a partition on a day, None before there are any."""
    release = stores.releases.in_force(layer, day)
    return None if release is None else _units_of(stores, layer, release.id, day)


def _units_of(stores: Stores, layer: str, release: UUID, day: date) -> DayUnits:
    def make() -> DayUnits:
        leaves = stores.grids.leaves(layer, day)
        index = UnitIndex.of(index_units(leaves), leaves.polygons)
        return DayUnits(release, index, leaves.ids, leaves.polygons)

    return _units.get(release, make)


def cover_on(stores: Stores, day: date) -> CoverIndex | None:
    """Return the ground cover as it is known now; None where there never was any."""
    stamp = stores.heads.ground(day, day)[2]
    return None if stamp is None else cover_of(stores, stamp)


def cover_of(stores: Stores, stamp: bytes) -> CoverIndex:
    """Return the ground cover that a digest of :meth:`layers.heads.Heads.ground` stands for."""

    def make() -> CoverIndex:
        areas = stores.cover.all()
        return CoverIndex.build([one.area for one in areas], [one.kind for one in areas])

    return _covers.get(stamp, make)


def reachable(stores: Stores, units: DayUnits, day: date) -> Floats:
    """Return the square metres of each unit, (n,), on which somebody can walk."""
    stamp = stores.heads.ground(day, day)[2]
    if stamp is None:
        return units.index.area_m2
    return _reachable.get((units.release, stamp), lambda: _reached(units, stores.cover.all()))


def _reached(units: DayUnits, areas: tuple[CoverArea, ...]) -> Floats:
    """Return the areas of units without ground that is closed; the smallest polygon tells what a place is."""
    closed = shapely.Polygon()
    for one in sorted(areas, key=lambda one: -float(geodesic_area(one.area))):
        if one.kind in UNREACHABLE:
            closed = shapely.union(closed, one.area)
        else:
            closed = shapely.difference(closed, one.area)
    lost = geodesic_area(shapely.intersection(np.asarray(units.polygons, dtype=object), closed))
    return np.asarray(np.maximum(0.0, units.index.area_m2 - np.asarray(lost)))
