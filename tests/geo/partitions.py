"""Random partitions of a square, made independently of the code they test, and ways to spoil them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

Shapes = npt.NDArray[Any]
CORNER = np.array([1_163_000_000, 398_000_000])
SCALE = 10_000_000


@dataclass(frozen=True)
class Made:
    """A partition on the lattice: units in degrees, and the frame that they divide."""

    units: Shapes
    frame: Any


def degrees(geometry: Any) -> Any:
    """Return shapes in whole lattice steps from the corner as degrees, exactly ``int / 1e7``."""
    return shapely.transform(geometry, lambda xy: (np.rint(xy) + CORNER) / SCALE)


def steps(geometry: Any) -> Any:
    """Return shapes in degrees as whole lattice steps from the corner."""
    return shapely.transform(geometry, lambda lonlat: np.rint(lonlat * SCALE) - CORNER)


def make(rng: np.random.Generator, side: int, units: int, *, step: int = 4_000, bends: int = 2) -> Made:
    """Merge the cells of a jittered lattice at random: enclaves, islands, holes and touching corners occur.

    Cells are joined by GEOS, which shares nothing with our code, in whole steps, where the union of cells
    with equal vertices is exact. Some cells are left out of the frame, so that it has holes and parts too.
    """
    at = np.arange(side + 1) * step
    corners = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).astype(np.int64)
    corners += rng.integers(-step // 5, step // 5 + 1, corners.shape)
    edges: dict[tuple[int, int, int, int], list[tuple[int, int]]] = {}

    def path(a: tuple[int, int], b: tuple[int, int]) -> list[tuple[int, int]]:
        """Return the vertices from a up to, without, b; both directions give the same ones."""
        if (*b, *a) in edges:
            back = edges[(*b, *a)]
            return [tuple(corners[a]), *reversed(back[1:])]
        if (*a, *b) not in edges:
            start, end = corners[a], corners[b]
            count = int(rng.integers(0, bends + 1))
            shares = np.sort(rng.choice(np.arange(1, 20), size=count, replace=False)) / 20
            inner = [
                tuple(np.rint(start + (end - start) * share + rng.integers(-step // 60, step // 60 + 1, 2)))
                for share in shares
            ]
            edges[(*a, *b)] = [tuple(start), *inner]
        return edges[(*a, *b)]

    cells = []
    for i in range(side):
        for j in range(side):
            ring = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1), (i, j)]
            cells.append(Polygon([p for a, b in pairwise(ring) for p in path(a, b)]))
    owner = rng.integers(0, units, len(cells)) if rng.random() < 0.5 else _blobs(rng, side, units)
    inside = rng.random(len(cells)) > (0.15 if rng.random() < 0.5 else 0.0)
    if not inside.any():
        inside[:] = True
    grown = [shapely.union_all([c for c, o, k in zip(cells, owner, inside, strict=True) if o == u and k])
             for u in range(units)]  # fmt: skip
    kept = np.array([unit for unit in grown if not unit.is_empty], dtype=object)
    frame = shapely.union_all([cell for cell, keep in zip(cells, inside, strict=True) if keep])
    return Made(degrees(kept), degrees(frame))


def _blobs(rng: np.random.Generator, side: int, units: int) -> npt.NDArray[np.int64]:
    """Return compact groups of cells: each takes the nearest of random seeds."""
    seeds = rng.random((units, 2)) * side
    i, j = np.divmod(np.arange(side * side), side)
    owners: npt.NDArray[np.int64] = np.argmin(
        (i[:, None] - seeds[:, 0]) ** 2 + (j[:, None] - seeds[:, 1]) ** 2, axis=1
    )
    return owners


@dataclass(frozen=True)
class Spoilt:
    """A partition with one fault: where it is, in degrees, and what was done."""

    units: Shapes
    place: Any
    how: str


def spoil(rng: np.random.Generator, made: Made, how: str) -> Spoilt | None:
    """Return the partition with one fault, or None where this one cannot be made here."""
    units = made.units.copy()
    k = int(rng.integers(len(units)))
    if how == "delete":
        return Spoilt(np.delete(units, k), units[k], how) if len(units) > 1 else None
    if how == "duplicate":
        return Spoilt(np.append(units, units[k]), units[k], how)
    if how == "shift":
        moved = degrees(shapely.transform(steps(units[k]), lambda xy: xy + rng.integers(1, 900, 2)))
        units[k] = moved
        return Spoilt(units, shapely.GeometryCollection([moved, made.units[k]]), how)
    return _spoil_ring(rng, units, k, how)


def _spoil_ring(rng: np.random.Generator, units: Shapes, k: int, how: str) -> Spoilt | None:
    """Change one vertex, or one edge, of one unit only."""
    whole = steps(units[k])
    parts = list(shapely.get_parts(whole))
    which = int(rng.integers(len(parts)))
    ring = shapely.get_coordinates(parts[which].exterior)[:-1]
    at = int(rng.integers(len(ring)))
    old = ring[at].copy()
    after = ring[(at + 1) % len(ring)]
    if how == "nudge":
        dx, dy = rng.choice([(1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)])
        ring[at] += (dx, dy)
    elif how == "move":
        ring[at] += rng.integers(-400, 401, 2)
    elif how == "insert":
        new = np.rint((old + after) / 2)
        if (new == old).all() or (new == after).all():
            return None
        ring = np.insert(ring, at + 1, new, axis=0)
        old = new
    elif how == "swap":
        other = (at + 1) % len(ring)
        ring[[at, other]] = ring[[other, at]]
    if (ring[at] == steps(shapely.Point((old + CORNER) / SCALE)).coords[0]).all() and how in (
        "nudge",
        "move",
    ):
        return None
    parts[which] = Polygon(ring, parts[which].interiors)
    units[k] = degrees(shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0])
    around = shapely.LineString([old, ring[at], after]).buffer(3)
    return Spoilt(units, degrees_float(around), how)


def degrees_float(geometry: Any) -> Any:
    """Return a shape of the plane in degrees without rounding."""
    return shapely.transform(geometry, lambda xy: (xy + CORNER) / SCALE)


def same_ground(one: Any, other: Any) -> bool:
    """Tell whether two lattice areas are the same set of points, exactly, by GEOS on whole steps."""
    a, b = steps(one), steps(other)
    return bool(shapely.symmetric_difference(a, b).area == 0 and a.area == b.area)
