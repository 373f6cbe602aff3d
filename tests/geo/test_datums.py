import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import datums
from geo.crs import GEOD

lons = st.floats(73.0, 136.0)
lats = st.floats(3.0, 54.0)


def metres(a: object, b: object, c: object, d: object) -> float:
    return float(GEOD.inv(float(a), float(b), float(c), float(d))[2])  # type: ignore[arg-type]


@settings(deadline=None)
@given(lons, lats, st.sampled_from(datums.SHIFTED))
def test_the_inverse_reproduces_the_point(lon: float, lat: float, datum: str) -> None:
    x, y = datums.from_wgs84(lon, lat, datum)
    back = datums.to_wgs84(x, y, datum)
    assert metres(lon, lat, *back) <= 0.00012
    assert metres(x, y, *datums.from_wgs84(*back, datum)) <= 0.00012


@settings(deadline=None)
@given(lons, lats)
def test_the_shift_is_as_large_as_it_is_known_to_be(lon: float, lat: float) -> None:
    x, y = datums.from_wgs84(lon, lat, "gcj02")
    assert 15.0 < metres(lon, lat, x, y) < 720.0


@pytest.mark.parametrize(
    ("lon", "lat", "datum", "x", "y"),
    [
        # Values that the open implementations agree on, to their printed digits.
        (116.404, 39.915, "gcj02", 116.41024449916938, 39.91640428150164),
        (116.404, 39.915, "bd09", 116.41662724378733, 39.922699552216216),
    ],
)
def test_known_values(lon: float, lat: float, datum: str, x: float, y: float) -> None:
    assert np.allclose(datums.from_wgs84(lon, lat, datum), (x, y), rtol=0, atol=2e-9)


@pytest.mark.parametrize(("lon", "lat"), [(2.35, 48.85), (-97.0, 32.0), (140.0, 36.0), (0.0, 0.0)])
@pytest.mark.parametrize("datum", datums.DATUMS)
def test_nothing_moves_elsewhere(lon: float, lat: float, datum: str) -> None:
    assert tuple(map(float, datums.from_wgs84(lon, lat, datum))) == (lon, lat)
    assert tuple(map(float, datums.to_wgs84(lon, lat, datum))) == (lon, lat)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
def test_the_two_that_are_equal(datum: str) -> None:
    lon, lat = np.array([116.4, 131.0]), np.array([39.9, 46.0])
    for x, y in (datums.from_wgs84(lon, lat, datum), datums.to_wgs84(lon, lat, datum)):
        assert (x == lon).all()
        assert (y == lat).all()


def test_arrays_answer_like_single_points() -> None:
    lon, lat = np.linspace(73, 136, 50), np.linspace(3, 54, 50)
    x, y = datums.from_wgs84(lon, lat, "gcj02")
    for i in range(50):
        assert (float(x[i]), float(y[i])) == tuple(map(float, datums.from_wgs84(lon[i], lat[i], "gcj02")))
