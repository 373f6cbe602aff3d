from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from layers.errors import InvalidAttribute, InvalidBox
from layers.geometry import (
    SRID,
    Box,
    as_multi,
    from_shape,
    from_wkbs,
    off_lattice,
    period,
    to_ewkbs,
    to_shape,
)

LON = st.integers(-1_800_000_000, 1_800_000_000).map(lambda count: count / 1e7)
LAT = st.integers(-900_000_000, 900_000_000).map(lambda count: count / 1e7)
LINES = st.lists(st.tuples(LON, LAT), min_size=2, max_size=20).map(shapely.LineString)


@given(LINES)
def test_wkb_keeps_every_coordinate_bit_for_bit(line: shapely.LineString) -> None:
    element = from_shape(line)
    back = to_shape(element)
    assert back is not None
    assert (shapely.get_coordinates(back) == shapely.get_coordinates(line)).all()
    assert shapely.get_srid(from_wkbs(list(to_ewkbs([line, None])))[0]) == SRID


def test_postgis_keeps_every_coordinate_bit_for_bit(session: Session) -> None:
    rng = np.random.default_rng(1)
    points = np.column_stack(
        (rng.integers(-(18 * 10**8), 18 * 10**8, 2000), rng.integers(-(9 * 10**8), 9 * 10**8, 2000))
    )
    line = shapely.LineString(points / 1e7)
    back = to_shape(session.execute(select(func.ST_GeomFromEWKB(to_ewkbs([line])[0]))).scalar_one())
    assert back is not None
    assert (np.rint(shapely.get_coordinates(back) * 1e7) == points).all()
    assert (shapely.get_coordinates(back) == points / 1e7).all()


def test_none_stays_none() -> None:
    assert from_shape(None) is None
    assert to_shape(None) is None


def test_areas_become_multipolygons_and_others_are_refused_by_row() -> None:
    box = shapely.box(0, 0, 1, 1)
    both = as_multi([box, shapely.MultiPolygon([box])])
    assert [one.geom_type for one in both] == ["MultiPolygon"] * 2
    assert both[0].equals(both[1])
    with pytest.raises(InvalidAttribute, match="not a Point") as refusal:
        as_multi([box, shapely.Point(0, 0)])
    assert refusal.value.where == {"row": 1}
    with pytest.raises(InvalidAttribute):
        as_multi([None])


def test_off_lattice_names_the_rows() -> None:
    shapes = np.array([shapely.Point(0.1234567, 1), shapely.Point(0.12345678, 1)], dtype=object)
    assert off_lattice(shapes).tolist() == [1]


@pytest.mark.parametrize(
    "values",
    [(float("nan"), 0, 1, 1), (0, 2, 1, 1), (0, -91, 1, 1), (-181, 0, 1, 1), (0, 0, float("inf"), 1)],
)
def test_impossible_boxes_are_refused(values: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidBox, match="west, south, east, north"):
        Box(*values)


def test_a_box_over_the_antimeridian_has_two_parts() -> None:
    assert Box(170, -10, -170, 10).parts() == ((170, -10, 180.0, 10), (-180.0, -10, -170, 10))
    assert Box(1, 2, 3, 4).parts() == ((1, 2, 3, 4),)


def test_periods_are_half_open_and_hold_a_day() -> None:
    assert date(2025, 1, 31) in period(date(2025, 1, 1), date(2025, 2, 1))
    assert date(2025, 2, 1) not in period(date(2025, 1, 1), date(2025, 2, 1))
    with pytest.raises(InvalidAttribute, match="holds no day"):
        period(date(2025, 1, 1), date(2025, 1, 1))
