"""Distances to units agree with a slow geodesic search over all edges."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.errors import NotFinite, OutOfRange
from geo.geocentric import geocentric_place
from geo.locate import PARALLEL_FROM, LocateIndex, TooManyEdges
from geo.locate.near_kernels import geodesic_metres
from geo.synthetic import Counts, partition
from tests.geo.partitions import make

ELLIPSOID = Geod(a=6378137.0, rf=298.257222101)
FRAME = shapely.Polygon(np.rint(np.array([(9, 46), (9.4, 45.95), (9.45, 46.3), (9.1, 46.35)]) * 1e7) / 1e7)
UNITS = partition(FRAME, Counts(1, 3, 40), seed=11).polygons
INDEX = LocateIndex.build(UNITS)


def slow_distances(units: npt.NDArray[Any], lon: float, lat: float) -> npt.NDArray[np.float64]:
    """Geodesic distance from a point to the boundary of every unit, by ternary search on every edge."""
    parts, unit_of_part = shapely.get_parts(units, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    a, b, unit = corners[:-1][same], corners[1:][same], unit_of_part[part_of_ring][ring[1:][same]]

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
def test_beside_finds_the_units_with_an_edge_within_a_radius_nearest_first(
    place: tuple[float, float], radius: float
) -> None:
    lon, lat = place
    slow = slow_distances(UNITS, lon, lat)
    found = INDEX.beside(lon, lat, radius)
    assert (
        set(np.flatnonzero(slow <= radius - 0.01)) <= set(found) <= set(np.flatnonzero(slow <= radius + 0.01))
    )
    assert (np.diff(slow[found]) >= -0.01).all()
    assert len(set(found)) == len(found)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 9),
    st.sampled_from([4_000, 40_000]),
    st.sampled_from([0.0, 0.3, 5.0, 15.0, 80.0]),
)
def test_many_points_get_what_each_gets_alone(seed: int, side: int, step: int, radius: float) -> None:
    """On vertices, on edges, a few steps off them, anywhere and outside."""
    rng = np.random.default_rng(seed)
    units = make(rng, side, 6, step=step).units
    index = LocateIndex.build(units, rng.permutation(len(units)))
    corners = shapely.get_coordinates(units)
    a, b = corners[:-1][rng.integers(0, len(corners) - 1, 30)], corners[rng.integers(0, len(corners), 30)]
    low, high = corners.min(axis=0) - 1e-3, corners.max(axis=0) + 1e-3
    places = np.concatenate(
        [corners[:40], (a + b) / 2, a + rng.normal(0.0, 1e-4, a.shape), rng.uniform(low, high, (60, 2))]
    )
    radii = radius * rng.choice([1.0, 1.0, 2.5, -1.0], len(places))
    many = index.beside_many(places[:, 0], places[:, 1], radii)
    for i, (lon, lat) in enumerate(places.tolist()):
        alone = index.beside(lon, lat, float(radii[i]))
        assert many.units[many.starts[i] : many.starts[i + 1]].tolist() == alone
        if i % 25 == 0:
            slow = slow_distances(units, lon, lat)
            assert set(np.flatnonzero(slow <= radii[i] - 1e-3)) <= set(alone)
            assert set(alone) <= set(np.flatnonzero(slow <= radii[i] + 1e-3))
    assert many.starts[-1] == len(many.units)


def test_more_points_than_one_core_takes_are_in_order() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(9.0, 9.45, PARALLEL_FROM + 1_001), rng.uniform(45.95, 46.35, PARALLEL_FROM + 1_001)
    many = INDEX.beside_many(lon, lat, 40.0)
    assert len(many.starts) == len(lon) + 1
    near = np.flatnonzero(np.diff(many.starts))
    assert len(near) > 500
    for i in [*near[::50].tolist(), *rng.integers(0, len(lon), 500).tolist()]:
        assert many.units[many.starts[i] : many.starts[i + 1]].tolist() == INDEX.beside(lon[i], lat[i], 40.0)


@given(st.floats(-179.0, 179.0), st.floats(-85.0, 85.0), st.floats(0.0, 360.0), st.floats(0.0, 10_000.0))
def test_distances_are_geodesic(lon: float, lat: float, azimuth: float, metres: float) -> None:
    x, y, _ = ELLIPSOID.fwd(lon, lat, azimuth, metres)
    assert geodesic_metres(geocentric_place(lon, lat), x, y) == pytest.approx(metres, abs=1e-4)


@pytest.mark.parametrize("lat", [0.0, 46.0, 70.0, 84.0])
def test_a_wide_radius_misses_nothing_on_the_slope_of_the_scale(lat: float) -> None:
    """Ten kilometres off, the scale of the point's latitude no longer fits."""
    angle = np.arange(0.0, 360.0, 10.0)
    x, y, _ = ELLIPSOID.fwd(np.zeros(36), np.full(36, lat), angle, np.full(36, 9_990.0))
    boxes = [shapely.box(e - 1e-5, n - 1e-5, e + 1e-5, n + 1e-5) for e, n in zip(x, y, strict=True)]
    assert sorted(LocateIndex.build(boxes).beside(0.0, lat, 10_000.0)) == list(range(36))


@settings(max_examples=25, deadline=None)
@given(places)
def test_distance_to_the_nearest_unit(place: tuple[float, float]) -> None:
    slow = slow_distances(UNITS, *place)
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
    assert index.beside(1.0, -0.001, 200.0) == [2, 0]
    assert index.nearest(1.0, -0.001)[0] == 2
    assert index.beside(1.0, 0.0, 0.0) == [2, 0]
    assert index.beside(1.0, 0.0, -1.0) == []


def test_dense_corners_and_bad_points() -> None:
    # A fan of 200 triangles round one point: more edges than the first buffer holds.
    angle = np.linspace(0, 2 * np.pi, 201)
    rim = np.rint(np.column_stack([np.cos(angle), np.sin(angle)]) * 1e5) / 1e7
    rim[-1] = rim[0]
    fan = [shapely.Polygon([(0, 0), rim[i], rim[i + 1]]) for i in range(200)]
    index = LocateIndex.build(fan)
    assert sorted(index.beside(0.0, 0.0, 1.0)) == list(range(200))
    assert index.locate_one(0.0, 0.0) == 0
    with pytest.raises(NotFinite):
        index.beside(np.nan, 0.0, 1.0)
    with pytest.raises(OutOfRange):
        index.beside_many([0.0, 0.0], [0.0, 91.0], 1.0)
    with pytest.raises(NotFinite):
        index.nearest(0.0, np.inf)
    with pytest.raises(TooManyEdges, match="More than 300 edges"):
        index.beside_many([0.0, 0.0], [0.0, 0.0], 1.0, most=300)
