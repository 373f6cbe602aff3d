"""Distances along roads: points snapped to edges, one-ways kept, islands told from what is far.

A graph holds what one way of going about may use. A point enters it at the nearest place of the nearest edge,
not at a junction, and pays the straight way to that place. Shortest ways are Dijkstra's, in SciPy.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from geo.crs import STORAGE_CRS, metric_crs

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

REACH_M = 500.0
"""How far from the nearest road a point may lie."""

# An edge of no length would be no edge in a sparse matrix.
_SHORTEST_M = 1e-3
_SAME_M = 1e-6
# So many shortest-way trees are in memory at a time.
_TREES = 64
# Lengths that differ by less are a tie.
_DECIMALS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Edges between numbered junctions, columns of equal length.

    ``lines`` run from ``tail`` to ``head`` in lon, lat degrees; ``forward`` and ``backward`` say how an
    edge may be used; ``length_m`` is measured on the ellipsoid.
    """

    lines: npt.NDArray[Any]
    tail: Indexes
    head: Indexes
    length_m: Floats
    forward: Flags
    backward: Flags

    def __len__(self) -> int:
        return len(self.tail)


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Points on edges: ``edge`` is -1 where no road is near, ``along_m`` from its tail, ``gap_m`` off."""

    edge: Indexes
    along_m: Floats
    gap_m: Floats

    @property
    def found(self) -> Flags:
        """Which points have a road near."""
        return np.asarray(self.edge >= 0)

    def take(self, places: npt.ArrayLike) -> "Snapped":
        """Return some of the points, by position or by flag."""
        chosen = np.asarray(places)
        return Snapped(self.edge[chosen], self.along_m[chosen], self.gap_m[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """What one way of going about may use of the roads. Made by :meth:`build`."""

    edges: Edges
    onward: csr_array
    reverse: csr_array
    tree: shapely.STRtree
    lines: npt.NDArray[Any]
    to_metres: Transformer

    @classmethod
    def build(cls, edges: Edges) -> "RoadGraph":
        """Make the graph of the edges that may be used in at least one direction."""
        usable = np.flatnonzero(edges.forward | edges.backward)
        kept = Edges(
            edges.lines[usable],
            edges.tail[usable],
            edges.head[usable],
            np.maximum(edges.length_m[usable], _SHORTEST_M),
            edges.forward[usable],
            edges.backward[usable],
        )
        west, south, east, north = shapely.total_bounds(kept.lines) if len(kept) else (0.0, 0.0, 0.0, 0.0)
        metres = Transformer.from_crs(
            STORAGE_CRS, metric_crs((west + east) / 2.0, (south + north) / 2.0), always_xy=True
        )
        lines = shapely.transform(kept.lines, metres.transform, interleaved=False)
        onward = _matrix(kept)
        return cls(kept, onward, csr_array(onward.T), shapely.STRtree(lines), lines, metres)

    def __len__(self) -> int:
        return len(self.edges)

    def snap(self, lon: npt.ArrayLike, lat: npt.ArrayLike, reach_m: float = REACH_M) -> Snapped:
        """Return the nearest place on an edge of each point within reach; of edges as near, the first."""
        lons, lats = (np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in (lon, lat))
        edge = np.full(len(lons), -1, dtype=np.int64)
        along, gap = np.zeros(len(lons)), np.zeros(len(lons))
        x, y = self.to_metres.transform(lons, lats)
        near = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        if len(self) and len(near):
            points = shapely.points(np.asarray(x)[near], np.asarray(y)[near])
            (asked, found), beside = self.tree.query_nearest(
                points, max_distance=reach_m, return_distance=True, all_matches=True
            )
            order = np.lexsort((found, asked))
            first = order[np.unique(asked[order], return_index=True)[1]]
            rows, chosen = near[asked[first]], found[first]
            edge[rows], gap[rows] = chosen, beside[first]
            share = shapely.line_locate_point(self.lines[chosen], points[asked[first]], normalized=True)
            along[rows] = np.nan_to_num(share) * self.edges.length_m[chosen]
        return Snapped(edge, along, gap)

    def distances(self, origins: Snapped, goals: Snapped) -> Floats:
        """Return the shortest way in metres from each origin to each goal, shape (m, n); infinite for none.

        Trees are grown from the side that has fewer places.
        """
        if len(origins.edge) <= len(goals.edge):
            return self._directed(origins, goals, self.onward, leaving=True)
        return self._directed(goals, origins, self.reverse, leaving=False).T

    def nearest(self, origins: Snapped, goals: Snapped, k: int) -> tuple[Indexes, Floats]:
        """Return the positions of the k nearest goals and the metres to them, shape (m, k).

        Ties go to the smaller position; what cannot be reached is -1 and infinitely far, at the end.
        """
        metres = np.round(self.distances(origins, goals), _DECIMALS)
        order = np.argsort(metres, axis=1, kind="stable")[:, :k]
        far = np.take_along_axis(metres, order, axis=1)
        return np.where(np.isfinite(far), order, -1).astype(np.int64), far

    def paths(self, origin: Snapped, goals: Snapped) -> list[Floats | None]:
        """Return the shortest way from one origin to each goal, lon, lat degrees of shape (n, 2), or None.

        They are as long as :meth:`distances` says, without the straight ways between places and roads.
        """
        none: list[Floats | None] = [None] * len(goals.edge)
        if not len(self) or origin.edge[0] < 0:
            return none
        ends, costs = self._ends(origin, leaving=True)
        last, rests = self._ends(goals, leaving=False)
        trees, back = dijkstra(self.onward, directed=True, indices=ends[:, 0], return_predecessors=True)
        before = np.asarray(back, dtype=np.int64)
        sums = costs[:, :, None] + trees[:, last.T].transpose(0, 2, 1) + rests[None]
        return [
            self._path(origin, goals.take([place]), sums[:, :, place], before, (ends[:, 0], last[:, place]))
            for place in range(len(goals.edge))
        ]

    def _path(
        self, origin: Snapped, goal: Snapped, sums: Floats, before: Indexes, ends: tuple[Indexes, Indexes]
    ) -> Floats | None:
        """Return the way to one goal: ``sums`` are the metres by each end of both edges."""
        alone = np.full((1, 1), np.inf)
        if goal.edge[0] >= 0:
            self._on_one_edge(alone, origin, goal, leaving=True)
        a, b = np.unravel_index(np.argmin(sums), sums.shape)
        if goal.edge[0] < 0 or not np.isfinite(min(sums[a, b], alone[0, 0])):
            return None
        (edge,), (final,) = origin.edge, goal.edge
        begin, end = (one.along_m[0] / self.edges.length_m[one.edge[0]] for one in (origin, goal))
        if alone[0, 0] <= sums[a, b]:
            parts = [self._part(edge, begin, end)]
        else:
            through = [int(ends[1][b])]
            while through[-1] != ends[0][a]:
                through.append(int(before[a, through[-1]]))
            parts = [self._part(edge, begin, float(a)), *self._between(through[::-1])]
            parts.append(self._part(final, float(b), end))
        places = np.concatenate(parts)
        fresh = np.ones(len(places), dtype=bool)
        fresh[1:] = (np.abs(np.diff(places, axis=0)) > _SAME_M).any(axis=1)
        x, y = places[fresh].T
        lon, lat = self.to_metres.transform(x, y, direction="INVERSE")
        return np.column_stack([lon, lat])

    def _part(self, edge: int, begin: float, end: float) -> Floats:
        """Return the places of an edge from one share of its length to another, in metres, backwards too."""
        places: Floats = shapely.get_coordinates(substring(self.lines[edge], begin, end, normalized=True))
        return places

    def _between(self, through: list[int]) -> list[Floats]:
        """Return the edges from junction to junction, of parallel ones the shortest."""
        edges, passed = self.edges, np.array(through)
        near = np.flatnonzero(np.isin(edges.tail, passed) & np.isin(edges.head, passed))
        best: dict[tuple[int, int], tuple[float, int, bool]] = {}
        for edge in near.tolist():
            tail, head, length = int(edges.tail[edge]), int(edges.head[edge]), float(edges.length_m[edge])
            for usable, key, back in (
                (edges.forward[edge], (tail, head), False),
                (edges.backward[edge], (head, tail), True),
            ):
                if usable and (key not in best or length < best[key][0]):
                    best[key] = (length, edge, back)
        found = []
        for key in pairwise(through):
            _, edge, back = best[key]
            found.append(self._part(edge, *((1.0, 0.0) if back else (0.0, 1.0))))
        return found

    def _directed(self, roots: Snapped, leaves: Snapped, matrix: csr_array, *, leaving: bool) -> Floats:
        """Return the ways between roots, where trees grow along a matrix, and leaves: (roots, leaves)."""
        result = np.full((len(roots.edge), len(leaves.edge)), np.inf)
        if not len(self):
            return result
        ends, costs = self._ends(leaves, leaving=not leaving)
        for begin in range(0, len(roots.edge), _TREES):
            part = np.arange(begin, min(begin + _TREES, len(roots.edge)))
            part = part[roots.edge[part] >= 0]
            if not len(part):
                continue
            root_ends, root_costs = self._ends(roots.take(part), leaving=leaving)
            grown, place = np.unique(root_ends, return_inverse=True)
            trees = np.atleast_2d(dijkstra(matrix, directed=True, indices=grown))
            place = place.reshape(root_ends.shape)
            best = np.full((len(part), len(leaves.edge)), np.inf)
            for a in (0, 1):
                for b in (0, 1):
                    way = trees[place[a][:, None], ends[b][None, :]]
                    np.minimum(best, root_costs[a][:, None] + way + costs[b][None, :], out=best)
            result[part] = best
        self._on_one_edge(result, roots, leaves, leaving=leaving)
        return result + roots.gap_m[:, None] + leaves.gap_m[None, :]

    def _ends(self, places: Snapped, *, leaving: bool) -> tuple[Indexes, Floats]:
        """Return the junctions by which places are left or come to, and the metres to them: both (2, n)."""
        edges, at = self.edges, places.edge
        tail, head = edges.tail[at], edges.head[at]
        back, on = places.along_m, edges.length_m[at] - places.along_m
        # A place is left with the direction of its edge by the head, and come to from the tail. What lies at
        # a junction is there already, whatever the direction.
        with_it, against = edges.forward[at], edges.backward[at]
        by_head = np.where((with_it if leaving else against) | (on <= _SAME_M), on, np.inf)
        by_tail = np.where((against if leaving else with_it) | (back <= _SAME_M), back, np.inf)
        by_head[at < 0] = by_tail[at < 0] = np.inf
        return np.stack([tail, head]), np.stack([by_tail, by_head])

    def _on_one_edge(self, result: Floats, roots: Snapped, leaves: Snapped, *, leaving: bool) -> None:
        """Take the way along the edge itself where a root and a leaf lie on the same one."""
        same = (roots.edge[:, None] == leaves.edge[None, :]) & roots.found[:, None]
        for row, column in zip(*np.nonzero(same), strict=True):
            edge = roots.edge[row]
            onward = leaves.along_m[column] - roots.along_m[row]
            onward = onward if leaving else -onward
            on, back = self.edges.forward[edge], self.edges.backward[edge]
            if (onward >= 0.0 and on) or (onward <= 0.0 and back):
                result[row, column] = min(result[row, column], abs(onward))


def _matrix(edges: Edges) -> csr_array:
    """Return the lengths from junction to junction, of parallel edges the shortest."""
    tail = np.concatenate([edges.tail[edges.forward], edges.head[edges.backward]])
    head = np.concatenate([edges.head[edges.forward], edges.tail[edges.backward]])
    length = np.concatenate([edges.length_m[edges.forward], edges.length_m[edges.backward]])
    count = int(max(edges.tail.max(initial=-1), edges.head.max(initial=-1))) + 1
    order = np.lexsort((length, head, tail))
    tail, head, length = tail[order], head[order], length[order]
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    return csr_array((length[first], (tail[first], head[first])), shape=(count, count))
