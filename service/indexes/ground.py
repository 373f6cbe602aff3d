"""The ground of a day: everything that locating in a district needs, as values that never change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely
from geo.locate import LocateIndex

from geo.crs import geodesic_area
from geo.linear import MeasuredLine
from layers.border import BorderSegment
from layers.catalog import Layer
from layers.districts import District
from layers.releases import Release
from layers.stores import Stores
from layers.units import LeafTable


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
class Areas:
    """One release of one area layer, ready to answer.

    ``chains[i]`` is leaf ``i`` with its parents, the leaf first. ``index`` answers for a partition; ``tree``
    and ``areas_m2`` for an overlay, whose areas may overlap.
    """

    layer: Layer
    release: Release
    leaves: LeafTable
    chains: tuple[tuple[Place, ...], ...]
    index: LocateIndex | None
    tree: shapely.STRtree | None
    areas_m2: npt.NDArray[np.float64]

    def covering(self, lon: float, lat: float) -> list[int]:
        """Return the leaves of an overlay that cover a point: the smaller first, then by id."""
        if self.tree is None:
            return []
        found = self.tree.query(shapely.Point(lon, lat), predicate="intersects")
        return sorted(found.tolist(), key=lambda one: (float(self.areas_m2[one]), self.leaves.ids[one]))


@dataclass(frozen=True, slots=True, eq=False)
class BorderLines:
    """The border segments of a day with the measured lines that are patrolled."""

    segments: tuple[BorderSegment, ...]
    lines: tuple[MeasuredLine, ...]
    tree: shapely.STRtree
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


def build_areas(stores: Stores, layer: Layer, release: Release, day: date) -> Areas:
    """Read one release of a layer as it is on a day of its time and index it."""
    leaves = stores.grids.leaves(layer.code, day)
    tree = stores.grids.tree(layer.code, day)
    places = {
        unit.id: Place(unit.id, unit.code, unit.name, layer.level_names[unit.level], layer.code)
        for unit in tree.units.values()
    }
    chains = tuple(tuple(places[unit.id] for unit in tree.chain(leaf)) for leaf in leaves.ids)
    if layer.kind == "partition":
        index = LocateIndex.build(leaves.polygons)
        return Areas(layer, release, leaves, chains, index, None, np.empty(0))
    areas = geodesic_area(leaves.polygons)
    return Areas(layer, release, leaves, chains, None, shapely.STRtree(leaves.polygons), areas)


def in_force(releases: Sequence[Release], day: date) -> Release | None:
    """Return the release in force on a day: the one that took effect last, None before the first."""
    begun = [one for one in releases if one.effective_on <= day]
    return max(begun, key=lambda one: (one.effective_on, one.number), default=None)


def lay_border(segments: Sequence[BorderSegment], lines: Sequence[MeasuredLine]) -> BorderLines:
    """Return the border of a day from its segments and their measured lines, in the same order."""
    return BorderLines(
        tuple(segments),
        tuple(lines),
        shapely.STRtree([one.line for one in segments]),
        shapely.STRtree([one.geom for one in segments]),
    )
