"""Comparing owners with exact predicates and with what peers say covers a point."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.lattice import SCALE

Pairs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How our owners compare with a list of (point, covering unit), shape (2, k).

    ``same``: points that the peer gives to one unit, which is ours. ``among``: points that it gives to
    several, ours being one. ``on_edges``: points on which it differs from us, but which lie, exactly, on an
    edge of the units named by either: in degrees, a point of an edge is mostly beside it as floating-point
    numbers go. ``wrong``: all others.
    """

    same: int
    among: int
    on_edges: int
    wrong: int

    def text(self, who: str) -> str:
        return (
            f"{who}: {self.same:,} the same, {self.among:,} where ours is one of several units, "
            f"{self.on_edges:,} exactly on an edge where it differs, {self.wrong:,} wrong"
        )


def whole(units: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return shapes in lattice steps, on which the predicates of GEOS are exact."""
    return np.asarray(shapely.transform(units, lambda xy: np.rint(xy * SCALE)))


def exact_pairs(units: npt.NDArray[Any], points: npt.NDArray[np.int64]) -> Pairs:
    """Return all pairs of a point and a unit that covers it, by exact predicates."""
    shapes = whole(units)
    shapely.prepare(shapes)
    unit, point = shapely.STRtree(shapely.points(points)).query(shapes, predicate="covers")
    return np.stack([point, unit]).astype(np.int64)


def agree(
    owners: npt.NDArray[np.int32], pairs: Pairs, units: npt.NDArray[Any], points: npt.NDArray[np.int64]
) -> Agreement:
    """Compare our owners with the pairs of a peer."""
    number = np.bincount(pairs[0], minlength=len(owners))
    named = np.zeros(len(owners), bool)
    named[pairs[0][owners[pairs[0]] == pairs[1]]] = True
    fine = named | ((number == 0) & (owners < 0))
    other = np.flatnonzero(~fine)
    shapes = whole(units)
    theirs = {int(p): int(u) for p, u in pairs.T[np.isin(pairs[0], other)]}
    on_edges = 0
    for point in other.tolist():
        involved = {int(owners[point]), theirs.get(point, -1)} - {-1}
        place = shapely.Point(points[point])
        on_edges += bool(involved) and all(shapely.intersects(shapes[u].boundary, place) for u in involved)
    return Agreement(
        same=int((fine & (number <= 1)).sum()),
        among=int((fine & (number > 1)).sum()),
        on_edges=on_edges,
        wrong=len(other) - on_edges,
    )
