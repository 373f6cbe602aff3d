"""Compiled kernels that write crossed cells into a cell table, dividing those that hold many edges.

Cells come in batches, shape (n, 6) int64: ``CELL`` names the columns. The first batch are the crossed cells
of the table, each following one the parts of those that had too many edges.
"""

import numpy as np

from geo.compiled import compiled
from geo.locate.cell_kernels import EDGE, HEAD, Int32s, Int64s, counts_at, ordered, span, wide

SLOT, WEST, FLOOR, KX, KY, CORNER = range(6)
"""A cell: the place of its word in the table, its lowest corner, the logarithms of its width and height, and
the label just outside that corner."""


@compiled
def write_leaves(
    cells: Int64s,
    starts: Int64s,
    edges: Int32s,
    x: Int32s,
    y: Int32s,
    sides: Int32s,
    pool: Int32s,
    cursor: int,
    crowd: int,
) -> tuple[int, Int64s, int]:
    """Write every cell with at most ``crowd`` edges, and those of one point, at ``cursor`` and following.

    Returns the new cursor, the positions of the crowded cells, and −1 or the vertex where an edge starts
    that two units claim on the same side.
    """
    crowded = np.empty(cells.shape[0], np.int64)
    crowds = 0
    for c in range(cells.shape[0]):
        if starts[c + 1] - starts[c] > crowd and cells[c, KX] + cells[c, KY] > 0:
            crowded[crowds] = c
            crowds += 1
            continue
        first = cursor + HEAD
        end = first
        base = cells[c, CORNER]
        for k in range(starts[c], starts[c + 1]):
            ax, ay, bx, by, up, down = ordered(edges[k], x, y, sides)
            if counts_at(ax, ay, bx, by, cells[c, WEST], cells[c, FLOOR], cells[c, FLOOR]):
                base -= up - down
            known = first
            while known < end and not (
                pool[known] == ax
                and pool[known + 1] == ay
                and pool[known + 2] == bx
                and pool[known + 3] == by
            ):
                known += EDGE
            if known == end:
                pool[end], pool[end + 1], pool[end + 2], pool[end + 3] = ax, ay, bx, by
                pool[end + 4], pool[end + 5] = up, down
                end += EDGE
                continue
            if (up and pool[known + 4]) or (down and pool[known + 5]):
                return cursor, crowded[:0], edges[k]
            pool[known + 4] += up
            pool[known + 5] += down
        pool[cells[c, SLOT]] = cells[c, CORNER] if end == first else ~cursor
        if end > first:
            pool[cursor], pool[cursor + 1] = (end - first) // EDGE, base
            cursor = end
    return cursor, crowded[:crowds], -1


@compiled
def shape_parts(
    cells: Int64s, starts: Int64s, edges: Int32s, crowded: Int64s, x: Int32s, y: Int32s, sides: Int32s
) -> Int64s:
    """Return the logarithms of the width and height of the parts of each crowded cell, shape (n, 2).

    There are about as many parts as edges, and each halving goes across the edges rather than along them.
    """
    shapes = np.empty((crowded.shape[0], 2), np.int64)
    for n in range(crowded.shape[0]):
        c = crowded[n]
        kx, ky = wide(cells[c, KX]), wide(cells[c, KY])
        across, along = 0.0, 0.0
        for k in range(starts[c], starts[c + 1]):
            ax, ay, bx, by, _up, _down = ordered(edges[k], x, y, sides)
            across += min(1.0, (bx - ax) / float(1 << kx))
            along += min(1.0, abs(by - ay) / float(1 << ky))
        halvings = 2
        while halvings < 8 and (1 << halvings) < starts[c + 1] - starts[c]:
            halvings += 1
        for _ in range(halvings):
            if kx > 0 and (across <= along or ky == 0):
                kx, across = kx - 1, across * 2.0
            elif ky > 0:
                ky, along = ky - 1, along * 2.0
        shapes[n, 0], shapes[n, 1] = kx, ky
    return shapes


@compiled
def divide(
    cells: Int64s,
    starts: Int64s,
    edges: Int32s,
    crowded: Int64s,
    shapes: Int64s,
    parts: int,
    x: Int32s,
    y: Int32s,
    sides: Int32s,
    frame: Int64s,
    pool: Int32s,
    cursor: int,
) -> tuple[int, Int64s, Int64s, Int32s]:
    """Write the small tables of crowded cells, ``parts`` in all; return the new cursor and the next batch.

    The next batch are the parts that edges may touch, where their edges start, and those edges.
    """
    batch = np.empty((parts, 6), np.int64)
    counts = np.zeros(parts, np.int64)
    found = np.empty(64, np.int32)
    part_of = np.empty(64, np.int64)
    size = 0
    made = 0
    for n in range(crowded.shape[0]):
        c = crowded[n]
        kx, ky = wide(shapes[n, 0]), wide(shapes[n, 1])
        columns = 1 << (cells[c, KX] - kx)
        rows = 1 << (cells[c, KY] - ky)
        pool[cells[c, SLOT]] = ~cursor
        pool[cursor] = -1 - (kx | (ky << 8))
        for part in range(columns * rows):
            batch[made + part, SLOT] = cursor + 1 + part
            batch[made + part, WEST] = cells[c, WEST] + ((part % columns) << kx)
            batch[made + part, FLOOR] = cells[c, FLOOR] + ((part // columns) << ky)
            batch[made + part, KX], batch[made + part, KY] = kx, ky
        _label_parts(
            cells[c],
            edges[starts[c] : starts[c + 1]],
            batch[made : made + columns * rows],
            x,
            y,
            sides,
            frame,
        )
        for k in range(starts[c], starts[c + 1]):
            ax, ay, bx, by, _up, _down = ordered(edges[k], x, y, sides)
            lowest = max((min(ay, by) - cells[c, FLOOR]) >> ky, 0)
            highest = min((max(ay, by) - cells[c, FLOOR]) >> ky, rows - 1)
            for row in range(lowest, highest + 1):
                low = cells[c, FLOOR] + (row << ky)
                first, last = span(ax, ay, bx, by, low, low + (1 << ky) - 1, cells[c, WEST], kx, columns)
                for part in range(made + row * columns + first, made + row * columns + last + 1):
                    if size == found.shape[0]:
                        found = np.append(found, np.empty(size, np.int32))
                        part_of = np.append(part_of, np.empty(size, np.int64))
                    found[size], part_of[size] = edges[k], part
                    size += 1
                    counts[part] += 1
        cursor += 1 + columns * rows
        made += columns * rows
    next_starts, next_edges = _by_part(found[:size], part_of, counts)
    return cursor, batch, next_starts, next_edges


@compiled
def _by_part(found: Int32s, part_of: Int64s, counts: Int64s) -> tuple[Int64s, Int32s]:
    """Put the edges in the order of their parts; return where each part's edges start, and the edges."""
    starts = np.zeros(counts.shape[0] + 1, np.int64)
    starts[1:] = np.cumsum(counts)
    place = starts[:-1].copy()
    edges = np.empty(found.shape[0], np.int32)
    for k in range(found.shape[0]):
        edges[place[part_of[k]]] = found[k]
        place[part_of[k]] += 1
    return starts, edges


@compiled
def _label_parts(
    cell: Int64s, edges: Int32s, parts: Int64s, x: Int32s, y: Int32s, sides: Int32s, frame: Int64s
) -> None:
    """Label the corner of every part by the edges of the whole cell; parts beyond the extent are outside."""
    base = cell[CORNER]
    parts[:, CORNER] = 0
    for k in range(edges.shape[0]):
        ax, ay, bx, by, up, down = ordered(edges[k], x, y, sides)
        if counts_at(ax, ay, bx, by, cell[WEST], cell[FLOOR], cell[FLOOR]):
            base -= up - down
        for p in range(parts.shape[0]):
            if counts_at(ax, ay, bx, by, parts[p, WEST], parts[p, FLOOR], cell[FLOOR]):
                parts[p, CORNER] += up - down
    for p in range(parts.shape[0]):
        inside = parts[p, WEST] <= frame[2] and parts[p, FLOOR] <= frame[3]
        parts[p, CORNER] = base + parts[p, CORNER] if inside else 0
