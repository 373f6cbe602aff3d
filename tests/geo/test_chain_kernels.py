"""The exact kernels agree with rational arithmetic on the whole lattice."""

from fractions import Fraction

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.lattice import LAT_LIMIT, LON_LIMIT
from geo.partition.chain_kernels import cross_sign, pack, ring_sign, segments_meet, simple_ring, unpack
from geo.partition.ring_kernels import point_in_ring

Point = tuple[int, int]
wide = st.integers(-2 * LON_LIMIT, 2 * LON_LIMIT)
points = st.tuples(st.integers(-LON_LIMIT, LON_LIMIT), st.integers(-LAT_LIMIT, LAT_LIMIT))
small = st.tuples(st.integers(0, 6), st.integers(0, 6))


@settings(deadline=None)  # the first call compiles
@given(wide, wide, wide, wide)
def test_cross_sign_is_exact_beyond_64_bits(ax: int, ay: int, bx: int, by: int) -> None:
    true = ax * by - ay * bx
    assert cross_sign(ax, ay, bx, by) == (true > 0) - (true < 0)


@settings(deadline=None)  # the first call compiles
@given(wide, wide, st.integers(-3, 3))
def test_cross_sign_is_exact_next_to_zero(ax: int, ay: int, off: int) -> None:
    true = ax * (ay + off) - ay * ax
    assert cross_sign(ax, ay, ax, ay + off) == (true > 0) - (true < 0)


@settings(deadline=None)  # the first call compiles
@given(st.lists(points, min_size=1, max_size=30))
def test_packing_is_one_to_one_and_keeps_order(pairs: list[tuple[int, int]]) -> None:
    xy = np.array(pairs, dtype=np.int64)
    assert (unpack(pack(xy)) == xy).all()
    assert [pairs[k] for k in np.argsort(pack(xy), kind="stable")] == sorted(pairs)


@settings(deadline=None)  # the first call compiles
@given(st.lists(points, min_size=3, max_size=12))
def test_ring_sign_is_that_of_the_exact_area(pairs: list[tuple[int, int]]) -> None:
    xy = np.array(pairs, dtype=np.int64)
    twice = sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(pairs, [*pairs[1:], pairs[0]], strict=True))
    assert ring_sign(xy[:, 0], xy[:, 1]) == (twice > 0) - (twice < 0)


@settings(deadline=None)  # the first call compiles
@given(small, small, small, small)
def test_segments_meet_as_geos_says(a: Point, b: Point, c: Point, d: Point) -> None:
    if a == b or c == d:
        return
    one, other = shapely.LineString([a, b]), shapely.LineString([c, d])
    boxes_meet = shapely.box(*one.bounds).intersects(shapely.box(*other.bounds))
    assert (boxes_meet and segments_meet(*a, *b, *c, *d)) == one.intersects(other)


@settings(deadline=None)  # the first call compiles
@given(st.lists(small, min_size=3, max_size=9, unique=True))
def test_a_simple_ring_is_a_valid_polygon_and_back(pairs: list[tuple[int, int]]) -> None:
    xy = np.array(pairs, dtype=np.int64)
    simple = (
        simple_ring(xy[:, 0], xy[:, 1], np.empty((5, len(xy)), dtype=np.int64))
        and ring_sign(xy[:, 0], xy[:, 1]) != 0
    )
    ring = shapely.LinearRing(pairs)
    assert simple == (shapely.Polygon(pairs).is_valid and ring.is_simple)


@settings(deadline=None)  # the first call compiles
@given(st.integers(201, 400), st.integers(0, 2**32 - 1))
def test_long_rings_are_judged_alike(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.random(count)) * 2 * np.pi
    far = rng.integers(900, 1_000, count) * 1_000
    xy = np.rint(np.column_stack((np.cos(angle) * far, np.sin(angle) * far))).astype(np.int64)
    if rng.random() < 0.5:
        xy[[5, 90]] = xy[[90, 5]]
    scratch = np.empty((5, count), dtype=np.int64)
    assert simple_ring(xy[:, 0], xy[:, 1], scratch) == shapely.Polygon(xy).is_valid


@settings(deadline=None)  # the first call compiles
@given(small, st.lists(small, min_size=3, max_size=9, unique=True))
def test_point_in_ring_as_exact_rationals_say(point: tuple[int, int], pairs: list[tuple[int, int]]) -> None:
    xy = np.array(pairs, dtype=np.int64)
    px, py = point
    inside, on = False, False
    for (x1, y1), (x2, y2) in zip(pairs, [*pairs[1:], pairs[0]], strict=True):
        cross = (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)
        if cross == 0 and min(x1, x2) <= px <= max(x1, x2) and min(y1, y2) <= py <= max(y1, y2):
            on = True
        if (y1 > py) != (y2 > py) and Fraction(x2 - x1) * (py - y1) / (y2 - y1) + x1 > px:
            inside = not inside
    assert point_in_ring(px, py, xy[:, 0], xy[:, 1]) == (0 if on else 1 if inside else -1)
