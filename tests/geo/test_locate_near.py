"""Distances to units agree with a slow geodesic search over all edges."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.errors import NotFinite
from geo.locate import LocateIndex
from geo.synthetic import Counts, partition

ELLIPSOID = Geod(a=6378137.0, rf=298.257222101)
FRAME = shapely.Polygon(np.rint(np.array([(9, 46), (9.4, 45.95), (9.45, 46.3), (9.1, 46.35)]) * 1e7) / 1e7)
UNITS = partition(FRAME, Counts(1, 3, 40), seed=11).polygons
INDEX = LocateIndex.build(UNITS)


def slow_distances(units: npt.NDArray[Any], lon: float, lat: float) -> npt.NDArray[np.float64]:
    """Geodesic distance from a point to the boundary of every unit, by ternary search on every edge."""
    corners, unit = shapely.get_coordinates(units, return_index=True)
    same = unit[1:] == unit[:-1]
    a, b, unit = corners[:-1][same], corners[1:][same], unit[1:][same]

    def away(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        at = a + (b - a) * share[:, None]
        return np.asarray(ELLIPSOID.inv(np.full(len(a), lon), np.full(len(a), lat), at[:, 0], at[:, 1])[2])

    low, high = np.zeros(len(a)), np.ones(len(a))
    for _ in range(45):
        third = (high - low) / 3
        nearer_low = away(low + third) < away(high - third)
        high = np.where(nearer_low, high - third, high)
        low = np.where(nearer_low, low, low + third)
    distances = np.full(len(units), np.inf)
    np.minimum.at(distances, unit, np.minimum(away((low + high) / 2), np.minimum(away(low), away(high))))
    return distances


places = st.tuples(st.floats(8.98, 9.47), st.floats(45.93, 46.37))


@settings(max_examples=25, deadline=None)
@given(places, st.sampled_from([5.0, 50.0, 500.0, 3_000.0]))
def test_near_finds_the_units_within_a_radius_nearest_first(
    place: tuple[float, float], radius: float
) -> None:
    lon, lat = place
    slow = slow_distances(UNITS, lon, lat)
    owner = INDEX.locate_one(lon, lat)
    if owner >= 0:
        slow[owner] = 0.0
    found = INDEX.near(lon, lat, radius)
    assert (
        set(np.flatnonzero(slow <= radius - 0.01)) <= set(found) <= set(np.flatnonzero(slow <= radius + 0.01))
    )
    assert (np.diff(slow[found]) >= -0.01).all()
    assert len(set(found)) == len(found)
    if owner >= 0:
        assert found[0] == owner


@settings(max_examples=25, deadline=None)
@given(places)
def test_distance_to_the_nearest_edge(place: tuple[float, float]) -> None:
    slow = slow_distances(UNITS, *place)
    assert INDEX.distance_to_edge_m(*place) == pytest.approx(slow.min(), abs=0.01, rel=1e-6)
    nearest, metres = INDEX.nearest(*place)
    if INDEX.locate_one(*place) >= 0:
        assert (nearest, metres) == (INDEX.locate_one(*place), 0.0)
    else:
        assert metres == pytest.approx(slow.min(), abs=0.01, rel=1e-6)
        assert slow[nearest] == pytest.approx(slow.min(), abs=0.01, rel=1e-6)


@pytest.mark.parametrize(
    "place", [(0.0, 46.0), (9.2, -80.0), (-170.0, 10.0), (9.2, 89.9999999), (60.0, 46.2)]
)
def test_far_away_there_is_still_a_nearest_unit(place: tuple[float, float]) -> None:
    nearest, metres = INDEX.nearest(*place)
    slow = slow_distances(UNITS, *place)
    assert slow.min() * (1 - 1e-9) <= metres <= slow.min() * 1.05
    assert slow[nearest] <= slow.min() * 1.05


def test_equally_near_units_are_ordered_by_rank() -> None:
    boxes = [shapely.box(0, 0, 1, 1), shapely.box(0, 2, 1, 3), shapely.box(1, 0, 2, 1)]
    index = LocateIndex.build(boxes, ["c", "b", "a"])
    assert index.near(1.0, -0.001, 200.0).tolist() == [2, 0]
    assert index.nearest(1.0, -0.001)[0] == 2
    assert index.near(1.0, 0.0, 0.0).tolist() == [2, 0]
    assert index.distance_to_edge_m(1.0, 0.0) == 0.0


def test_dense_corners_and_bad_points() -> None:
    # A fan of 200 triangles round one point: more edges than the first buffer holds.
    angle = np.linspace(0, 2 * np.pi, 201)
    rim = np.rint(np.column_stack([np.cos(angle), np.sin(angle)]) * 1e5) / 1e7
    rim[-1] = rim[0]
    fan = [shapely.Polygon([(0, 0), rim[i], rim[i + 1]]) for i in range(200)]
    index = LocateIndex.build(fan)
    assert sorted(index.near(0.0, 0.0, 1.0)) == list(range(200))
    assert index.locate_one(0.0, 0.0) == 0
    with pytest.raises(NotFinite):
        index.near(np.nan, 0.0, 1.0)
    with pytest.raises(NotFinite):
        index.distance_to_edge_m(0.0, np.inf)
