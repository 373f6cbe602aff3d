"""Every lattice point has exactly the owner that the tie rule names, whatever the table looks like."""

import math
import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidGeometry, NotFinite, OutOfRange
from geo.lattice import LAT_LIMIT, LON_LIMIT, to_lattice, to_lonlat
from geo.locate import PARALLEL_FROM, LocateIndex, cell_table
from geo.synthetic import Counts, partition
from tests.geo.exact_owner import edges_of, exact_owner, whole_rings


@dataclass(frozen=True)
class Made:
    """Units with gaps, holes, enclaves, parts and touching corners, and the points worth asking for."""

    units: list[Any]
    ranks: list[int]
    points: npt.NDArray[np.int64]


@contextmanager
def few_cells() -> Iterator[None]:
    """Begin with one cell, so that all the work is done by dividing cells."""
    before = cell_table.CELLS_PER_EDGE, cell_table.FEWEST_CELLS
    cell_table.CELLS_PER_EDGE, cell_table.FEWEST_CELLS = 0.0, 1
    try:
        yield
    finally:
        cell_table.CELLS_PER_EDGE, cell_table.FEWEST_CELLS = before


def jittered(rng: np.random.Generator, side: int, jitter: int, step: int) -> npt.NDArray[np.int64]:
    """Corners of side by side quadrilaterals around 0, with jitter < step / 3 so that none turns over."""
    at = (np.arange(side + 1) - side // 2) * step
    corners = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).astype(np.int64)
    return corners + rng.integers(-jitter, jitter + 1, corners.shape)


def make(
    seed: int, side: int, names: int, jitter: int, *, stretch: tuple[int, int], shift: tuple[int, int]
) -> Made:
    """Give each cell of a jittered lattice to a random unit or to none; join the cells of a unit.

    GEOS joins them in small whole numbers, where the union of cells with the same corners is exact;
    stretching and shifting come after.
    """
    rng = np.random.default_rng(seed)
    corners = jittered(rng, side, jitter, 3 * jitter + 2)
    owner = rng.integers(-1 if rng.random() < 0.7 else 0, names, (side, side))
    if rng.random() < 0.5:
        owner[1:-1, 1:-1][rng.random((side - 2, side - 2)) < 0.6] = 0
    units = []
    for name in range(names):
        cells = [
            shapely.Polygon([corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]])
            for i, j in zip(*np.nonzero(owner == name), strict=True)
        ]
        if cells:
            units.append(shapely.union_all(cells))
    to_world = np.array(stretch), np.array(shift)
    whole = [shapely.transform(unit, lambda xy: np.rint(xy) * to_world[0] + to_world[1]) for unit in units]
    spoken = [shapely.transform(unit, to_lonlat) for unit in whole]
    ranks = rng.permutation(len(units)).tolist()
    return Made(spoken, ranks, _points(rng, whole, to_world))


def _points(rng: np.random.Generator, whole: list[Any], to_world: Any) -> npt.NDArray[np.int64]:
    """Vertices, lattice points on edges, their neighbours, and points anywhere."""
    if not whole:
        return np.array([[0, 0]])
    vertices = shapely.get_coordinates(whole).astype(np.int64)
    middles = (vertices[1:] + vertices[:-1]) // 2
    places = np.unique(np.concatenate([vertices, middles]), axis=0)
    beside = places[:, None, :] + np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    box = np.array([vertices.min(axis=0), vertices.max(axis=0)])
    anywhere = rng.integers(box[0] - 3, box[1] + 4, (200, 2))
    points = np.unique(np.concatenate([beside.reshape(-1, 2), anywhere]), axis=0)
    kept = points[(abs(points) <= (LON_LIMIT, LAT_LIMIT)).all(axis=1)]
    return rng.permutation(kept)[:250]


def compare(made: Made) -> LocateIndex:
    index = LocateIndex.build(made.units, made.ranks)
    edges = [edges_of(whole_rings(unit)) for unit in made.units]
    found = index.locate_lattice(made.points[:, 0], made.points[:, 1])
    for point, owner in zip(made.points.tolist(), found.tolist(), strict=True):
        assert owner == exact_owner(edges, made.ranks, tuple(point)), point
    lonlat = to_lonlat(made.points)
    assert (index.locate(lonlat[:, 0], lonlat[:, 1]) == found).all()
    assert [index.locate_one(lon, lat) for lon, lat in lonlat.tolist()] == found.tolist()
    return index


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(3, 6), st.integers(1, 9), st.integers(0, 4), st.booleans())
def test_owners_are_those_of_exact_arithmetic(
    seed: int, side: int, names: int, jitter: int, one: bool
) -> None:
    made = make(seed, side, names, jitter, stretch=(1, 1), shift=(1_163_000_000, 398_000_000))
    if one:
        with few_cells():
            compare(made)
    else:
        compare(made)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(3, 5), st.integers(1, 9), st.integers(0, 4), st.integers(1, 10**6), st.booleans())
def test_owners_are_exact_at_every_scale(
    seed: int, side: int, names: int, jitter: int, stretch: int, one: bool
) -> None:
    made = make(
        seed, side, names, jitter, stretch=(stretch, max(1, stretch // 2 + seed % 3)), shift=(-7, 12_345)
    )
    if one:
        with few_cells():
            compare(made)
    else:
        compare(made)


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(3, 6), st.integers(1, 6), st.booleans())
def test_orientations_cannot_overflow_on_a_layer_that_covers_the_globe(
    seed: int, side: int, names: int, one: bool
) -> None:
    reach = (side // 2 + 1) * 14 + 4
    made = make(seed, side, names, 4, stretch=(LON_LIMIT // reach, LAT_LIMIT // reach), shift=(0, 0))
    if one:
        with few_cells():
            compare(made)
    else:
        compare(made)


def test_the_whole_globe_in_two_triangles() -> None:
    globe = shapely.box(-180, -90, 180, 90)
    lower = shapely.Polygon([(-180, -90), (180, -90), (180, 90)])
    upper = shapely.Polygon([(-180, -90), (180, 90), (-180, 90)])
    corners = np.array([[-LON_LIMIT, -LAT_LIMIT], [LON_LIMIT, LAT_LIMIT], [LON_LIMIT, -LAT_LIMIT]])
    points = np.concatenate([corners, [[0, 0], [0, 1], [0, -1], [2, 1], [1_799_999_999, 899_999_999]]])
    made = Made([lower, upper], [1, 0], points)
    compare(made)
    assert LocateIndex.build([globe]).locate_lattice(points[:, 0], points[:, 1]).tolist() == [0] * len(points)


@settings(max_examples=40, deadline=None)
@given(st.integers(-1000, 1000), st.integers(0, 1000), st.booleans())
def test_points_beside_an_edge_across_the_globe_by_the_least_there_is(tilt: int, cut: int, one: bool) -> None:
    # By Euclid there are lattice points next to a line whose orientation is 1 or -1 among products of 10^18:
    # floating point cannot tell their sides.
    a, b = (-LON_LIMIT, -LAT_LIMIT + cut), (LON_LIMIT - 1, LAT_LIMIT - 1000 + tilt)
    dx, dy = b[0] - a[0], b[1] - a[1]
    if math.gcd(dx, dy) > 1:
        return
    step = pow(dx, -1, dy)
    around = [(k * step) % dy for k in (1, -1)]
    points = [(a[0] + (dx * y - turn) // dy, a[1] + y) for turn, y in zip((1, -1), around, strict=True)]
    for (x, y), turn in zip(points, (1, -1), strict=True):
        assert dx * (y - a[1]) - dy * (x - a[0]) == turn
    upper = shapely.Polygon(to_lonlat(np.array([a, b, (-LON_LIMIT, LAT_LIMIT)])))
    lower = shapely.Polygon(to_lonlat(np.array([a, (LON_LIMIT, -LAT_LIMIT), b])))
    made = Made([upper, lower], [0, 1], np.array([*points, a, b]))
    if one:
        with few_cells():
            compare(made)
    else:
        compare(made)


@pytest.mark.parametrize("count", [40, 3_000])
@pytest.mark.parametrize("level", [False, True])
def test_long_thin_units_side_by_side_take_little_memory(count: int, level: bool) -> None:
    strips = [shapely.box(k / 1e7, 0.0, (k + 1) / 1e7, 1.0) for k in range(count)]
    if level:
        strips = [shapely.box(0.0, k / 1e7, 1.0, (k + 1) / 1e7) for k in range(count)]
    index = LocateIndex.build(strips)
    assert index.table.nbytes < 8_000_000
    inner = np.arange(1, count)
    half = np.full(count - 1, 5_000_000)
    found = index.locate_lattice(half, inner) if level else index.locate_lattice(inner, half)
    # An edge belongs to the unit on its west, or to the one on its north.
    assert (found == (inner if level else inner - 1)).all()


def test_a_wheel_of_long_spokes_takes_little_memory() -> None:
    # Long edges in all directions: no shape of cells suits them, so fewer and larger cells must.
    angle = np.linspace(0.0, 2.0 * np.pi, 3_001)
    rim = np.rint(np.column_stack([np.cos(angle), np.sin(angle)]) * 1e8) / 1e7
    rim[-1] = rim[0]
    index = LocateIndex.build([shapely.Polygon([(0, 0), rim[i], rim[i + 1]]) for i in range(3_000)])
    assert index.table.nbytes < 16_000_000
    middles = (rim[:-1] + rim[1:]) / 2 * 0.999
    assert index.locate(middles[:, 0], middles[:, 1]).tolist() == list(range(3_000))


def test_the_cells_do_not_depend_on_the_order_of_the_units() -> None:
    units = np.array([shapely.box(i, j, i + 1, j + 1) for i in range(60) for j in range(60)])
    shuffled = units[np.random.default_rng(4).permutation(len(units))]
    assert (LocateIndex.build(units).table.frame == LocateIndex.build(shuffled).table.frame).all()


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(3, 6), st.integers(2, 9), st.integers(0, 3))
def test_every_lattice_point_of_the_extent_has_one_owner_whatever_the_order(
    seed: int, side: int, names: int, jitter: int
) -> None:
    made = make(seed, side, names, jitter, stretch=(1, 1), shift=(5_000_000, -5_000_000))
    if not made.units:
        return
    vertices = to_lattice(shapely.get_coordinates(made.units))
    (x0, y0), (x1, y1) = vertices.min(axis=0), vertices.max(axis=0)
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(x0 - 1, x1 + 2), np.arange(y0 - 1, y1 + 2)))
    owners = LocateIndex.build(made.units, made.ranks).locate_lattice(x, y)
    lonlat = to_lonlat(np.column_stack([x, y]))
    union = shapely.transform(shapely.union_all(made.units), lambda xy: np.rint(xy * 1e7))
    covered = shapely.covers(union, shapely.points(x, y))
    assert ((owners >= 0) == covered).all()
    shuffled = np.random.default_rng(seed).permutation(len(made.units))
    turned = [shapely.reverse(made.units[unit]) for unit in shuffled]
    again = LocateIndex.build(turned, [made.ranks[unit] for unit in shuffled]).locate(
        lonlat[:, 0], lonlat[:, 1]
    )
    assert (np.where(again < 0, -1, shuffled[again]) == owners).all()


def wiggly(count: int, seed: int = 5) -> npt.NDArray[Any]:
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    radius = 1 + 0.1 * np.cos(5 * angle) + 0.05 * np.cos(13 * angle)
    ring = np.column_stack([116.3 + 0.5 * radius * np.cos(angle), 47.8 + 0.3 * radius * np.sin(angle)])
    frame = shapely.Polygon(np.rint(ring * 1e7) / 1e7)
    return partition(frame, Counts(2, max(2, count // 15), count), seed=seed).polygons


@pytest.mark.parametrize("one", [False, True])
def test_owners_are_those_of_geos_on_a_natural_looking_partition(one: bool) -> None:
    units = wiggly(300)
    if one:
        with few_cells():
            index = LocateIndex.build(units)
    else:
        index = LocateIndex.build(units)
    rng = np.random.default_rng(2)
    box = shapely.total_bounds(units)
    lonlat = to_lonlat(to_lattice(rng.uniform(box[:2] - 0.01, box[2:] + 0.01, (PARALLEL_FROM + 1000, 2))))
    owners = index.locate(lonlat[:, 0], lonlat[:, 1])
    whole = shapely.transform(units, lambda xy: np.rint(xy * 1e7))
    tree = shapely.STRtree(whole)
    point, unit = tree.query(shapely.points(np.rint(lonlat * 1e7)), predicate="covered_by")
    single = np.bincount(point, minlength=len(lonlat)) == 1
    expected = np.full(len(lonlat), -1)
    expected[point] = unit
    assert single.sum() > 30_000
    assert (owners[single] == expected[single]).all()
    assert ((owners < 0) == (np.bincount(point, minlength=len(lonlat)) == 0)).all()


def test_dense_towns_in_open_country_stay_exact() -> None:
    town = make(3, 6, 9, 4, stretch=(1, 1), shift=(800_000_000, 300_000_000))
    land = shapely.box(50, 10, 110, 50)
    whole = shapely.transform(np.array(town.units), lambda xy: np.rint(xy * 1e7))
    hull = shapely.transform(shapely.union_all(whole), lambda xy: xy / 1e7)
    rest = shapely.Polygon(land.exterior, [part.exterior for part in shapely.get_parts(hull)])
    inner = [shapely.Polygon(hole) for part in shapely.get_parts(hull) for hole in part.interiors]
    made = Made([*town.units, rest, *inner], [*range(len(town.units) + 1 + len(inner))], town.points)
    index = compare(made)
    assert index.table.nbytes < 1_000_000


@settings(deadline=None)
@given(st.integers(0, 39), st.sampled_from([-1.5e-7, -0.5e-7, 0.0, 0.5e-7]), st.integers(-3, 3))
def test_degrees_round_exactly_as_the_lattice_does(step: int, offset: float, ulps: int) -> None:
    # Forty strips, one lattice step wide: a point rounded otherwise falls into another strip.
    x0 = 1_163_940_001
    lon = (x0 + step) / 1e7 + offset
    for _ in range(abs(ulps)):
        lon = float(np.nextafter(lon, np.sign(ulps) * 400.0))
    strips = [shapely.box((x0 + k) / 1e7, 39.0, (x0 + k + 1) / 1e7, 40.0) for k in range(40)]
    index = LocateIndex.build(strips)
    x = to_lattice([(lon, 39.5)])[0, 0]
    # A vertical edge belongs to the unit on its west, the first one to the unit on its east.
    expected = max(0, int(x) - x0 - 1) if 0 <= x - x0 <= 40 else -1
    assert index.locate_one(lon, 39.5) == expected
    assert index.locate([lon], [39.5]).tolist() == [expected]


def test_the_tie_rule_by_example() -> None:
    west, east = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    north = shapely.box(0, 1, 1, 2)
    index = LocateIndex.build([west, east, north], [30, 20, 10])
    assert index.locate_one(1, 0.5) == 0, "a vertical edge belongs to the west"
    assert index.locate_one(0.5, 1) == 2, "a level edge belongs to the north"
    assert index.locate_one(1, 1) == 2, "a vertex belongs to the smallest rank"
    assert index.locate_one(1, 0) == 1
    assert index.locate_one(1.5, 1) == 1, "with nothing on the left, the right"
    assert index.locate_one(0, 0.5) == 0
    assert index.locate_one(2, 2) == -1


def test_a_vertex_inside_anothers_edge_counts_both() -> None:
    left = shapely.Polygon([(0, 0), (1, 0), (1, 2), (0, 2)])
    right = [shapely.box(1, 0, 2, 1), shapely.box(1, 1, 2, 2)]
    assert LocateIndex.build([left, *right], [2, 1, 0]).locate_one(1, 1) == 2
    assert LocateIndex.build([left, *right], [0, 1, 2]).locate_one(1, 1) == 0
    assert LocateIndex.build([left, *right], [2, 1, 0]).locate_one(1, 0.5) == 0


@pytest.mark.parametrize("size", [1, 700, PARALLEL_FROM + 5])
@pytest.mark.parametrize(("bad", "error"), [(np.nan, NotFinite), (np.inf, NotFinite), (180.1, OutOfRange)])
def test_the_first_bad_coordinate_is_named(size: int, bad: float, error: type[Exception]) -> None:
    index = LocateIndex.build([shapely.box(0, 0, 1, 1)])
    lon, lat = np.full(size, 0.5), np.full(size, 0.5)
    lat[size - 1] = bad
    lon[size - 1 - size // 3] = bad
    with pytest.raises(error) as refusal:
        index.locate(lon, lat)
    assert refusal.value.where["row"] == size - 1 - size // 3  # type: ignore[attr-defined]
    with pytest.raises(error):
        index.locate_one(bad, 0.5)
    with pytest.raises(OutOfRange):
        index.locate_lattice([0], [LAT_LIMIT + 1])


def test_no_units_no_owner() -> None:
    index = LocateIndex.build([])
    assert index.locate([1.0], [2.0]).tolist() == [-1]
    assert index.locate_one(0.0, 0.0) == -1
    assert index.nearest(0.0, 0.0) == (-1, np.inf)
    assert index.beside(0.0, 0.0, 100.0) == []
    assert len(LocateIndex.build([shapely.box(0, 0, 1, 1)]).locate([], [])) == 0


def test_overlaps_and_nonsense_are_refused() -> None:
    box = shapely.box(0, 0, 1, 1)
    with pytest.raises(InvalidGeometry, match="overlap"):
        LocateIndex.build([box, box])
    with pytest.raises(InvalidGeometry, match="Unit 1"):
        LocateIndex.build([box, shapely.Point(0, 0)])
    with pytest.raises(InvalidGeometry, match="Unit 0"):
        LocateIndex.build([shapely.Polygon(), box])
    with pytest.raises(InvalidGeometry, match="ranks"):
        LocateIndex.build([box, shapely.box(1, 0, 2, 1)], [7, 7])
    with pytest.raises(InvalidGeometry, match="latitudes"):
        LocateIndex.build([box]).locate([1.0, 2.0], [1.0])


def test_an_index_survives_pickling_and_many_threads() -> None:
    units = wiggly(60)
    index = pickle.loads(pickle.dumps(LocateIndex.build(units)))  # noqa: S301 - our own bytes
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(115.8, 116.8, 80_000), rng.uniform(47.5, 48.1, 80_000)
    lon.flags.writeable = False
    expected = index.locate(lon, lat)
    answers: list[npt.NDArray[np.int32]] = []
    threads = [threading.Thread(target=lambda: answers.append(index.locate(lon, lat))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert all((answer == expected).all() for answer in answers)
