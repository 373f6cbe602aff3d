"""Which pieces of ground the maps of a document show, and how degrees become places on paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any
from uuid import UUID

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import Geometry

from geo.crs import STORAGE_CRS, reproject
from geo.redraw import Change

_MARGIN = 0.18
_LEAST_M = 60.0
_MOST_TOGETHER = 16


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A rectangle of a local plane in metres, drawn ``width`` by ``height`` units of paper, north up."""

    crs: str
    west: float
    south: float
    metres: float
    width: int
    height: int

    @classmethod
    def around(cls, areas: Sequence[Geometry], width: int, height: int) -> "Frame":
        """Return the frame that shows areas in lon, lat degrees with a margin, undistorted."""
        west, south, east, north = shapely.total_bounds(np.array(areas, dtype=object)).tolist()
        crs = _plane((west + east) / 2, (south + north) / 2)
        flat = np.array([reproject(area, STORAGE_CRS, crs) for area in areas], dtype=object)
        left, low, right, high = shapely.total_bounds(flat).tolist()
        metres = max((right - left) / width, (high - low) / height, _LEAST_M / width) * (1 + 2 * _MARGIN)
        across, along = metres * width / 2, metres * height / 2
        return cls(crs, (left + right) / 2 - across, (low + high) / 2 - along, metres, width, height)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees of what the frame shows."""
        east, north = self.west + self.metres * self.width, self.south + self.metres * self.height
        plane = shapely.segmentize(shapely.box(self.west, self.south, east, north), (east - self.west) / 4)
        bounds: tuple[float, float, float, float] = reproject(plane, self.crs, STORAGE_CRS).bounds
        return bounds

    def place(self, shape: Geometry) -> Geometry:
        """Return a shape in degrees as units of paper, y down, cut to the frame and slimmed to what shows."""
        flat = reproject(shape, STORAGE_CRS, self.crs)
        drawn = shapely.transform(
            flat,
            lambda xy: np.column_stack(
                (
                    (xy[:, 0] - self.west) / self.metres,
                    self.height - (xy[:, 1] - self.south) / self.metres,
                )
            ),
        )
        slim = shapely.simplify(drawn, 0.15)
        return shapely.clip_by_rect(slim, 0, 0, self.width, self.height)

    def scale(self) -> tuple[float, int]:
        """Return the length in paper units of a scale bar and the round number of metres it stands for."""
        most = self.metres * self.width * 0.28
        power = 10 ** floor(log10(most))
        metres = next(step * power for step in (5, 2, 1) if step * power <= most)
        return metres / self.metres, round(metres)


def _plane(lon: float, lat: float) -> str:
    """Return a plane in metres about a point, whose north is true north there, unlike a zone's."""
    return f"+proj=tmerc +lat_0={lat:.4f} +lon_0={lon:.4f} +k=1 +ellps=GRS80 +units=m +no_defs"


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
