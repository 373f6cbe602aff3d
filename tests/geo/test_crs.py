"""One storage system, axes always lon first, measures on the ellipsoid."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from geo.crs import (
    GEOD,
    STORAGE_CRS,
    STORAGE_SRID,
    UnknownCrs,
    distance_m,
    geodesic_area,
    geodesic_length,
    metric_crs,
    reproject,
    transformer,
)


def test_storage_system_is_cgcs2000() -> None:
    ellipsoid = CRS.from_epsg(STORAGE_SRID).ellipsoid
    assert ellipsoid is not None
    assert STORAGE_CRS.endswith(f":{STORAGE_SRID}")
    assert (GEOD.a, round(1 / GEOD.f, 6)) == (
        ellipsoid.semi_major_metre,
        round(ellipsoid.inverse_flattening, 6),
    )


def test_longitude_comes_first_in_every_system() -> None:
    easting, northing = transformer(STORAGE_CRS, "EPSG:4547").transform(114.0, 30.0)
    assert easting == pytest.approx(500_000.0)
    assert 3_300_000 < northing < 3_340_000
    back = reproject(shapely.Point(easting, northing), "EPSG:4547")
    assert (back.x, back.y) == pytest.approx((114.0, 30.0))


def test_unknown_crs_is_refused_with_examples() -> None:
    with pytest.raises(UnknownCrs, match="EPSG:4490"):
        transformer("EPSG:999999", STORAGE_CRS)


@given(st.floats(73.5, 136.4), st.floats(3.0, 54.0))
def test_metric_crs_is_the_zone_of_the_nearest_meridian_in_china(lon: float, lat: float) -> None:
    crs = metric_crs(lon, lat)
    meridian = 75 + 3 * ((crs.to_epsg() or 0) - 4534)
    assert abs(lon - meridian) <= 1.5
    assert f"{meridian}E" in crs.name


@given(st.floats(-179, 179), st.floats(-80, 80))
def test_metric_crs_measures_true_nearby(lon: float, lat: float) -> None:
    change = Transformer.from_crs(STORAGE_CRS, metric_crs(lon, lat), always_xy=True)
    (x0, x1), (y0, y1) = change.transform([lon, lon + 1e-3], [lat, lat + 1e-3])
    true = GEOD.inv(lon, lat, lon + 1e-3, lat + 1e-3)[2]
    assert np.hypot(x1 - x0, y1 - y0) == pytest.approx(true, rel=4e-4)


def test_lengths_and_areas_agree_with_the_ellipsoid() -> None:
    line = shapely.LineString([(100, 40), (101, 41), (102, 40)])
    assert geodesic_length(line) == pytest.approx(Geod(ellps="GRS80").geometry_length(line))
    assert geodesic_length(np.array([line, line]))[1] == geodesic_length(line)
    ring = shapely.Polygon([(0, 0), (0, 3), (3, 3), (3, 0)], holes=[[(1, 1), (2, 1), (2, 2), (1, 2)]])
    hole = shapely.Polygon(ring.interiors[0])
    whole = shapely.Polygon(ring.exterior)
    assert geodesic_area(ring) == pytest.approx(geodesic_area(whole) - geodesic_area(hole))
    assert geodesic_area(np.array([whole.reverse(), hole]))[0] == pytest.approx(geodesic_area(whole))
    assert geodesic_area(shapely.MultiPolygon([hole])) == pytest.approx(geodesic_area(hole))
    assert geodesic_area(shapely.Polygon()) == 0.0


@given(
    lon=st.floats(75, 135),
    lat=st.floats(5, 54),
    bends=st.lists(
        st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)), min_size=1, max_size=4, unique=True
    ),
)
def test_the_distance_to_a_line_is_that_to_the_nearest_of_its_places(
    lon: float, lat: float, bends: list[tuple[float, float]]
) -> None:
    places = [(lon + x, lat + y) for x, y in bends]
    shape = shapely.Point(places[0]) if len(places) == 1 else shapely.LineString(places)
    dense = shapely.get_coordinates(shapely.segmentize(shape, 2e-4))
    wanted = min(GEOD.inv(lon, lat, x, y)[2] for x, y in dense)
    assert distance_m(lon, lat, shape) == pytest.approx(wanted, rel=2e-3, abs=12.0)
