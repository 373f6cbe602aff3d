"""The lattice keeps every count exactly and names what it cannot hold."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import NotFinite, OutOfRange
from geo.lattice import LAT_LIMIT, LON_LIMIT, on_lattice, quantise, to_lattice, to_lonlat

counts = st.tuples(st.integers(-LON_LIMIT, LON_LIMIT), st.integers(-LAT_LIMIT, LAT_LIMIT))


@given(st.lists(counts, min_size=1, max_size=50))
def test_degrees_and_counts_are_one_to_one(pairs: list[tuple[int, int]]) -> None:
    lattice = np.array(pairs, dtype=np.int64)
    degrees = to_lonlat(lattice)
    assert (to_lattice(degrees) == lattice).all()
    assert on_lattice(degrees)
    assert degrees[0, 0] == pairs[0][0] / 1e7


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_rounding_moves_at_most_half_a_step(lon: float, lat: float) -> None:
    shift = np.abs(to_lonlat(to_lattice([(lon, lat)])) - (lon, lat))
    assert (shift <= 0.5e-7 + 1e-13).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_coordinate_that_is_no_number_is_named(bad: float) -> None:
    with pytest.raises(NotFinite) as refusal:
        to_lattice([(1, 2), (bad, 0)])
    assert refusal.value.where["row"] == 1
    with np.errstate(invalid="ignore"), pytest.raises(NotFinite):
        quantise(shapely.from_wkt(f"LINESTRING (0 0, 1 {bad})"))


def test_a_coordinate_off_the_globe_is_named() -> None:
    with pytest.raises(OutOfRange, match="longitude first"):
        to_lattice([(39.0, 116.0)])


def test_quantise_drops_z_and_repeats_and_keeps_orientation() -> None:
    clockwise = shapely.from_wkt("POLYGON Z ((0 0 1, 0 1 1, 0 1.00000001 9, 1 1 1, 1 0 1, 0 0 1))")
    assert quantise(clockwise).wkt == "POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))"


def test_quantise_keeps_what_collapses_for_the_proof_to_name() -> None:
    tiny = shapely.from_wkt("POLYGON ((0 0, 0.00000001 0, 0 0.00000001, 0 0))")
    line = shapely.from_wkt("LINESTRING (0 0, 0 1, 0 1.00000001)")
    rounded = quantise(np.array([tiny, None, shapely.from_wkt("POLYGON EMPTY"), line], dtype=object))
    assert rounded[0].geom_type == "Polygon"
    assert not rounded[0].is_valid
    assert rounded[1] is None
    assert rounded[2].is_empty
    assert rounded[3].wkt == "LINESTRING (0 0, 0 1)"
