"""An index of measured lines: which edges are near a place, answered by one look into a table of cells.

Lines that continue each other, the end of one being the start of exactly one other, are joined to chains, so
that where a border is cut into stretches does not change what was walked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled
from geo.geocentric import Floats, geocentric_place
from geo.linear.kernels import foot_on
from geo.linear.measured_line import MeasuredLine
from geo.track.fixes import Ints, Places

REACH_M = 60.0
"""The widest search for a fix, so cells hold the edges within this of any of their places."""

CELL_DEG = 0.001
EMPTY = -(2**62)
HASH = 0x9E3779B97F4A7C1
"""A multiplier that spreads neighbouring cells over the table (Knuth, TAOCP 3, 6.4)."""


@dataclass(frozen=True, slots=True, eq=False)
class RouteIndex:
    """Several measured lines, chained and indexed.

    Attributes
    ----------
    lengths
        Length in metres of each line, (k,), in the order given.
    xyz, lonlat, measures
        Knots of all chains one after another: (m, 3) geocentric, (m, 2) degrees, (m,) metres along the chain.
    chain
        Chain of the edge that starts at each knot, (m,); −1 at the last knot of a chain.
    chain_length, chain_closed
        Per chain.
    piece_line, piece_chain, piece_from
        The lines in order along their chains, and the chain's measure where each starts.
    keys, spans, edges, cell
        The table: hashed cell keys, the span of each cell's edges in ``edges``, and the cell size in degrees.
    """

    lengths: Floats
    xyz: Floats
    lonlat: Floats
    measures: Floats
    chain: Ints
    chain_length: Floats
    chain_closed: npt.NDArray[np.bool_]
    piece_line: Places
    piece_chain: Places
    piece_from: Floats
    keys: Places
    spans: Places
    edges: Places
    cell: Floats

    @classmethod
    def build(cls, lines: Sequence[MeasuredLine], reach_m: float = REACH_M) -> "RouteIndex":
        """Chain and index lines; an empty sequence gives an index that is near nothing.

        Each cell answers with the edges within ``reach_m`` of any of its places.
        """
        chains = _chains(lines)
        xyz, lonlat, measures, chain = _knots(lines, chains)
        offsets = [np.concatenate([[0.0], np.cumsum([lines[k].length_m for k in c])]) for c in chains]
        closed = [bool((lines[c[0]].lonlat[0] == lines[c[-1]].lonlat[-1]).all()) for c in chains]
        widest = min(89.0, float(np.abs(lonlat[:, 1]).max(initial=0.0)))
        cell = np.array([CELL_DEG / np.cos(np.radians(widest)), CELL_DEG])
        cells, edges = _cells(xyz, lonlat, chain, cell, reach_m)
        by_cell = np.lexsort((edges, cells))
        distinct, first = np.unique(cells[by_cell], return_index=True)
        keys, spans = table_of(distinct, np.concatenate([first, [len(edges)]]).astype(np.int64))
        return cls(
            lengths=np.array([line.length_m for line in lines], dtype=np.float64),
            xyz=xyz,
            lonlat=lonlat,
            measures=measures,
            chain=chain,
            chain_length=np.array([o[-1] for o in offsets], dtype=np.float64),
            chain_closed=np.array(closed, dtype=np.bool_),
            piece_line=np.array([k for c in chains for k in c], dtype=np.int64),
            piece_chain=np.array([i for i, c in enumerate(chains) for _ in c], dtype=np.int64),
            piece_from=np.array([at for o in offsets for at in o[:-1]], dtype=np.float64),
            keys=keys,
            spans=spans,
            edges=edges[by_cell],
            cell=cell,
        )


def _chains(lines: Sequence[MeasuredLine]) -> list[list[int]]:
    """Return the lines' positions in chains, each end meeting the next one's start."""

    def key(place: Floats) -> tuple[int, int]:
        return round(float(place[0]) * 1e7), round(float(place[1]) * 1e7)

    starting: dict[tuple[int, int], list[int]] = {}
    ending: dict[tuple[int, int], list[int]] = {}
    for k, line in enumerate(lines):
        starting.setdefault(key(line.lonlat[0]), []).append(k)
        ending.setdefault(key(line.lonlat[-1]), []).append(k)
    follows = {
        ends[0]: starting[place][0]
        for place, ends in ending.items()
        if len(ends) == 1 and len(starting.get(place, [])) == 1
    }
    heads = [k for k in range(len(lines)) if k not in set(follows.values())]
    chains: list[list[int]] = []
    seen: set[int] = set()
    for head in heads + list(range(len(lines))):  # after the open chains, the closed ones
        if head in seen:
            continue
        chain = [head]
        while (after := follows.get(chain[-1])) is not None and after not in seen and after != head:
            chain.append(after)
        seen.update(chain)
        chains.append(chain)
    return chains


def _knots(lines: Sequence[MeasuredLine], chains: list[list[int]]) -> tuple[Floats, Floats, Floats, Ints]:
    """Return knots of all chains: geocentric, lon/lat, measure along the chain, chain of the edge after."""
    xyz, lonlat, measures, names = [np.empty((0, 3))], [np.empty((0, 2))], [np.empty(0)], [np.empty(0)]
    for name, chain in enumerate(chains):
        offset = 0.0
        for place, k in enumerate(chain):
            line, skip = lines[k], int(place > 0)  # the place where two lines meet is one knot
            xyz.append(line.knot_xyz[skip:])
            lonlat.append(line.knots[skip:])
            measures.append(offset + line.knot_measures[skip:])
            names.append(np.full(len(line.knots) - skip, name))
            offset += line.length_m
        names[-1] = names[-1].copy()
        names[-1][-1] = -1
    return (
        np.concatenate(xyz),
        np.concatenate(lonlat),
        np.concatenate(measures),
        np.concatenate(names).astype(np.int32),
    )


@compiled
def cell_key(lon: float, lat: float, cell: Floats) -> int:
    """Return one number for the cell that a place in degrees is in."""
    return int(np.int64(np.floor(lon / cell[0])) * np.int64(1 << 32) + np.int64(np.floor(lat / cell[1])))


@compiled
def _cells(xyz: Floats, lonlat: Floats, chain: Ints, cell: Floats, reach: float) -> tuple[Places, Places]:
    """Return (cell, edge) pairs of all cells that have a place within reach of the edge."""
    cells = np.empty(16, np.int64)
    edges = np.empty(16, np.int64)
    count = 0
    half = 0.5 * np.sqrt((cell[1] * 111_700.0) ** 2 + (cell[0] * 111_400.0) ** 2)
    for i in range(xyz.shape[0]):
        if chain[i] < 0:
            continue
        stretch = 111_000.0 * np.cos(np.radians(min(89.0, max(abs(lonlat[i, 1]), abs(lonlat[i + 1, 1])))))
        dx, dy = 1.01 * reach / stretch, 1.01 * reach / 110_500.0
        x0 = np.int64(np.floor((min(lonlat[i, 0], lonlat[i + 1, 0]) - dx) / cell[0]))
        x1 = np.int64(np.floor((max(lonlat[i, 0], lonlat[i + 1, 0]) + dx) / cell[0]))
        y0 = np.int64(np.floor((min(lonlat[i, 1], lonlat[i + 1, 1]) - dy) / cell[1]))
        y1 = np.int64(np.floor((max(lonlat[i, 1], lonlat[i + 1, 1]) + dy) / cell[1]))
        for x in range(x0, x1 + 1):
            for y in range(y0, y1 + 1):
                x_, y_, z_ = geocentric_place((x + 0.5) * cell[0], (y + 0.5) * cell[1])
                if foot_on(x_, y_, z_, xyz, i)[1] > (reach + half + 1.0) ** 2:
                    continue
                if count == cells.shape[0]:
                    cells = np.concatenate((cells, np.empty(count, np.int64)))
                    edges = np.concatenate((edges, np.empty(count, np.int64)))
                cells[count] = x * np.int64(1 << 32) + y
                edges[count] = i
                count += 1
    return cells[:count], edges[:count]


@compiled
def slot_of(key: int, size: int) -> int:
    """Return the first slot to look at for a key in a table of a power of two."""
    mixed = np.int64(key) * np.int64(HASH)
    return int((mixed ^ (mixed >> np.int64(29))) & np.int64(size - 1))


@compiled
def table_of(distinct: Places, first: Places) -> tuple[Places, Places]:
    """Return an open hash table, at most half full, from cell key to its span of edges."""
    size = 16
    while size < 2 * distinct.shape[0]:
        size *= 2
    keys = np.full(size, EMPTY, np.int64)
    spans = np.zeros((size, 2), np.int64)
    for k in range(distinct.shape[0]):
        slot = slot_of(distinct[k], size)
        while keys[slot] != EMPTY:
            slot = (slot + 1) & (size - 1)
        keys[slot] = distinct[k]
        spans[slot, 0] = first[k]
        spans[slot, 1] = first[k + 1]
    return keys, spans


@compiled
def edges_near(lon: float, lat: float, keys: Places, spans: Places, cell: Floats) -> tuple[int, int]:
    """Return the span in ``edges`` of those that may be within reach of a place; empty far from all."""
    key = cell_key(lon, lat, cell)
    slot = slot_of(key, keys.shape[0])
    while keys[slot] != EMPTY:
        if keys[slot] == key:
            return spans[slot, 0], spans[slot, 1]
        slot = (slot + 1) & (keys.shape[0] - 1)
    return 0, 0
