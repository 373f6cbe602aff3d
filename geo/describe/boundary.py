"""From an area and its neighbours to legs: which ring, from where, past whom."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import radians
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry, LineString, Polygon

from geo.crs import GEOD, STORAGE_CRS, geodesic_area, metric_crs, transformer
from geo.describe.marks import NO_MARKS, Marks
from geo.describe.values import Description, Leg, Mark, Passed, Run, Tie, Walk
from geo.lattice import to_lattice

Points = npt.NDArray[np.float64]
Edge = tuple[int, int, int, int]

TOLERANCE_M = 5.0
PASSED_WITHIN_M = 30.0
TIED_WITHIN_M = 20_000.0
_LOOKED_FOR_M = (500.0, 3_000.0, TIED_WITHIN_M)
"""Where marks stand close, the nearest is found among the few that are near."""
_HALF_BEARING = radians(0.005)
_HALF_DISTANCE_M = 0.05


def describe(
    area: Geometry,
    neighbours: Mapping[str, Geometry],
    marks: Marks = NO_MARKS,
    *,
    tolerance_m: float = TOLERANCE_M,
    passed_within_m: float = PASSED_WITHIN_M,
) -> Description:
    """Describe the boundary of a unit.

    Parameters
    ----------
    area
        Polygon or MultiPolygon in lon, lat degrees on the lattice.
    neighbours
        The areas of the units that share edges with it, by code, of an exact partition.
    marks
        Those around; a walk starts at the end of a run that is nearest to one of them.
    tolerance_m
        Vertices nearer than this to a straight leg are left out.
    passed_within_m
        Marks nearer than this to the boundary are named.
    """
    ground = _Ground(area, marks, tolerance_m, passed_within_m)
    owners = _owners(neighbours)
    parts = sorted(shapely.get_parts(area), key=lambda part: -part.area)
    walks = tuple(
        _walk(ground, owners, part, ring, hole)
        for part, polygon in enumerate(parts, 1)
        for hole, ring in _rings(polygon)
    )
    return Description(
        walks,
        len(parts),
        float(geodesic_area(area)),
        sum(walk.length_m for walk in walks),
        tolerance_m,
    )


class _Ground:
    """The plane near a unit, in metres, and the marks on it."""

    def __init__(self, area: Geometry, marks: Marks, tolerance_m: float, passed_m: float) -> None:
        west, south, east, north = self._box = area.bounds
        crs = metric_crs((west + east) / 2, (south + north) / 2).to_string()
        self._project = transformer(STORAGE_CRS, crs)
        self._marks = marks
        self.tolerance_m, self.passed_m = tolerance_m, passed_m
        self._beside = self._around(passed_m)

    def plane(self, lonlat: Points) -> Points:
        """Return points (n, 2) in metres."""
        if not len(lonlat):
            return np.empty((0, 2))
        return np.column_stack(self._project.transform(*lonlat.T))

    def nearest(self, points: Points) -> tuple[int, Mark] | None:
        """Return the position of the point of some, in metres, that is nearest to a mark, and the mark."""
        for reach in _LOOKED_FOR_M:
            marks, places = self._around(reach)
            (at, mark), gaps = shapely.STRtree(places).query_nearest(
                shapely.points(points), max_distance=TIED_WITHIN_M, return_distance=True
            )
            # Nearer than the window reaches, none outside of it can be.
            if len(at) and (gaps.min() < reach - 1.0 or reach == TIED_WITHIN_M):
                best = min(range(len(at)), key=lambda k: (round(float(gaps[k]), 3), int(mark[k]), int(at[k])))
                return int(at[best]), marks[int(mark[best])]
        return None

    def passed(self, line: LineString) -> tuple[Passed, ...]:
        """Return the marks beside a line, in the order in which it passes them."""
        marks, places = self._beside
        found = [
            Passed(marks[k], round(float(line.project(at)), 1), round(float(line.distance(at)), 1))
            for k, at in enumerate(places)
            if shapely.dwithin(line, at, self.passed_m)
        ]
        return tuple(sorted(found, key=lambda one: (one.along_m, one.mark.code)))

    def _around(self, metres: float) -> tuple[list[Mark], npt.NDArray[Any]]:
        """Return the marks within a distance of the unit, and their places in metres, in their order."""
        near = self._marks.within(self._box, metres)
        return [self._marks.each[k] for k in near], shapely.points(self.plane(self._marks.lonlat[near]))

    def kept(self, points: Points) -> npt.NDArray[np.int64]:
        """Return the positions of the vertices that a line (n, 2) in metres keeps, its ends among them.

        A closed line keeps at least a triangle, so a small island loses less than the tolerance allows.
        """
        closed = bool((points[0] == points[-1]).all())
        tolerance = self.tolerance_m
        numbered = shapely.linestrings(np.column_stack((points, np.arange(len(points)))))
        while tolerance > 1e-3:
            slim = shapely.simplify(numbered, tolerance, preserve_topology=False)
            kept: npt.NDArray[np.int64] = np.rint(shapely.get_coordinates(slim, include_z=True)[:, 2]).astype(
                np.int64
            )
            kept[-1] = len(points) - 1
            if not closed or len(kept) >= 4:
                return kept
            tolerance /= 2
        return np.arange(len(points))


def _rings(polygon: Polygon) -> Iterator[tuple[bool, Points]]:
    """Yield whether a ring is a hole and its vertices, closed, with the unit on the right."""
    right = shapely.orient_polygons(polygon, exterior_cw=True)
    yield False, shapely.get_coordinates(right.exterior)
    for hole in right.interiors:
        yield True, shapely.get_coordinates(hole)


def _owners(neighbours: Mapping[str, Geometry]) -> dict[Edge, str]:
    """Return who else has an edge, by its two ends as lattice points, the smaller first."""
    found: dict[Edge, str] = {}
    for code, area in neighbours.items():
        for polygon in shapely.get_parts(area):
            for ring in (polygon.exterior, *polygon.interiors):
                found.update(dict.fromkeys(_edges(shapely.get_coordinates(ring)), code))
    return found


def _edges(ring: Points) -> list[Edge]:
    """Return the edges of a closed ring, each with the smaller end first."""
    points = [tuple(point) for point in to_lattice(ring).tolist()]
    return [(*min(tail, head), *max(tail, head)) for tail, head in pairwise(points)]


def _walk(ground: _Ground, owners: Mapping[Edge, str], part: int, ring: Points, hole: Any) -> Walk:
    sides = [owners.get(edge) for edge in _edges(ring)]
    nodes = [k for k in range(len(sides)) if sides[k] != sides[k - 1]]
    starts = nodes or list(range(len(sides)))
    flat = ground.plane(ring)
    tied = ground.nearest(flat[starts])
    # Without a mark from the north-west, as one reads.
    first = starts[tied[0]] if tied else min(starts, key=lambda k: (ring[k, 0] - ring[k, 1], k))
    order = np.r_[first : len(sides), 0 : first + 1]
    ends = [*((k - first) % len(sides) for k in nodes), len(sides)] if nodes else [0, len(sides)]
    ends = sorted(set(ends) | {0})
    runs = tuple(
        _run(ground, sides[order[a]], ring[order[a : b + 1]], flat[order[a : b + 1]])
        for a, b in pairwise(ends)
    )
    lon, lat = (float(value) for value in ring[first])
    legs = [leg for run in runs for leg in run.legs]
    return Walk(
        part,
        bool(hole),
        (lon, lat),
        _tie(tied[1], lon, lat) if tied else None,
        runs,
        sum(run.length_m for run in runs),
        round(sum(_HALF_DISTANCE_M + leg.distance_m * _HALF_BEARING for leg in legs), 1) + 0.1,
    )


def _run(ground: _Ground, neighbour: str | None, lonlat: Points, flat: Points) -> Run:
    at = lonlat[ground.kept(flat)]
    bearings, _, distances = GEOD.inv(*at[:-1].T, *at[1:].T)
    legs = tuple(
        Leg(_bearing(bearing), round(float(distance), 1), (float(end[0]), float(end[1])))
        for bearing, distance, end in zip(bearings, distances, at[1:], strict=True)
    )
    length = float(GEOD.line_length(*lonlat.T))
    return Run(
        neighbour,
        (float(at[0, 0]), float(at[0, 1])),
        legs,
        length,
        ground.passed(shapely.linestrings(flat)),
    )


def _tie(mark: Mark, lon: float, lat: float) -> Tie:
    bearing, _, distance = GEOD.inv(mark.lon, mark.lat, lon, lat)
    return Tie(mark, _bearing(bearing), round(float(distance), 1))


def _bearing(degrees: float) -> float:
    """Return degrees from 0 up to, without, 360."""
    return round(float(degrees) % 360.0, 2) % 360.0
