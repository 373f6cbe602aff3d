"""Fractal courses of the edges of a synthetic partition, and the rings put together from them.

Voronoi ridge v₁v₂ between the seeds a and b owns the triangles (v₁, v₂, a) and (v₁, v₂, b): those of all
ridges have disjoint interiors, because every cell is convex and its seed lies inside. A course that stays
in its own two triangles, and advances along v₁v₂ at every step, therefore meets neither itself nor any
other course, however strongly it wanders.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.synthetic.graph import Faces, Floats, Graph, Ints

# Midpoint displacement: standard deviation of the first level as a part of the edge, and its decay.
_WANDER, _DECAY = 0.12, 0.58
# A course keeps this part of the room that its triangles leave.
_ROOM = 0.8
# Levels of halving by the ridge's length as a part of the distance between its seeds.
_LEVELS = ((0.0, 0), (0.06, 1), (0.14, 2), (0.30, 3))


@dataclass(frozen=True, slots=True)
class Courses:
    """Inner points of the edges' courses: fraction ``along`` and ``aside`` (in edge lengths, left positive).

    Both (r, 7): dyadic places 1/8 … 7/8, of which an edge with fewer ``levels`` uses every second or
    fourth. ``amplitude`` (e,) scales ``aside``.
    """

    along: Floats
    aside: Floats
    levels: Ints
    amplitude: Floats


def wander(graph: Graph, rng: np.random.Generator) -> Courses:
    """Return a fractal course for every inner edge of a graph, bounded by the triangles it owns."""
    tail, head = (graph.nodes[graph.ends[: graph.ridge_count, side]] for side in (0, 1))
    between = np.hypot(*(graph.left - graph.right).T)
    relative = np.hypot(*(head - tail).T) / np.maximum(between, 1.0)
    levels = np.zeros(graph.ridge_count, dtype=np.int64)
    for least, level in _LEVELS:
        levels[relative >= least] = level
    aside = np.zeros((graph.ridge_count, 9))
    along = np.tile(np.arange(9) / 8.0, (graph.ridge_count, 1))
    for level, step in enumerate((4, 2, 1)):
        middle = np.arange(step, 9, 2 * step)
        size = _WANDER * _DECAY**level
        noise = size * rng.standard_normal((graph.ridge_count, len(middle)))
        aside[:, middle] = (aside[:, middle - step] + aside[:, middle + step]) / 2.0 + noise
        lean = rng.uniform(0.36, 0.64, (graph.ridge_count, len(middle)))
        along[:, middle] = along[:, middle - step] * (1.0 - lean) + along[:, middle + step] * lean
    high = _ROOM * _headroom(tail, head, graph.left, along)
    low = -_ROOM * _headroom(head, tail, graph.right, 1.0 - along)
    bounded = np.clip(aside, np.minimum(low, 0.0), np.maximum(high, 0.0))
    return Courses(along[:, 1:8], bounded[:, 1:8], levels, np.ones(graph.edge_count))


def _headroom(tail: Floats, head: Floats, apex: Floats, along: Floats) -> Floats:
    """Return how far left of tail–head the triangle with the apex reaches, in edge lengths (r, 9)."""
    run, toward = head - tail, apex - tail
    square = np.maximum((run**2).sum(axis=1), 1.0)
    foot = ((toward * run).sum(axis=1) / square)[:, None]
    height = ((run[:, 0] * toward[:, 1] - run[:, 1] * toward[:, 0]) / square)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        rising = np.where(foot > 0.0, along / foot, np.inf)
        falling = np.where(foot < 1.0, (1.0 - along) / (1.0 - foot), np.inf)
    room: Floats = height * np.minimum(rising, falling)
    return room


def assemble(graph: Graph, faces: Faces, courses: Courses) -> tuple[Floats, Ints]:
    """Return the rings of all faces: points (n, 2), the ring of each point; rings closed, no point twice."""
    points, first, size = _edge_points(graph, courses)
    edge, against = faces.half_edges >> 1, (faces.half_edges & 1).astype(bool)
    # Each half-edge gives its points but the last, which the next half-edge begins with.
    give = size[edge] - 1
    begin = np.concatenate([[0], np.cumsum(give)])
    step = np.arange(begin[-1]) - np.repeat(begin[:-1], give)
    start = np.where(against, first[edge] + size[edge] - 1, first[edge])
    index = np.repeat(start, give) + step * np.repeat(np.where(against, -1, 1), give)
    ring = np.repeat(faces.owner(), give)
    coordinates = points[index]
    # After rounding, neighbours on a ring can coincide; one of them is left out on both sides alike.
    following = np.arange(1, len(ring) + 1)
    last = np.flatnonzero(np.append(ring[1:] != ring[:-1], True))
    opening = np.concatenate([[0], last[:-1] + 1])
    following[last] = opening
    keep = (coordinates != coordinates[following]).any(axis=1)
    coordinates, ring = coordinates[keep], ring[keep]
    opening = np.flatnonzero(np.concatenate([[True], ring[1:] != ring[:-1]]))
    closing = np.append(opening[1:], len(ring))
    return (
        np.insert(coordinates, closing, coordinates[opening], axis=0),
        np.insert(ring, closing, ring[opening]),
    )


def _edge_points(graph: Graph, courses: Courses) -> tuple[Floats, Ints, Ints]:
    """Return the points of all edges, rounded to the lattice, and each edge's first point and size."""
    tail, head = (graph.nodes[graph.ends[: graph.ridge_count, side]] for side in (0, 1))
    run = head - tail
    left = np.column_stack([-run[:, 1], run[:, 0]])
    aside = courses.aside * courses.amplitude[: graph.ridge_count, None]
    inner = np.rint(
        tail[:, None] + courses.along[..., None] * run[:, None] + aside[..., None] * left[:, None]
    )
    full = np.concatenate([tail[:, None], inner, head[:, None]], axis=1)
    stride = 8 >> courses.levels
    used: NDArray[np.bool_] = np.arange(9)[None] % stride[:, None] == 0
    chains = [graph.chain(index) for index in range(graph.edge_count - graph.ridge_count)]
    size = np.concatenate([used.sum(axis=1), np.array([len(chain) for chain in chains], dtype=np.int64)])
    points = np.concatenate([full[used], *chains])
    return points, np.concatenate([[0], np.cumsum(size)[:-1]]), size
