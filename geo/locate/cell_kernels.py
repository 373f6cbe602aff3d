"""Compiled kernels that build a cell table; ``geo.locate.cell_table`` explains the table.

All of it is exact integer arithmetic. Twice the area of a triangle inside a box of W by H lattice steps is at
most W·H, and on the whole globe that is 3.6e9 · 1.8e9 = 6.48e18 < 2⁶³: neither the products nor their
difference in an orientation can overflow, whatever the extent. Floating point only proposes which columns
an edge may touch, one step too many on each side.

An edge is kept from its left end a to its right end b, a vertical one from its top to its bottom; ``up`` is
the label of the unit on the left of a→b, ``down`` the one on its right. A label is a position plus one; zero
is no unit.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

EDGE = 6
"""Integers a stored edge takes: ax, ay, bx, by, up, down."""

HEAD = 2
"""Integers before the edges of a crossed cell: their number and the label they are counted from."""


@compiled
def wide(value: Any) -> int:
    """Return an integer in 64 bits, so that what is computed from it cannot overflow in 32."""
    return int(np.int64(value))


@compiled
def sides_of_rings(x: Int32s, y: Int32s, rings: Int64s, holes: Bools, labels: Int32s) -> Int32s:
    """Return for each vertex the label of the unit beside the edge that starts there.

    Positive where the unit is on the left of the edge, negative on the right, 0 where no edge starts (the
    last vertex of a ring, a repeated vertex). Doubled ring areas fit in 64 bits up to half the globe; larger
    rings are summed in floating point, which tells their sense as well.
    """
    sides = np.zeros(x.shape[0], np.int32)
    for ring in range(rings.shape[0] - 1):
        first, last = rings[ring], rings[ring + 1] - 1
        if last <= first:
            continue
        area = 0
        rough = 0.0
        reach_x, reach_y = 0, 0
        for i in range(first, last):
            ax, ay = wide(x[i]) - x[first], wide(y[i]) - y[first]
            bx, by = wide(x[i + 1]) - x[first], wide(y[i + 1]) - y[first]
            area += ax * by - bx * ay
            rough += float(ax) * float(by) - float(bx) * float(ay)
            reach_x, reach_y = max(reach_x, abs(ax)), max(reach_y, abs(ay))
        # The ring's box is at most twice its reach each way, so this bounds the doubled area by 2⁶³.
        huge = float(reach_x) * float(reach_y) * 8.0 >= 9.2e18
        leftward = ((rough > 0.0) if huge else (area > 0)) != holes[ring]
        label = labels[ring] if leftward else -labels[ring]
        for i in range(first, last):
            if x[i] != x[i + 1] or y[i] != y[i + 1]:
                sides[i] = label
    return sides


@compiled
def ordered(i: int, x: Int32s, y: Int32s, sides: Int32s) -> tuple[int, int, int, int, int, int]:
    """Return ax, ay, bx, by, up, down of the edge that starts at vertex ``i``."""
    ax, ay = wide(x[i]), wide(y[i])
    bx, by = wide(x[i + 1]), wide(y[i + 1])
    side = wide(sides[i])
    if ax > bx or (ax == bx and ay < by):
        ax, ay, bx, by = bx, by, ax, ay
        side = -side
    return ax, ay, bx, by, max(side, 0), max(-side, 0)


@compiled
def counts_at(ax: int, ay: int, bx: int, by: int, px: int, py: int, floor: int) -> bool:
    """Tell whether a corner lies above an edge, as a cell whose lowest row is ``floor`` counts it.

    The corner is (px − ε, py − ε²) with ε smaller than any distance between lattice points and edges. An end
    of the edge below the floor counts as endlessly far out.
    """
    if not ((px > ax or ay < floor) and (px <= bx or by < floor)):
        return False
    turn = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    return turn > 0 or (turn == 0 and by > ay)


@compiled
def span(
    ax: int, ay: int, bx: int, by: int, low: int, high: int, west: int, shift: int, columns: int
) -> tuple[int, int]:
    """Return the first and last column of a row of cells that an edge may touch, at least those it does.

    The row holds the lattice rows ``low``..``high``; its columns start at ``west`` and are ``1 << shift``
    wide. First is greater than last where the edge misses all columns.
    """
    left, right = ax, bx
    if ay != by:
        slope = float(bx - ax) / float(by - ay)
        at_low = ax + (low - 1 - ay) * slope
        at_high = ax + (high + 1 - ay) * slope
        left = max(left, wide(np.floor(min(at_low, at_high))) - 1)
        right = min(right, wide(np.ceil(max(at_low, at_high))) + 1)
    return max((left - west) >> shift, 0), min((right - west) >> shift, columns - 1)


@compiled
def count_crossings(x: Int32s, y: Int32s, sides: Int32s, frame: Int64s, steps: Int32s) -> Int32s:
    """Return how many edges may touch each cell, and add to ``steps`` where labels change along the rows.

    ``steps``, shape (rows, columns + 1), receives at the first corner east of each crossing of a row's lower
    border the label on the east minus the one on the west, so that its running sum labels every corner.
    """
    ox, oy, kx, ky, columns, rows = frame[0], frame[1], frame[4], frame[5], frame[6], frame[7]
    counts = np.zeros(columns * rows, np.int32)
    for i in range(x.shape[0]):
        if sides[i] == 0:
            continue
        ax, ay, bx, by, up, down = ordered(i, x, y, sides)
        bottom, top = min(ay, by), max(ay, by)
        slope = 0.0 if ay == by else float(bx - ax) / float(by - ay)
        change = up - down if by < ay else down - up
        for row in range((bottom - oy) >> ky, ((top - oy) >> ky) + 1):
            low = oy + (row << ky)
            first, last = span(ax, ay, bx, by, low, low + (1 << ky) - 1, ox, kx, columns)
            for column in range(first, last + 1):
                counts[row * columns + column] += 1
            if bottom < low <= top:
                guess = wide(np.ceil(ax + (low - ay) * slope)) - ox
                column = min(max(guess >> kx, 0), columns)
                while column > 0 and _is_east(ax, ay, bx, by, ox + ((column - 1) << kx), low):
                    column -= 1
                while column < columns and not _is_east(ax, ay, bx, by, ox + (column << kx), low):
                    column += 1
                steps[row, column] += change
    return counts


@compiled
def _is_east(ax: int, ay: int, bx: int, by: int, px: int, py: int) -> bool:
    """Tell whether the corner (px − ε, py − ε²) lies east of an edge that is not level."""
    turn = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    above = turn > 0 or (turn == 0 and by > ay)
    return above == (by < ay)


@compiled
def label_corners(steps: Int32s, units: int, table: Int32s) -> bool:
    """Write each cell's corner label to the table by running sums; tell whether every label has a meaning."""
    columns = steps.shape[1] - 1
    sound = True
    for row in range(steps.shape[0]):
        label = 0
        for column in range(columns + 1):
            label += steps[row, column]
            if column < columns:
                sound &= 0 <= label <= units
                table[row * columns + column] = label
        sound &= label == 0
    return sound


@compiled
def fill_cells(
    x: Int32s, y: Int32s, sides: Int32s, frame: Int64s, counts: Int32s
) -> tuple[Int32s, Int64s, Int32s]:
    """Return the crossed cells, where their edges start, and the starting vertices of those edges."""
    ox, oy, kx, ky, columns = frame[0], frame[1], frame[4], frame[5], frame[6]
    crossed = np.flatnonzero(counts).astype(np.int32)
    starts = np.zeros(crossed.shape[0] + 1, np.int64)
    cursor = np.empty(counts.shape[0], np.int64)
    for k in range(crossed.shape[0]):
        cursor[crossed[k]] = starts[k]
        starts[k + 1] = starts[k] + counts[crossed[k]]
    edges = np.empty(starts[-1], np.int32)
    for i in range(x.shape[0]):
        if sides[i] == 0:
            continue
        ax, ay, bx, by, _up, _down = ordered(i, x, y, sides)
        for row in range((min(ay, by) - oy) >> ky, ((max(ay, by) - oy) >> ky) + 1):
            low = oy + (row << ky)
            first, last = span(ax, ay, bx, by, low, low + (1 << ky) - 1, ox, kx, columns)
            for cell in range(row * columns + first, row * columns + last + 1):
                edges[cursor[cell]] = i
                cursor[cell] += 1
    return crossed, starts, edges
