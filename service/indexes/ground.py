"""The ground of a day: everything that locating in a district needs, as values that never change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import shapely

from geo.linear import MeasuredLine
from geo.locate import LocateIndex, OverlayIndex
from layers.border import BorderSegment
from layers.catalog import Layer
from layers.districts import District
from layers.releases import Release
from layers.stores import Stores
from layers.units import LeafTable

CORRIDOR_M = 500.0
"""How far from the border a point still has a measure on it."""

METRES_PER_DEGREE = 111_000.0
MOST_WALKED = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as answers name it: ``level`` is the name of its level, ``layer`` the code of its layer."""

    id: UUID
    code: str
    name: str
    level: str
    layer: str

    def to_json(self) -> dict[str, Any]:
        """Return the unit as answers show it."""
        return {"code": self.code, "name": self.name, "level": self.level, "layer": self.layer}


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """The boxes of a few shapes, widened by a margin, asked for those that hold a point.

    A district has a handful of overlays and border segments; for these a walk over plain numbers is ten times
    as quick as any call of a spatial index. ``tree`` takes over where there are many.
    """

    bounds: tuple[tuple[float, float, float, float], ...]
    tree: shapely.STRtree | None

    @classmethod
    def build(cls, shapes: Sequence[shapely.Geometry], margin_m: float = 0.0) -> "Boxes":
        """Take the boxes of shapes in lon, lat degrees, everything within so many metres included."""
        bounds = shapely.bounds(np.asarray(shapes, dtype=object)).reshape(-1, 4)
        dy = margin_m / METRES_PER_DEGREE * 1.02
        widest = np.minimum(np.abs(bounds[:, [1, 3]]).max(axis=1, initial=0.0) + dy, 89.9)
        dx = dy / np.cos(np.radians(widest))
        wide = np.column_stack([bounds[:, 0] - dx, bounds[:, 1] - dy, bounds[:, 2] + dx, bounds[:, 3] + dy])
        tree = shapely.STRtree(shapely.box(*wide.T)) if len(wide) > MOST_WALKED else None
        return cls(tuple(map(tuple, wide.tolist())), tree)

    def at(self, lon: float, lat: float) -> list[int]:
        """Return the positions of the boxes that hold a point, in order."""
        if self.tree is not None:
            found: list[int] = sorted(self.tree.query(shapely.Point(lon, lat)).tolist())
            return found
        return [
            position
            for position, (west, south, east, north) in enumerate(self.bounds)
            if west <= lon <= east and south <= lat <= north
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """One release of one area layer, ready to answer.

    ``chains[i]`` is leaf ``i`` with its parents, the leaf first. ``index`` answers for a partition,
    ``overlay`` for an overlay, whose areas may overlap; the other is None.
    """

    layer: Layer
    release: Release
    leaves: LeafTable
    chains: tuple[tuple[Place, ...], ...]
    index: LocateIndex | None
    overlay: OverlayIndex | None


@dataclass(frozen=True, slots=True, eq=False)
class BorderLines:
    """The border segments of a day with the measured lines that are patrolled."""

    segments: tuple[BorderSegment, ...]
    lines: tuple[MeasuredLine, ...]
    corridors: Boxes
    legal: shapely.STRtree


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What locating in a district needs on one day; of the partitions by code the first is the default."""

    district: District
    day: date
    partitions: Mapping[str, Areas]
    overlays: tuple[Areas, ...]
    border: BorderLines


def read_ground(stores: Stores, day: date) -> Ground:
    """Read and index everything that locating needs on a day, as the transaction of the stores sees it.

    For work outside of a running service, which keeps its own snapshots: imports, the demo, the command line.
    """
    areas = []
    for layer in stores.layers.all():
        release = stores.releases.in_force(layer.code, day)
        if release is not None:
            areas.append(build_areas(stores, layer, release, day))
    segments = stores.border.all(day)
    lines = [measure(one) for one in segments]
    return lay_ground(stores.districts.current(), day, areas, lay_border(segments, lines))


def lay_ground(district: District, day: date, areas: Sequence[Areas], border: BorderLines) -> Ground:
    """Return the ground of a day from its layers, in the order of their priority."""
    return Ground(
        district,
        day,
        {one.layer.code: one for one in areas if one.layer.kind == "partition"},
        tuple(one for one in areas if one.layer.kind == "overlay"),
        border,
    )


def measure(segment: BorderSegment) -> MeasuredLine:
    """Return the measured line of a segment that is patrolled."""
    return MeasuredLine.from_lonlat(shapely.get_coordinates(segment.line))


def build_areas(
    stores: Stores, layer: Layer, release: Release, day: date, known_at: datetime | None = None
) -> Areas:
    """Read one release of a layer as it is on a day of its time, when it was known, and index it."""
    leaves = stores.grids.leaves(layer.code, day, known_at)
    tree = stores.grids.tree(layer.code, day, known_at)
    places = {
        unit.id: Place(unit.id, unit.code, unit.name, layer.level_names[unit.level], layer.code)
        for unit in tree.units.values()
    }
    chains = tuple(tuple(places[unit.id] for unit in tree.chain(leaf)) for leaf in leaves.ids)
    if layer.kind == "partition":
        return Areas(layer, release, leaves, chains, index_units(leaves), None)
    return Areas(layer, release, leaves, chains, None, index_overlay(leaves))


def index_units(leaves: LeafTable) -> LocateIndex:
    """Index the leaves of a partition; a vertex belongs to the smallest id, whatever their order here."""
    index = LocateIndex.build(leaves.polygons, _ranks(leaves))
    _warm(index)
    return index


def index_overlay(leaves: LeafTable) -> OverlayIndex:
    """Index the areas of an overlay; the smaller answers first, then the smaller id."""
    return OverlayIndex.build(leaves.polygons, ranks=_ranks(leaves))


def _ranks(leaves: LeafTable) -> list[str]:
    """Return the ids as texts of one length, which sort as the ids do and much quicker."""
    return [one.hex for one in leaves.ids]


def _warm(index: LocateIndex) -> None:
    """Ask everything once, so that no request waits while a kernel is compiled or loaded."""
    if len(index):
        lon, lat = 0.0, 0.0
        index.locate(np.array([lon]), np.array([lat]))
        index.locate_one(lon, lat)
        index.beside(lon, lat, 1.0)
        index.nearest(lon, lat)


def in_force(releases: Sequence[Release], day: date, known_at: datetime | None = None) -> Release | None:
    """Return the release in force on a day, as known at an instant or now; None before the first."""
    begun = [
        one
        for one in releases
        if one.effective_on <= day and (known_at is None or one.published_at <= known_at)
    ]
    return max(begun, key=lambda one: (one.effective_on, one.number), default=None)


def lay_border(segments: Sequence[BorderSegment], lines: Sequence[MeasuredLine]) -> BorderLines:
    """Return the border of a day from its segments and their measured lines, in the same order."""
    return BorderLines(
        tuple(segments),
        tuple(lines),
        Boxes.build([one.line for one in segments], CORRIDOR_M),
        shapely.STRtree([one.geom for one in segments]),
    )
