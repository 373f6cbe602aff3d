"""What lies on the demo's ground besides its units: roads, tracks, rivers, and dwellings.

Roads join the towns, tracks join each village to its town, through the middles of grids. Two rivers and two
trunk roads keep to boundaries of grids across the county, a little straighter than these are, so that a
boundary can be traced along them. The households of the dwellings in a grid sum to the grid's own figure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from geo.lattice import SCALE, quantise
from geo.locate import LocateIndex
from layers.dwellings import Dwelling
from layers.line_features import LineFeature, LineKind
from service.demo.county import County
from service.demo.identity import demo_id

_SEED = 23
_MOST_DWELLINGS = 60_000
_HOUSEHOLDS_EACH = 10
_ALONG: tuple[tuple[LineKind, str, tuple[float, float], float], ...] = (
    ("river", "界河支流", (1.0, 0.0), 0.0006),
    ("river", "望界河", (0.3, -1.0), 0.0006),
    ("road", "西北—东南干线", (1.0, -0.7), 0.0003),
    ("road", "西南—东北干线", (1.0, 0.7), 0.0003),
)
"""What keeps to boundaries: kind, name, which way it goes (east, north), and by how many degrees it cuts
their corners, some sixty or thirty metres."""
_SPREAD = 0.22
_TRIES = 12


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """Lines and dwellings of the county."""

    lines: tuple[LineFeature, ...]
    dwellings: tuple[Dwelling, ...]


def make_land(county: County) -> Land:
    """Return what lies on the county's ground, the same every time for the same county."""
    return Land(tuple(_lines(county)), tuple(_dwellings(county)))


def _lines(county: County) -> Iterator[LineFeature]:
    shapes = county.shapes
    near = _nearest(shapes.centre, shapes.towns)
    graph = _graph(shapes.neighbours, shapes.centre)
    distances = np.hypot(*(shapes.towns[:, None] - shapes.towns[None]).transpose(2, 0, 1))
    number = 0
    for start, end in zip(*minimum_spanning_tree(csr_array(distances)).nonzero(), strict=True):
        towns = county.townships[int(start)].name.zh, county.townships[int(end)].name.zh
        way = _way(graph, int(near[start]), int(near[end]))
        yield _line(number, "road", f"{towns[0]}—{towns[1]}公路", shapes.centre[way])
        number += 1
    for village, unit in enumerate(county.big_grids):
        leaf = int(np.flatnonzero(shapes.big_grid == village)[0])
        way = _way(graph, leaf, int(near[unit.parent]))
        if len(way) > 1:
            yield _line(number, "track", f"{unit.name.zh}路", shapes.centre[way])
            number += 1
    for (kind, name, _, _), course in zip(_ALONG, _courses(shapes.polygons), strict=False):
        yield _line(number, kind, name, course)
        number += 1


def _line(number: int, kind: LineKind, name: str, places: NDArray[np.float64]) -> LineFeature:
    return LineFeature(
        demo_id("line", number), f"L{number + 1:04d}", kind, name, quantise(shapely.LineString(places))
    )


def _nearest(places: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the position of the place nearest to each wanted one."""
    found: NDArray[np.int64] = shapely.STRtree(shapely.points(places)).nearest(shapely.points(wanted))
    return found


def _graph(pairs: NDArray[np.integer], places: NDArray[np.float64]) -> csr_array:
    """Return the graph of places that are joined, with their distances."""
    first, second = pairs.T
    length = np.hypot(*(places[first] - places[second]).T)
    both = (np.concatenate((first, second)), np.concatenate((second, first)))
    return coo_array((np.tile(length, 2), both), shape=(len(places),) * 2).tocsr()


def _way(graph: csr_array, start: int, end: int) -> list[int]:
    """Return the nodes of the shortest way."""
    _, before = dijkstra(graph, indices=[start], return_predecessors=True)
    way = [end]
    while way[-1] != start and before[0, way[-1]] >= 0:
        way.append(int(before[0, way[-1]]))
    return way[::-1]


def _courses(polygons: NDArray[np.object_]) -> Iterator[NDArray[np.float64]]:
    """Return ways along boundaries between grids, their corners cut a little; none where there is none."""
    corners, owner = shapely.get_coordinates(polygons, return_index=True)
    steps = np.rint(corners * SCALE).astype(np.int64)
    places, node = np.unique(steps, axis=0, return_inverse=True)
    node = node.ravel()
    inside = owner[1:] == owner[:-1]
    edges = np.sort(np.column_stack((node[:-1][inside], node[1:][inside])), axis=1)
    edges, count = np.unique(edges, axis=0, return_counts=True)
    inner = edges[count == 2]
    if not len(inner):
        return
    lonlat = places / SCALE
    ends = np.unique(inner)
    graph = _graph(inner, lonlat)
    for _, _, towards, straighter in _ALONG:
        along = lonlat[ends] @ np.array(towards)
        way = _way(graph, int(ends[np.argmin(along)]), int(ends[np.argmax(along)]))
        if len(way) < 3:
            return
        course = shapely.simplify(shapely.LineString(lonlat[way]), straighter)
        yield np.asarray(shapely.get_coordinates(course), dtype=np.float64)


def _dwellings(county: County) -> Iterator[Dwelling]:
    rng = np.random.default_rng([_SEED, len(county.leaves)])
    each = max(_HOUSEHOLDS_EACH, -(-int(county.households.sum()) // _MOST_DWELLINGS))
    counts = np.maximum(1, county.households // each)
    leaf = np.repeat(np.arange(len(counts)), counts)
    # Each has its share, and the first ones of a grid what is left.
    order = np.arange(len(leaf)) - np.repeat(np.cumsum(counts) - counts, counts)
    households = county.households[leaf] // counts[leaf] + (order < (county.households % counts)[leaf])
    places = _places(county, leaf, rng)
    for number, (at, (lon, lat), here) in enumerate(
        zip(leaf.tolist(), places.tolist(), households.tolist(), strict=True)
    ):
        code = f"{county.leaves[at].code}-{int(order[number]) + 1:03d}"
        yield Dwelling(demo_id("dwelling", number), code, lon, lat, here)


def _places(county: County, leaf: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a place for each dwelling: around the middle of its grid, and in it by the rule of locating."""
    shapes = county.shapes
    index = LocateIndex.build(shapes.polygons, [one.id.hex for one in county.leaves])
    size = np.sqrt(shapely.area(shapes.polygons))
    places = shapes.centre[leaf].copy()
    open_ = np.arange(len(leaf))
    for _ in range(_TRIES):
        here = leaf[open_]
        drawn = shapes.centre[here] + rng.normal(0.0, _SPREAD, (len(open_), 2)) * size[here, None]
        drawn = np.rint(drawn * SCALE) / SCALE
        good = index.locate(drawn[:, 0], drawn[:, 1]) == here
        places[open_[good]] = drawn[good]
        open_ = open_[~good]
    return np.rint(places * SCALE) / SCALE
