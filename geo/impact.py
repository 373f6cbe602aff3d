"""What changes hands when boundaries are redrawn: to which unit points belong before and after.

Only units that differ are looked at, and what stands around them, since a vertex belongs to the smallest id
among all units that meet there (see ``geo.locate.index``). So the cost is that of the change, not of the
partition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.locate import LocateIndex

Areas = Mapping[UUID, Geometry]
Positions = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """Ground that was redrawn, before and after, ready to say who owns a point.

    ``units`` are the ids that positions mean: the units that differ, then those around them.
    """

    units: tuple[UUID, ...]
    differing: int
    _before: LocateIndex
    _after: LocateIndex
    _places: tuple[Positions, Positions]

    @classmethod
    def of(cls, before: Areas, after: Areas, around: Areas) -> "Redrawn":
        """Return the ground of units that differ.

        Parameters
        ----------
        before, after
            The areas, in lon, lat degrees on the lattice, of the units that differ; one that came or ended
            is in one of the two only.
        around
            The areas of all units that touch one of those, before or after; they are the same in both.
        """
        differing = sorted(before.keys() | after.keys())
        units = (*differing, *sorted(around))
        place = {unit: position for position, unit in enumerate(units)}
        indexes, places = [], []
        for areas in (before, after):
            present = [unit for unit in units if unit in areas or unit in around]
            shapes = [areas[unit] if unit in areas else around[unit] for unit in present]
            indexes.append(LocateIndex.build(shapes, [unit.hex for unit in present] if present else None))
            # A place more, so that −1, nobody's ground, stays −1.
            places.append(np.array([*(place[unit] for unit in present), -1], dtype=np.int32))
        return cls(units, len(differing), indexes[0], indexes[1], (places[0], places[1]))

    def owners(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Positions, Positions]:
        """Return the position of the owner of each point before and after, −1 where it is none of these.

        Both are right for every point that belongs to a unit that differs, before or after, and they differ
        just where a point changes hands. What lies on the far side of the ground around is not judged.

        Parameters
        ----------
        lon, lat
            Degrees, shape (n,).
        """
        before = self._places[0][self._before.locate(lon, lat)]
        after = self._places[1][self._after.locate(lon, lat)]
        return before, after


def boxes(areas: Areas) -> list[tuple[float, float, float, float]]:
    """Return boxes, west, south, east, north in degrees, that hold all areas and do not meet each other."""
    found = shapely.bounds(np.array(list(areas.values()), dtype=object)).reshape(-1, 4)
    while True:
        tree = shapely.STRtree(shapely.box(*found.T))
        group = _components(len(found), tree.query(tree.geometries, predicate="intersects"))
        count = int(group.max(initial=-1)) + 1
        if count == len(found):
            return [(float(w), float(s), float(e), float(n)) for w, s, e, n in found]
        joined = np.empty((count, 4))
        for column, pick in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
            joined[:, column] = np.inf if pick is np.minimum else -np.inf
            pick.at(joined[:, column], group, found[:, column])
        found = joined


def _components(size: int, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the number of the connected component of each of ``size`` things that pairs (2, k) join."""
    label = np.arange(size)
    while True:
        lowest = label.copy()
        np.minimum.at(lowest, pairs[0], label[pairs[1]])
        if np.array_equal(lowest, label):
            return np.unique(label, return_inverse=True)[1]
        label = lowest
