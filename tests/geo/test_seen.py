"""What a track saw of lines: how far, how sure, past barriers; and the map between two lines' measures."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import Evidence, Intervals, covered_length, union
from geo.errors import InvalidGeometry
from geo.linear import MeasuredLine, MeasureMap
from geo.track import Fixes, Mode, clean
from geo.visits import Band, Ground, SightIndex, barrier_index, seen, sight_along
from geo.visits.daylight import is_night, sun_elevation
from geo.visits.seen import sight_of
from tests.fixtures.walks import EXACT, START, Receiver, along, line, places, record

NOON = START - 12 * 3_600.0 + 1_200.0  # 11:26 in the place's own time
STRAIGHT = line((0.0, 0.0), (5_000.0, 0.0))
FAR = line((-100.0, 4_000.0), (100.0, 4_000.0))


def metres(found: Intervals, at: int = 0) -> float:
    here = found.on(at)
    return covered_length(union(here.low, here.high))


def walk(
    y: float, receiver: Receiver = EXACT, *, start: float = NOON, mode: Mode = Mode.FOOT, pace: float = 1.3
) -> Fixes:
    return record(np.arange(1_000.0, 3_000.0, pace), y, receiver, start=start, mode=mode)


@pytest.mark.parametrize(
    ("aside", "ground", "in_sight"),
    [
        (60.0, Ground.OPEN, True),
        (105.0, Ground.OPEN, False),
        (45.0, Ground.SCRUB, True),
        (60.0, Ground.SCRUB, False),
        (20.0, Ground.FOREST, True),
        (30.0, Ground.FOREST, False),
    ],
)
def test_a_walk_beside_the_line_sees_it_as_far_as_the_ground_lets_it(
    aside: float, ground: Ground, in_sight: bool
) -> None:
    found = seen(clean(walk(aside)), SightIndex.build([STRAIGHT]), ground=ground)[Band.LIKELY]
    sight = {Ground.OPEN: 100.0, Ground.SCRUB: 50.0, Ground.FOREST: 25.0}[ground]
    expected = 1_980.0 + 2.0 * np.sqrt(max(0.0, sight**2 - aside**2)) if in_sight else 0.0
    assert metres(found) == pytest.approx(expected, abs=12.0)
    assert set(found.evidence.tolist()) <= {int(Evidence.SEEN)}


def test_the_band_is_two_sigma_to_either_side() -> None:
    """95 m aside, σ 5 m: within V = 100 m, not within 90 m, and more of it within 110 m."""
    found = seen(clean(walk(95.0)), SightIndex.build([STRAIGHT]))
    likely, possible = metres(found[Band.LIKELY]), metres(found[Band.POSSIBLE])
    assert metres(found[Band.SURE]) == 0.0
    assert 1_990.0 < likely < possible
    assert possible - likely == pytest.approx(
        2.0 * (np.sqrt(110.0**2 - 95**2) - np.sqrt(100.0**2 - 95**2)), abs=3
    )


def test_at_night_twenty_metres() -> None:
    midnight = NOON + 12.5 * 3_600.0
    index = SightIndex.build([STRAIGHT])
    assert metres(seen(clean(walk(60.0, start=midnight)), index)[Band.LIKELY]) == 0.0
    assert metres(seen(clean(walk(15.0, start=midnight)), index)[Band.LIKELY]) > 1_900.0


@pytest.mark.parametrize(("pace", "sees"), [(8.0, True), (9.0, False)])
def test_from_a_car_up_to_thirty_kilometres_an_hour(pace: float, sees: bool) -> None:
    found = seen(clean(walk(40.0, mode=Mode.CAR, pace=pace)), SightIndex.build([STRAIGHT]))[Band.LIKELY]
    assert (metres(found) > 1_900.0) == sees


def test_how_far_is_in_sight() -> None:
    modes = [Mode.FOOT, Mode.FOOT, Mode.CAR, Mode.CAR, Mode.CAR, Mode.HORSE]
    ground = [Ground.OPEN, Ground.FOREST, Ground.OPEN, Ground.FOREST, Ground.OPEN, Ground.SCRUB]
    night = [False, True, False, False, True, False]
    assert sight_of(modes, 20.0, ground, night).tolist() == [100.0, 20.0, 50.0, 25.0, 20.0, 50.0]


def test_a_barrier_ends_the_sight() -> None:
    """A wall between for the first half: the second half of the line is seen, and what lies past its end."""
    wall = line((0.0, 30.0), (2_000.0, 30.0))
    found = seen(clean(walk(60.0)), SightIndex.build([STRAIGHT], barrier_index([wall])))[Band.LIKELY]
    spans = union(found.low, found.high)
    assert spans[0, 0] == pytest.approx(2_000.0, abs=85.0)
    assert spans[-1, 1] == pytest.approx(3_080.0, abs=12.0)
    beyond = line((0.0, -30.0), (5_000.0, -30.0))
    behind = seen(clean(walk(60.0)), SightIndex.build([STRAIGHT], barrier_index([beyond])))[Band.LIKELY]
    assert metres(behind) == pytest.approx(1_980.0 + 160.0, abs=12.0)


def test_track_over_the_national_line() -> None:
    """What is walked beyond the line sees nothing of it: the caller says which places count."""
    track = clean(walk(-60.0))
    here = np.zeros(len(track.way()), dtype=bool)
    index = SightIndex.build([STRAIGHT])
    assert metres(seen(track, index)[Band.LIKELY]) > 1_900.0
    sight = sight_along(track, track.way(), here=here)
    assert all(metres(found) == 0.0 for found in seen(track, index, sight=sight).values())


def test_both_limbs_of_a_hairpin_are_seen_and_far_lines_are_not() -> None:
    measured = line((0.0, 0.0), (4_000.0, 0.0), (4_000.0, 60.0), (0.0, 60.0))
    found = seen(clean(walk(0.0)), SightIndex.build([FAR, measured]))[Band.LIKELY]
    assert metres(found, 0) == 0.0
    assert metres(found, 1) == pytest.approx(2_180.0 + 2_140.0, abs=30.0)


def test_time_goes_along_with_what_is_seen() -> None:
    track = clean(walk(50.0))
    found = seen(track, SightIndex.build([STRAIGHT]))[Band.LIKELY]
    middle = float(track.fixes.t.min() + track.fixes.t.max()) / 2.0
    early = found.within(0.0, middle)
    assert metres(early) == pytest.approx(1_080.0, abs=60.0)
    assert metres(early) + metres(found.within(middle, 1e11)) == pytest.approx(metres(found), abs=200.0)
    assert union(
        np.concatenate([early.low, found.within(middle, 1e11).low]),
        np.concatenate([early.high, found.within(middle, 1e11).high]),
    ) == pytest.approx(union(found.low, found.high))


def test_no_lines_and_no_fixes() -> None:
    nothing = clean(Fixes.of([], [], []))
    assert all(len(one) == 0 for one in seen(nothing, SightIndex.build([STRAIGHT])).values())
    assert all(len(one) == 0 for one in seen(clean(walk(50.0)), SightIndex.build([])).values())


CORNERS = st.lists(
    st.tuples(st.floats(0.0, 900.0), st.floats(-250.0, 250.0)), min_size=2, max_size=6, unique=True
)


@settings(max_examples=40, deadline=None)
@given(CORNERS, CORNERS)
def test_what_is_seen_is_the_line_within_sight_of_the_way(
    border: list[tuple[float, float]], way: list[tuple[float, float]]
) -> None:
    """Against buffers of GEOS in a plane: the same metres, where no fix is noisy."""
    shape = shapely.LineString(border)
    if shape.length < 1.0 or shapely.LineString(way).length < 60.0:
        return
    walked = line(*way)
    track = clean(along(walked, 0.0, walked.length_m, start=NOON))
    travelled = track.way()
    found = seen(track, SightIndex.build([line(*border)]))[Band.LIKELY]
    corners = places(0.0, 0.0)
    scale = places(1_000.0, 1_000.0) - corners
    plane = (np.column_stack([travelled.lon, travelled.lat]) - corners) / scale * 1_000.0
    expected = 0.0
    shapes = []
    for piece in np.unique(travelled.piece):
        here = plane[travelled.piece == piece]
        shapes.append(shapely.LineString(here) if len(here) > 1 else shapely.Point(here[0]))
    expected = shapely.intersection(shape, shapely.union_all([s.buffer(100.0, 256) for s in shapes])).length
    if not shape.is_simple:
        return
    assert metres(found) == pytest.approx(expected, abs=0.01 * expected + 3.0)


@settings(max_examples=30, deadline=None)
@given(st.floats(-150.0, 150.0), st.sampled_from([0.0, 4.0]), st.sampled_from([1.0, 5.0]))
def test_each_band_lies_in_the_next(aside: float, sigma: float, interval: float) -> None:
    track = clean(
        record(np.arange(1_000.0, 2_000.0, 1.3 * interval), aside, Receiver(sigma, 30.0), interval=interval)
    )
    found = seen(track, SightIndex.build([STRAIGHT]))
    assert metres(found[Band.SURE]) <= metres(found[Band.LIKELY]) + 1e-6
    assert metres(found[Band.LIKELY]) <= metres(found[Band.POSSIBLE]) + 1e-6


def test_another_source_sees_the_same() -> None:
    fixes = walk(50.0, Receiver(4.0, 30.0))
    half = replace(fixes, source=(np.arange(len(fixes)) > 700).astype(np.int32))
    index = SightIndex.build([STRAIGHT])
    one, two = (seen(clean(each), index)[Band.LIKELY] for each in (fixes, half))
    assert np.array_equal(one.from_m, two.from_m)
    assert np.array_equal(one.to_t, two.to_t)


# daylight


def test_the_suns_elevation() -> None:
    """At the equinox noon on the equator overhead; at midsummer in Harbin 90° − 45.75° + 23.44°."""
    equinox = np.arange(1_742_428_800.0, 1_742_515_200.0, 60.0)  # 20 March 2025
    assert sun_elevation(equinox, 0.0, 0.0).max() > 89.5
    day = np.arange(1_750_460_400.0, 1_750_546_800.0, 60.0)  # 21 June 2025, 00:00 to 24:00 in UTC+1
    assert sun_elevation(day, 126.6, 45.75).max() == pytest.approx(67.69, abs=0.1)
    assert is_night(1_750_000_000.0, 115.0, 47.0)
    assert not is_night(NOON, 115.0, 47.0)


# the map between two lines


def test_the_map_between_a_border_in_a_river_and_its_track() -> None:
    x = np.arange(0.0, 5_001.0, 50.0)
    river = line(*zip(x, 120.0 + 40.0 * np.sin(x / 150.0), strict=True))
    fence = line(*zip(x, 0.0 * x, strict=True))
    both = MeasureMap.between(river, fence)
    assert both.there([0.0, river.length_m]).tolist() == [0.0, fence.length_m]
    for share in (0.2, 0.5, 0.8):
        place = river.interpolate(share * river.length_m)
        assert both.there(share * river.length_m) == pytest.approx(
            fence.locate(float(place[0]), float(place[1])).measure_m, abs=40.0
        )


def test_anchors_of_the_map_hold_exactly() -> None:
    one, other = line((0.0, 50.0), (4_000.0, 50.0)), STRAIGHT
    both = MeasureMap.between(one, other, [(1_000.0, 1_400.0)])
    assert float(both.there(1_000.0)) == 1_400.0
    with pytest.raises(InvalidGeometry):
        MeasureMap.between(one, other, [(1_000.0, 1_400.0), (2_000.0, 1_300.0)])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.0, 3_000.0), st.floats(-300.0, 300.0)), min_size=2, max_size=8, unique=True
    ),
    st.lists(
        st.tuples(st.floats(0.0, 3_000.0), st.floats(-300.0, 300.0)), min_size=2, max_size=8, unique=True
    ),
    st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8),
)
def test_the_map_keeps_the_order_and_can_be_undone(
    one: list[tuple[float, float]], other: list[tuple[float, float]], shares: list[float]
) -> None:
    ours, theirs = line(*one), line(*other)
    both = MeasureMap.between(ours, theirs)
    assert (np.diff(both.ours) > 0.0).all()
    assert (np.diff(both.theirs) > 0.0).all()
    at = np.sort(np.array(shares)) * ours.length_m
    there = both.there(at)
    assert (np.diff(there) >= 0.0).all()
    assert both.back(there) == pytest.approx(at, abs=1e-3 * ours.length_m)


def test_lines_of_one_length_map_evenly() -> None:
    other = MeasuredLine.from_lonlat(STRAIGHT.lonlat + np.array([0.0, 0.0005]))
    at = np.linspace(0.0, STRAIGHT.length_m, 30)
    assert MeasureMap.between(STRAIGHT, other).there(at) == pytest.approx(at, abs=1.0)
