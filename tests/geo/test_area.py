"""How much ground was in sight: cells near a way, their areas, units, and what covers the ground."""

import itertools
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import geodesic_area
from geo.locate import LocateIndex
from geo.track import CleanTrack, Fixes, clean
from geo.visits import Cells, Cover, CoverIndex, Ground, areas_in, sight_along, watched
from geo.visits.area import cell_area
from geo.visits.area_kernels import CELL_DEG, within_sight
from tests.fixtures.walks import EAST, LAT, LON, NORTH, START, places, record

NOON = START - 12 * 3_600.0 + 1_200.0
CORNERS = st.lists(
    st.tuples(st.floats(-150.0, 150.0), st.floats(-150.0, 150.0)), min_size=1, max_size=5, unique=True
)


def box(west: float, south: float, east: float, north: float) -> Any:
    return shapely.box(*places(west, south), *places(east, north))


def looked(track: CleanTrack, ground: Any = Ground.OPEN, bounds: tuple[float, ...] = ()) -> list[Cells]:
    return list(watched(track, sight_along(track, track.way(), ground), bounds).cells)


def walk(x0: float, x1: float, y: float = 0.0, start: float = NOON) -> Fixes:
    return record(np.linspace(x0, x1, int(abs(x1 - x0) / 1.3) + 2), y, start=start)


@pytest.mark.parametrize(("ground", "sight"), [(Ground.OPEN, 100), (Ground.SCRUB, 50), (Ground.FOREST, 25)])
def test_a_walk_sees_both_sides_as_far_as_the_ground_lets_it(ground: Ground, sight: float) -> None:
    way = record(np.linspace(0.0, 1_800.0, 2_400), np.linspace(0.0, 2_400.0, 2_400), start=NOON)
    found = Cells.join(looked(clean(way), ground))
    assert found.square_metres == pytest.approx(2 * sight * 3_000 + np.pi * sight**2, rel=0.02)


def test_out_and_back_is_seen_once() -> None:
    there = walk(0.0, 1_000.0)
    back = walk(1_000.0, 0.0, start=NOON + 2_000.0)
    once, twice = (Cells.join(looked(clean(one))) for one in (there, Fixes.join([there, back])))
    assert twice.square_metres == pytest.approx(once.square_metres, rel=0.02)


def test_a_zone_of_the_ellipsoid_is_its_cells() -> None:
    """Source of the comparison: the geodesic area of the same square, its sides along parallels cut small."""
    ring = shapely.segmentize(shapely.box(115.0, 47.0, 115.01, 47.01), 1e-4)
    assert float(100 * cell_area(470_000 + np.arange(100)).sum()) == pytest.approx(
        float(geodesic_area(ring)), rel=1e-6
    )


@settings(max_examples=60, deadline=None)
@given(CORNERS, st.sampled_from([20.0, 50.0, 100.0]))
def test_cells_are_those_whose_middle_is_near_the_way(
    corners: list[tuple[float, float]], radius: float
) -> None:
    """Held against distances in a plane, but for cells whose middle is as far as the sight to a decimetre."""
    lon, lat = places(*np.array(corners).T).T
    steps = len(corners)
    runs = within_sight(
        lon, lat, np.zeros(steps, np.int32), np.full(steps, radius), np.zeros(steps, np.int64)
    )
    found = Cells.of(runs[:, 1], runs[:, 2], runs[:, 3] - runs[:, 2] + 1)
    mine = {
        (int(row), int(column))
        for row, first, count in zip(found.row, found.first, found.count, strict=True)
        for column in range(first, first + count)
    }
    rows = np.arange(int((LAT - 0.004) / CELL_DEG), int((LAT + 0.004) / CELL_DEG))
    columns = np.arange(int((LON - 0.005) / CELL_DEG), int((LON + 0.005) / CELL_DEG))
    row, column = (each.ravel() for each in np.meshgrid(rows, columns))
    middles = shapely.points(((column + 0.5) * CELL_DEG - LON) * EAST, ((row + 0.5) * CELL_DEG - LAT) * NORTH)
    way = shapely.LineString(corners) if steps > 1 else shapely.Point(corners[0])
    apart = shapely.distance(way, middles)
    every = set(zip(row.tolist(), column.tolist(), strict=True))
    surely = set(zip(row[apart < radius - 0.1].tolist(), column[apart < radius - 0.1].tolist(), strict=True))
    never = set(zip(row[apart > radius + 0.1].tolist(), column[apart > radius + 0.1].tolist(), strict=True))
    assert surely <= mine <= every - never


RUNS = st.lists(
    st.tuples(st.integers(469_990, 470_010), st.integers(1_149_950, 1_150_050), st.integers(1, 40)),
    max_size=12,
)


def cells_of(runs: list[tuple[int, int, int]]) -> Cells:
    return Cells.of(*np.array(runs, dtype=np.int64).reshape(-1, 3).T)


@settings(max_examples=60, deadline=None)
@given(RUNS, RUNS, st.randoms(use_true_random=False))
def test_a_union_of_cells_is_that_of_sets(
    one: list[tuple[int, int, int]], other: list[tuple[int, int, int]], random: Any
) -> None:
    """However runs overlap, come twice or in another order; more of them never are less ground."""
    both = Cells.join([cells_of(one), cells_of(other)])
    expected = {(row, first + k) for row, first, count in [*one, *other] for k in range(count)}
    assert len(both) == len(expected)
    mixed = [*other, *one, *one]
    random.shuffle(mixed)
    again = cells_of(mixed)
    for name in Cells.__slots__:
        assert np.array_equal(getattr(both, name), getattr(again, name))
    assert both.square_metres >= cells_of(one).square_metres - 1e-6


UNITS = [box(x, y, x + 80.0, y + 80.0) for x, y in itertools.product((-160, -80, 0, 80), repeat=2)]


@settings(max_examples=30, deadline=None)
@given(CORNERS, st.lists(st.floats(0.0, 1.0), max_size=3), st.booleans())
def test_units_and_outside_add_up_and_a_period_is_the_union_of_its_parts(
    corners: list[tuple[float, float]], shares: list[float], closed: bool
) -> None:
    corners = [*corners, (0.0, 0.0)]
    parts = [
        record(np.linspace(x0, x1, 60), np.linspace(y0, y1, 60), interval=7.0, start=NOON + 420.0 * k)
        for k, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise([*corners, (10.0, 10.0)]))
    ]
    track = clean(Fixes.join(parts))
    first, last = float(track.fixes.t.min()), float(track.fixes.t.max())
    whole = Cells.join(looked(track))
    split = Cells.join(looked(track, bounds=tuple(sorted(first + s * (last - first) for s in shares))))
    for name in Cells.__slots__:
        assert np.array_equal(getattr(whole, name), getattr(split, name))
    units = LocateIndex.build(UNITS)
    lake = CoverIndex.build([box(-50.0, -50.0, 50.0, 50.0)], [Cover.WATER])
    inside, outside = areas_in(whole, units, lake.closed if closed else None)
    rest = 0.0 if not closed else areas_in(whole, LocateIndex.build([box(-50.0, -50.0, 50.0, 50.0)]))[0].sum()
    assert float(inside.sum()) + outside + rest == pytest.approx(whole.square_metres, abs=1e-3)
    assert (inside <= geodesic_area(np.array(UNITS)) * 1.35).all()


def test_the_smallest_cover_tells_and_where_there_is_none_it_is_open() -> None:
    forest, clearing, lake = (
        box(-100.0, -100.0, 100.0, 100.0),
        box(-20.0, -20.0, 20.0, 20.0),
        box(60.0, 60.0, 90.0, 90.0),
    )
    cover = CoverIndex.build([forest, clearing, lake], [Cover.FOREST, Cover.SCRUB, Cover.WATER])
    lon, lat = places([0.0, 50.0, 75.0, 300.0], [0.0, 0.0, 75.0, 0.0]).T
    assert cover.at(lon, lat).tolist() == [Cover.SCRUB, Cover.FOREST, Cover.WATER, Cover.OPEN]
    assert cover.ground(lon, lat).tolist() == [Ground.SCRUB, Ground.FOREST, Ground.OPEN, Ground.OPEN]
    assert cover.closed(lon, lat).tolist() == [False, False, True, False]
    assert CoverIndex.build([], []).at(lon, lat).tolist() == [Cover.OPEN] * 4


def test_each_step_sees_by_its_own_ground() -> None:
    """Of two kilometres the second lies in a forest: 200 m wide, then 50 m."""
    track = clean(walk(0.0, 2_000.0))
    way = track.way()
    cover = CoverIndex.build([box(1_000.0, -500.0, 2_500.0, 500.0)], [Cover.FOREST])
    found = Cells.join(looked(track, cover.ground(way.lon, way.lat)))
    assert found.square_metres == pytest.approx(200.0 * 1_000.0 + 50.0 * 1_000.0, rel=0.1)


def test_nothing_is_seen_of_no_fixes_and_from_where_nothing_counts() -> None:
    assert looked(clean(Fixes.of([], [], []))) == []
    assert len(Cells.join([])) == 0
    track = clean(walk(0.0, 200.0))
    way = track.way()
    nowhere = sight_along(track, way, here=np.zeros(len(way), bool))
    assert watched(track, nowhere, ()).cells == ()


def test_over_the_antimeridian_nothing_is_seen_round_the_globe() -> None:
    lon = np.concatenate([np.linspace(179.999, 179.9999, 30), np.linspace(-179.9999, -179.999, 30)])
    track = clean(Fixes.of(NOON - 115 / 15 * 3_600 + 5.0 * np.arange(60.0), lon, 10.0, accuracy_m=5.0))
    found = Cells.join(looked(track))
    assert 0.0 < found.square_metres < 300_000.0
    units = LocateIndex.build([shapely.box(179.9, 9.9, 180.0, 10.1), shapely.box(-180.0, 9.9, -179.9, 10.1)])
    inside, outside = areas_in(found, units)
    assert (inside > 0.0).all()
    assert outside == pytest.approx(0.0, abs=1e-6)
