"""Locating many points at once: for each what :func:`service.indexes.locate.locate` answers for it alone."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo.locate import Beside
from service.indexes.ground import METRES_PER_DEGREE, Areas, Ground
from service.indexes.locate import ACCURACY_M, SNAP_M, may_snap, partition

RULES = ("grid", "snapped", "outside")
"""What bulk answers say of a row, by the number in ``Located.rule``."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """Answers of many points: the leaf (−1 outside), the number of the rule, metres outside (or NaN).

    The candidates of row ``i`` are the leaves ``candidates[starts[i]:starts[i + 1]]``, the owner first; there
    are none far from every edge and outside.
    """

    areas: Areas
    position: npt.NDArray[np.int32]
    rule: npt.NDArray[np.int8]
    distance_m: Floats
    starts: npt.NDArray[np.int64]
    candidates: npt.NDArray[np.int32]

    @property
    def near_boundary(self) -> npt.NDArray[np.bool_]:
        """Whether an edge is within the accuracy of each point; False outside."""
        return np.diff(self.starts) > 0


def locate_many(
    ground: Ground,
    lon: Floats,
    lat: Floats,
    *,
    accuracy_m: float | Floats | None = None,
    layer: str | None = None,
) -> Located:
    """Return the leaf of each of many points in lon, lat degrees, and the leaves it may lie in as well.

    Points are taken as checked. Outside points are −1; of those within 50 m the snap rule decides.
    ``accuracy_m`` is one for all points or one for each, 15 m where it is None or NaN.

    Raises
    ------
    InvalidInput
        No layer is in force on the day, or none of the name.
    TooManyEdges
        So many edges lie within the accuracy of the points that naming the candidates would take too long.
    """
    areas = partition(ground, layer)
    assert areas.index is not None  # noqa: S101 - partitions have one
    position = np.asarray(areas.index.locate(lon, lat), dtype=np.int32)
    rule, distance = _snap_all(ground, areas, position, lon, lat)
    radius = np.asarray(ACCURACY_M if accuracy_m is None else accuracy_m, dtype=np.float64)
    radius = np.where(np.isnan(radius), ACCURACY_M, radius)
    # An accuracy of zero asks for no candidates, nor has a point outside any.
    wanted = np.where((radius > 0.0) & (position >= 0), radius, -1.0)
    starts, candidates = owner_first(areas.index.beside_many(lon, lat, wanted), position)
    return Located(areas, position, rule, distance, starts, candidates)


def owner_first(
    beside: Beside, owner: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Put the owner of each point before the other units beside it; return starts and units likewise."""
    counts = np.diff(beside.starts)
    point = np.repeat(np.arange(len(counts)), counts)
    other = beside.units != owner[point]
    near = counts > 0
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(np.bincount(point[other], minlength=len(counts)) + near, out=starts[1:])
    units = np.empty(starts[-1], np.int32)
    first = np.zeros(len(units), np.bool_)
    first[starts[:-1][near]] = True
    units[first] = owner[near]
    units[~first] = beside.units[other]
    return starts, units


def _snap_all(
    ground: Ground, areas: Areas, position: npt.NDArray[np.int32], lon: Floats, lat: Floats
) -> tuple[npt.NDArray[np.int8], Floats]:
    """Give points outside to the nearest unit where the rule allows; return rules and metres outside."""
    assert areas.index is not None  # noqa: S101 - partitions have one
    rule = np.zeros(len(position), dtype=np.int8)
    distance = np.full(len(position), np.nan)
    outside = np.flatnonzero(position < 0)
    rule[outside] = RULES.index("outside")
    if not len(outside) or not len(areas.leaves):
        return rule, distance
    for row in outside[_within_reach(areas, lon[outside], lat[outside])].tolist():
        x, y = float(lon[row]), float(lat[row])
        nearest, far = areas.index.nearest(x, y)
        distance[row] = far
        if may_snap(ground.border, areas, nearest, x, y, far):
            position[row] = nearest
            rule[row] = RULES.index("snapped")
    return rule, distance


def _within_reach(areas: Areas, lon: Floats, lat: Floats) -> npt.NDArray[np.intp]:
    """Return which points may be within 50 m of a unit: a superset, from planar distances in degrees."""
    reach = SNAP_M / METRES_PER_DEGREE * 1.02 / max(math.cos(math.radians(float(np.abs(lat).max()))), 1e-3)
    tree = shapely.STRtree(shapely.points(lon, lat))
    found = tree.query(areas.leaves.polygons, predicate="dwithin", distance=reach)
    return np.unique(found[1])
