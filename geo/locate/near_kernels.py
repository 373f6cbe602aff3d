"""Compiled kernels that find the units with an edge within a radius of a point, of one or of many.

The search runs in the plane that fits the point (``geo.locate.edge_search``), a little farther than the
radius; what it finds is measured over the ellipsoid. One kernel answers for a point, so that many points get
the answers that each gets alone.
"""

import math

import numpy as np

from geo.compiled import compiled
from geo.geocentric import SEMI_MAJOR, geocentric_place
from geo.lattice import SCALE
from geo.locate.cell_kernels import Int32s, Int64s, wide
from geo.locate.edge_search import DEEPEST, Floats, metres_per_step, search

_SCALE = float(SCALE)
_ROOM = 64


@compiled
def geodesic_metres(xyz: tuple[float, float, float], lon: float, lat: float) -> float:
    """Return the geodesic distance in metres from a geocentric place to a point in degrees.

    The chord c and the next term of the arc over it, c + c³ / 24 r²: up to 10 km it is true to 0.1 mm,
    whatever the radius of curvature r.
    """
    x, y, z = geocentric_place(lon, lat)
    chord = math.sqrt((x - xyz[0]) ** 2 + (y - xyz[1]) ** 2 + (z - xyz[2]) ** 2)
    return chord + chord**3 / (24.0 * SEMI_MAJOR * SEMI_MAJOR)


@compiled
def _reach(radius: float, mx: float, my: float) -> float:
    """Return a distance in the plane at a point within which everything within a radius of it lies.

    The plane has the scale of the point's latitude, metres of a step in x and in y. At a distance d that is
    off by a share of about d · tan(latitude) / 2 R, and the tangent is less than 1 + my / mx.
    """
    return radius * (1.0 + min(1.0, radius / SEMI_MAJOR * (1.0 + my / mx))) + 0.01


@compiled
def is_far(lon: float, lat: float, radius: float, pool: Int32s, frame: Int64s) -> bool:
    """Tell at a glance, for most points, that no edge is near: all around lies in one cell without edges."""
    mx, my = metres_per_step(lat)
    reach = _reach(radius, mx, my)
    dx, dy = reach / mx + 1.0, reach / my + 1.0
    x, y = lon * _SCALE - frame[0], lat * _SCALE - frame[1]
    # Written so that NaN is not far, and without jumps.
    inside = (x >= dx) & (y >= dy) & (x + dx < frame[2] - frame[0]) & (y + dy < frame[3] - frame[1])
    if not inside:
        return False
    column, row = wide(x - dx) >> frame[4], wide(y - dy) >> frame[5]
    one = (wide(x + dx) >> frame[4] == column) & (wide(y + dy) >> frame[5] == row)
    return bool(one & (pool[row * frame[6] + column] >= 0))


@compiled
def _rank_in(label: int, metres: float, size: int, found: Int32s, away: Floats, order: Int32s) -> int:
    """Put a label into the first ``size`` ones, by distance, then by order; return how many there are now.

    A label that is there already keeps its smaller distance.
    """
    at = 0
    while at < size and found[at] != label:
        at += 1
    if at < size and away[at] <= metres:
        return size
    more = size + 1 if at == size else size
    while at > 0 and (
        metres < away[at - 1] or (metres == away[at - 1] and order[label] < order[found[at - 1]])
    ):
        found[at], away[at] = found[at - 1], away[at - 1]
        at -= 1
    found[at], away[at] = label, metres
    return more


@compiled
def _labels_near(
    lon: float,
    lat: float,
    radius: float,
    feet: Floats,
    sides: Int32s,
    count: int,
    order: Int32s,
    found: Int32s,
    away: Floats,
) -> int:
    """Write the labels beside the edges that were found within a radius, nearest first; return how many."""
    xyz = geocentric_place(lon, lat)
    size = 0
    for k in range(count):
        metres = geodesic_metres(xyz, feet[k, 1] / _SCALE, feet[k, 2] / _SCALE)
        if metres > radius:
            continue
        for side in range(2):
            if sides[k, side]:
                size = _rank_in(wide(sides[k, side]), metres, size, found, away, order)
    return size


@compiled
def units_beside(
    lon: Floats,
    lat: Floats,
    radius: Floats,
    pool: Int32s,
    frame: Int64s,
    order: Int32s,
    first: int,
    last: int,
    most: int,
    counts: Int32s,
) -> tuple[Int32s, int]:
    """Find the units with an edge within a radius of each of the points first..last.

    Parameters
    ----------
    radius
        Metres for each point; below 0 nothing is found.
    most
        Edges that may be measured in all.
    counts
        Receives for each point how many units there are.

    Returns
    -------
    The positions of the units, point by point, nearest edge first, ties by ``order``; and the point where
    it ended: ``last``, or the first that is not on the globe or was too much.
    """
    stack = np.empty((DEEPEST, 5), np.int64)
    point = np.empty(4)
    feet, sides = np.empty((_ROOM, 3)), np.empty((_ROOM, 2), np.int32)
    found, away = np.empty(2 * _ROOM, np.int32), np.empty(2 * _ROOM)
    units = np.empty(_ROOM, np.int32)
    size = 0
    for i in range(first, last):
        if not (abs(lon[i]) <= 180.0 and abs(lat[i]) <= 90.0):
            return units[:size], i
        counts[i] = 0
        if not radius[i] >= 0.0 or is_far(lon[i], lat[i], radius[i], pool, frame):
            continue
        point[0], point[1] = lon[i] * _SCALE, lat[i] * _SCALE
        point[2], point[3] = metres_per_step(lat[i])
        reach = _reach(radius[i], point[2], point[3])
        edges = search(point, reach, pool, frame, stack, feet, sides)
        most -= edges
        if most < 0:
            return units[:size], i
        if edges > feet.shape[0]:
            feet, sides = np.empty((edges, 3)), np.empty((edges, 2), np.int32)
            found, away = np.empty(2 * edges, np.int32), np.empty(2 * edges)
            search(point, reach, pool, frame, stack, feet, sides)
        counts[i] = _labels_near(lon[i], lat[i], radius[i], feet, sides, edges, order, found, away)
        while size + counts[i] > units.shape[0]:
            units = np.append(units, np.empty(units.shape[0], np.int32))
        for k in range(counts[i]):
            units[size + k] = found[k] - 1
        size += counts[i]
    return units[:size], last
