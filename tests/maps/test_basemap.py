"""The base map cut from the world atlas."""

import json

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from maps import basemap
from maps.errors import BadBounds

KYIV = (30.0, 50.0, 31.0, 51.0)


def cut(bounds: basemap.Bounds, home: tuple[float, float]) -> dict[str, shapely.Geometry]:
    features = json.loads(basemap.cut(bounds, home))["features"]
    return {one["properties"]["kind"]: shapely.geometry.shape(one["geometry"]) for one in features}


def test_border_lies_between_home_and_abroad() -> None:
    kinds = cut((116.0, 45.0, 121.0, 48.5), (118.5, 46.2))
    assert set(kinds) == {"home", "abroad", "frontier"}
    assert shapely.covers(kinds["home"], shapely.Point(118.5, 46.2))
    assert not shapely.covers(kinds["abroad"], shapely.Point(118.5, 46.2))
    frontier = kinds["frontier"]
    for side in ("home", "abroad"):
        assert shapely.distance(kinds[side], frontier) < 1e-3
    # Land-locked: home and abroad fill the box but for rounding.
    assert kinds["home"].area + kinds["abroad"].area == pytest.approx(5.0 * 3.5, rel=1e-3)


def test_inland_box_is_home_alone() -> None:
    assert set(cut(KYIV, (30.5, 50.5))) == {"home"}


def test_open_sea_is_empty() -> None:
    assert cut((-40.0, 30.0, -38.0, 32.0), (-39.0, 31.0)) == {}


@pytest.mark.parametrize(
    "bounds",
    [
        (0.0, 0.0, 0.0, 1.0),
        (10.0, 0.0, 5.0, 1.0),
        (0.0, 0.0, 90.0, 10.0),
        (-190.0, 0.0, -170.0, 10.0),
        (0.0, 80.0, 1.0, 91.0),
        (float("nan"), 0.0, 1.0, 1.0),
    ],
)
def test_impossible_box_is_refused(bounds: basemap.Bounds) -> None:
    with pytest.raises(BadBounds, match="degrees"):
        basemap.cut(bounds, (0.0, 0.0))


@given(st.floats(-179, 178), st.floats(-84, 83), st.floats(1e-6, 1.0), st.floats(1e-6, 1.0))
def test_surroundings_hold_the_district_and_can_be_cut(
    west: float, south: float, width: float, height: float
) -> None:
    bounds = (west, south, west + width, south + height)
    box = basemap.surroundings(bounds)
    assert box[0] <= bounds[0]
    assert box[1] <= bounds[1]
    assert box[2] >= bounds[2]
    assert box[3] >= bounds[3]
    assert box[2] - box[0] <= basemap.MAX_SPAN_DEG
    assert box[3] - box[1] <= basemap.MAX_SPAN_DEG
