"""Made-up detail: vertices stay, nothing crosses, and a track beside a line keeps its side and distance."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidGeometry
from geo.lattice import on_lattice
from geo.linear import MeasuredLine
from geo.synthetic.line import beside, wiggled

COARSE = np.array([(118.0, 46.3), (118.05, 46.32), (118.11, 46.31), (118.16, 46.36), (118.23, 46.35)])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), roughness=st.floats(0.0, 0.25))
def test_detail_keeps_the_vertices_and_never_crosses(seed: int, roughness: float) -> None:
    fine = wiggled(COARSE, 100.0, roughness, np.random.default_rng(seed))
    assert on_lattice(fine)
    assert shapely.LineString(fine).is_simple
    assert {tuple(vertex) for vertex in COARSE.tolist()} <= {tuple(vertex) for vertex in fine.tolist()}
    line = MeasuredLine.from_lonlat(fine)
    assert np.diff(line.measures).max() < 101.0


def test_a_rougher_line_is_longer() -> None:
    lengths = [
        MeasuredLine.from_lonlat(wiggled(COARSE, 100.0, rough, np.random.default_rng(1))).length_m
        for rough in (0.0, 0.05, 0.12)
    ]
    assert lengths == sorted(lengths)


def test_a_line_that_crosses_itself_is_refused() -> None:
    crossing = np.array([(118.0, 46.0), (118.2, 46.2), (118.2, 46.0), (118.0, 46.2)])
    with pytest.raises(InvalidGeometry, match="crosses itself"):
        wiggled(crossing, 500.0, 0.05, np.random.default_rng(1))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_a_track_keeps_to_the_right_of_its_line(seed: int) -> None:
    fine = wiggled(COARSE, 80.0, 0.06, np.random.default_rng(seed))
    track = beside(fine, 30.0, 80.0, 25.0, np.random.default_rng(seed))
    offset = MeasuredLine.from_lonlat(fine).locate(track[5:-5, 0], track[5:-5, 1]).offset_m
    assert (offset < -25.0).all()
    assert np.percentile(-offset, 90) < 90.0
    assert shapely.LineString(track).is_simple
