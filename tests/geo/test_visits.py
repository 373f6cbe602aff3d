"""Visits of units and markers: exact sums, the rules of what counts, the named edge cases, and laws."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.locate import LocateIndex
from geo.track import Fixes, Mode, clean
from geo.visits import MarkerIndex, UnitIndex, UnitVisits, marker_visits, unit_visits, way_totals
from tests.fixtures.walks import EXACT, START, Receiver, line, places, record

SIDE = 300.0


def squares(columns: int, rows: int, side: float = SIDE) -> UnitIndex:
    """Return squares of ``side`` metres from the origin, row by row, rows to the north."""
    x, y = np.arange(columns + 1) * side, np.arange(rows + 1) * side
    corners = places(x[None, :].repeat(rows + 1, 0), y[:, None].repeat(columns + 1, 1)).round(7)
    return UnitIndex.build(
        [
            shapely.Polygon([corners[j, i], corners[j, i + 1], corners[j + 1, i + 1], corners[j + 1, i]])
            for j in range(rows)
            for i in range(columns)
        ]
    )


FOUR = squares(2, 2)


def units_of(found: UnitVisits, *, visited: bool | None = None) -> set[int]:
    chosen = found if visited is None else found.take(found.visited == visited)
    return set(chosen.unit.tolist())


def markers(*where: tuple[float, float], radius: float = 0.0, **barriers: object) -> MarkerIndex:
    x, y = zip(*where, strict=True)
    lonlat = places(x, y)
    return MarkerIndex.build(lonlat[:, 0], lonlat[:, 1], radius, **barriers)  # type: ignore[arg-type]


# units


def test_a_walk_through_a_unit_is_cut_at_its_edges_in_time() -> None:
    """At 1.3 m/s from 150 m before the shared edge to 150 m beyond it: half the time in each."""
    found = unit_visits(clean(record(np.arange(150.0, 450.0, 1.3), 150.0)), FOUR)
    assert found.unit.tolist() == [0, 1]
    assert found.visited.all()
    # the way begins and ends in the middle of a window
    assert found.metres == pytest.approx([150.0, 150.0], abs=10.0)
    assert found.seconds == pytest.approx([150.0 / 1.3, 150.0 / 1.3], abs=1.0)
    assert found.to_t[0] == found.from_t[1]


def test_what_lies_outside_is_told_as_well() -> None:
    found = unit_visits(clean(record(np.arange(-300.0, 300.0, 1.3), 150.0)), FOUR)
    assert found.unit.tolist() == [-1, 0]
    assert found.metres == pytest.approx([300.0, 300.0], abs=10.0)


def test_an_unbroken_chord_over_several_units_visits_each_in_between() -> None:
    """Four seconds of a car between fixes 120 m apart, over cells of 30 m."""
    cells = squares(10, 1, 30.0)
    drive = record(np.arange(15.0, 290.0, 30.0), 15.0, interval=1.0, mode=Mode.CAR)
    found = unit_visits(clean(drive.take(np.arange(0, 10, 4))), cells)
    assert units_of(found) == set(range(9))


def test_walk_along_a_grid_edge() -> None:
    """Exactly on the shared edge: all of it belongs to the one unit that owns the edge."""
    edge = record(SIDE, np.arange(10.0, 290.0, 1.3))
    lon = np.full(len(edge), float(places(SIDE, 0.0)[0].round(7)))
    found = unit_visits(clean(replace(edge, lon=lon)), FOUR)
    assert found.unit.tolist() == [FOUR.locate.locate_one(lon[0], float(edge.lat[5]))]
    noisy = unit_visits(clean(record(SIDE, np.arange(10.0, 290.0, 1.3), Receiver(5.0, 30.0))), FOUR)
    assert units_of(noisy) == {0, 1}
    totals = way_totals(clean(record(SIDE, np.arange(10.0, 290.0, 1.3), Receiver(5.0, 30.0))))
    assert int(noisy.micrometres.sum()) == totals[1]


def test_stay_on_a_grid_corner() -> None:
    """Twenty minutes of drift round a corner of four units are time in just one of them, and no metres."""
    still = clean(record(np.full(1_200, SIDE), SIDE, Receiver(5.0, 30.0)))
    found = unit_visits(still, FOUR)
    assert len(found) == 1
    assert found.visited.all()
    assert found.seconds.tolist() == [1_199.0]
    assert found.metres.tolist() == [0.0]
    middle = still.way()
    assert found.unit[0] == FOUR.locate.locate_one(float(middle.lon[0]), float(middle.lat[0]))


@pytest.mark.parametrize(
    ("accuracy", "metres", "visited"),
    [(5.0, 290.0, True), (5.0, 15.0, False), (25.0, 130.0, True), (30.0, 100.0, False)],
)
def test_a_short_passage_counts_by_its_depth(accuracy: float, metres: float, visited: bool) -> None:
    """A car is a few seconds in a unit of 300 m: 30 m of way farther inside than twice the error count."""
    y = np.concatenate([np.linspace(-600.0, metres, 30), np.linspace(metres, -600.0, 30)])
    drive = record(150.0, y, EXACT, accuracy=accuracy, mode=Mode.CAR, interval=1.0)
    found = unit_visits(clean(drive), squares(1, 1))
    inside = found.take(found.unit == 0)
    if len(inside):
        assert inside.seconds[0] < 60.0
    assert (len(inside) == 1 and bool(inside.visited[0])) == visited


def test_coming_back_within_twenty_minutes_is_the_same_visit() -> None:
    def back_after(seconds: float) -> UnitVisits:
        there = record(np.arange(100.0, 290.0, 1.3), 150.0)
        away = record(np.full(int(seconds), 400.0), 150.0, start=float(there.t[-1]) + 90.0)
        again = record(np.arange(290.0, 100.0, -1.3), 150.0, start=float(away.t[-1]) + 90.0)
        found = unit_visits(clean(Fixes.join([there, away, again])), FOUR)
        return found.take(found.unit == 0)

    assert len(back_after(600.0)) == 1
    assert len(back_after(1_300.0)) == 2


def test_another_person_is_another_visit() -> None:
    fixes = record(np.arange(50.0, 250.0, 0.5), 150.0)
    found = unit_visits(clean(replace(fixes, holder=(fixes.t > fixes.t[200]).astype(np.int32))), FOUR)
    assert found.holder.tolist() == [0, 1]


def test_a_visit_over_midnight_keeps_its_judgement_on_both_days() -> None:
    """80 s in a unit, 40 s on either side of midnight, are one visit that counts."""
    way = record(np.arange(-200.0, 305.0, 3.75), 150.0, mode=Mode.HORSE)
    whole = unit_visits(clean(way), squares(1, 1))
    inside = whole.take(whole.unit == 0)
    assert inside.seconds[0] == pytest.approx(80.0, abs=3.0)
    midnight = float(inside.from_t[0]) + 40.0
    found = unit_visits(clean(way), squares(1, 1), [midnight])
    parts = found.take(found.unit == 0)
    assert parts.period.tolist() == [0, 1]
    assert parts.visited.all()
    assert parts.to_t[0] == parts.from_t[1] == pytest.approx(midnight, abs=1e-3)
    assert parts.micrometres.sum() == inside.micrometres.sum()


def test_no_units_and_no_fixes() -> None:
    nowhere = UnitIndex.build([])
    found = unit_visits(clean(record(np.arange(0.0, 300.0, 1.3), 0.0)), nowhere)
    assert found.unit.tolist() == [-1]
    assert len(unit_visits(clean(Fixes.of([], [], [])), FOUR)) == 0


def test_a_way_over_the_antimeridian_is_half_here_and_half_there() -> None:
    lon = np.concatenate([np.linspace(179.99, 179.9999, 60), np.linspace(-179.9999, -179.99, 60)])
    fixes = Fixes.of(START + 10.0 * np.arange(120.0), lon, 60.0, mode=Mode.CAR)
    west, east = shapely.box(179.9, 59.9, 180.0, 60.1), shapely.box(-180.0, 59.9, -179.9, 60.1)
    found = unit_visits(clean(fixes), UnitIndex.build([west, east]))
    assert units_of(found) == {0, 1}
    assert found.metres[0] == pytest.approx(found.metres[1], rel=0.1)


WALKS = st.lists(
    st.tuples(
        st.floats(-200.0, 800.0),
        st.floats(-200.0, 800.0),
        st.sampled_from([1.0, 7.0, 30.0, 400.0]),
        st.sampled_from([0.0, 4.0]),
    ),
    min_size=2,
    max_size=8,
)


def wander(legs: list[tuple[float, float, float, float]]) -> Fixes:
    """Return a way from corner to corner, with fixes so many seconds apart and some noise."""
    parts, start = [], START
    for seed, ((x0, y0, _, _), (x1, y1, interval, sigma)) in enumerate(itertools.pairwise(legs)):
        count = max(2, int(np.hypot(x1 - x0, y1 - y0) / (1.3 * min(interval, 30.0))))
        way = record(
            np.linspace(x0, x1, count),
            np.linspace(y0, y1, count),
            Receiver(sigma, 30.0, seed),
            interval=interval,
            start=start,
        )
        parts.append(way)
        start = float(way.t[-1]) + interval
    return Fixes.join(parts)


CELLS = squares(7, 6, 83.0)


@settings(max_examples=60, deadline=None)
@given(WALKS, st.lists(st.floats(0.0, 1.0), max_size=4))
def test_units_and_outside_add_up_to_the_track_exactly(
    legs: list[tuple[float, float, float, float]], shares: list[float]
) -> None:
    track = clean(wander(legs))
    first, last = float(track.fixes.t.min()), float(track.fixes.t.max())
    found = unit_visits(track, CELLS, sorted(first + share * (last - first) for share in shares))
    spent, metres = way_totals(track)
    assert int(found.milliseconds.sum()) == spent
    assert int(found.micrometres.sum()) == metres
    assert metres / 1e6 == pytest.approx(track.distance_m, abs=1e-3)
    assert (found.milliseconds >= 0).all()
    assert (found.micrometres >= 0).all()


@settings(max_examples=60, deadline=None)
@given(WALKS, st.randoms(use_true_random=False))
def test_every_moment_is_spent_where_the_way_is(
    legs: list[tuple[float, float, float, float]], random: object
) -> None:
    """At any moment the unit whose part holds it is the owner of the place, but within a step of an edge."""
    track = clean(wander(legs))
    way = track.way()
    every = np.linspace(float(way.from_t.min()), float(way.to_t.max()), 60)
    by_index = unit_visits(track, CELLS, every.tolist())
    for k, (low, high) in enumerate(itertools.pairwise(every.tolist()), start=1):
        rows = by_index.take(by_index.period == k)
        if len(rows) != 1 or rows.milliseconds[0] < 1e3 * (high - low) - 2:
            continue
        moment = 0.5 * (low + high)
        at = int(np.searchsorted(way.from_t, moment, side="right")) - 1
        if moment <= way.to_t[at] or at + 1 == len(way):
            place = (way.lon[at], way.lat[at])
        else:
            share = (moment - way.to_t[at]) / (way.from_t[at + 1] - way.to_t[at])
            place = (
                way.lon[at] + share * (way.lon[at + 1] - way.lon[at]),
                way.lat[at] + share * (way.lat[at + 1] - way.lat[at]),
            )
        owner = CELLS.locate.locate_one(float(place[0]), float(place[1]))
        near = CELLS.locate.beside(float(place[0]), float(place[1]), 0.05)
        assert owner == rows.unit[0] or near


@settings(max_examples=30, deadline=None)
@given(WALKS, st.randoms(use_true_random=False))
def test_shuffled_and_split_files_are_the_same_visits(
    legs: list[tuple[float, float, float, float]], random: object
) -> None:
    fixes = wander(legs)
    order = np.arange(len(fixes))
    random.shuffle(order)  # type: ignore[attr-defined]
    cut = len(fixes) // 2
    files = [
        replace(fixes.take(np.arange(low, high)), source=np.full(high - low, k, np.int32))
        for k, (low, high) in enumerate([(0, cut + 1), (cut // 2, len(fixes))])
    ]
    spot = markers((0.0, 0.0), (300.0, 300.0), (500.0, 100.0))
    for other in (fixes.take(order), Fixes.join(files)):
        one, two = clean(fixes), clean(other)
        a, b = unit_visits(one, CELLS), unit_visits(two, CELLS)
        for name in ("unit", "visit", "visited", "from_t", "to_t", "milliseconds", "micrometres"):
            assert np.array_equal(getattr(a, name), getattr(b, name))
        c, d = marker_visits(one, spot), marker_visits(two, spot)
        for name in ("marker", "visited", "at_t", "distance_m", "seconds", "fixes"):
            assert np.array_equal(getattr(c, name), getattr(d, name))


# markers


def test_a_marker_on_the_way_is_visited() -> None:
    found = marker_visits(
        clean(record(np.arange(0.0, 600.0, 1.3), 0.0, Receiver(3.0, 30.0))), markers((300.0, 8.0))
    )
    assert found.marker.tolist() == [0]
    assert found.visited.tolist() == [True]
    assert found.distance_m[0] <= 8.0
    assert found.at_t[0] == pytest.approx(START + 300.0 / 1.3, abs=8.0)


def test_marker_passed_between_two_fixes() -> None:
    """Fixes 45 s apart, the marker 5 m beside the middle of the step: passed, and no more than that."""
    way = record(np.arange(0.0, 600.0, 58.5), 0.0, interval=45.0)
    found = marker_visits(clean(way), markers((321.75, 5.0)))
    assert found.marker.tolist() == [0]
    assert found.distance_m[0] == pytest.approx(5.0, abs=0.1)
    assert not found.visited[0] or found.seconds[0] >= 20.0
    assert found.at_t[0] == pytest.approx(START + 45.0 * 5.5, abs=0.5)


def test_a_quick_passage_between_two_fixes_is_passed_only() -> None:
    drive = record(np.arange(0.0, 3_000.0, 300.0), 0.0, interval=20.0, mode=Mode.CAR)
    found = marker_visits(clean(drive), markers((1_650.0, 5.0)))
    assert found.marker.tolist() == [0]
    assert found.visited.tolist() == [False]
    assert found.seconds[0] == pytest.approx(2.0 * np.sqrt(15.0**2 - 25.0) / 15.0, abs=0.01)


def test_nothing_is_passed_between_fixes_over_a_minute_apart() -> None:
    slow = record(np.arange(0.0, 600.0, 58.5), 0.0, interval=61.0)
    assert len(marker_visits(clean(slow), markers((321.75, 5.0)))) == 0


def test_marker_on_the_other_bank() -> None:
    """12 m away over a river: within reach by distance, and not reached."""
    river = line((-100.0, 6.0), (300.0, 6.0), (900.0, 6.0))
    way = clean(record(np.arange(0.0, 600.0, 1.3), 0.0))
    assert len(marker_visits(way, markers((300.0, 12.0)))) == 1
    assert len(marker_visits(way, markers((300.0, 12.0), barriers=[river]))) == 0
    assert len(marker_visits(way, markers((300.0, -12.0), barriers=[river]))) == 1


@pytest.mark.parametrize(
    ("accuracy", "aside", "reached"), [(5.0, 14.0, True), (5.0, 16.0, False), (20.0, 39.0, True)]
)
def test_reach_is_fifteen_metres_or_twice_the_error(accuracy: float, aside: float, reached: bool) -> None:
    way = clean(record(np.arange(0.0, 600.0, 1.3), 0.0, accuracy=accuracy))
    assert (len(marker_visits(way, markers((300.0, aside)))) == 1) == reached


def test_a_marker_with_a_radius_of_its_own() -> None:
    way = clean(record(np.arange(0.0, 600.0, 1.3), 0.0))
    assert len(marker_visits(way, markers((300.0, 80.0), radius=100.0))) == 1


def test_fixes_that_only_support_reach_nothing() -> None:
    way = record(np.arange(0.0, 600.0, 1.3), 0.0, accuracy=50.0)
    assert len(marker_visits(clean(way), markers((300.0, 5.0)))) == 0


def test_a_marker_is_left_at_twice_the_reach_for_a_minute() -> None:
    def again_after(aside: float, seconds: int) -> int:
        x = np.concatenate([np.zeros(30), np.full(seconds, aside), np.zeros(30)])
        return len(marker_visits(clean(record(x, 0.0, interval=1.0, mode=Mode.CAR)), markers((0.0, 0.0))))

    assert again_after(29.0, 300) == 1
    assert again_after(60.0, 50) == 1
    assert again_after(60.0, 90) == 2


def test_an_hours_stay_some_way_off_reaches_no_marker_by_noise() -> None:
    still = clean(record(np.zeros(3_600), 0.0, Receiver(5.0, 0.0)))
    assert len(marker_visits(still, markers((22.0, 0.0)))) == 0
    found = marker_visits(still, markers((10.0, 0.0)))
    assert found.visited.tolist() == [True]
    assert found.seconds[0] == pytest.approx(3_599.0)


def test_no_markers() -> None:
    way = clean(record(np.arange(0.0, 600.0, 1.3), 0.0))
    assert len(marker_visits(way, MarkerIndex.build([], []))) == 0


def test_a_partition_indexed_for_locating_serves_as_it_is() -> None:
    polygons = [shapely.box(115.0, 47.0, 115.01, 47.01)]
    units = UnitIndex.of(LocateIndex.build(polygons), polygons)
    assert units.area_m2[0] == pytest.approx(760.0 * 1_112.0, rel=0.01)
