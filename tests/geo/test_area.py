"""How much ground was in sight: cells near a way, their areas, units, and what covers the ground."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import geodesic_area
from geo.linear import MeasuredLine
from geo.locate import LocateIndex
from geo.track import CleanTrack, Fixes, clean
from geo.visits import Cells, Cover, CoverIndex, Ground, areas_in, barrier_index, sight_along, watched
from geo.visits.area import cell_area
from geo.visits.area_kernels import CELL_DEG, within_sight
from tests.fixtures.walks import EAST, LAT, LON, NORTH, START, line, places, record

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


def in_sight(lon: Any, lat: Any, radius: Any, walls: Sequence[MeasuredLine] = ()) -> set[tuple[int, int]]:
    """Return rows and columns of the cells in sight of a way through places."""
    index = barrier_index(walls)
    wall = (index.lonlat, index.keys, index.spans, index.edges, index.cell)
    runs = within_sight(lon, lat, np.zeros(len(lon), np.int32), radius, np.zeros(len(lon), np.int64), wall)
    return pairs_of(Cells.of(runs[:, 1], runs[:, 2], runs[:, 3] - runs[:, 2] + 1))


def pairs_of(found: Cells) -> set[tuple[int, int]]:
    return {
        (int(row), int(column))
        for row, first, count in zip(found.row, found.first, found.count, strict=True)
        for column in range(first, first + count)
    }


def lattice() -> tuple[Any, Any, Any]:
    """Return rows, columns and middles, in metres, of the cells round the middle of all walks."""
    rows = np.arange(int((LAT - 0.004) / CELL_DEG), int((LAT + 0.004) / CELL_DEG))
    columns = np.arange(int((LON - 0.005) / CELL_DEG), int((LON + 0.005) / CELL_DEG))
    row, column = (each.ravel() for each in np.meshgrid(rows, columns))
    x, y = ((column + 0.5) * CELL_DEG - LON) * EAST, ((row + 0.5) * CELL_DEG - LAT) * NORTH
    return row, column, shapely.points(x, y)


@settings(max_examples=60, deadline=None)
@given(CORNERS, st.sampled_from([20.0, 50.0, 100.0]))
def test_cells_are_those_whose_middle_is_near_the_way(
    corners: list[tuple[float, float]], radius: float
) -> None:
    """Held against distances in a plane, but for cells whose middle is as far as the sight to a decimetre."""
    lon, lat = places(*np.array(corners).T).T
    steps = len(corners)
    mine = in_sight(lon, lat, np.full(steps, radius))
    row, column, middles = lattice()
    way = shapely.LineString(corners) if steps > 1 else shapely.Point(corners[0])
    apart = shapely.distance(way, middles)
    every = set(zip(row.tolist(), column.tolist(), strict=True))
    surely = set(zip(row[apart < radius - 0.1].tolist(), column[apart < radius - 0.1].tolist(), strict=True))
    never = set(zip(row[apart > radius + 0.1].tolist(), column[apart > radius + 0.1].tolist(), strict=True))
    assert surely <= mine <= every - never


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(-15, 15), st.integers(-15, 15)),
    st.lists(
        st.lists(
            st.tuples(st.integers(-150, 150), st.integers(-150, 150)), min_size=2, max_size=5, unique=True
        ),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from([20.0, 100.0, 160.0]),
)
def test_a_cell_is_seen_where_no_barrier_is_before_its_middle(
    to: tuple[int, int], walls: list[list[tuple[int, int]]], radius: float
) -> None:
    """Held against lines of GEOS from the nearest place of a step, but for those that only just pass."""
    step = shapely.LineString([(0.0, 0.0), to]) if to != (0, 0) else shapely.Point(0.0, 0.0)
    lon, lat = places(*np.array([(0.0, 0.0), to]).T).T
    mine = in_sight(lon, lat, np.array([radius, 0.0]), [line(*one) for one in walls])
    assert mine <= in_sight(lon, lat, np.array([radius, 0.0]))
    row, column, middles = lattice()
    apart = shapely.distance(step, middles)
    near = apart < radius - 0.1
    row, column, middles = row[near], column[near], middles[near]
    shape = shapely.MultiLineString(walls)
    looks = shapely.shortest_line(step, middles)
    ends = shapely.MultiPoint([place for one in walls for place in one])
    feet = shapely.get_point(looks, 0)
    sure = np.minimum(shapely.distance(looks, ends), shapely.distance(feet, shape)) > 0.1
    sure &= shapely.distance(middles, shape) > 0.1
    hidden = shapely.intersects(looks, shape)
    clear = {*zip(row[sure & ~hidden].tolist(), column[sure & ~hidden].tolist(), strict=True)}
    barred = {*zip(row[sure & hidden].tolist(), column[sure & hidden].tolist(), strict=True)}
    assert clear <= mine
    assert not barred & mine


def test_a_walk_sees_nothing_beyond_a_wall_and_all_of_its_own_side() -> None:
    track = clean(walk(-300.0, 300.0))
    sight = sight_along(track, track.way())
    wall = line((-900.0, 40.0), (900.0, 40.0))
    far = line((-900.0, 400.0), (900.0, 400.0))
    free, behind = (watched(track, sight, (), barriers=barrier_index(one)) for one in ([far], [wall, far]))
    plain = watched(track, sight, ())
    north = LAT + 40.0 / NORTH
    for name in ("cells", "sure", "possible"):
        every = pairs_of(Cells.join(list(getattr(plain, name))))
        assert pairs_of(Cells.join(list(getattr(free, name)))) == every
        found = pairs_of(Cells.join(list(getattr(behind, name))))
        assert found == {(row, column) for row, column in every if (row + 0.5) * CELL_DEG < north}


def test_the_band_of_ground_is_two_sigma_to_either_side() -> None:
    found = watched(track := clean(walk(0.0, 3_000.0)), sight_along(track, track.way()), ())
    areas = [Cells.join(list(each)).square_metres for each in (found.sure, found.cells, found.possible)]
    assert areas == pytest.approx([2.0 * r * 3_000.0 + np.pi * r * r for r in (90.0, 100.0, 110.0)], rel=0.08)
    for less, more in ((found.sure, found.cells), (found.cells, found.possible)):
        assert all(pairs_of(one) <= pairs_of(other) for one, other in zip(less, more, strict=True))


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


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 9), st.sampled_from(list(Cover))),
        max_size=5,
    ),
    st.booleans(),
)
def test_nobody_walks_where_the_smallest_polygon_says_so(
    squares: list[tuple[int, int, int, Cover]], many: bool
) -> None:
    """Told by boxes round the polygons first, or one round all of many."""
    squares = squares * 15 if many else squares
    shapes = [box(10.0 * x, 10.0 * y, 10.0 * (x + side), 10.0 * (y + side)) for x, y, side, _ in squares]
    cover = CoverIndex.build(shapes, [kind for *_, kind in squares])
    lon, lat = places(*np.mgrid[-100:190:7, -100:190:7].reshape(2, -1)).round(7).T
    shut = np.isin(cover.at(lon, lat), [Cover.WATER, Cover.CLOSED])
    assert np.array_equal(cover.closed(lon, lat), shut)


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
