"""Compiled kernels of linear referencing: the feet of points on a chain of edges, in geocentric metres."""

import math

import numpy as np

from geo.compiled import compiled
from geo.geocentric import Floats

CHUNK = 16
"""Edges per bounding sphere: a chunk whose sphere is too far away is skipped whole."""

ONE_PLACE = 1.0
"""Metres along a line within which two minima are one place."""


@compiled
def chunk_spheres(xyz: Floats, size: int) -> Floats:
    """Return x, y, z, radius of a sphere round each run of ``size`` edges, shape (chunks, 4)."""
    edges = xyz.shape[0] - 1
    spheres = np.empty(((edges + size - 1) // size, 4))
    for c in range(spheres.shape[0]):
        first = c * size
        last = min(first + size, edges)
        middle = np.zeros(3)
        for i in range(first, last + 1):
            middle += xyz[i]
        middle /= last - first + 1
        radius = 0.0
        for i in range(first, last + 1):
            radius = max(radius, math.sqrt(((xyz[i] - middle) ** 2).sum()))
        spheres[c, :3] = middle
        spheres[c, 3] = radius
    return spheres


@compiled
def foot_on(px: float, py: float, pz: float, xyz: Floats, i: int) -> tuple[float, float]:
    """Return fraction along edge i, held to 0..1, and squared distance of the foot of a point."""
    ax, ay, az = xyz[i, 0], xyz[i, 1], xyz[i, 2]
    ex, ey, ez = xyz[i + 1, 0] - ax, xyz[i + 1, 1] - ay, xyz[i + 1, 2] - az
    px, py, pz = px - ax, py - ay, pz - az
    along = px * ex + py * ey + pz * ez
    length2 = ex * ex + ey * ey + ez * ez
    # one way out: with several the arrays are counted in and out, which takes longer than all the rest
    t = 0.0
    if along > 0.0:
        t = 1.0 if along >= length2 else along / length2
    px, py, pz = px - t * ex, py - t * ey, pz - t * ez
    return t, px * px + py * py + pz * pz


@compiled
def distance(a: Floats, i: int, b: Floats, j: int) -> float:
    """Return the straight distance of place i of one array and place j of another, in metres."""
    x, y, z = a[i, 0] - b[j, 0], a[i, 1] - b[j, 1], a[i, 2] - b[j, 2]
    return math.sqrt(x * x + y * y + z * z)


@compiled
def measure_at(i: int, t: float, measures: Floats) -> float:
    """Return the measure at a fraction of edge i, exactly the vertex's at its ends."""
    if t <= 0.0:
        return float(measures[i])
    if t >= 1.0:
        return float(measures[i + 1])
    return float(measures[i] + t * (measures[i + 1] - measures[i]))


@compiled
def edge_side(px: float, py: float, pz: float, xyz: Floats, i: int) -> float:
    """Return how far left of edge i a point is, in metres: direction × way to the point, seen from above."""
    ax, ay, az = xyz[i, 0], xyz[i, 1], xyz[i, 2]
    ex, ey, ez = xyz[i + 1, 0] - ax, xyz[i + 1, 1] - ay, xyz[i + 1, 2] - az
    px, py, pz = px - ax, py - ay, pz - az
    cx, cy, cz = ey * pz - ez * py, ez * px - ex * pz, ex * py - ey * px
    # the place itself is the direction of up to within 0.2°, enough for a side
    up2 = ax * ax + ay * ay + az * az
    length2 = ex * ex + ey * ey + ez * ez
    return float((cx * ax + cy * ay + cz * az) / math.sqrt(up2 * length2))


@compiled
def side_at(px: float, py: float, pz: float, i: int, t: float, xyz: Floats, first: int, beyond: int) -> float:
    """Return the side of a line a point with its foot at fraction t of edge i is on, left positive.

    The line's edges are ``first`` up to ``beyond``. At a corner both edges have a say: the sum of their
    normals decides, as for signed distances to meshes (Bærentzen and Aanæs 2005).
    """
    side = edge_side(px, py, pz, xyz, i)
    if t <= 0.0 and i > first:
        side += edge_side(px, py, pz, xyz, i - 1)
    elif t >= 1.0 and i + 1 < beyond:
        side += edge_side(px, py, pz, xyz, i + 1)
    return side


@compiled
def nearest_feet(points: Floats, xyz: Floats, measures: Floats, spheres: Floats) -> tuple[Floats, Floats]:
    """Return measure (k,) of the nearest foot of each point, and the side it lies on (sign of the second)."""
    found = np.empty(points.shape[0])
    side = np.empty(points.shape[0])
    size = CHUNK
    edges = xyz.shape[0] - 1
    for k in range(points.shape[0]):
        best, best_edge, best_t = np.inf, 0, 0.0
        for c in range(spheres.shape[0]):
            reach = math.sqrt(((points[k] - spheres[c, :3]) ** 2).sum()) - spheres[c, 3]
            if reach > 0.0 and reach * reach > best:
                continue
            for i in range(c * size, min((c + 1) * size, edges)):
                t, distance2 = foot_on(points[k, 0], points[k, 1], points[k, 2], xyz, i)
                if distance2 < best:
                    best, best_edge, best_t = distance2, i, t
        found[k] = measure_at(best_edge, best_t, measures)
        side[k] = side_at(points[k, 0], points[k, 1], points[k, 2], best_edge, best_t, xyz, 0, edges)
    return found, side


@compiled
def feet_within(point: Floats, radius: float, xyz: Floats, measures: Floats, spheres: Floats) -> Floats:
    """Return measure, side and distance, shape (k, 3), of all local minima of distance within a radius.

    An edge whose foot is inside it is a minimum; a vertex is one if both its edges are nearest there. Of
    minima less than ``ONE_PLACE`` apart, as beside the slight bends of a curve, the nearest is kept.
    """
    found = np.empty((8, 3))
    count = 0
    size = CHUNK
    edges = xyz.shape[0] - 1
    for c in range(spheres.shape[0]):
        if math.sqrt(((point - spheres[c, :3]) ** 2).sum()) - spheres[c, 3] > radius:
            continue
        for i in range(c * size, min((c + 1) * size, edges)):
            t, distance2 = foot_on(point[0], point[1], point[2], xyz, i)
            if distance2 > radius * radius:
                continue
            if t <= 0.0 and i > 0 and foot_on(point[0], point[1], point[2], xyz, i - 1)[0] < 1.0:
                continue
            if t >= 1.0 and i + 1 < edges:
                continue
            measure = measure_at(i, t, measures)
            distance = math.sqrt(distance2)
            if count > 0 and measure - found[count - 1, 0] < ONE_PLACE:
                if distance >= found[count - 1, 2]:
                    continue
                count -= 1
            if count == found.shape[0]:
                wider = np.empty((2 * count, 3))
                wider[:count] = found
                found = wider
            found[count, 0] = measure
            found[count, 1] = side_at(point[0], point[1], point[2], i, t, xyz, 0, edges)
            found[count, 2] = distance
            count += 1
    return found[:count]
