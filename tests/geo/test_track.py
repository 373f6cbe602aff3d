"""Cleaning: every fix gets a verdict, pieces are cut by the rules, and the order of the input is nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.track import CleanTrack, Fixes, Mode, Verdict, admit, clean, rolled_over, sessions
from tests.fixtures.walks import EXACT, START, Receiver, record

WALK = np.arange(0.0, 600.0, 1.3)


def verdicts(track: CleanTrack) -> list[str]:
    return [Verdict(int(code)).reason for code in track.verdicts]


def moved(fixes: Fixes, which: slice | list[int], north_m: float) -> Fixes:
    lat = fixes.lat.copy()
    lat[which] += north_m / 111_200.0
    return replace(fixes, lat=lat)


def test_a_sound_walk_is_one_piece_and_as_long_as_it_is() -> None:
    track = clean(record(WALK, 0.0, Receiver(sigma=3.0, memory=30.0)))
    assert track.counts() == {"accepted": len(WALK)}
    assert track.pieces == 1
    assert track.distance_m == pytest.approx(WALK[-1], rel=0.03)


def test_outlier_first_fix() -> None:
    track = clean(moved(record(WALK, 0.0), [0], 40_000.0))
    assert track.pieces == 2
    assert (track.piece[1:] == 1).all()  # the walk is whole: nothing is measured from the first fix
    assert track.distance_m == pytest.approx(WALK[-1], rel=0.03)


@pytest.mark.parametrize("size", [1, 3, 5])
def test_jump_there_and_back(size: int) -> None:
    track = clean(moved(record(WALK, 0.0), slice(200, 200 + size), 900.0))
    assert verdicts(track)[200 : 200 + size] == ["spike"] * size
    assert track.counts() == {"accepted": len(WALK) - size, "spike": size}
    assert track.pieces == 1


def test_jump_of_more_than_five_fixes_is_no_spike() -> None:
    track = clean(moved(record(WALK, 0.0), slice(200, 206), 900.0))
    assert track.counts() == {"accepted": len(WALK)}
    assert track.pieces == 3


def test_teleport_keeps_both_sides() -> None:
    track = clean(moved(record(WALK, 0.0), slice(200, None), 5_000.0))
    assert track.counts() == {"accepted": len(WALK)}
    assert track.pieces == 2
    assert (track.piece[:200] == 0).all()
    assert (track.piece[200:] == 1).all()


def test_null_island_fix() -> None:
    fixes = record(WALK, 0.0)
    lon, lat = fixes.lon.copy(), fixes.lat.copy()
    lon[100:103], lat[100:103] = 0.0, 0.0
    track = clean(replace(fixes, lon=lon, lat=lat))
    assert verdicts(track)[100:103] == ["null-island"] * 3
    assert track.pieces == 1


def test_frozen_clock() -> None:
    fixes = record(WALK, 0.0)
    t = fixes.t.copy()
    t[100:110] = t[100]
    track = clean(replace(fixes, t=t))
    assert verdicts(track)[100:110].count("accepted") == 1
    assert verdicts(track)[100:110].count("frozen-clock") == 9
    assert track.pieces == 1


def test_two_places_at_one_instant_keep_the_better() -> None:
    fixes = Fixes.of(
        [START, START, START + 1], [115.0, 115.0001, 115.0001], 47.0, accuracy_m=[20.0, 5.0, 5.0]
    )
    assert verdicts(clean(fixes)) == ["same-time", "accepted", "accepted"]


def test_year_1901_and_the_future() -> None:
    fixes = record(WALK, 0.0)
    t = fixes.t.copy()
    t[0], t[1], t[2] = -2_177_452_800.0, START + 3 * 86_400.0, np.nan
    track = clean(replace(fixes, t=t), now=START + 3_600.0)
    assert verdicts(track)[:4] == ["before-gps", "in-future", "no-time", "accepted"]


def test_a_clock_two_hours_off_is_a_track_two_hours_off() -> None:
    here, there = clean(record(WALK, 0.0)), clean(record(WALK, 0.0, start=START + 7_200.0))
    assert there.counts() == here.counts()
    assert there.distance_m == here.distance_m


def test_positions_that_are_none() -> None:
    fixes = Fixes.of(START + np.arange(4.0), [np.nan, 200.0, 115.0, np.inf], [47.0, 47.0, 95.0, 47.0])
    assert verdicts(clean(fixes)) == ["no-position"] * 4


def test_accuracy_makes_classes_and_a_missing_one_is_15_m() -> None:
    fixes = Fixes.of(START + np.arange(5.0), 115.0, 47.0, accuracy_m=[30.0, 30.1, 75.0, 75.1, np.nan])
    track = clean(fixes)
    assert verdicts(track) == ["accepted", "supporting", "supporting", "inaccurate", "accepted"]
    assert track.accuracy_m[4] == 15.0
    assert track.piece[3] == -1


@pytest.mark.parametrize(
    ("mode", "seconds", "metres", "pieces"),
    [
        (Mode.FOOT, 121.0, 70.0, 2),
        (Mode.FOOT, 121.0, 50.0, 1),
        (Mode.FOOT, 119.0, 70.0, 1),
        (Mode.CAR, 61.0, 310.0, 2),
        (Mode.CAR, 61.0, 290.0, 1),
        (Mode.CAR, 59.0, 310.0, 1),
        (Mode.FOOT, 901.0, 30.0, 2),
    ],
)
def test_cut_rules(mode: Mode, seconds: float, metres: float, pieces: int) -> None:
    before = record(np.arange(-100.0, 0.0, 1.3), 0.0, mode=mode)
    after = record(
        metres - 1.3 + np.arange(0.0, 100.0, 1.3), 0.0, mode=mode, start=float(before.t[-1]) + seconds
    )
    assert clean(Fixes.join([before, after])).pieces == pieces


def test_a_phone_that_sleeps_at_one_place_stays_there() -> None:
    before = record(np.arange(-100.0, 0.0, 1.3), 0.0)
    after = record(np.arange(0.0, 100.0, 1.3), 0.0, start=float(before.t[-1]) + 1_500.0)
    track = clean(Fixes.join([before, after]))
    assert track.pieces == 1
    assert track.stays == 1


def test_a_new_recording_cuts_and_a_new_file_does_not() -> None:
    fixes = record(WALK, 0.0)
    half = (np.arange(len(WALK)) >= 200).astype(np.int32)
    assert clean(replace(fixes, part=half)).pieces == 2
    assert clean(replace(fixes, source=half)).pieces == 1
    # the second file counts its own parts
    assert clean(replace(fixes, source=half, part=1 - half)).pieces == 1


def test_car_then_foot() -> None:
    drive = record(np.arange(0.0, 3_000.0, 15.0), 0.0, mode=Mode.CAR)
    walk = record(3_000.0 + WALK, 0.0, mode=Mode.FOOT, start=float(drive.t[-1]) + 1.0)
    track = clean(Fixes.join([drive, walk]))
    assert track.pieces == 2
    assert track.counts() == {"accepted": len(drive) + len(walk)}


def test_one_device_two_shifts() -> None:
    fixes = record(WALK, 0.0)
    shift = (np.arange(len(WALK)) >= 300).astype(np.int32)
    assert clean(replace(fixes, holder=shift)).pieces == 2


def test_the_speed_gate_knows_the_errors_of_both_fixes() -> None:
    """120 m in a second is impossible on foot, unless both fixes may be off by 30 m."""
    x = np.concatenate([np.zeros(20), np.full(20, 120.0)])
    assert clean(record(x, 0.0, accuracy=5.0)).pieces == 2
    assert clean(record(x, 0.0, accuracy=30.0)).pieces == 1


@pytest.mark.parametrize(("sigma", "accuracy"), [(5.0, 5.0), (5.0, None), (10.0, 10.0)])
@pytest.mark.parametrize("memory", [0.0, 60.0])
def test_standing_an_hour_is_no_distance(sigma: float, accuracy: float | None, memory: float) -> None:
    for seed in range(5):
        receiver = Receiver(sigma=sigma, memory=memory, seed=seed)
        track = clean(record(np.zeros(3_600), 0.0, receiver, accuracy=accuracy))
        assert track.distance_m <= 50.0
        assert track.pieces == 1


def test_a_stay_on_the_way_adds_time_and_no_distance() -> None:
    x = np.concatenate([WALK, np.full(600, WALK[-1]), WALK[-1] + WALK])
    track = clean(record(x, 0.0, Receiver(sigma=3.0, memory=30.0)))
    assert track.stays == 1
    inside = track.stay == 0
    assert np.ptp(track.fixes.t[inside]) == pytest.approx(600.0, abs=80.0)  # and the last 25 m
    assert track.distance_m == pytest.approx(2 * WALK[-1], rel=0.05)


def test_nothing_at_all() -> None:
    track = clean(Fixes.of([], [], []))
    assert track.pieces == 0
    assert track.distance_m == 0.0
    assert track.counts() == {}
    assert sessions(np.empty(0)) == []


def test_sessions_end_at_silences() -> None:
    assert sessions(np.array([0.0, 1_800.0, 3_601.0])) == [(0.0, 1_800.0), (3_601.0, 3_601.0)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 1.0, 5.0, 60.0, 130.0, 1_000.0, 4_000.0]),
        st.floats(-150.0, 150.0),
        st.floats(-150.0, 150.0),
        st.sampled_from([3.0, 20.0, 50.0, 90.0, float("nan")]),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=60,
)


def fixes_of(steps: list[tuple[float, float, float, float, int]]) -> Fixes:
    dt, x, y, accuracy, holder = (np.array(column) for column in zip(*steps, strict=True))
    fixes = record(np.cumsum(x), np.cumsum(y), EXACT)
    return replace(
        fixes, t=START + np.cumsum(dt), accuracy_m=accuracy, holder=np.sort(holder).astype(np.int32)
    )


def same(one: CleanTrack, other: CleanTrack) -> bool:
    good, also = one.piece >= 0, other.piece >= 0
    columns = [(a.fixes.t[g], a.fixes.lon[g], a.piece[g], a.stay[g]) for a, g in ((one, good), (other, also))]
    return all(np.array_equal(a, b) for a, b in zip(*columns, strict=True)) and (
        one.distance_m == other.distance_m
    )


@settings(max_examples=150, deadline=None)
@given(STEPS, st.randoms(use_true_random=False))
def test_shuffled_batch(steps: list[tuple[float, float, float, float, int]], random: object) -> None:
    fixes = fixes_of(steps)
    order = np.arange(len(fixes))
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = clean(fixes), clean(fixes.take(order))
    assert same(one, other)
    assert one.counts() == other.counts()


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_duplicated_file(steps: list[tuple[float, float, float, float, int]]) -> None:
    fixes = fixes_of(steps)
    again = replace(fixes, source=np.ones(len(fixes), np.int32))
    assert same(clean(fixes), clean(Fixes.join([fixes, again])))


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_every_fix_has_a_verdict(steps: list[tuple[float, float, float, float, int]]) -> None:
    fixes = fixes_of(steps)
    track = clean(fixes)
    assert sum(track.counts().values()) == len(fixes)
    assert sorted(track.order.tolist()) == list(range(len(fixes)))
    used = track.verdict <= Verdict.SUPPORTING
    assert ((track.piece >= 0) == used).all()
    assert (np.diff(track.piece[used]) >= 0).all()
    for piece in range(track.pieces):
        inside = track.piece == piece
        assert len(np.unique(track.fixes.holder[inside])) == 1


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_sessions_do_not_know_of_each_other(steps: list[tuple[float, float, float, float, int]]) -> None:
    """What a day's sessions give is the same beside others as alone: late data recompute only their day."""
    whole = clean(fixes_of(steps))
    for first, last in sessions(np.sort(whole.fixes.t)):
        inside = (whole.fixes.t >= first) & (whole.fixes.t <= last)
        alone = clean(whole.fixes.take(inside))
        assert alone.verdict.tolist() == whole.verdict[inside].tolist()
        part = whole.piece[inside]
        cuts = np.diff(part[part >= 0]) != 0
        assert np.array_equal(np.diff(alone.piece[alone.piece >= 0]) != 0, cuts)


def test_admit_needs_no_clock() -> None:
    fixes = Fixes.of([START, 1e10], 115.0, 47.0)
    assert admit(fixes).tolist() == [Verdict.ACCEPTED] * 2
    assert admit(fixes, START).tolist() == [Verdict.ACCEPTED, Verdict.IN_FUTURE]


@given(st.floats(-3.0, 3.0), st.integers(0, 3))
def test_a_worn_out_counter_of_weeks_is_told_by_its_date(years: float, turns: int) -> None:
    """Of the last year and one turn back, and nothing else: not what is right, nor what is older."""
    now = START
    t = now + years * 365.0 * 86_400.0 - turns * 1_024 * 604_800.0
    expected = turns == 1 and -366.0 / 365.0 <= years <= 1.0 / 365.0
    assert rolled_over(np.array([t, np.nan]), now).tolist() == [expected, False]
