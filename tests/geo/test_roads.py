"""Ways along roads, against Dijkstra's algorithm written plainly on the same graph with the points put in."""

import heapq
from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import GEOD
from geo.roads import Edges, RoadGraph, Snapped

LON, LAT, STEP = 131.0, 46.0, 0.002


def edges_of(rows: list[tuple[int, int, bool, bool]], side: int) -> Edges:
    """Return straight edges between the places of a square grid of junctions."""
    places = [(LON + STEP * (one % side), LAT + STEP * (one // side)) for one in range(side * side)]
    lines = np.array([shapely.LineString([places[a], places[b]]) for a, b, _, _ in rows], dtype=object)
    return Edges(
        lines,
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([GEOD.geometry_length(line) for line in lines], np.float64),
        np.array([row[2] for row in rows], bool),
        np.array([row[3] for row in rows], bool),
    )


def plain(edges: Edges, origin: tuple[int, float], goal: tuple[int, float]) -> float:
    """Return the shortest way between two places (edge, metres from its tail): both are junctions here."""
    on: dict[int, list[tuple[float, Any]]] = defaultdict(list)
    for name, (edge, along) in (("origin", origin), ("goal", goal)):
        on[edge].append((along, name))
    ways: dict[Any, list[tuple[Any, float]]] = defaultdict(list)
    for edge in range(len(edges)):
        length = float(edges.length_m[edge])
        stops = [(0.0, int(edges.tail[edge])), *sorted(on[edge]), (length, int(edges.head[edge]))]
        for (a, one), (b, other) in pairwise(stops):
            if edges.forward[edge] or a == b:
                ways[one].append((other, b - a))
            if edges.backward[edge] or a == b:
                ways[other].append((one, b - a))
    best, heap, turn = {}, [(0.0, 0, "origin")], 0
    while heap:
        metres, _, at = heapq.heappop(heap)
        if at in best:
            continue
        best[at] = metres
        for to, cost in ways[at]:
            turn += 1
            heapq.heappush(heap, (metres + cost, turn, to))
    return best.get("goal", np.inf)


@st.composite
def graphs(draw: st.DrawFn) -> Edges:
    side = draw(st.integers(2, 5))
    junctions = st.integers(0, side * side - 1)
    ways = st.sampled_from([(True, True), (True, False), (False, True)])
    rows = draw(
        st.lists(
            st.tuples(junctions, junctions, ways).filter(lambda row: row[0] != row[1]),
            min_size=1,
            max_size=30,
        )
    )
    return edges_of([(a, b, on, back) for a, b, (on, back) in rows], side)


@settings(deadline=None, max_examples=200)
@given(graphs(), st.data())
def test_ways_are_the_shortest_there_are(edges: Edges, data: st.DataObject) -> None:
    graph = RoadGraph.build(edges)
    places = st.tuples(st.integers(0, len(edges) - 1), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
    origins = data.draw(st.lists(places, min_size=1, max_size=4))
    goals = data.draw(st.lists(places, min_size=1, max_size=4))
    metres = graph.distances(snapped(graph, origins), snapped(graph, goals))
    for row, (a, share_a) in enumerate(origins):
        for column, (b, share_b) in enumerate(goals):
            lengths = graph.edges.length_m
            wanted = plain(graph.edges, (a, share_a * lengths[a]), (b, share_b * lengths[b]))
            assert metres[row, column] == pytest.approx(wanted, abs=1e-6)


@settings(deadline=None, max_examples=150)
@given(graphs(), st.data())
def test_a_path_is_as_long_as_the_way_and_goes_along_roads(edges: Edges, data: st.DataObject) -> None:
    graph = RoadGraph.build(edges)
    places = st.tuples(st.integers(0, len(edges) - 1), st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    origin = snapped(graph, [data.draw(places)])
    goals = snapped(graph, data.draw(st.lists(places, min_size=1, max_size=4)))
    (metres,) = graph.distances(origin, goals)
    roads = shapely.union_all(graph.edges.lines)

    def place(at: Snapped) -> Any:
        (edge,), (along,) = at.edge, at.along_m
        share = along / graph.edges.length_m[edge]
        return shapely.line_interpolate_point(graph.edges.lines[edge], share, normalized=True)

    for column, path in enumerate(graph.paths(origin, goals)):
        if path is None:
            assert np.isinf(metres[column])
            continue
        line = shapely.LineString(path if len(path) > 1 else [path[0], path[0]])
        assert GEOD.geometry_length(line) == pytest.approx(metres[column], rel=1e-4, abs=0.01)
        for end, at in ((path[0], origin), (path[-1], goals.take([column]))):
            assert shapely.distance(shapely.Point(end), place(at)) < 1e-6
        assert shapely.distance(shapely.points(path), roads).max() < 1e-6


def snapped(graph: RoadGraph, places: list[tuple[int, float]]) -> Snapped:
    edge = np.array([one for one, _ in places], np.int64)
    share = np.array([one for _, one in places])
    return Snapped(edge, share * graph.edges.length_m[edge], np.zeros(len(places)))


@settings(deadline=None, max_examples=100)
@given(graphs(), st.integers(1, 6), st.integers(1, 12), st.integers(1, 4))
def test_the_nearest_are_those_of_all_ways(edges: Edges, k: int, m: int, n: int) -> None:
    graph = RoadGraph.build(edges)
    rng = np.random.default_rng(7)
    origins, goals = (
        graph.snap(LON + rng.uniform(0, 5 * STEP, size), LAT + rng.uniform(0, 5 * STEP, size))
        for size in (m, n)
    )
    index, metres = graph.nearest(origins, goals, k)
    every = np.round(graph.distances(origins, goals), 3)
    for row in range(m):
        wanted = sorted((every[row, one], one) for one in range(n) if np.isfinite(every[row, one]))[:k]
        assert index[row][index[row] >= 0].tolist() == [one for _, one in wanted]
        assert metres[row][index[row] >= 0].tolist() == [far for far, _ in wanted]


def test_a_point_enters_at_the_place_beside_it_and_not_at_a_junction() -> None:
    graph = RoadGraph.build(edges_of([(0, 1, True, True)], 2))
    found = graph.snap([LON + STEP * 0.25, LON + STEP * 0.75], [LAT + 0.0003, LAT])
    assert found.edge.tolist() == [0, 0]
    length = graph.edges.length_m[0]
    assert found.along_m == pytest.approx([0.25 * length, 0.75 * length], abs=0.01)
    assert found.gap_m == pytest.approx([33.35, 0.0], abs=0.05)
    assert graph.distances(found.take([0]), found.take([1]))[0, 0] == pytest.approx(
        length / 2 + 33.35, abs=0.1
    )


def test_a_one_way_is_gone_round() -> None:
    # A square, one way round: 0 → 1 → 3 → 2 → 0.
    graph = RoadGraph.build(
        edges_of([(0, 1, True, False), (1, 3, True, False), (3, 2, True, False), (2, 0, True, False)], 2)
    )
    here = graph.snap([LON + STEP * 0.5], [LAT])
    behind = graph.snap([LON + STEP * 0.25], [LAT])
    onward = graph.distances(behind, here)[0, 0]
    round_about = graph.distances(here, behind)[0, 0]
    assert onward == pytest.approx(graph.edges.length_m[0] / 4, abs=0.01)
    assert onward + round_about == pytest.approx(graph.edges.length_m.sum(), abs=0.1)


def test_what_no_road_leads_to_is_infinitely_far() -> None:
    graph = RoadGraph.build(edges_of([(0, 1, True, True), (2, 3, True, True)], 2))
    here, island = graph.snap([LON], [LAT]), graph.snap([LON], [LAT + STEP])
    assert np.isinf(graph.distances(here, island)).all()
    index, metres = graph.nearest(here, island, 1)
    assert index.tolist() == [[-1]]
    assert np.isinf(metres).all()
    nowhere = graph.snap([LON + 1.0, 10.0], [LAT, -80.0])
    assert nowhere.found.tolist() == [False, False]
    assert np.isinf(graph.distances(nowhere, here)).all()
    assert np.isinf(graph.distances(here, nowhere)).all()


def test_no_roads_at_all() -> None:
    graph = RoadGraph.build(edges_of([(0, 1, False, False)], 2))
    assert len(graph) == 0
    assert graph.snap([LON], [LAT]).found.tolist() == [False]
    assert np.isinf(graph.distances(graph.snap([LON], [LAT]), graph.snap([LON], [LAT]))).all()
