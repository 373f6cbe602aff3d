"""Ground cover: what grows or lies where a patrol looks, and where nobody can go."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.geocentric import Floats
from geo.locate import OverlayIndex
from geo.track.fixes import Codes
from geo.visits.seen import Ground


class Cover(IntEnum):
    """What covers the ground of a polygon: how far one sees there, and whether one can walk there.

    Over water and over closed ground, such as a quarry or a minefield, one sees as far as over open ground.
    """

    OPEN = 0
    SCRUB = 1
    FOREST = 2
    WATER = 3
    CLOSED = 4


_GROUND = np.array([Ground.OPEN, Ground.SCRUB, Ground.FOREST, Ground.OPEN, Ground.OPEN], dtype=np.int8)
UNREACHABLE = (Cover.WATER, Cover.CLOSED)

LATTICE_DEG = 1e-7
MOST_BOXES = 64
"""Of more areas that nobody can walk in one box round them all is looked at first."""


@dataclass(frozen=True, slots=True, eq=False)
class CoverIndex:
    """Polygons of ground cover; where several meet the smallest tells, and where there is none it is open.

    Nobody is kept out anywhere but within ``boxes`` (k, 4): west, south, east, north in degrees.
    """

    areas: OverlayIndex
    kind: Codes
    boxes: Floats

    @classmethod
    def build(cls, polygons: Sequence[Any] | npt.NDArray[Any], kinds: Sequence[Cover]) -> "CoverIndex":
        """Index polygons, lon, lat in degrees, each with its cover."""
        kind = np.array([int(one) for one in kinds], dtype=np.int8)
        shut = np.asarray(polygons, dtype=object)[np.isin(kind, UNREACHABLE)]
        boxes = shapely.bounds(shut).reshape(-1, 4)
        if len(boxes) > MOST_BOXES:
            boxes = shapely.total_bounds(shut)[None]
        # Points are rounded to the lattice when they are looked up.
        return cls(OverlayIndex.build(polygons), kind, boxes + LATTICE_DEG * np.array([-1.0, -1.0, 1.0, 1.0]))

    def at(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Codes:
        """Return the code of :class:`Cover` at points in degrees, (n,)."""
        found = np.full(np.shape(lon), Cover.OPEN, dtype=np.int8)
        if len(self.kind):
            point, area = self.areas.locate(lon, lat)
            first = np.concatenate([[True], point[1:] != point[:-1]])[: len(point)]
            found[point[first]] = self.kind[area[first]]
        return found

    def ground(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Codes:
        """Return the code of :class:`geo.visits.Ground` at points in degrees, (n,)."""
        return np.asarray(_GROUND[self.at(lon, lat)])

    def closed(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Return at which points in degrees, (n,), nobody can walk."""
        x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        within = np.zeros(x.shape, dtype=bool)
        for west, south, east, north in self.boxes.tolist():
            within |= (west <= x) & (x <= east) & (south <= y) & (y <= north)
        within[within] = np.isin(self.at(x[within], y[within]), UNREACHABLE)
        return within
