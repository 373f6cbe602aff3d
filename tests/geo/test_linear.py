"""Measures, feet, cuts and stretches of lines."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from geo.crs import GEOD
from geo.errors import InvalidGeometry, NotFinite, OutOfRange
from geo.linear import MeasuredLine

BORDERS = Path(__file__).parents[2].parent / "shared" / "data" / "border_lines.geojson"

WALK = st.lists(
    st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)), min_size=2, max_size=12, unique=True
).map(lambda steps: np.cumsum(np.array(steps), axis=0) + np.array([115.0, 47.0]))


def has_length(lonlat: np.ndarray) -> bool:
    return bool((np.abs(np.diff(lonlat, axis=0)).max(axis=1) > 1e-5).all())


@settings(max_examples=60, deadline=None)
@given(WALK.filter(has_length))
def test_vertices_are_exact(lonlat: np.ndarray) -> None:
    line = MeasuredLine.from_lonlat(lonlat)
    expected = np.concatenate([[0.0], np.cumsum(GEOD.inv(*lonlat[:-1].T, *lonlat[1:].T)[2])])
    assert np.array_equal(line.measures, expected)
    assert np.array_equal(line.interpolate(line.measures), line.lonlat)
    located = line.locate(lonlat[:, 0], lonlat[:, 1])
    assert located.distance_m.max() < 1e-6
    # a vertex that the line passes twice answers its first pass; the others answer their own measure
    assert (located.measure_m <= line.measures).all()


@settings(max_examples=60, deadline=None)
@given(WALK.filter(has_length), st.floats(0, 1))
def test_places_come_back_at_their_measure(lonlat: np.ndarray, fraction: float) -> None:
    line = MeasuredLine.from_lonlat(lonlat)
    measure = fraction * line.length_m
    lon, lat = line.interpolate(measure)
    answers = line.locate_all(lon, lat, 1.0)
    assert min(abs(answer.measure_m - measure) for answer in answers) < 0.05
    assert line.locate(lon, lat).distance_m < 0.05


@settings(max_examples=60, deadline=None)
@given(WALK.filter(has_length), st.floats(0, 1), st.floats(0, 1))
def test_cuts_are_as_long_as_their_measures_say(lonlat: np.ndarray, a: float, b: float) -> None:
    line = MeasuredLine.from_lonlat(lonlat)
    low, high = sorted((a * line.length_m, b * line.length_m))
    part = line.cut(low, high)
    length = GEOD.line_length(part[:, 0], part[:, 1])
    assert length == pytest.approx(high - low, rel=1e-4, abs=0.01)
    assert np.array_equal(line.cut(high, low), part[::-1])


def test_a_long_edge_is_measured_right_in_its_middle() -> None:
    line = MeasuredLine.from_lonlat([(115.0, 47.0), (115.4, 47.4)])
    halves = [line.cut(0, line.length_m / 2), line.cut(line.length_m / 2, line.length_m)]
    for half in halves:
        assert GEOD.line_length(*half.T) == pytest.approx(line.length_m / 2, rel=1e-5)


def test_left_is_positive_and_distance_is_geodesic() -> None:
    east = MeasuredLine.from_lonlat([(115.0, 47.0), (115.01, 47.0), (115.02, 47.0)])
    north = east.locate(115.005, 47.001)
    south = east.locate(115.005, 46.999)
    assert north.offset_m == pytest.approx(111.17, abs=0.05)
    assert south.offset_m == pytest.approx(-111.17, abs=0.05)
    assert north.distance_m == north.offset_m
    far = east.locate(115.005, 47.5)
    assert far.distance_m == pytest.approx(GEOD.inv(115.005, 47.5, *east.interpolate(far.measure_m))[2])


def test_outside_a_sharp_corner_the_side_is_the_corners() -> None:
    # north, then back to the south-east: the outside of the turn is left all round the tip
    line = MeasuredLine.from_lonlat([(115.0, 47.0), (115.0, 47.01), (115.001, 47.0)])
    for lon, lat in [(114.9995, 47.0105), (115.0, 47.011), (115.0005, 47.0105)]:
        assert line.locate(lon, lat).offset_m > 0


def test_both_ends_of_a_loop_can_be_reached() -> None:
    loop = MeasuredLine.from_lonlat(
        [(115.0, 47.0), (115.01, 47.0), (115.01, 47.01), (115.0, 47.01), (115.0, 47.0)]
    )
    assert loop.closed
    assert loop.locate(115.0, 47.0).measure_m == 0.0
    both = loop.locate_all(115.0, 47.0, 5.0)
    assert [answer.measure_m for answer in both] == [0.0, loop.length_m]
    assert loop.locate(115.0, 47.0000001).measure_m > loop.length_m - 1


def test_both_limbs_of_a_hairpin_answer() -> None:
    line = MeasuredLine.from_lonlat([(115.0, 47.0), (115.01, 47.0), (115.01, 47.0002), (115.0, 47.0002)])
    assert len(line.locate_all(115.005, 47.0001, 30.0)) == 2
    assert len(line.locate_all(115.005, 47.0001, 5.0)) == 0


@given(st.floats(1e3, 3e5))
def test_no_stretch_is_shorter_than_half(length: float) -> None:
    line = MeasuredLine.from_lonlat([(115.0, 47.0), (115.0, 47.0 + length / 111_200)])
    stretches = line.stretches(25_000.0)
    assert stretches[0][0] == 0.0
    assert stretches[-1][1] == line.length_m
    assert all(a[1] == b[0] for a, b in pairwise(stretches))
    if len(stretches) > 1:
        sizes = [b - a for a, b in stretches]
        assert min(sizes) >= 12_500 - 1e-6
        assert max(sizes) <= 25_001


def test_repeated_vertices_are_dropped() -> None:
    line = MeasuredLine.from_lonlat([(115.0, 47.0), (115.0, 47.0), (115.1, 47.0), (115.1, 47.0)])
    assert len(line.lonlat) == 2


@pytest.mark.parametrize(
    ("lonlat", "error"),
    [
        ([(115.0, 47.0), (float("nan"), 47.0)], NotFinite),
        ([(47.0, 115.0), (47.1, 115.0)], OutOfRange),
        ([(115.0, 47.0), (115.0, 47.0)], InvalidGeometry),
        ([115.0, 47.0], InvalidGeometry),
    ],
)
def test_a_line_without_meaning_is_refused(lonlat: list[object], error: type[Exception]) -> None:
    with pytest.raises(error):
        MeasuredLine.from_lonlat(lonlat)  # type: ignore[arg-type]


@pytest.mark.skipif(not BORDERS.exists(), reason="the shared data folder is not here")
def test_real_borders_agree_with_the_geodesic() -> None:
    for feature in json.loads(BORDERS.read_text())["features"]:
        line = MeasuredLine.from_lonlat(feature["geometry"]["coordinates"])
        assert line.length_m == pytest.approx(GEOD.geometry_length(LineString(line.lonlat)), rel=1e-9)
        for low, high in line.stretches(25_000.0):
            assert GEOD.line_length(*line.cut(low, high).T) == pytest.approx(high - low, rel=1e-4)
