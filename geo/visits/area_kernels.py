"""Compiled kernel of the ground within sight: which cells of a fine grid lie within sight of a way.

Cells are those of the lattice, ``CELL_STEPS`` of its steps wide and high; a cell belongs to the place of its
middle. What is within sight of a step is convex, so that of each row of cells it is one run.
"""

import math

import numpy as np

from geo.compiled import compiled
from geo.coverage.route_index import edges_near
from geo.geocentric import ECCENTRICITY2, SEMI_MAJOR, Floats
from geo.locate.cell_kernels import Int64s
from geo.track.fixes import Ints, Places
from geo.visits.seen_kernels import PART_M

CELL_DEG = 1e-4
"""The width and height of a cell: 11 m from south to north."""

_HALF = 180.0

Wall = tuple[Floats, Places, Places, Places, Floats]


@compiled
def metres_per_degree(lat: float) -> tuple[float, float]:
    """Return the metres of a degree to the east and to the north at a latitude."""
    sine = math.sin(math.radians(lat))
    square = 1.0 - ECCENTRICITY2 * sine * sine
    normal = SEMI_MAJOR / math.sqrt(square)
    per_radian = math.pi / 180.0
    return (
        normal * math.cos(math.radians(lat)) * per_radian,
        normal * (1.0 - ECCENTRICITY2) / square * per_radian,
    )


@compiled
def across(y: float, wx: float, wy: float, radius: float) -> tuple[float, float]:
    """Return where the row at y enters and leaves what is within a radius of the way from 0, 0 to wx, wy.

    Metres; low > high where it does not meet it.
    """
    low, high = math.inf, -math.inf
    for px, py in ((0.0, 0.0), (wx, wy)):
        square = radius * radius - (y - py) * (y - py)
        if square >= 0.0:
            half = math.sqrt(square)
            low, high = min(low, px - half), max(high, px + half)
    length = math.hypot(wx, wy)
    if wy != 0.0 and length > 0.0:
        ox, oy = radius * wy / length, -radius * wx / length  # from the way to its side, at a right angle
        for side in (-1.0, 1.0):
            share = (y - side * oy) / wy
            if 0.0 <= share <= 1.0:
                x = share * wx + side * ox
                low, high = min(low, x), max(high, x)
    return low, high


@compiled
def add_run(runs: Int64s, count: int, group: int, row: int, first: int, last: int) -> Int64s:
    """Return the table of runs, longer if need be, with one more at position ``count``."""
    if count == runs.shape[0]:
        runs = np.concatenate((runs, np.empty((count, 4), np.int64)))
    runs[count, 0], runs[count, 1], runs[count, 2], runs[count, 3] = group, row, first, last
    return runs


@compiled
def close_rows(runs: Int64s, count: int, group: int, low: int, held: Int64s) -> tuple[Int64s, int]:
    """Write the open runs of all rows and close them."""
    for k in range(held.shape[0]):
        if held[k, 0] <= held[k, 1]:
            runs = add_run(runs, count, group, low + k, held[k, 0], held[k, 1])
            count += 1
            held[k, 0], held[k, 1] = 0, -1
    return runs, count


@compiled
def rows_of(lat: Floats, radius: Floats, begin: int, end: int) -> tuple[int, int]:
    """Return the first and the last row of cells that some steps may see, ends of steps included."""
    stop = min(lat.shape[0], end + 1)
    margin = radius[begin:end].max() / 110_000.0 + 2.0 * CELL_DEG
    south, north = lat[begin:stop].min() - margin, lat[begin:stop].max() + margin
    return round(math.floor(south / CELL_DEG)), round(math.floor(north / CELL_DEG))


@compiled
def extend_row(
    runs: Int64s, count: int, group: int, row: int, held: Int64s, left: int, right: int
) -> tuple[Int64s, int]:
    """Add columns to the open run of a row; where they do not meet it, it is written and another opened."""
    if held[0] > held[1]:
        held[0], held[1] = left, right
    elif left <= held[1] + 1 and right >= held[0] - 1:
        held[0], held[1] = min(left, held[0]), max(right, held[1])
    else:
        runs = add_run(runs, count, group, row, held[0], held[1])
        count += 1
        held[0], held[1] = left, right
    return runs, count


@compiled
def walls_near(ends: Floats, mx: float, my: float, wall: Wall) -> Floats:
    """Return both ends of the edges of barriers near a step, (k, 4) metres from where it begins."""
    lonlat, keys, spans, edges, cell = wall
    if lonlat.shape[0] == 0:
        return np.empty((0, 4))
    lo, hi = edges_near(0.5 * (ends[0] + ends[2]), 0.5 * (ends[1] + ends[3]), keys, spans, cell)
    found = np.empty((hi - lo, 4))
    for e in range(lo, hi):
        for side in range(2):
            found[e - lo, 2 * side] = (lonlat[edges[e] + side, 0] - ends[0]) * mx
            found[e - lo, 2 * side + 1] = (lonlat[edges[e] + side, 1] - ends[1]) * my
    return found


@compiled
def is_walled(x: float, y: float, wx: float, wy: float, walls: Floats) -> bool:
    """Return whether a barrier lies between x, y and the nearest place of the way from 0, 0 to wx, wy.

    All in metres; ``walls`` (k, 4) are both ends of its edges.
    """
    length2 = wx * wx + wy * wy
    share = min(1.0, max(0.0, (x * wx + y * wy) / length2)) if length2 > 0.0 else 0.0
    fx, fy = share * wx, share * wy
    dx, dy = x - fx, y - fy
    for e in range(walls.shape[0]):
        cx, cy, ex, ey = walls[e, 0], walls[e, 1], walls[e, 2], walls[e, 3]
        if (dx * (cy - fy) - dy * (cx - fx)) * (dx * (ey - fy) - dy * (ex - fx)) > 0.0:
            continue
        vx, vy = ex - cx, ey - cy
        if (vx * (fy - cy) - vy * (fx - cx)) * (vx * (y - cy) - vy * (x - cx)) < 0.0:
            return True
    return False


@compiled
def beyond_walls(
    runs: Int64s,
    count: int,
    group: int,
    row: int,
    held: Int64s,
    left: int,
    right: int,
    ends: Floats,
    scale: tuple[float, float],
    walls: Floats,
) -> tuple[Int64s, int]:
    """Add those columns of a row, from left to right, that no barrier hides from the step."""
    mx, my = scale
    wx, wy = (ends[2] - ends[0]) * mx, (ends[3] - ends[1]) * my
    y = ((row + 0.5) * CELL_DEG - ends[1]) * my
    begin, open_ = left, False
    for column in range(left, right + 1):
        # What is in sight already need not be looked at again.
        clear = held[0] <= column <= held[1] or not is_walled(
            ((column + 0.5) * CELL_DEG - ends[0]) * mx, y, wx, wy, walls
        )
        if clear and not open_:
            begin = column
        elif open_ and not clear:
            runs, count = extend_row(runs, count, group, row, held, begin, column - 1)
        open_ = clear
    if open_:
        runs, count = extend_row(runs, count, group, row, held, begin, right)
    return runs, count


@compiled
def look_from(
    runs: Int64s, count: int, group: int, low: int, held: Int64s, ends: Floats, radius: float, wall: Wall
) -> tuple[Int64s, int]:
    """Add what is within a radius of the step between two places: ``ends`` is lon, lat of both."""
    mx, my = metres_per_degree(0.5 * (ends[1] + ends[3]))
    wx, wy = (ends[2] - ends[0]) * mx, (ends[3] - ends[1]) * my
    walls = walls_near(ends, mx, my, wall)
    reach = radius / my
    first = round(math.ceil((min(ends[1], ends[3]) - reach) / CELL_DEG - 0.5))
    last = round(math.floor((max(ends[1], ends[3]) + reach) / CELL_DEG - 0.5))
    for row in range(max(first, low), min(last, low + held.shape[0] - 1) + 1):
        west, east = across(((row + 0.5) * CELL_DEG - ends[1]) * my, wx, wy, radius)
        if not west <= east:
            continue
        left = round(math.ceil((ends[0] + west / mx) / CELL_DEG - 0.5))
        right = round(math.floor((ends[0] + east / mx) / CELL_DEG - 0.5))
        if left > right:
            continue
        if walls.shape[0] == 0:
            runs, count = extend_row(runs, count, group, row, held[row - low], left, right)
        else:
            runs, count = beyond_walls(
                runs, count, group, row, held[row - low], left, right, ends, (mx, my), walls
            )
    return runs, count


@compiled
def look_round(
    runs: Int64s, count: int, group: int, low: int, held: Int64s, ends: Floats, radius: float, wall: Wall
) -> tuple[Int64s, int]:
    """Add what is in sight of a step; where there are barriers a long one is looked from in parts."""
    if wall[0].shape[0] == 0:
        return look_from(runs, count, group, low, held, ends, radius, wall)
    mx, my = metres_per_degree(0.5 * (ends[1] + ends[3]))
    parts = int(math.hypot((ends[2] - ends[0]) * mx, (ends[3] - ends[1]) * my) / PART_M) + 1
    part = np.empty(4)
    for k in range(parts):
        for axis in range(2):
            way = ends[2 + axis] - ends[axis]
            part[axis] = ends[axis] + k / parts * way
            part[2 + axis] = ends[axis] + (k + 1) / parts * way
        runs, count = look_from(runs, count, group, low, held, part, radius, wall)
    return runs, count


@compiled
def within_sight(lon: Floats, lat: Floats, piece: Ints, radius: Floats, group: Int64s, wall: Wall) -> Int64s:
    """Return runs of cells within sight of a way, rows (r, 4): group, row, first and last column.

    ``radius`` (k,) is how many metres are in sight on the step from each waypoint to the next, nothing where
    it is not above 0; ``group`` (k,) numbers what is told apart, in order. ``wall`` are the knots,
    in degrees, and the table of an index of barriers. Runs may overlap.
    """
    n = lon.shape[0]
    runs = np.empty((256, 4), np.int64)
    ends = np.empty(4)
    count, begin = 0, 0
    while begin < n:
        end = begin + 1
        while end < n and group[end] == group[begin] and abs(lat[end] - lat[end - 1]) < 1.0:
            end += 1
        low, high = rows_of(lat, radius, begin, end)
        held = np.zeros((high - low + 1, 2), np.int64)
        held[:, 1] = -1
        for k in range(begin, end):
            linked = k + 1 < n and piece[k + 1] == piece[k] and abs(lon[k + 1] - lon[k]) < _HALF
            alone = not linked and (k == 0 or piece[k - 1] != piece[k])
            if radius[k] > 0.0 and (linked or alone):
                j = k + 1 if linked else k
                ends[0], ends[1], ends[2], ends[3] = lon[k], lat[k], lon[j], lat[j]
                runs, count = look_round(runs, count, group[k], low, held, ends, radius[k], wall)
        runs, count = close_rows(runs, count, group[begin], low, held)
        begin = end
    return runs[:count]
