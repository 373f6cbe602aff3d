"""Which pieces of ground the maps of a document show, and how degrees become places on paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, log10
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from pyproj.enums import TransformDirection
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import Geometry

from geo.redraw import Change

_MARGIN = 0.18
_LEAST_M = 60.0
_MOST_TOGETHER = 16


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A rectangle of a local plane in metres, drawn ``width`` by ``height`` units of paper, north up."""

    plane: Transformer
    west: float
    south: float
    metres: float
    width: int
    height: int
    box: tuple[float, float, float, float]
    """West, south, east, north in degrees of what the frame shows."""

    @classmethod
    def around(cls, areas: Sequence[Geometry], width: int, height: int) -> "Frame":
        """Return the frame that shows areas in lon, lat degrees with a margin, undistorted."""
        west, south, east, north = shapely.total_bounds(np.array(areas, dtype=object)).tolist()
        plane = _plane((west + east) / 2, (south + north) / 2)
        flat = _flat(plane, np.array(areas, dtype=object))
        left, low, right, high = shapely.total_bounds(flat).tolist()
        metres = max((right - left) / width, (high - low) / height, _LEAST_M / width) * (1 + 2 * _MARGIN)
        west, south = (left + right) / 2 - metres * width / 2, (low + high) / 2 - metres * height / 2
        shown = shapely.box(west, south, west + metres * width, south + metres * height)
        sides = shapely.segmentize(shown, metres * width / 4)
        box = _flat(plane, sides, TransformDirection.INVERSE).bounds
        return cls(plane, west, south, metres, width, height, box)

    def place(self, shape: Any) -> Any:
        """Return a shape in degrees, or an array of them, as units of paper.

        Y goes down; what is outside of the frame is cut off, and vertices too fine to show are left out.
        """
        drawn = shapely.transform(_flat(self.plane, shape), self._on_paper)
        slim = shapely.simplify(drawn, 0.15)
        return shapely.clip_by_rect(slim, 0, 0, self.width, self.height)

    def _on_paper(self, metres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x, y = (metres - (self.west, self.south)).T / self.metres
        return np.column_stack((x, self.height - y))

    def scale(self) -> tuple[float, int]:
        """Return the length in paper units of a scale bar and the round number of metres it stands for."""
        most = self.metres * self.width * 0.28
        power = 10 ** floor(log10(most))
        metres = next(step * power for step in (5, 2, 1) if step * power <= most)
        return metres / self.metres, round(metres)


@lru_cache(maxsize=64)
def _plane(lon: float, lat: float) -> Transformer:
    """Return the way from degrees to metres about a point, whose north is true north there, unlike a zone's.

    A pipeline is there at once; a reference system would be looked for in the database of PROJ.
    """
    return Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=tmerc +lat_0={lat:.4f} +lon_0={lon:.4f} +k=1 +ellps=GRS80"
    )


def _flat(plane: Transformer, shape: Any, direction: Any = TransformDirection.FORWARD) -> Any:
    """Return a shape, or an array of them, on a plane, or back in degrees."""

    def change(x: Any, y: Any) -> Any:
        return plane.transform(x, y, direction=direction)

    return shapely.transform(shapely.force_2d(shape), change, interleaved=False)


def clusters(change: Change) -> list[list[UUID]]:
    """Return the changed units in groups that touch each other, before or after, from the north-west.

    Groups of many units are cut in halves across until each can be read on one map.
    """
    units = sorted(change.units)
    if not units:
        return []
    boxes = np.array([_box(change, unit) for unit in units])
    found = [part for group in _touching(change, units) for part in _halved(group, boxes)]
    corners = [(-boxes[group, 3].max(), boxes[group, 0].min()) for group in found]
    order = sorted(range(len(found)), key=lambda k: corners[k])
    return [[units[k] for k in found[place]] for place in order]


def _areas(change: Change, unit: UUID) -> list[Geometry]:
    sides = (change.before.get(unit), change.after.get(unit))
    return [one.area for one in sides if one is not None]


def _box(change: Change, unit: UUID) -> list[float]:
    found: list[float] = shapely.total_bounds(np.array(_areas(change, unit), dtype=object)).tolist()
    return found


def _touching(change: Change, units: Sequence[UUID]) -> list[list[int]]:
    """Return the positions of units in groups that touch."""
    pairs = [(place, area) for place, unit in enumerate(units) for area in _areas(change, unit)]
    of, shapes = np.array([place for place, _ in pairs]), [area for _, area in pairs]
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    linked = coo_array((np.ones(len(a)), (of[a], of[b])), shape=(len(units), len(units)))
    count, group = connected_components(linked, directed=False)
    return [np.flatnonzero(group == number).tolist() for number in range(count)]


def _halved(group: list[int], boxes: Any) -> list[list[int]]:
    """Return a group in parts of few units each, cut across the longer side."""
    if len(group) <= _MOST_TOGETHER:
        return [group]
    middles = (boxes[group, :2] + boxes[group, 2:]) / 2
    axis = int(np.ptp(middles[:, 1]) > np.ptp(middles[:, 0]))
    order = [group[k] for k in np.argsort(middles[:, axis], kind="stable").tolist()]
    half = len(order) // 2
    return _halved(sorted(order[:half]), boxes) + _halved(sorted(order[half:]), boxes)
