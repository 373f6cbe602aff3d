"""Repair makes dirty partitions exact within its limits, and its list of changes is the whole difference."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import geodesic_area
from geo.lattice import quantise
from geo.partition import DefectKind, prove
from geo.repair import Change, ChangeKind, Limits, RemainKind, Repaired, RingRule, repair
from tests.geo.partitions import SCALE, Made, degrees, make, same_ground, steps

Shapes = npt.NDArray[Any]
Rng = np.random.Generator
seeds = st.integers(0, 2**32 - 1)
SHIFT_M = 4.0
# A step is at most so long; rounding a crossing moves an edge by less.
STEP_M = 0.0112
RING_RULES: tuple[RingRule, ...] = ("filled", "even-odd")
LIMITS = Limits(shift_m=SHIFT_M, share=0.5)


def square(west: float, south: float, east: float, north: float) -> Any:
    return degrees(shapely.box(west, south, east, north))


def rebuilt(unit: Any, change: Callable[[Any], Any]) -> Any:
    """Return a unit in steps with each ring's vertices, the last not repeated, changed."""
    parts = []
    for part in shapely.get_parts(unit):
        rings = [change(shapely.get_coordinates(ring)[:-1]) for ring in (part.exterior, *part.interiors)]
        parts.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]


def jitter(rng: Rng, units: Shapes) -> Shapes:
    most = int(rng.choice([1, 3, 20, 60]))
    return np.array(
        [rebuilt(unit, lambda xy: xy + rng.integers(-most, most + 1, xy.shape)) for unit in units],
        dtype=object,
    )


def drop_vertices(rng: Rng, units: Shapes) -> Shapes:
    """Leave out vertices that bend an edge little, of one side only."""

    def thinned(xy: Any) -> Any:
        before, after = np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0)
        along = after - before
        bend = np.abs(along[:, 0] * (xy - before)[:, 1] - along[:, 1] * (xy - before)[:, 0])
        low = bend < 150 * np.hypot(*along.T)
        drop = low & (rng.random(len(xy)) < 0.4) & ~np.roll(low, 1)
        return xy[~drop] if (~drop).sum() >= 4 else xy

    return np.array([rebuilt(unit, thinned) for unit in units], dtype=object)


def insert_vertices(rng: Rng, units: Shapes) -> Shapes:
    """Insert rounded vertices that neighbours lack, some of them twice."""

    def denser(xy: Any) -> Any:
        share = rng.random((len(xy), 1))
        new = np.rint(xy + share * (np.roll(xy, -1, axis=0) - xy))
        both = np.stack((xy, new), axis=1).reshape(-1, 2)
        return np.repeat(both, rng.integers(1, 3, len(both)), axis=0)

    return np.array([rebuilt(unit, denser) for unit in units], dtype=object)


def spikes(rng: Rng, units: Shapes) -> Shapes:
    """Let rings run out to a point and back."""

    def spiked(xy: Any) -> Any:
        at = int(rng.integers(len(xy)))
        tip = xy[at] + rng.integers(-300, 301, 2)
        return np.insert(xy, at + 1, [tip, xy[at]], axis=0)

    return np.array([rebuilt(unit, spiked) if rng.random() < 0.4 else unit for unit in units], dtype=object)


def shifted(rng: Rng, units: Shapes) -> Shapes:
    """Draw each unit a little beside its place."""
    return np.array([shapely.transform(unit, lambda xy: xy + rng.integers(-60, 61, 2)) for unit in units])


DIRT = (jitter, drop_vertices, insert_vertices, spikes, shifted)


def dirtied(rng: Rng, made: Made) -> Shapes:
    units: Shapes = steps(made.units)
    for dirt in rng.permutation(np.array(DIRT, dtype=object))[: int(rng.integers(1, 3))]:
        units = dirt(rng, units)
    turned = [unit.reverse() if rng.random() < 0.5 else unit for unit in units]
    dirty: Shapes = degrees(np.array(turned, dtype=object))
    return dirty


def double_area(area: Any) -> int:
    """Return twice the area in square steps, by whole numbers of any size."""
    total = 0
    for part in shapely.get_parts(area):
        for k, ring in enumerate((part.exterior, *part.interiors)):
            xy = [(round(x * SCALE), round(y * SCALE)) for x, y in ring.coords]
            own = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(xy))
            total += -abs(own) if k else abs(own)
    return total


def require_bookkeeping(repaired: Repaired) -> None:
    """The changes are the whole difference between the units as read and as repaired, exactly."""
    effect = dict.fromkeys(range(len(repaired.read)), 0)
    for change in repaired.changes:
        for unit, double in change.effects:
            effect[unit] += double
    for k, area in zip(repaired.kept.tolist(), repaired.areas, strict=True):
        assert double_area(repaired.read[k]) + effect[k] == double_area(area)


def given_away(repaired: Repaired) -> list[Change]:
    return [change for change in repaired.changes if change.kind is not ChangeKind.T_JUNCTION]


def require_places(repaired: Repaired) -> None:
    """What a unit gained or lost lies in the places that the changes name, but for a step of noding."""
    named: dict[int, list[Any]] = {k: [] for k in range(len(repaired.read))}
    for change in repaired.changes:
        for unit in (*change.gained, *change.lost):
            named[unit].append(steps(change.geometry))
    for k, area in zip(repaired.kept.tolist(), repaired.areas, strict=True):
        before = steps(repaired.read[k])
        places = shapely.union_all([*named[k], before.boundary.buffer(1.5)])
        assert shapely.difference(shapely.symmetric_difference(before, steps(area)), places).area < 0.1


@given(seeds)
@settings(max_examples=60)
def test_a_clean_partition_comes_back_bit_for_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, int(rng.integers(2, 8)), int(rng.integers(1, 9)))
    for repaired in (repair(made.units), repair(made.units, frame=made.frame)):
        assert repaired.exact
        assert repaired.changes == ()
        assert [area.wkb for area in repaired.areas] == [area.wkb for area in made.units]


@given(seeds, st.booleans())
@settings(max_examples=60)
def test_dirt_within_the_limits_is_repaired_and_every_change_listed(seed: int, framed: bool) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, int(rng.integers(2, 7)), int(rng.integers(1, 9)))
    repaired = repair(dirtied(rng, made), LIMITS, frame=made.frame if framed else None)
    assert len(repaired.areas) == len(made.units)
    assert not shapely.is_empty(repaired.areas).any()
    require_bookkeeping(repaired)
    require_places(repaired)
    # What is beyond the limits may remain, but then it is said; else the result is proven.
    assert repaired.exact == (not repaired.remains)
    for remain in repaired.remains:
        assert (
            remain.kind is RemainKind.RING
            or remain.shift_m > SHIFT_M * 0.9
            or remain.kind.value
            in (
                "swallowed",
                "no_neighbour",
            )
        )
    if repaired.exact:
        frame = repaired.tops[0] if framed else None
        assert prove(repaired.areas, frame, enclaves=repaired.enclave_points if frame is None else ()).exact
    for change in repaired.changes:
        assert change.kind is ChangeKind.INVALID or change.shift_m <= SHIFT_M * 1.05 + STEP_M


@given(seeds)
@settings(max_examples=40)
def test_noise_below_the_limit_always_ends_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, int(rng.integers(2, 7)), int(rng.integers(2, 9)))
    units = steps(made.units)
    for dirt in (insert_vertices, drop_vertices):
        units = dirt(rng, units)
    units = np.array([rebuilt(unit, lambda xy: xy + rng.integers(-9, 10, xy.shape)) for unit in units])
    repaired = repair(degrees(units), LIMITS, frame=made.frame)
    assert repaired.exact
    require_bookkeeping(repaired)


@given(seeds)
@settings(max_examples=25)
def test_parents_are_the_frame_and_units_stay_in_theirs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, int(rng.integers(3, 7)), int(rng.integers(3, 9)))
    parent_of = rng.integers(0, 2, len(made.units))
    parent_of[:2] = (0, 1)
    parents = [shapely.union_all(steps(made.units[parent_of == k])) for k in (0, 1)]
    units = np.array(
        [rebuilt(unit, lambda xy: xy + rng.integers(-15, 16, xy.shape)) for unit in steps(made.units)]
    )
    repaired = repair(degrees(units), LIMITS, parents=degrees(np.array(parents)), parent_of=parent_of)
    require_bookkeeping(repaired)
    assert repaired.exact
    for k in (0, 1):
        own = shapely.union_all(steps(repaired.areas[parent_of == k]))
        assert same_ground(degrees(own), repaired.tops[k])
        assert shapely.symmetric_difference(own, parents[k]).area < 2 * parents[k].length


def test_units_drawn_apart_are_joined_though_they_share_no_vertex() -> None:
    # Nine squares of 40 m, each 0.5 to 1 m short of its neighbours: the crack is open to the outside.
    boxes = [
        (x * 4_000 + 40, y * 4_000 + 25, x * 4_000 + 3_960, y * 4_000 + 3_970)
        for x in range(3)
        for y in range(3)
    ]
    units = np.array([square(*box) for box in boxes])
    repaired = repair(units)
    assert repaired.exact
    assert {change.kind for change in repaired.changes} <= {ChangeKind.GAP, ChangeKind.T_JUNCTION}
    assert len(shapely.get_parts(repaired.proof.frame)) == 1
    before, after = (float(geodesic_area(shapely.union_all(areas))) for areas in (units, repaired.areas))
    assert 0 < after - before < 1.0 * 12 * 45
    # Nobody took more than the strips beside it.
    for k, area in enumerate(repaired.areas):
        assert geodesic_area(area) - geodesic_area(units[k]) < 4 * 45 * 1.0
    require_bookkeeping(repaired)


def test_a_t_junction_gets_its_vertex_pushed_into_the_neighbour() -> None:
    west = degrees(shapely.Polygon([(0, 0), (1_000, 0), (1_001, 501), (1_000, 1_000), (0, 1_000)]))
    east = square(1_000, 0, 2_000, 1_000)
    repaired = repair(np.array([west, east]))
    assert repaired.exact
    assert repaired.areas[0].equals(west)
    assert (1_001, 501) in {tuple(xy) for xy in shapely.get_coordinates(steps(repaired.areas[1]))}


def test_wide_overlaps_are_refused_with_both_named_unless_a_rule_is_given() -> None:
    small, large = square(0, 0, 10_000, 10_000), square(8_000, 0, 30_000, 10_000)
    units = np.array([small, large])
    refused = repair(units, Limits(share=0.5))
    assert not refused.exact
    assert [(remain.kind, remain.units) for remain in refused.remains] == [(RemainKind.OVERLAP, (0, 1))]
    assert all(same_ground(*pair) for pair in zip(refused.areas, units, strict=True))
    text = refused.remains[0].sentence(["A", "B"])
    assert text.startswith("A, B overlap by")
    for rule, winner in (("first", 0), ("smaller", 0), ("larger", 1)):
        repaired = repair(units, Limits(share=0.5, overlap=rule))  # type: ignore[arg-type]
        assert repaired.exact
        assert [change.lost for change in given_away(repaired)] == [(1 - winner,)]
        assert same_ground(repaired.areas[winner], units[winner])
        require_bookkeeping(repaired)


def test_no_unit_is_swallowed() -> None:
    inner, outer = square(2_000, 2_000, 4_000, 4_000), square(0, 0, 10_000, 10_000)
    repaired = repair(np.array([outer, inner]), Limits(overlap="larger"))
    assert not repaired.exact
    assert [(remain.kind, remain.units) for remain in repaired.remains] == [(RemainKind.SWALLOWED, (1,))]
    assert same_ground(repaired.areas[1], inner)
    assert "100 %" in repaired.remains[0].sentence(["A", "B"])
    assert repair(np.array([outer, inner]), Limits(overlap="smaller")).exact


def test_duplicates_are_listed_and_one_is_kept_only_if_asked_for() -> None:
    a, b = square(0, 0, 10_000, 10_000), square(10_000, 0, 20_000, 10_000)
    units = np.array([a, b, shapely.Polygon(list(a.exterior.coords)[::-1])])
    listed = repair(units)
    assert not listed.exact
    assert {remain.kind for remain in listed.remains} == {RemainKind.DUPLICATE}
    assert listed.kept.tolist() == [0, 1, 2]
    kept = repair(units, Limits(duplicates="first"))
    assert kept.exact
    assert kept.kept.tolist() == [0, 1]
    assert [(change.kind, change.lost, change.kept) for change in kept.changes] == [
        (ChangeKind.DUPLICATE, (2,), (0,))
    ]


def test_a_wide_gap_is_left_out_of_the_frame_unless_it_is_to_be_filled() -> None:
    ring = degrees(shapely.box(0, 0, 30_000, 30_000) - shapely.box(10_000, 10_000, 20_000, 20_000))
    thin = square(30_030, 0, 40_000, 30_000)
    left = repair(np.array([ring, thin]))
    assert left.exact
    assert len(left.enclaves) == 1
    assert same_ground(left.enclaves[0], square(10_000, 10_000, 20_000, 20_000))
    filled = repair(np.array([ring, thin]), Limits(gaps="fill"))
    assert filled.exact
    assert filled.enclaves == ()
    assert geodesic_area(filled.areas[0]) - geodesic_area(ring) > 7_000
    # A given frame says that the ground belongs to somebody: it is for a person to say to whom.
    frame = square(0, 0, 30_000, 30_000)
    refused = repair(np.array([ring]), frame=frame)
    assert [remain.kind for remain in refused.remains] == [RemainKind.GAP]
    assert repair(np.array([ring]), Limits(gaps="leave"), frame=frame).exact


def test_ground_outside_the_frame_or_parent_is_cut_only_where_it_is_thin() -> None:
    frame = square(0, 0, 20_000, 10_000)
    units = np.array([square(-50, 0, 10_000, 10_000), square(10_000, 0, 21_000, 10_000)])
    repaired = repair(units, frame=frame)
    assert [(change.kind, change.lost) for change in given_away(repaired)] == [
        (ChangeKind.OUTSIDE_FRAME, (0,))
    ]
    assert [(remain.kind, remain.units) for remain in repaired.remains] == [(RemainKind.OUTSIDE_FRAME, (1,))]
    parents = np.array([square(0, 0, 10_000, 10_000), square(10_000, 0, 20_000, 10_000)])
    units = np.array([square(0, 0, 10_050, 10_000), square(10_050, 0, 20_000, 10_000)])
    nested = repair(units, parents=parents, parent_of=[0, 1])
    assert nested.exact
    assert [(change.kind, change.lost, change.gained) for change in given_away(nested)] == [
        (ChangeKind.OUTSIDE_PARENT, (0,), (1,))
    ]
    wrong = repair(parents, parents=parents, parent_of=[0, 0])
    assert [(remain.kind, remain.units) for remain in wrong.remains] == [(RemainKind.OUTSIDE_PARENT, (1,))]


@pytest.mark.parametrize(
    ("ring", "double"),
    [
        # A bow tie is two triangles.
        ([(0, 0), (2_000, 2_000), (2_000, 0), (0, 2_000)], 2 * 2_000_000),
        # A spike has no ground.
        ([(0, 0), (2_000, 0), (2_000, 2_000), (5_000, 3_000), (2_000, 2_000), (0, 2_000)], 8_000_000),
    ],
)
def test_rings_that_cross_themselves_are_made_valid(ring: list[tuple[int, int]], double: int) -> None:
    repaired = repair([degrees(shapely.Polygon(ring)), square(50_000, 0, 51_000, 100)])
    assert repaired.exact
    assert repaired.changes[0].kind is ChangeKind.INVALID
    assert double_area(repaired.areas[0]) == double
    assert "#" not in repaired.changes[0].sentence(["A", "B"])


def test_a_ring_with_two_readings_is_decided_by_neighbours_or_a_rule() -> None:
    # The ring runs around the inner square twice: filled it is ground, even-odd it is a hole.
    ring = [
        (0, 0),
        (3_000, 0),
        (3_000, 3_000),
        (1_000, 3_000),
        (1_000, 1_000),
        (2_000, 1_000),
        (2_000, 4_000),
        (0, 4_000),
    ]
    twice = degrees(shapely.Polygon(ring))
    unknown = repair([twice])
    assert [(remain.kind, remain.units) for remain in unknown.remains] == [(RemainKind.RING, (0,))]
    filled, odd = (repair([twice], Limits(rings=rule)) for rule in RING_RULES)
    assert filled.exact
    assert odd.exact
    assert double_area(filled.areas[0]) - double_area(odd.areas[0]) == 2 * 2_000_000
    other = square(1_000, 1_000, 2_000, 3_000)
    beside = repair([twice, other])
    assert beside.exact
    assert same_ground(beside.areas[1], other)


def test_empty_units_are_named_and_stay() -> None:
    repaired = repair([None, shapely.Polygon(), square(0, 0, 100, 100)])
    assert [(remain.kind, remain.units) for remain in repaired.remains] == [
        (RemainKind.EMPTY, (0,)),
        (RemainKind.EMPTY, (1,)),
    ]
    assert len(repaired.areas) == 3
    assert {defect.kind for defect in repaired.proof.defects} == {DefectKind.EMPTY}


def test_coordinates_far_apart_and_long_edges_are_no_trouble() -> None:
    west = quantise(shapely.Polygon([(-170, -80), (0.00000021, -80), (0, 0.123), (0, 80), (-170, 80)]))
    east = quantise(shapely.box(0, -80, 170, 80))
    repaired = repair(np.array([west, east]))
    assert repaired.exact
    require_bookkeeping(repaired)
