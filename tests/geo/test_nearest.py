import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.crs import GEOD
from geo.errors import InvalidGeometry, NotFinite, OutOfRange
from geo.nearest import NearestIndex

lon_values = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 180.0, 0.0, 131.0]))
lat_values = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 0.0, 46.0]))


def expected(lon: np.ndarray, lat: np.ndarray, x: float, y: float, k: int) -> list[int]:
    n = len(lon)
    metres = np.round(np.asarray(GEOD.inv(np.full(n, x), np.full(n, y), lon, lat)[2]), 6)
    return [int(i) for i in sorted(range(n), key=lambda i: (metres[i], i))[:k]]


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1, 30), st.integers(1, 8))
def test_the_order_is_geodesic_and_ties_go_to_the_smaller_position(
    data: st.DataObject, n: int, k: int
) -> None:
    lon = data.draw(arrays(np.float64, n, elements=lon_values))
    lat = data.draw(arrays(np.float64, n, elements=lat_values))
    x, y = data.draw(lon_values), data.draw(lat_values)
    index, distance = NearestIndex.build(lon, lat).nearest(x, y, k)
    assert index.tolist() == expected(lon, lat, x, y, k)
    assert (np.diff(distance) >= 0).all()


def test_many_points_answer_as_each_alone() -> None:
    rng = np.random.default_rng(3)
    stations = NearestIndex.build(rng.uniform(100, 101, 200), rng.uniform(44, 45, 200))
    x, y = rng.uniform(99.9, 101.1, 500), rng.uniform(43.9, 45.1, 500)
    index, distance = stations.nearest(x, y, 4)
    assert index.shape == distance.shape == (500, 4)
    for row in range(500):
        alone, metres = stations.nearest(x[row], y[row], 4)
        assert alone.tolist() == index[row].tolist()
        assert metres.tolist() == distance[row].tolist()
        assert alone.tolist() == expected(stations.lon, stations.lat, x[row], y[row], 4)


def test_so_many_points_that_cores_share_them_answer_as_few_do() -> None:
    rng = np.random.default_rng(5)
    stations = NearestIndex.build(rng.uniform(100, 101, 50), rng.uniform(44, 45, 50))
    x, y = rng.uniform(100, 101, 40_001), rng.uniform(44, 45, 40_001)
    index, distance = stations.nearest(x, y, 3)
    parts = [stations.nearest(x[at], y[at], 3) for at in np.array_split(np.arange(len(x)), 5)]
    assert (index == np.concatenate([part for part, _ in parts])).all()
    assert (distance == np.concatenate([part for _, part in parts])).all()


def test_degrees_would_pick_another_one() -> None:
    # At 44°N a degree of longitude is 0.72 of a degree of latitude.
    index, _ = NearestIndex.build([100.0, 100.12], [44.1, 44.0]).nearest(100.0, 44.0, 2)
    assert index.tolist() == [1, 0]


def test_all_at_one_place_and_none_at_all() -> None:
    index, distance = NearestIndex.build([10.0] * 7, [20.0] * 7).nearest(10.0, 20.0, 3)
    assert index.tolist() == [0, 1, 2]
    assert distance.tolist() == [0.0, 0.0, 0.0]
    index, distance = NearestIndex.build([], []).nearest(10.0, 20.0, 3)
    assert index.shape == distance.shape == (0,)
    assert NearestIndex.build([], []).nearest([1.0, 2.0], [3.0, 4.0], 3)[0].shape == (2, 0)


def test_across_the_antimeridian() -> None:
    index, distance = NearestIndex.build([179.9, -179.9], [0.0, 0.0]).nearest(-179.99, 0.0, 2)
    assert index.tolist() == [1, 0]
    assert distance[1] == pytest.approx(12245.1, abs=0.5)


def test_what_is_no_point_is_refused() -> None:
    with pytest.raises(NotFinite) as caught:
        NearestIndex.build([0.0, np.nan], [0.0, 0.0])
    assert caught.value.where == {"index": 1}
    with pytest.raises(OutOfRange):
        NearestIndex.build([46.0], [131.0])
    with pytest.raises(OutOfRange):
        NearestIndex.build([1.0], [1.0]).nearest(0.0, 91.0)
    with pytest.raises(InvalidGeometry):
        NearestIndex.build([1.0], [1.0]).nearest(0.0, 0.0, 0)
