"""The planar graph of a synthetic partition: a Voronoi diagram cut by the frame, and its faces.

Nodes lie on the lattice. An edge is either a piece of a ridge between two seeds or a chain of frame
vertices. Half-edge ``2e`` runs along edge ``e``, half-edge ``2e + 1`` against it; a face is the cyclic
sequence of half-edges that has it on the left.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.synthetic.seeds import Diagram, Plane

# A ridge shorter than this part of the distance between its seeds shrinks to a point where four meet.
_SHORTEST_RIDGE = 0.02

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes (n, 2) and edges with their courses, in local lattice units (integers kept as floats).

    ``ends`` (e, 2) are node indexes; the first ``ridge_count`` edges are pieces of ridges with the seeds'
    positions ``left`` and ``right`` (r, 2) beside them, the others are chains of the frame:
    ``frame`` (f, 2) from ``chain_start[i]`` to ``chain_start[i + 1]``, both ends included.
    """

    nodes: Floats
    ends: Ints
    left: Floats
    right: Floats
    frame: Floats
    chain_start: Ints

    @property
    def edge_count(self) -> int:
        """The number of edges, ridges and frame chains together."""
        return len(self.ends)

    @property
    def ridge_count(self) -> int:
        """The number of edges inside the frame."""
        return len(self.left)

    def chain(self, index: int) -> Floats:
        """Return the frame vertices of one chain, both ends included."""
        first, last = self.chain_start[index], self.chain_start[index + 1]
        return np.concatenate([self.frame[first:last], self.frame[last % len(self.frame)][None]])


@dataclass(frozen=True, slots=True)
class Faces:
    """Rings of half-edges: face ``i`` is ``half_edges[offsets[i]:offsets[i + 1]]``, counter-clockwise."""

    half_edges: Ints
    offsets: Ints
    area: Floats

    @property
    def count(self) -> int:
        """The number of faces."""
        return len(self.offsets) - 1

    def owner(self) -> Ints:
        """Return the face of every entry of ``half_edges``."""
        return np.repeat(np.arange(self.count), np.diff(self.offsets))

    def edges_of(self, chosen: NDArray[np.bool_]) -> Ints:
        """Return the edges around the chosen faces."""
        return np.unique(self.half_edges[chosen[self.owner()]] >> 1)

    def sides(self, edge_count: int) -> Ints:
        """Return the faces left and right of every edge (e, 2), −1 outside or where the edge is gone."""
        sides = np.full(2 * edge_count, -1, dtype=np.int64)
        sides[self.half_edges] = self.owner()
        return sides.reshape(-1, 2)


def cut_diagram(plane: Plane, cells: Diagram) -> Graph:
    """Return the graph of a Voronoi diagram inside the frame, with nodes added where ridges end on it."""
    vertices, ridges, seeds = _without_short_ridges(plane, cells)
    first, last = vertices[ridges[:, 0]], vertices[ridges[:, 1]]
    ring_next = np.roll(plane.ring, -1, axis=0)
    segments = shapely.linestrings(np.stack([plane.ring, ring_next], axis=1))
    lines = shapely.linestrings(np.stack([first, last], axis=1))
    ridge, segment = shapely.STRtree(segments).query(lines, predicate="intersects")
    crossed = np.zeros(len(ridges), dtype=bool)
    crossed[ridge] = True
    whole = ~crossed & plane.covers(first)
    along, point = _crossings(first[ridge], last[ridge], plane.ring[segment], ring_next[segment])
    piece_ridge, piece_from, piece_to = _pieces(plane, first, last, ridge, along, point)
    start = np.concatenate([first[whole], piece_from])
    end = np.concatenate([last[whole], piece_to])
    seed_pair = np.concatenate([seeds[whole], seeds[piece_ridge]])
    used = np.isin(_key(point), np.concatenate([_key(piece_from), _key(piece_to)]))
    frame = _frame_with(plane.ring, segment[used], point[used])
    return _indexed(start, end, cells.seeds[seed_pair], frame)


def _without_short_ridges(plane: Plane, cells: Diagram) -> tuple[Floats, Ints, Ints]:
    """Return vertices, ridges and their seeds with the ends of very short inner ridges made one vertex."""
    ends = plane.metric(cells.vertices)[cells.ridge_vertices]
    seeds = plane.metric(cells.seeds)[cells.ridge_seeds]
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    short = length < _SHORTEST_RIDGE * np.hypot(*(seeds[:, 1] - seeds[:, 0]).T)
    count = len(cells.vertices)
    first, last = cells.ridge_vertices[short].T
    joins = coo_array((np.ones(len(first)), (first, last)), shape=(count, count))
    _, cluster = connected_components(joins, directed=False)
    size = np.bincount(cluster)
    merged = np.column_stack([np.bincount(cluster, cells.vertices[:, axis]) / size for axis in (0, 1)])
    ridges = cluster[cells.ridge_vertices].astype(np.int64)
    keep = ridges[:, 0] != ridges[:, 1]
    return np.rint(merged), ridges[keep], cells.ridge_seeds[keep]


def _crossings(a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Return where segments a–b meet c–d: the fraction along a–b and the point rounded to the lattice."""
    ridge, edge, between = b - a, d - c, c - a
    across = ridge[:, 0] * edge[:, 1] - ridge[:, 1] * edge[:, 0]
    reach = between[:, 0] * edge[:, 1] - between[:, 1] * edge[:, 0]
    along = np.clip(reach / np.where(across == 0.0, 1.0, across), 0.0, 1.0)
    return along, np.rint(a + along[:, None] * ridge)


def _pieces(
    plane: Plane, first: Floats, last: Floats, ridge: Ints, along: Floats, point: Floats
) -> tuple[Ints, Floats, Floats]:
    """Return the pieces inside the frame of the ridges that cross it: ridge index, start and end."""
    crossed = np.unique(ridge)
    owner = np.concatenate([crossed, ridge, crossed])
    measure = np.concatenate([np.full(len(crossed), -1.0), along, np.full(len(crossed), 2.0)])
    points = np.concatenate([first[crossed], point, last[crossed]])
    order = np.lexsort((measure, owner))
    owner, points = owner[order], points[order]
    start, end, same = points[:-1], points[1:], owner[:-1] == owner[1:]
    kept = same & (start != end).any(axis=1) & plane.covers((start + end) / 2.0)
    return owner[:-1][kept], start[kept], end[kept]


def _key(points: Floats) -> Ints:
    """Return one integer for each lattice point; local ordinates stay well below 2³¹ in size."""
    whole = points.astype(np.int64)
    return (whole[:, 0] << 32) + whole[:, 1]


def _frame_with(ring: Floats, segment: Ints, point: Floats) -> Floats:
    """Return the frame's vertices with points added on the given segments, in order, none twice."""
    where = np.concatenate([np.arange(len(ring)), segment])
    points = np.concatenate([ring, point])
    order = np.lexsort((np.hypot(*(points - ring[where]).T), where))
    points = points[order]
    distinct: Floats = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    return distinct


def _indexed(start: Floats, end: Floats, seeds: Floats, frame: Floats) -> Graph:
    """Return the graph of ridge pieces and the frame, which is cut into chains at the nodes on it."""
    keep = (start != end).any(axis=1)
    start, end, seeds = start[keep], end[keep], seeds[keep]
    keys = np.concatenate([_key(start), _key(end)])
    frame_keys = _key(frame)
    stops = np.flatnonzero(np.isin(frame_keys, keys)) if len(keys) else np.zeros(1, dtype=np.int64)
    if not len(stops):
        stops = np.zeros(1, dtype=np.int64)
    frame, stops = np.roll(frame, -stops[0], axis=0), stops - stops[0]
    chain_start = np.append(stops, len(frame))
    unique, position = np.unique(np.concatenate([keys, _key(frame[stops])]), return_inverse=True)
    nodes = np.empty((len(unique), 2))
    nodes[position] = np.concatenate([start, end, frame[stops]])
    ridge_ends = position[: len(keys)].reshape(2, -1).T
    chain_nodes = position[len(keys) :]
    ends = np.concatenate([ridge_ends, np.column_stack([chain_nodes, np.roll(chain_nodes, -1)])])
    # The seed on the left comes first whichever way round the diagram listed the pair.
    run, aside = end - start, seeds[:, 0] - start
    swap = (run[:, 0] * aside[:, 1] - run[:, 1] * aside[:, 0]) < 0.0
    left = np.where(swap[:, None], seeds[:, 1], seeds[:, 0])
    right = np.where(swap[:, None], seeds[:, 0], seeds[:, 1])
    return Graph(nodes, ends, left, right, frame, chain_start)


def trace(graph: Graph) -> Faces:
    """Return all faces inside the frame: at each node turn to the next half-edge clockwise."""
    start, heading, area = _half_edges(graph)
    count = len(start)
    order = np.lexsort((heading, start))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    group_first = np.searchsorted(start[order], start[order], side="left")
    group_last = np.searchsorted(start[order], start[order], side="right") - 1
    before = np.where(np.arange(count) == group_first, group_last, np.arange(count) - 1)
    after_twin = order[before[place[np.arange(count) ^ 1]]].tolist()
    rings: list[int] = []
    offsets = [0]
    seen = bytearray(count)
    for first in range(count):
        half_edge = first
        while not seen[half_edge]:
            seen[half_edge] = 1
            rings.append(half_edge)
            half_edge = after_twin[half_edge]
        if len(rings) > offsets[-1]:
            offsets.append(len(rings))
    half_edges, edges = np.array(rings, dtype=np.int64), np.array(offsets, dtype=np.int64)
    return _inner(half_edges, edges, area)


def _half_edges(graph: Graph) -> tuple[Ints, Floats, Floats]:
    """Return each half-edge's start node, heading (radians) and part of the face's signed area."""
    tail, head = graph.nodes[graph.ends[:, 0]], graph.nodes[graph.ends[:, 1]]
    toward_head, toward_tail = head.copy(), tail.copy()
    area = (tail[:, 0] * head[:, 1] - tail[:, 1] * head[:, 0]) / 2.0
    for index in range(len(graph.chain_start) - 1):
        chain, edge = graph.chain(index), graph.ridge_count + index
        toward_head[edge], toward_tail[edge] = chain[1], chain[-2]
        area[edge] = (chain[:-1, 0] * chain[1:, 1] - chain[:-1, 1] * chain[1:, 0]).sum() / 2.0
    leave, enter = toward_head - tail, toward_tail - head
    heading = np.column_stack([np.arctan2(leave[:, 1], leave[:, 0]), np.arctan2(enter[:, 1], enter[:, 0])])
    return graph.ends.ravel(), heading.ravel(), np.column_stack([area, -area]).ravel()


def _inner(half_edges: Ints, offsets: Ints, area: Floats) -> Faces:
    """Return the faces of positive area, with edges that have one face on both sides left out."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    face = np.empty(len(area), dtype=np.int64)
    face[half_edges] = owner
    total: Floats = np.bincount(owner, area[half_edges]).astype(np.float64)
    kept = (total[owner] > 0.0) & (face[half_edges] != face[half_edges ^ 1])
    sizes = np.bincount(owner[kept], minlength=len(total))
    real = sizes > 0
    return Faces(half_edges[kept], np.concatenate([[0], np.cumsum(sizes[real])]), total[real])
