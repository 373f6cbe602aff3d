"""Seeds of a synthetic partition: where its units lie, and the Voronoi diagram around them.

Work is done in lattice units less an origin; distances are made metric by shrinking the longitudes with
the cosine of the frame's middle latitude.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from geo.lattice import SCALE, to_lattice, to_lonlat

_RELAXATIONS = 4
# What part of the leaves lies in towns and in hamlets; the rest is open country.
_IN_TOWNS, _IN_HAMLETS = 0.45, 0.20
# Radius of a town and of a hamlet as a part of the frame's mean width.
_TOWN_RADIUS, _HAMLET_RADIUS = 0.016, 0.010


@dataclass(frozen=True, slots=True)
class Plane:
    """A frame in lattice units less an origin.

    ``ring`` (n, 2) is its boundary, counter-clockwise, not closed; ``squeeze`` the cosine that makes
    differences of longitude as long as differences of latitude.
    """

    origin: NDArray[np.int64]
    ring: NDArray[np.float64]
    squeeze: float
    polygon: shapely.Polygon

    @classmethod
    def around(cls, ring: NDArray[np.int64]) -> "Plane":
        """Return the plane of a ring (n, 2) of lattice units."""
        low, high = ring.min(axis=0), ring.max(axis=0)
        origin = (low + high) // 2
        local = (ring - origin).astype(np.float64)
        polygon = shapely.Polygon(local)
        shapely.prepare(polygon)
        return cls(origin, local, float(np.cos(np.radians(origin[1] / SCALE))), polygon)

    def exact_lonlat(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return integer-valued local points (n, 2) as degrees, each exactly an integer over 10⁷."""
        return to_lonlat(points.astype(np.int64) + self.origin)

    def to_lonlat(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return local points (n, 2) rounded to the lattice, in degrees."""
        return self.exact_lonlat(np.rint(points))

    def from_lonlat(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return degrees (n, 2) as local points, rounded to the lattice."""
        return (to_lattice(lonlat) - self.origin).astype(np.float64)

    def covers(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which local points (n, 2) lie inside the frame."""
        inside: NDArray[np.bool_] = shapely.contains_xy(self.polygon, points[:, 0], points[:, 1])
        return inside

    def metric(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return local points (n, 2) with equal scale in both directions."""
        return points * (self.squeeze, 1.0)

    def width(self) -> float:
        """Return the side of a square as large as the frame, in metric lattice units."""
        return float((self.polygon.area * self.squeeze) ** 0.5)

    def distance_to_frame(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return each local point's distance to the frame's boundary, in lattice units."""
        boundary = self.polygon.exterior
        shapely.prepare(boundary)
        distance: NDArray[np.float64] = shapely.distance(boundary, shapely.points(points))
        return distance

    def random_points(self, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return points (count, 2) spread evenly inside the frame."""
        low, high = self.ring.min(axis=0), self.ring.max(axis=0)
        return self._gather(count, lambda need: rng.uniform(low, high, (2 * need + 16, 2)))

    def _gather(self, count: int, draw: Callable[[int], NDArray[np.float64]]) -> NDArray[np.float64]:
        kept = [np.empty((0, 2))]
        missing = count
        while missing > 0:
            batch = draw(missing)
            batch = batch[self.covers(batch)][:missing]
            kept.append(batch)
            missing -= len(batch)
        return np.concatenate(kept)

    def points_around(
        self,
        count: int,
        centres: NDArray[np.float64],
        share: NDArray[np.float64],
        radius: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return points (count, 2) inside the frame, thinning out around centres chosen by share."""

        def draw(need: int) -> NDArray[np.float64]:
            which = rng.choice(len(centres), size=2 * need + 16, p=share)
            # A heavy-tailed distance lets a town fade into its surroundings instead of ending at an edge.
            far = radius[which] * rng.standard_gamma(1.6, len(which))
            angle = rng.uniform(0.0, 2.0 * np.pi, len(which))
            away = np.column_stack([np.cos(angle) / self.squeeze, np.sin(angle)]) * far[:, None]
            return centres[which] + away

        return self._gather(count, draw)


@dataclass(frozen=True, slots=True)
class Diagram:
    """A Voronoi diagram, all local.

    Seeds (m, 2), vertices (k, 2) rounded to the lattice, and per ridge its two vertices and the two seeds
    it separates, as indexes (r, 2).
    """

    seeds: NDArray[np.float64]
    vertices: NDArray[np.float64]
    ridge_vertices: NDArray[np.int64]
    ridge_seeds: NDArray[np.int64]


def scatter(
    plane: Plane,
    count: int,
    towns: NDArray[np.float64],
    town_share: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return seeds (count, 2): dense in towns, denser around hamlets, sparse in the open country."""
    in_towns, in_hamlets = int(count * _IN_TOWNS), int(count * _IN_HAMLETS)
    hamlets = plane.random_points(max(1, count // 40), rng)
    hamlet_share = rng.dirichlet(np.full(len(hamlets), 2.0))
    width = plane.width()
    seeds = np.concatenate(
        [
            plane.points_around(
                in_towns, towns, town_share, _TOWN_RADIUS * width * (len(towns) * town_share) ** 0.5, rng
            ),
            plane.points_around(
                in_hamlets, hamlets, hamlet_share, np.full(len(hamlets), _HAMLET_RADIUS * width), rng
            ),
            plane.random_points(count - in_towns - in_hamlets, rng),
        ]
    )
    return _relaxed(plane, seeds)


def diagram(plane: Plane, seeds: NDArray[np.float64]) -> Diagram:
    """Return the Voronoi diagram of local seeds (m, 2), every ridge inside the frame finite.

    Guard seeds far outside close the outermost cells: twice the frame's width away, so that no ridge
    towards a guard can reach into the frame.
    """
    reach = 6.0 * float(np.abs(plane.ring).max())
    angle = np.arange(12) * (np.pi / 6.0) + 0.1
    guards = np.column_stack([np.cos(angle), np.sin(angle)]) * reach
    voronoi = Voronoi(np.concatenate([plane.metric(seeds), guards]))
    vertices = np.asarray(voronoi.ridge_vertices, dtype=np.int64)
    pairs = np.asarray(voronoi.ridge_points, dtype=np.int64)
    wanted = (vertices >= 0).all(axis=1) & (pairs < len(seeds)).all(axis=1)
    nodes = np.clip(voronoi.vertices / (plane.squeeze, 1.0), -4.0 * reach, 4.0 * reach)
    return Diagram(seeds, np.rint(nodes), vertices[wanted], pairs[wanted])


def _relaxed(plane: Plane, seeds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the seeds after some rounds of moving each to the centroid of its cell (Lloyd).

    Cells that reach out of the frame are closed by mirror images of their seeds beyond it: without them
    the units along the frame would come out stretched.
    """
    if len(seeds) < 2:
        return seeds
    outer = ~_closed(plane, diagram(plane, seeds))
    for _ in range(_RELAXATIONS):
        cells = diagram(plane, np.concatenate([seeds, _mirrored(plane, seeds[outer])]))
        centroid = _centroids(cells)[: len(seeds)]
        sound = np.isfinite(centroid).all(axis=1) & (outer | _closed(plane, cells)[: len(seeds)])
        sound[sound] = plane.covers(centroid[sound])
        seeds = np.where(sound[:, None], centroid, seeds)
    return seeds


def _closed(plane: Plane, cells: Diagram) -> NDArray[np.bool_]:
    """Return which cells lie inside the frame with all their vertices."""
    beyond = ~plane.covers(cells.vertices)[cells.ridge_vertices].all(axis=1)
    closed = np.ones(len(cells.seeds), dtype=bool)
    closed[cells.ridge_seeds[beyond].ravel()] = False
    return closed


def _mirrored(plane: Plane, seeds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the images of local points (n, 2) behind the nearest place of the frame."""
    boundary = plane.polygon.exterior
    shapely.prepare(boundary)
    lines = shapely.shortest_line(boundary, shapely.points(seeds))
    nearest = shapely.get_coordinates(lines).reshape(-1, 2, 2)[:, 0]
    # A seed on the frame has no image of its own; a duplicate of the seed would break the diagram.
    images = 2.0 * nearest - seeds
    distinct: NDArray[np.float64] = images[(images != seeds).any(axis=1)]
    return distinct


def _centroids(cells: Diagram) -> NDArray[np.float64]:
    """Return the centroid of every cell, NaN where it has no ridge to another seed."""
    first, second = cells.vertices[cells.ridge_vertices].transpose(1, 0, 2)
    total, moment = np.zeros(len(cells.seeds)), np.zeros((len(cells.seeds), 2))
    for side in (0, 1):
        owner = cells.ridge_seeds[:, side]
        apex = cells.seeds[owner]
        area = np.abs(_cross(first - apex, second - apex))
        centroid = (apex + first + second) / 3.0
        total += np.bincount(owner, area, len(total))
        for axis in (0, 1):
            moment[:, axis] += np.bincount(owner, area * centroid[:, axis], len(total))
    known = total > 0.0
    return np.where(known[:, None], moment / np.where(known, total, 1.0)[:, None], np.nan)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product
