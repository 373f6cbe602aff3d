"""Compiled kernels that find the owner of a point in a cell table (``geo.locate.cell_table``)."""

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.lattice import LAT_LIMIT, LON_LIMIT, SCALE
from geo.locate.cell_kernels import EDGE, HEAD, Int32s, Int64s, wide

Floats = npt.NDArray[np.float64]

BLOCK = 512
"""Points looked up together: all their cells are fetched before the first is needed."""

_SCALE = float(SCALE)
_LON_LIMIT = float(LON_LIMIT)
_LAT_LIMIT = float(LAT_LIMIT)

REFUSED = -2
"""What ``owner_at`` answers for a coordinate that is not on the globe."""


@compiled
def _owner(word: int, px: int, py: int, pool: Int32s, frame: Int64s, order: Int32s) -> int:
    """Return the label at a point whose cell's word points to a crossed or divided cell."""
    kx, ky = wide(frame[4]), wide(frame[5])
    rx, ry = px - wide(frame[0]), py - wide(frame[1])
    while True:
        place = wide(~word)
        count = wide(pool[place])
        if count > 0:
            break
        sx, sy = (-1 - count) & 255, (-1 - count) >> 8
        row, column = (ry & ((1 << ky) - 1)) >> sy, (rx & ((1 << kx) - 1)) >> sx
        word = wide(pool[place + 1 + (row << (kx - sx)) + column])
        kx, ky = sx, sy
        if word >= 0:
            return word
    floor = frame[1] + ((ry >> ky) << ky)
    label = wide(pool[place + 1])
    touched = False
    for e in range(place + HEAD, place + HEAD + EDGE * count, EDGE):
        ax, ay = wide(pool[e]), wide(pool[e + 1])
        bx, by = wide(pool[e + 2]), wide(pool[e + 3])
        turn = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
        touched |= turn == 0
        above = (turn > 0) & ((px >= ax) | (ay < floor)) & ((px < bx) | (by < floor))
        label += (wide(pool[e + 4]) - wide(pool[e + 5])) * wide(above)
    if touched:
        return _tied(place, px, py, label, floor, pool, order)
    return label


@compiled
def _tied(place: int, px: int, py: int, label: int, floor: int, pool: Int32s, order: Int32s) -> int:
    """Return the label at a point that lies on the line of an edge: by the tie rule if on the edge itself."""
    vertex = False
    left, right = 0, 0
    count = wide(pool[place])
    for e in range(place + HEAD, place + HEAD + EDGE * count, EDGE):
        ax, ay = wide(pool[e]), wide(pool[e + 1])
        bx, by = wide(pool[e + 2]), wide(pool[e + 3])
        up, down = wide(pool[e + 4]), wide(pool[e + 5])
        if (bx - ax) * (py - ay) - (by - ay) * (px - ax) != 0:
            continue
        if px < ax or px > bx or py < min(ay, by) or py > max(ay, by):
            # Beside a vertical edge that leaves through the floor: the point counts as just east of it.
            if ax == bx and by < floor:
                label += up - down
            continue
        vertex |= (px == ax and py == ay) or (px == bx and py == by)
        # A vertical edge is stored from its top, but its canonical direction is from its lower end.
        here, there = (down, up) if ax == bx else (up, down)
        if here and (not left or order[here] < order[left]):
            left = here
        if there and (not right or order[there] < order[right]):
            right = there
    if not left and not right:
        return label
    if vertex and left and right:
        return left if order[left] < order[right] else right
    return left if left else right


@compiled
def owners_of_degrees(
    lon: Floats, lat: Floats, pool: Int32s, frame: Int64s, order: Int32s, first: int, last: int, out: Int32s
) -> bool:
    """Write the positions of the owners of points first..last; False if a coordinate is not on the globe."""
    x = np.empty(BLOCK, np.int64)
    y = np.empty(BLOCK, np.int64)
    words = np.empty(BLOCK, np.int32)
    crossed = np.empty(BLOCK, np.int64)
    for start in range(first, last, BLOCK):
        size = min(BLOCK, last - start)
        good = True
        for i in range(size):
            sx = np.rint(lon[start + i] * _SCALE)
            sy = np.rint(lat[start + i] * _SCALE)
            # Written so that NaN fails; the conversion of what fails is never used.
            good &= (abs(sx) <= _LON_LIMIT) & (abs(sy) <= _LAT_LIMIT)
            x[i], y[i] = np.int64(sx), np.int64(sy)
        if not good:
            return False
        _owners_of_block(size, start, x, y, words, crossed, pool, frame, order, out)
    return True


@compiled
def owners_of_lattice(
    px: Int64s, py: Int64s, pool: Int32s, frame: Int64s, order: Int32s, first: int, last: int, out: Int32s
) -> bool:
    """Do the same for points given in lattice steps."""
    words = np.empty(BLOCK, np.int32)
    crossed = np.empty(BLOCK, np.int64)
    for start in range(first, last, BLOCK):
        size = min(BLOCK, last - start)
        good = True
        for i in range(start, start + size):
            good &= (-LON_LIMIT <= px[i] <= LON_LIMIT) & (-LAT_LIMIT <= py[i] <= LAT_LIMIT)
        if not good:
            return False
        x, y = px[start : start + size], py[start : start + size]
        _owners_of_block(size, start, x, y, words, crossed, pool, frame, order, out)
    return True


@compiled
def _owners_of_block(
    size: int,
    start: int,
    x: Int64s,
    y: Int64s,
    words: Int32s,
    crossed: Int64s,
    pool: Int32s,
    frame: Int64s,
    order: Int32s,
    out: Int32s,
) -> None:
    """Look up one block of points on the globe.

    First all words are fetched, then the beginnings of all crossed cells, and only then are edges compared:
    the waits for memory overlap instead of adding up.
    """
    x0, y0, kx, ky, columns = frame[0], frame[1], frame[4], frame[5], frame[6]
    width, height = frame[2] - x0, frame[3] - y0
    nowhere = columns * frame[7]
    for i in range(size):
        rx, ry = x[i] - x0, y[i] - y0
        inside = (rx >= 0) & (ry >= 0) & (rx <= width) & (ry <= height)
        words[i] = pool[(ry >> ky) * columns + (rx >> kx) if inside else nowhere]
    found = 0
    for i in range(size):
        out[start + i] = words[i] - 1
        crossed[found] = i
        found += words[i] < 0
    ahead = np.int32(0)
    for k in range(found):
        ahead |= pool[~words[crossed[k]]]
    # The compiler may not drop the fetches: it cannot know that no crossed cell has this beginning.
    if ahead == -(1 << 31) + 1:
        found = 0
    for k in range(found):
        i = crossed[k]
        out[start + i] = _owner(wide(words[i]), x[i], y[i], pool, frame, order) - 1


@compiled
def owner_at(lon: float, lat: float, pool: Int32s, frame: Int64s, order: Int32s) -> int:
    """Return the position of the owner of one point, −1 outside, ``REFUSED`` if it is not on the globe."""
    sx, sy = np.rint(lon * _SCALE), np.rint(lat * _SCALE)
    if not (abs(sx) <= _LON_LIMIT and abs(sy) <= _LAT_LIMIT):
        return REFUSED
    return label_at(wide(sx), wide(sy), pool, frame, order) - 1


@compiled
def label_at(px: int, py: int, pool: Int32s, frame: Int64s, order: Int32s) -> int:
    """Return the label at one lattice point, 0 outside."""
    if px < frame[0] or py < frame[1] or px > frame[2] or py > frame[3]:
        return 0
    word = wide(pool[((py - frame[1]) >> frame[5]) * frame[6] + ((px - frame[0]) >> frame[4])])
    return word if word >= 0 else _owner(word, px, py, pool, frame, order)
