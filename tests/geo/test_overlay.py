"""All areas that cover a point, edges and vertices included, in order of priority."""

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo.errors import InvalidGeometry, OutOfRange
from geo.locate import OverlayIndex
from tests.geo.exact_owner import edges_of, inside, through, whole_rings


@settings(max_examples=60, deadline=None)
@example(10_000_001, 5, 20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.sampled_from([20, 3_000, 50_000_000]))
def test_covering_is_exact(seed: int, count: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, size, (count, 3, 2))
    shapes = [shapely.Polygon(corner / 1e7) for corner in corners]
    index = OverlayIndex.build(shapes)
    a, b = corners[rng.integers(0, count, 40), 0], corners[rng.integers(0, count, 40), 1]
    points = np.concatenate([corners.reshape(-1, 2), (a + b) // 2, rng.integers(0, size, (40, 2))])
    # In whole numbers: the float area of a triangle without one need not be 0.
    v, w = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    flat = v[:, 0] * w[:, 1] == v[:, 1] * w[:, 0]
    expected = []
    for p in points.tolist():
        for unit in np.flatnonzero(~flat).tolist():
            edges = edges_of(whole_rings(shapes[unit]))
            if any(through(*edge, (p[0], p[1])) for edge in edges) or inside(edges, (p[0], p[1])):
                expected.append((tuple(p), unit))
    point, area = index.locate(points[:, 0] / 1e7, points[:, 1] / 1e7)
    found = [(tuple(points[i].tolist()), int(u)) for i, u in zip(point, area, strict=True) if not flat[u]]
    assert sorted(found) == sorted(expected)
    for place in points[:10].tolist():
        assert set(index.covering(place[0] / 1e7, place[1] / 1e7)) - set(np.flatnonzero(flat)) == {
            unit for at, unit in expected if at == tuple(place)
        }


def test_higher_priority_first_then_the_smaller_area_then_the_rank() -> None:
    large, small = shapely.box(0, 0, 2, 2), shapely.box(0, 0, 1, 1)
    index = OverlayIndex.build([large, small, small, large], [5, 1, 1, 9], ["d", "c", "b", "a"])
    assert index.covering(0.5, 0.5) == [3, 0, 2, 1]
    assert index.covering(1.0, 1.0) == [3, 0, 2, 1], "a corner is covered"
    assert index.covering(3.0, 1.0) == []
    point, area = index.locate([3.0, 0.5, 1.5], [1.0, 0.5, 1.5])
    assert point.tolist() == [1, 1, 1, 1, 2, 2]
    assert area.tolist() == [3, 0, 2, 1, 3, 0]
    assert OverlayIndex.build([large, small]).covering(0.5, 0.5) == [1, 0]


def test_no_areas_and_bad_input() -> None:
    assert OverlayIndex.build([]).covering(1.0, 1.0) == []
    assert len(OverlayIndex.build([]).locate([1.0], [1.0])[0]) == 0
    with pytest.raises(OutOfRange):
        OverlayIndex.build([shapely.box(0, 0, 1, 1)]).covering(0.0, 91.0)
    with pytest.raises(InvalidGeometry, match="priorities"):
        OverlayIndex.build([shapely.box(0, 0, 1, 1)], [1, 2])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 64, 65, 200]))
def test_one_point_gets_what_many_get(seed: int, count: int) -> None:
    """Few areas are walked over, for many there is a tree."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 400, (count, 3, 2))
    index = OverlayIndex.build(
        [shapely.Polygon(corner / 1e7) for corner in corners], ranks=rng.permutation(count)
    )
    assert len(index) == count
    # Halves of a step are rounded alike.
    places = rng.integers(0, 800, (60, 2)) / 2e7
    point, area = index.locate(places[:, 0], places[:, 1])
    for row, (lon, lat) in enumerate(places.tolist()):
        assert index.covering(lon, lat) == area[point == row].tolist()
