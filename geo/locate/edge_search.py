"""Compiled search for the edges near a point in a cell table, in metres of the plane that fits the point."""

import math

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.geocentric import ECCENTRICITY2, SEMI_MAJOR
from geo.lattice import SCALE
from geo.locate.cell_kernels import EDGE, HEAD, Int32s, Int64s, wide

Floats = npt.NDArray[np.float64]

DEEPEST = 4096
"""Cells that may wait on the stack of a search at once."""


@compiled
def metres_per_step(lat: float) -> tuple[float, float]:
    """Return the metres of a lattice step eastwards and northwards at a latitude in degrees.

    Source: the radii of curvature of the ellipsoid, EPSG Guidance Note 7-2, table of notations.
    """
    phi = math.radians(min(max(lat, -89.9999), 89.9999))
    bend = 1.0 - ECCENTRICITY2 * math.sin(phi) ** 2
    step = math.pi / 180.0 / SCALE
    east = SEMI_MAJOR / math.sqrt(bend) * math.cos(phi) * step
    return east, SEMI_MAJOR * (1.0 - ECCENTRICITY2) / bend**1.5 * step


@compiled
def search(
    point: Floats, radius: float, pool: Int32s, frame: Int64s, cells: Int64s, feet: Floats, labels: Int32s
) -> int:
    """Find the edges within a radius of a point.

    Parameters
    ----------
    point
        x, y in lattice steps and the metres of a step in x and in y.
    cells
        Room for a stack, shape (``DEEPEST``, 5).
    feet, labels
        Receive, for as many edges as fit, squared distance in m² and x, y of the nearest place of the edge,
        shape (n, 3), and the labels on its two sides, shape (n, 2). With room for one edge only, the nearest
        is kept.

    Returns
    -------
    How many edges were found; an edge counts once in every cell it touches.
    """
    columns, rows = frame[6], frame[7]
    reach = radius * radius
    found = 0
    along = radius / point[3]
    r0, r1 = _cells_between(point[1] - along, point[1] + along, frame[1], frame[5], rows)
    for row in range(r0, r1 + 1):
        floor = frame[1] + (row << frame[5])
        away = max(0.0, floor - 1 - point[1], point[1] - floor - (1 << frame[5])) * point[3]
        # Where only the nearest is wanted, the reach may have become shorter since the row before.
        if away * away > reach:
            continue
        across = math.sqrt(reach - away * away) / point[2] + 1.0
        c0, c1 = _cells_between(point[0] - across, point[0] + across, frame[0], frame[4], columns)
        for column in range(c0, c1 + 1):
            word = wide(pool[row * columns + column])
            if word < 0:
                _put(cells, 0, word, frame[0] + (column << frame[4]), floor, frame[4], frame[5])
                reach, found = _search_cell(point, reach, found, cells, pool, feet, labels)
    return found


@compiled
def _put(cells: Int64s, at: int, word: int, west: int, floor: int, kx: int, ky: int) -> None:
    """Put a cell on a stack: its word, its lowest corner, the logarithms of its width and height."""
    # A row written as a whole would take ten times as long.
    cells[at, 0] = word
    cells[at, 1] = west
    cells[at, 2] = floor
    cells[at, 3] = kx
    cells[at, 4] = ky


@compiled
def _search_cell(
    point: Floats, reach: float, found: int, cells: Int64s, pool: Int32s, feet: Floats, labels: Int32s
) -> tuple[float, int]:
    """Search the cell on the stack ``cells`` with all its parts; return the narrowed reach and the count."""
    height = 1
    while height:
        height -= 1
        place, west, floor = ~cells[height, 0], cells[height, 1], cells[height, 2]
        kx, ky = cells[height, 3], cells[height, 4]
        if _to_box(point, west, floor, kx, ky) > reach:
            continue
        count = wide(pool[place])
        if count < 0:
            height = _push_parts(cells, height, place, west, floor, kx, ky, pool)
            continue
        for e in range(place + HEAD, place + HEAD + EDGE * count, EDGE):
            away, fx, fy = _foot(point, pool[e], pool[e + 1], pool[e + 2], pool[e + 3])
            if away > reach:
                continue
            if feet.shape[0] == 1:
                reach, found = away, 0
            if found < feet.shape[0]:
                feet[found, 0], feet[found, 1], feet[found, 2] = away, fx, fy
                labels[found, 0], labels[found, 1] = pool[e + 4], pool[e + 5]
            found += 1
    return reach, found


@compiled
def _cells_between(low: float, high: float, start: int, shift: int, number: int) -> tuple[int, int]:
    """Return the first and last row or column of cells that an interval of lattice steps touches."""
    edge = float(1 << shift)
    first = max(0.0, np.floor((low - start) / edge))
    last = min(number - 1.0, np.floor((high - start) / edge))
    return wide(min(first, float(number))), wide(max(last, -1.0))


@compiled
def _push_parts(
    cells: Int64s, left: int, place: int, west: int, floor: int, kx: int, ky: int, pool: Int32s
) -> int:
    """Put the parts of a divided cell that have edges on the stack and return its new height."""
    code = -1 - wide(pool[place])
    sx, sy = code & 255, code >> 8
    columns = 1 << (kx - sx)
    for part in range(columns << (ky - sy)):
        word = wide(pool[place + 1 + part])
        if word < 0:
            _put(
                cells, left, word, west + ((part % columns) << sx), floor + ((part // columns) << sy), sx, sy
            )
            left += 1
    return left


@compiled
def _to_box(point: Floats, west: int, floor: int, kx: int, ky: int) -> float:
    """Return the squared distance in m² from a point to a cell, one lattice step larger on every side."""
    east, top = west + (1 << kx), floor + (1 << ky)
    dx: float = max(0.0, float(west - 1 - point[0]), float(point[0] - east)) * point[2]
    dy = max(0.0, float(floor - 1 - point[1]), float(point[1] - top)) * point[3]
    return float(dx * dx + dy * dy)


@compiled
def _foot(point: Floats, ax: int, ay: int, bx: int, by: int) -> tuple[float, float, float]:
    """Return squared distance in m² and x, y of the place of an edge nearest to a point."""
    mx, my = point[2], point[3]
    ex, ey = (float(bx) - ax) * mx, (float(by) - ay) * my
    qx, qy = (point[0] - ax) * mx, (point[1] - ay) * my
    t = min(max((qx * ex + qy * ey) / (ex * ex + ey * ey), 0.0), 1.0)
    dx, dy = qx - t * ex, qy - t * ey
    return dx * dx + dy * dy, ax + t * (float(bx) - ax), ay + t * (float(by) - ay)
