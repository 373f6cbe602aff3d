"""Descriptions: walking the legs comes back to the start, and every neighbour is named once per run."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from geo.crs import GEOD, STORAGE_CRS, geodesic_area, metric_crs, reproject
from geo.describe import Mark, Marks, Walk, describe
from geo.describe import boundary as describing
from tests.geo.partitions import Made, make


def neighbours_of(made: Made, at: int) -> dict[str, Polygon]:
    return {f"G{k}": unit for k, unit in enumerate(made.units) if k != at}


def marks_around(rng: np.random.Generator, made: Made, count: int) -> Marks:
    west, south, east, north = made.frame.bounds
    return Marks.of(
        Mark(f"M{k}", f"Stone {k}", float(rng.uniform(west, east)), float(rng.uniform(south, north)))
        for k in range(count)
    )


def arrive(walk: Walk) -> tuple[float, float]:
    """Walk the legs as they are stated and return where one arrives."""
    lon, lat = walk.start
    for run in walk.runs:
        for leg in run.legs:
            lon, lat, _ = GEOD.fwd(lon, lat, leg.bearing_deg, leg.distance_m)
    return lon, lat


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 4))
def test_the_legs_close_keep_to_the_boundary_and_name_every_neighbour_once_per_run(
    seed: int, marks: int
) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, 5, 6)
    at = int(rng.integers(len(made.units)))
    area = made.units[at]
    found = describe(area, neighbours_of(made, at), marks_around(rng, made, marks))
    west, south, east, north = area.bounds
    crs = metric_crs((west + east) / 2, (south + north) / 2).to_string()
    drawn = []
    for walk in found.walks:
        lon, lat = arrive(walk)
        assert GEOD.inv(*walk.start, lon, lat)[2] <= walk.closing_m
        assert (walk.tie is None) == (marks == 0)
        names = [run.neighbour for run in walk.runs]
        turns = zip(names, names[1:] + names[:1], strict=True)
        assert len(names) == 1 or all(a != b for a, b in turns)
        assert walk.runs[-1].legs[-1].end == walk.start
        drawn.append([walk.start, *(leg.end for run in walk.runs for leg in run.legs)])
    true = reproject(area.boundary, STORAGE_CRS, crs)
    told = reproject(shapely.multilinestrings([shapely.linestrings(one) for one in drawn]), STORAGE_CRS, crs)
    vertices = shapely.points(shapely.get_coordinates(true))
    assert shapely.distance(vertices, told).max() <= found.tolerance_m + 0.01
    assert found.area_m2 == pytest.approx(geodesic_area(area))
    assert found.perimeter_m == pytest.approx(GEOD.geometry_length(area.boundary), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_who_is_named_along_a_run_is_who_shares_it_and_nobody_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, 4, 5)
    others = neighbours_of(made, 0)
    found = describe(made.units[0], others)
    shared = {code: made.units[0].boundary.intersection(area.boundary) for code, area in others.items()}
    for code, line in shared.items():
        told = sum(run.length_m for walk in found.walks for run in walk.runs if run.neighbour == code)
        assert told == pytest.approx(float(GEOD.geometry_length(line)), rel=1e-6, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_looking_near_first_finds_the_marks_that_looking_everywhere_finds(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, 5, 6)
    marks = marks_around(rng, made, count)
    found = describe(made.units[0], neighbours_of(made, 0), marks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(describing, "_LOOKED_FOR_M", (describing.TIED_WITHIN_M,))
        assert describe(made.units[0], neighbours_of(made, 0), marks) == found


@given(
    st.lists(st.tuples(st.floats(116.0, 118.0), st.floats(-89.0, 89.0)), max_size=8),
    st.tuples(st.floats(116.5, 117.5), st.floats(-88.5, 88.0)),
    st.floats(0, 40_000),
)
def test_no_mark_within_a_distance_of_a_box_is_missed(
    places: list[tuple[float, float]], corner: tuple[float, float], metres: float
) -> None:
    west, south = corner
    box = (west, south, west + 0.1, south + 0.1)
    marks = Marks.of(Mark(f"M{k}", "", lon, lat) for k, (lon, lat) in enumerate(places))
    found = set(marks.within(box, metres).tolist())
    for k, (lon, lat) in enumerate(places):
        beside = min(max(lon, box[0]), box[2]), min(max(lat, box[1]), box[3])
        if GEOD.inv(lon, lat, *beside)[2] <= metres:
            assert k in found


SIDE = 0.01
WEST, SOUTH = 116.3, 39.8


def square(column: float, row: float, size: float = 1.0) -> Polygon:
    west, south = round(WEST + column * SIDE, 7), round(SOUTH + row * SIDE, 7)
    return shapely.box(west, south, round(west + size * SIDE, 7), round(south + size * SIDE, 7))


def test_a_square_is_walked_clockwise_from_the_end_of_a_run_nearest_to_a_mark() -> None:
    # Only the ends of runs are asked for a start: here the two ends of the edge shared with B.
    stone = Mark("M1", "Stone", WEST + SIDE + 0.001, SOUTH + SIDE)
    (walk,) = describe(square(0, 0), {"B": square(1, 0)}, Marks.of([stone])).walks
    assert walk.start == (round(WEST + SIDE, 7), round(SOUTH + SIDE, 7))
    assert walk.tie is not None
    assert walk.tie.mark == stone
    assert walk.tie.bearing_deg == pytest.approx(270, abs=0.01)
    assert [run.neighbour for run in walk.runs] == ["B", None]
    assert [round(leg.bearing_deg) for run in walk.runs for leg in run.legs] == [180, 270, 0, 90]


def test_a_mark_beside_the_boundary_is_named_where_it_is_passed() -> None:
    post = Mark("M2", "Post", WEST + SIDE + 0.0001, SOUTH + SIDE / 2)
    far = Mark("M3", "Far", WEST + SIDE + 0.001, SOUTH + SIDE / 2)
    (walk,) = describe(square(0, 0), {"B": square(1, 0)}, Marks.of([post, far])).walks
    (passed,) = (one for run in walk.runs for one in run.passed)
    assert passed.mark == post
    assert passed.off_m == pytest.approx(8.6, abs=0.2)
    assert passed.along_m == pytest.approx(555, abs=2)


def test_holes_and_islands_are_walked_apart_and_a_tiny_one_stays_a_ring() -> None:
    tiny = square(0.5, 0.5, 0.0001)
    area = shapely.multipolygons([square(0, 0) - tiny, square(3, 0, 0.5)])
    found = describe(area, {"H": tiny})
    assert found.parts == 2
    assert [(walk.part, walk.hole) for walk in found.walks] == [(1, False), (1, True), (2, False)]
    hole = found.walks[1]
    assert [run.neighbour for run in hole.runs] == ["H"]
    assert len(hole.runs[0].legs) >= 3
    # With the unit on the right a hole is walked against the clock.
    assert [round(leg.bearing_deg / 90) % 4 for leg in found.walks[0].runs[0].legs] == [1, 2, 3, 0]
    turns = [round(leg.bearing_deg / 90) % 4 for leg in hole.runs[0].legs]
    assert all((b - a) % 4 == 3 for a, b in pairwise(turns))
