"""The roads of a day in memory: one graph for each way of going about, without what is closed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
import numpy.typing as npt
import shapely

from geo.roads import REACH_M, Edges, RoadGraph
from layers.roads import MODES, Closure, RoadTable


@dataclass(frozen=True, slots=True, eq=False)
class DayRoads:
    """The graphs of a day by ``foot`` and ``car``; ``closed`` are the edges that closures take away there."""

    table: RoadTable
    graphs: Mapping[str, RoadGraph]
    closed: Mapping[str, frozenset[int]]

    def __len__(self) -> int:
        return len(self.table)

    @classmethod
    def build(cls, table: RoadTable, closures: Iterable[Closure], day: date) -> Self:
        """Make the graphs of a day."""
        closed: dict[str, set[int]] = {mode: set() for mode in MODES}
        for closure in closures:
            edge = edge_of(table, closure.way, closure.lon, closure.lat) if closure.holds(day) else None
            if edge is not None:
                for mode in closure.modes:
                    closed[mode].add(edge)
        graphs = {mode: _graph(table, place, closed[mode]) for place, mode in enumerate(MODES)}
        return cls(table, graphs, {mode: frozenset(edges) for mode, edges in closed.items()})


def edge_of(table: RoadTable, way: int | None, lon: float, lat: float) -> int | None:
    """Return the edge of a way, or of all, that is nearest to a place; None where none is within reach."""
    edges = np.arange(len(table)) if way is None else np.flatnonzero(table.way == way)
    if not len(edges):
        return None
    # One degree of longitude as long as one of latitude there: near by, the nearest is the nearest.
    scale = np.array([np.cos(np.radians(lat)), 1.0])
    lines = shapely.transform(table.geom[edges], lambda places: places * scale)
    far = shapely.distance(lines, shapely.Point(lon * scale[0], lat))
    best = int(np.argmin(far))
    return int(edges[best]) if far[best] * 111_000.0 <= REACH_M else None


def _graph(table: RoadTable, mode: int, closed: set[int]) -> RoadGraph:
    """Return what one mode may use; a junction that bars it is an end of its own to each of its edges."""
    numbers = np.unique(np.concatenate([table.tail, table.head]), return_inverse=True)[1].astype(np.int64)
    tail, head = numbers[: len(table)].copy(), numbers[len(table) :].copy()
    fresh = int(numbers.max(initial=-1)) + 1
    for ends, bit in ((tail, mode), (head, mode + 2)):
        barred = np.flatnonzero(table.barred >> bit & 1)
        ends[barred] = fresh + np.arange(len(barred))
        fresh += len(barred)
    usable = np.ones(len(table), dtype=bool)
    usable[list(closed)] = False
    onward, back = (_flags(table.uses >> (2 * mode + bit) & 1) & usable for bit in (0, 1))
    return RoadGraph.build(Edges(table.geom, tail, head, table.length_m, onward, back))


def _flags(bits: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    return np.asarray(bits, dtype=bool)


NO_ROADS = DayRoads.build(RoadTable.of_rows([]), (), date.min)
"""Where none are loaded."""
