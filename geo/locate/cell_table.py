"""The cell table: where the edges of non-overlapping polygons are, arranged for finding a point's owner.

The extent is divided into equal cells whose sides are powers of two of a lattice step. A cell that no edge
touches holds the label of its unit. A crossed cell holds its edges and a base label, and the owner of a point
in it follows by walking from the point straight down to the cell's lower border and along that to its
lower left corner: crossing an edge downwards changes the label from the edge's upper unit to its lower one,
whatever the order of crossings, so

    label(point) = base + Σ (up − down) over the edges of the cell that the point lies above.

An edge that leaves through the lower border is crossed by the second leg as well. Both legs together come to
the same as letting its lower end count as endlessly far out to that side, which changes only the base. So one
orientation and two comparisons decide about an edge. A cell with many edges is divided into smaller cells in
the same way, again and again, so that a layer of towns in open country costs no more than an even one.

Layout of ``pool`` (int32): the words of the cells, row by row from the lower left; one word that is always
0; then, in any order, crossed cells and divided cells. A word is a label (0 outside, else position + 1) or
the complement of the place of a crossed cell: ``number of edges, base, edges…``, an edge being ``ax, ay, bx,
by, up, down``; or of a divided one: ``−1 − (kx | ky << 8), words…``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.errors import N_, InvalidGeometry
from geo.lattice import SCALE, to_lattice
from geo.locate import cell_kernels, cell_leaves
from geo.locate.cell_kernels import EDGE, HEAD, Bools, Int32s, Int64s

CELLS_PER_EDGE = 3.0
"""Cells for every edge of every unit; more cells mean fewer crossed ones but more memory to miss."""

MOST_CELLS = 1 << 24
FEWEST_CELLS = 1 << 8
CROWD = 10
"""Edges, counted once for each unit beside them, above which a cell is divided."""

# Long thin units side by side touch many cells each. All the cells of the table together hold at most this
# many times the edges there are, and so do all the parts of divided cells; after that cells stay crowded,
# which costs time but no memory.
_COPIES = 4
_FREE_COPIES = 1 << 15
_TOO_LARGE = (1 << 31) - 1


@dataclass(frozen=True, slots=True, eq=False)
class CellTable:
    """A built table: ``pool`` as laid out above, ``frame`` the numbers that place its cells.

    ``frame`` (int64) holds the extent x0, y0, x1, y1 in lattice steps, inclusive; the logarithms kx, ky of
    the width and height of a cell; the numbers of columns and rows.
    """

    pool: Int32s
    frame: Int64s

    @property
    def nbytes(self) -> int:
        """Memory of the table in bytes."""
        return int(self.pool.nbytes)


@dataclass(frozen=True, slots=True, eq=False)
class _Rings:
    """All rings of all polygons, rounded to the lattice."""

    x: Int32s
    y: Int32s
    offsets: Int64s
    holes: Bools
    labels: Int32s


def build_table(polygons: Sequence[Any] | npt.NDArray[Any]) -> CellTable:
    """Arrange polygons or multipolygons that do not overlap, lon, lat in degrees, in a cell table.

    Raises
    ------
    InvalidGeometry
        A geometry is no polygon or is empty, or units were found to overlap: an edge has two units on the
        same side, or the labels do not add up. Not every overlap is found; ``geo.partition.prove`` does.
    NotFinite, OutOfRange
        A coordinate is not on the globe.
    """
    geometries = np.asarray(polygons, dtype=object)
    if len(geometries) == 0:
        return CellTable(np.zeros(2, np.int32), np.array([0, 0, 0, 0, 0, 0, 1, 1], np.int64))
    rings = _rings(geometries)
    sides = cell_kernels.sides_of_rings(rings.x, rings.y, rings.offsets, rings.holes, rings.labels)
    frame = _frame(rings)
    columns, rows = int(frame[6]), int(frame[7])
    steps = np.zeros((rows, columns + 1), np.int32)
    counts = cell_kernels.count_crossings(rings.x, rings.y, sides, frame, steps)
    table = np.zeros(columns * rows + 1, np.int32)
    if not cell_kernels.label_corners(steps, len(geometries), table):
        raise InvalidGeometry(
            N_("Units overlap, or a ring is broken: the owners of the areas do not add up."),
            mend=N_(
                "Prove the partition and mend the defects it names; layers that may overlap are overlays."
            ),
        )
    crossed, starts, edges = cell_kernels.fill_cells(rings.x, rings.y, sides, frame, counts)
    cells = np.empty((len(crossed), 6), np.int64)
    cells[:, cell_leaves.SLOT] = crossed
    cells[:, cell_leaves.WEST] = frame[0] + ((crossed % columns).astype(np.int64) << frame[4])
    cells[:, cell_leaves.FLOOR] = frame[1] + ((crossed // columns).astype(np.int64) << frame[5])
    cells[:, cell_leaves.KX], cells[:, cell_leaves.KY] = frame[4], frame[5]
    cells[:, cell_leaves.CORNER] = table[crossed]
    return CellTable(_write(table, cells, starts, edges, rings, sides, frame), frame)


def _write(
    table: Int32s, cells: Int64s, starts: Int64s, edges: Int32s, rings: _Rings, sides: Int32s, frame: Int64s
) -> Int32s:
    """Append all crossed cells to the table's words, batch by batch, and return the whole pool."""
    pool, cursor = table, len(table)
    spare = _COPIES * len(edges) + _FREE_COPIES
    while len(cells):
        sizes = np.diff(starts)
        crowd = CROWD
        while _COPIES * int(sizes[sizes > crowd].sum()) > spare:
            crowd *= 2
        pool = _roomy(pool, cursor, HEAD * len(cells) + EDGE * len(edges))
        cursor, crowded, clash = cell_leaves.write_leaves(
            cells, starts, edges, rings.x, rings.y, sides, pool, cursor, crowd
        )
        if clash >= 0:
            _refuse_overlap(rings, clash)
        if not len(crowded):
            break
        shapes = cell_leaves.shape_parts(cells, starts, edges, crowded, rings.x, rings.y, sides)
        halvings = cells[crowded, cell_leaves.KX : cell_leaves.KY + 1] - shapes
        parts = int((1 << halvings.sum(axis=1)).sum())
        pool = _roomy(pool, cursor, len(crowded) + parts)
        cursor, cells, starts, edges = cell_leaves.divide(
            cells, starts, edges, crowded, shapes, parts, rings.x, rings.y, sides, frame, pool, cursor
        )
        spare = max(0, spare - len(edges))
    return pool[:cursor].copy()


def _roomy(pool: Int32s, cursor: int, more: int) -> Int32s:
    """Return a pool with the same beginning and space for ``more`` integers after ``cursor``."""
    if cursor + more > _TOO_LARGE:
        raise InvalidGeometry(
            N_("The layer has too many edges for one index."),
            mend=N_("Divide it into districts."),
        )
    if cursor + more <= len(pool):
        return pool
    larger = np.empty(cursor + more, np.int32)
    larger[:cursor] = pool[:cursor]
    return larger


def _rings(geometries: npt.NDArray[Any]) -> _Rings:
    """Take all rings out of polygons and multipolygons."""
    kinds = shapely.get_type_id(geometries)
    wrong = ((kinds != 3) & (kinds != 6)) | shapely.is_empty(geometries)
    if wrong.any():
        raise InvalidGeometry(
            N_("Unit {index} is not a polygon with an area."),
            mend=N_("Give each unit a polygon or a multipolygon."),
            where={"row": int(np.argmax(wrong))},
            index=int(np.argmax(wrong)),
        )
    _kind, lonlat, offsets = shapely.to_ragged_array(geometries, include_z=False)
    ring_offsets, part_offsets = offsets[0], offsets[1]
    parts = np.arange(len(part_offsets) - 1)
    unit_of_part = parts
    if len(offsets) == 3:
        unit_of_part = np.searchsorted(offsets[2], parts, side="right") - 1
    holes = np.ones(len(ring_offsets) - 1, np.bool_)
    # An empty part of a multipolygon has no outer ring.
    holes[part_offsets[:-1][part_offsets[:-1] < part_offsets[1:]]] = False
    labels = np.repeat(unit_of_part + 1, np.diff(part_offsets)).astype(np.int32)
    xy = to_lattice(lonlat)
    x, y = xy[:, 0].astype(np.int32), xy[:, 1].astype(np.int32)
    return _Rings(x, y, np.asarray(ring_offsets, np.int64), holes, labels)


def _frame(rings: _Rings) -> Int64s:
    """Choose the cells: as many as the edges are worth and about square, longer where edges run long."""
    x0, y0, x1, y1 = int(rings.x.min()), int(rings.y.min()), int(rings.x.max()), int(rings.y.max())
    width, height = x1 - x0 + 1, y1 - y0 + 1
    edges = len(rings.x)
    wanted = min(max(CELLS_PER_EDGE * edges, FEWEST_CELLS), MOST_CELLS)
    shrink = max(float(np.cos(np.deg2rad((y0 + y1) / 2 / SCALE))), 0.01)
    both = max(0, round(float(np.log2(width * height / wanted))))
    ky = max(0, min(both, round((both + float(np.log2(shrink))) / 2), (height - 1).bit_length()))
    kx = min(both - ky, (width - 1).bit_length())
    ky = min(both - kx, (height - 1).bit_length())
    run_x, run_y = _run(rings.x, rings.offsets), _run(rings.y, rings.offsets)
    while (copies := run_x / (1 << kx) + run_y / (1 << ky)) > (_COPIES - 1) * edges + _FREE_COPIES:
        flat = run_x / (1 << kx) > run_y / (1 << ky)
        longer = (kx + 1, max(0, ky - 1)) if flat else (max(0, kx - 1), ky + 1)
        # Where edges run no longer one way than the other, only larger cells hold fewer copies.
        fewer = run_x / (1 << longer[0]) + run_y / (1 << longer[1]) < copies
        kx, ky = longer if fewer else (kx + 1, ky + 1)
    while (((width - 1) >> kx) + 1) * (((height - 1) >> ky) + 1) > 2 * MOST_CELLS:
        kx, ky = kx + 1, ky + 1
    return np.array([x0, y0, x1, y1, kx, ky, ((width - 1) >> kx) + 1, ((height - 1) >> ky) + 1], np.int64)


def _run(ordinates: Int32s, offsets: Int64s) -> float:
    """Return how far all edges together run along one axis, in lattice steps."""
    steps = np.abs(np.diff(ordinates.astype(np.int64)))
    # From the end of one ring to the start of the next there is no edge.
    steps[offsets[1:-1] - 1] = 0
    return float(steps.sum())


def _refuse_overlap(rings: _Rings, vertex: int) -> None:
    """Raise the refusal for the edge that starts at a vertex and has two units on the same side."""
    lon, lat = float(rings.x[vertex] / SCALE), float(rings.y[vertex] / SCALE)
    unit = int(rings.labels[int(np.searchsorted(rings.offsets, vertex, side="right")) - 1]) - 1
    raise InvalidGeometry(
        N_("Unit {unit} overlaps another: both lie on the same side of the edge at {lon}, {lat}."),
        mend=N_("Prove the partition and mend the defects it names; layers that may overlap are overlays."),
        where={"row": unit, "lon": lon, "lat": lat},
        unit=unit,
        lon=lon,
        lat=lat,
    )
