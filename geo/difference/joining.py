"""New vertices that lie on the edge of a neighbour which has none there: the neighbour gets them.

A desktop program that cuts one area does not touch those beside it: the cut ends on their edge. Where it
ends within two lattice steps of that edge, rounding included, the edge is led through it, as a split does.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.difference.places import Shapes
from geo.lattice import SCALE, to_lattice, to_lonlat
from geo.partition.chain_kernels import Integers, pack, unpack

REACH = 2.0
"""How near to an edge a new vertex is on it, in lattice steps."""


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Areas with the vertices of their neighbours; how many were put in, and how far at most, in degrees."""

    areas: Shapes
    vertices: int
    farthest: float


def join(areas: Shapes, new: Integers) -> Joined:
    """Put new vertices into every area whose edge they lie on.

    Parameters
    ----------
    areas
        Polygons and MultiPolygons (n,) in lon, lat degrees on the lattice.
    new
        The vertices that there were not before, packed.
    """
    if not len(new):
        return Joined(areas, 0, 0.0)
    places = unpack(new)
    points = shapely.points(to_lonlat(places))
    # A box a little wider than the reach; what really lies on an edge is decided on whole steps.
    found = shapely.STRtree(areas).query(points, predicate="dwithin", distance=2 * REACH / SCALE)
    inserted: dict[int, list[int]] = {}
    for at, area in zip(*found.tolist(), strict=True):
        inserted.setdefault(area, []).append(at)
    joined, count, farthest = areas.copy(), 0, 0.0
    for area, ats in inserted.items():
        made = _led_through(areas[area], places[ats])
        if made is not None:
            joined[area] = made[0]
            count += made[1]
            farthest = max(farthest, made[2])
    return Joined(joined, count, farthest / SCALE)


def _led_through(area: Any, places: Integers) -> tuple[Any, int, float] | None:
    """Return an area whose edges pass through places near them, how many, and how far; None for none."""
    lacking = places[~np.isin(pack(places), pack(to_lattice(shapely.get_coordinates(area))))]
    if not len(lacking):
        return None
    count, farthest, parts = 0, 0.0, []
    for part in shapely.get_parts(area):
        rings = []
        for ring in (part.exterior, *part.interiors):
            corners = to_lattice(shapely.get_coordinates(ring))
            led, put, far = _ring_through(corners, lacking)
            rings.append(to_lonlat(led))
            count, farthest = count + put, max(farthest, far)
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    if not count:
        return None
    return (parts[0] if area.geom_type == "Polygon" else shapely.MultiPolygon(parts)), count, farthest


def _ring_through(corners: Integers, places: Integers) -> tuple[Integers, int, float]:
    tails, along = corners[:-1], np.diff(corners, axis=0).astype(np.float64)
    length = np.maximum((along**2).sum(axis=1), 1.0)
    at: list[int] = []
    shares: list[float] = []
    put: list[npt.NDArray[np.int64]] = []
    farthest = 0.0
    for place in places:
        offset = (place - tails).astype(np.float64)
        share = (offset * along).sum(axis=1) / length
        far = np.abs(along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]) / np.sqrt(length)
        far[(share <= 0) | (share >= 1)] = np.inf
        edge = int(np.argmin(far))
        if far[edge] <= REACH:
            at.append(edge + 1)
            shares.append(float(share[edge]))
            put.append(place)
            farthest = max(farthest, float(far[edge]))
    if not put:
        return corners, 0, 0.0
    order = np.lexsort((shares, at))
    return np.insert(corners, np.array(at)[order], np.array(put)[order], axis=0), len(put), farthest
