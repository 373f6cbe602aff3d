"""What a track walked of lines: accuracy, the named edge cases, and laws that hold for every walk."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import Evidence, Intervals, RouteIndex, covered_length, union, walked
from geo.linear import MeasuredLine
from geo.track import Fixes, Mode, clean
from tests.fixtures.walks import EXACT, START, Receiver, along, hairpin, line, outside, record, spans

STRAIGHT = line((0.0, 0.0), (5_000.0, 0.0))


def metres(fixes: Fixes, *lines: MeasuredLine) -> float:
    found = walked(clean(fixes), lines)
    return sum(covered_length(spans(found, k)) for k in range(len(lines)))


def inferred(fixes: Fixes, measured: MeasuredLine) -> float:
    found = walked(clean(fixes), measured)
    return covered_length(union(found.low, found.high)) - covered_length(spans(found))


# accuracy


@pytest.mark.parametrize("accuracy", [5.0, None])
@pytest.mark.parametrize("memory", [0.0, 30.0])
def test_hairpin_of_30_m_with_one_limb_walked(memory: float, accuracy: float | None) -> None:
    """Missed at most 0.5 %, and nothing of the other limb; the ends are good to the receiver's error."""
    measured = hairpin(30.0)
    for seed in range(10):
        way = record(np.arange(0.0, 2_000.0, 1.3), 0.0, Receiver(5.0, memory, seed), accuracy=accuracy)
        found = spans(walked(clean(way), measured))
        assert len(found) == 1
        assert found[0, 0] + max(0.0, 2_000.0 - found[0, 1]) <= 10.0
        assert found[0, 1] <= 2_030.0  # the other limb begins there
        assert outside(found, 0.0, 2_000.0) <= 15.0


def test_hairpin_of_15_m_is_still_told_apart() -> None:
    missed, false = [], []
    for seed in range(10):
        way = record(np.arange(0.0, 2_000.0, 1.3), 0.0, Receiver(5.0, 0.0, seed))
        found = spans(walked(clean(way), hairpin(15.0)))
        missed.append(2_000.0 - covered_length(np.clip(found, 0.0, 2_000.0)))
        false.append(outside(found, 0.0, 2_000.0))
    assert np.mean(missed) <= 26.0
    assert np.mean(false) <= 19.0
    assert max(false) <= 30.0


def test_lengths_are_right_to_a_ten_thousandth() -> None:
    x = np.arange(0.0, 20_000.0, 40.0)
    winding = MeasuredLine.from_lonlat(line(*zip(x, 300.0 * np.sin(x / 900.0), strict=True)).lonlat)
    assert metres(along(winding, 0.0, winding.length_m), winding) == pytest.approx(winding.length_m, rel=1e-4)
    long_edge = line((0.0, 0.0), (30_000.0, 20_000.0))
    part = metres(along(long_edge, 10_000.0, 20_000.0, speed=3.0, interval=10.0), long_edge)
    assert part == pytest.approx(10_000.0, rel=1e-4)


def test_where_a_border_is_cut_does_not_matter() -> None:
    x = np.arange(0.0, 6_000.0, 40.0)
    whole = line(*zip(x, 200.0 * np.sin(x / 500.0), strict=True))
    way = along(whole, 700.0, 5_300.0, Receiver(5.0, 30.0))
    cuts = [0.0, 1_234.5, 2_000.0, 4_321.0, whole.length_m]
    parts = [MeasuredLine.from_lonlat(whole.cut(a, b).round(7)) for a, b in itertools.pairwise(cuts)]
    assert metres(way, *parts) == pytest.approx(metres(way, whole), abs=0.1)
    shuffled = [parts[k] for k in (2, 0, 3, 1)]
    assert metres(way, *shuffled) == pytest.approx(metres(way, whole), abs=0.1)


def test_no_lines_and_no_fixes() -> None:
    way = along(STRAIGHT, 0.0, 1_000.0)
    assert len(walked(clean(way), [])) == 0
    assert len(walked(clean(Fixes.of([], [], [])), STRAIGHT)) == 0
    assert len(walked(clean(record(np.arange(100.0), 5_000.0)), STRAIGHT)) == 0


# the named edge cases of lines


@pytest.mark.parametrize("angle", [90.0, 60.0, 45.0, 35.0, 25.0])
@pytest.mark.parametrize("mode", [Mode.FOOT, Mode.CAR])
def test_crossing_is_not_walking(angle: float, mode: Mode) -> None:
    way = np.arange(-400.0, 400.0, 1.3 if mode is Mode.FOOT else 15.0)
    bearing = np.radians(angle)
    for seed in range(5):
        fixes = record(
            2_500.0 + way * np.cos(bearing), way * np.sin(bearing), Receiver(4.0, 30.0, seed), mode=mode
        )
        assert metres(fixes, STRAIGHT) == 0.0


def test_touching_the_line_and_turning_back_is_not_walking() -> None:
    y = np.concatenate([np.arange(300.0, 0.0, -1.3), np.arange(0.0, 300.0, 1.3)])
    assert metres(record(2_500.0, y, Receiver(3.0, 30.0)), STRAIGHT) == 0.0


@pytest.mark.parametrize("accuracy", [5.0, None])
@pytest.mark.parametrize("memory", [0.0, 30.0])
def test_parallel_track_30_m_inside(memory: float, accuracy: float | None) -> None:
    for seed in range(5):
        way = record(np.arange(500.0, 2_500.0, 1.3), 30.0, Receiver(4.0, memory, seed), accuracy=accuracy)
        assert metres(way, STRAIGHT) == 0.0


def test_leaving_the_line_for_a_while_leaves_a_gap() -> None:
    x = np.arange(0.0, 3_000.0, 1.3)
    y = np.where((x > 1_000.0) & (x < 2_000.0), 120.0, 0.0)
    y = np.convolve(np.pad(y, 50, mode="edge"), np.full(101, 1 / 101), mode="valid")
    found = spans(walked(clean(record(x, y, Receiver(3.0, 30.0))), STRAIGHT))
    assert len(found) == 2
    assert found[0, 1] == pytest.approx(970.0, abs=60.0)
    assert found[1, 0] == pytest.approx(2_030.0, abs=60.0)


def test_border_loop_reaches_both_ends() -> None:
    angle = np.linspace(0.0, 2.0 * np.pi, 361)
    loop = line(*zip(800.0 * np.cos(angle), 800.0 * np.sin(angle), strict=True))
    loop = MeasuredLine.from_lonlat(np.vstack([loop.lonlat[:-1], loop.lonlat[:1]]))
    assert loop.closed
    once = along(loop, 0.0, loop.length_m, Receiver(3.0, 30.0))
    assert metres(once, loop) == pytest.approx(loop.length_m, abs=10.0)
    # from three quarters over the meeting place to one quarter
    over = Fixes.join(
        [along(loop, 0.75 * loop.length_m, loop.length_m), along(loop, 0.0, 0.25 * loop.length_m)]
    )
    over = replace(over, t=START + np.arange(len(over), dtype=np.float64))
    found = spans(walked(clean(over), loop))
    assert covered_length(found) == pytest.approx(0.5 * loop.length_m, abs=1.0)
    assert found[0, 0] == 0.0
    assert found[-1, 1] == pytest.approx(loop.length_m, abs=1e-6)


def test_switchback() -> None:
    corners = [(600.0 * (k % 2), 40.0 * k) for k in range(9)]
    track = line(*corners)
    for seed in range(5):
        way = along(track, 0.0, track.length_m, Receiver(4.0, 20.0, seed))
        assert metres(way, track) == pytest.approx(track.length_m, rel=0.01)
        half = along(track, 0.0, 0.5 * track.length_m, Receiver(4.0, 20.0, seed))
        assert metres(half, track) == pytest.approx(0.5 * track.length_m, rel=0.02)


def test_a_shortcut_across_a_hairpin_credits_only_what_was_walked() -> None:
    measured = hairpin(40.0)
    x = np.concatenate([np.arange(0.0, 1_000.0, 1.3), np.full(31, 1_000.0), np.arange(1_000.0, 0.0, -1.3)])
    y = np.concatenate([np.zeros(770), np.linspace(0.0, 40.0, 31), np.full(770, 40.0)])
    found = spans(walked(clean(record(x, y)), measured))
    assert covered_length(found) == pytest.approx(2_000.0, abs=60.0)
    assert not any(low < 2_000.0 < high for low, high in found)


def test_out_and_back_is_its_length_once_and_its_kilometres_twice() -> None:
    there = along(STRAIGHT, 500.0, 3_000.0, Receiver(4.0, 30.0, 1))
    back = along(STRAIGHT, 3_000.0, 500.0, Receiver(4.0, 30.0, 2), start=float(there.t[-1]) + 1.0)
    found = walked(clean(Fixes.join([there, back])), STRAIGHT).at_least(Evidence.OBSERVED)
    assert covered_length(union(found.low, found.high)) == pytest.approx(2_500.0, abs=20.0)
    assert np.abs(found.to_m - found.from_m).sum() == pytest.approx(5_000.0, abs=60.0)


def test_jump_there_and_back_costs_nothing() -> None:
    way = along(STRAIGHT, 500.0, 3_000.0)
    lat = way.lat.copy()
    lat[700:703] += 0.05
    assert metres(replace(way, lat=lat), STRAIGHT) == pytest.approx(2_500.0, abs=1.0)


def test_outlier_first_fix_costs_nothing() -> None:
    way = along(STRAIGHT, 500.0, 3_000.0)
    lat = way.lat.copy()
    lat[0] += 0.05
    assert metres(replace(way, lat=lat), STRAIGHT) == pytest.approx(2_500.0, abs=3.0)


def test_teleport_along_the_line_is_a_gap() -> None:
    here = along(STRAIGHT, 500.0, 1_000.0)
    there = along(STRAIGHT, 4_000.0, 4_500.0, start=float(here.t[-1]) + 1.0)
    both = Fixes.join([here, there])
    assert metres(both, STRAIGHT) == pytest.approx(1_000.0, abs=3.0)
    assert inferred(both, STRAIGHT) == 0.0


def test_a_recording_gap_is_inferred_if_short_and_a_gap_if_long() -> None:
    here = along(STRAIGHT, 500.0, 1_000.0)

    def after(seconds: float, metres_on: float) -> Fixes:
        start = float(here.t[-1]) + seconds
        return Fixes.join([here, along(STRAIGHT, 1_000.0 + metres_on, 2_500.0, start=start)])

    assert inferred(after(600.0, 700.0), STRAIGHT) == pytest.approx(700.0, abs=2.0)
    assert metres(after(600.0, 700.0), STRAIGHT) == pytest.approx(1_300.0, abs=5.0)
    assert inferred(after(1_799.0, 700.0), STRAIGHT) == pytest.approx(700.0, abs=2.0)
    assert inferred(after(1_801.0, 700.0), STRAIGHT) == 0.0
    assert inferred(after(150.0, 700.0), STRAIGHT) == 0.0  # 17 km/h is no walk


def test_a_gap_round_a_bend_is_not_inferred() -> None:
    bend = line(
        (0.0, 0.0), (1_000.0, 0.0), (1_000.0, 1_000.0), (900.0, 1_000.0), (900.0, 100.0), (0.0, 100.0)
    )
    here = along(bend, 0.0, 850.0)
    there = along(bend, 3_100.0, 3_800.0, start=float(here.t[-1]) + 1_700.0)
    assert inferred(Fixes.join([here, there]), bend) == 0.0


def test_a_new_recording_does_not_observe_between() -> None:
    """A trkseg boundary is a recording gap: what lies in it is at best inferred."""
    way = along(STRAIGHT, 500.0, 3_000.0, interval=30.0, speed=1.0)
    cut = replace(way, part=(np.arange(len(way)) >= 40).astype(np.int32))
    assert metres(way, STRAIGHT) == pytest.approx(2_500.0, abs=1.0)
    assert metres(cut, STRAIGHT) == pytest.approx(2_500.0 - 30.0, abs=1.5)
    assert inferred(cut, STRAIGHT) == pytest.approx(30.0, abs=1.5)


def test_supporting_fixes_neither_open_nor_close() -> None:
    way = along(STRAIGHT, 500.0, 3_000.0)
    poor = np.full(len(way), 5.0)
    poor[:400], poor[900:1_000], poor[-300:] = 50.0, 50.0, 50.0
    found = spans(walked(clean(replace(way, accuracy_m=poor)), STRAIGHT))
    assert len(found) == 1  # those in the middle support
    assert found[0, 0] == pytest.approx(way_measure(way, 400), abs=3.0)
    assert found[0, 1] == pytest.approx(way_measure(way, len(way) - 301), abs=3.0)


def way_measure(way: Fixes, at: int) -> float:
    return float(STRAIGHT.locate(float(way.lon[at]), float(way.lat[at])).measure_m)


def test_patrol_over_midnight_is_split_by_time() -> None:
    found = walked(clean(along(STRAIGHT, 0.0, 5_000.0, Receiver(4.0, 30.0))), STRAIGHT)
    middle = START + 0.5 * 5_000.0 / 1.3
    before, after = found.within(0.0, middle), found.within(middle, 1e11)
    whole = covered_length(spans(found))
    assert covered_length(spans(before)) == pytest.approx(2_500.0, abs=20.0)
    assert covered_length(spans(before)) + covered_length(spans(after)) == pytest.approx(whole, abs=1e-6)


def test_time_along_the_line_is_kept_through_a_rest() -> None:
    there = along(STRAIGHT, 0.0, 2_000.0)
    rest = record(np.full(2_400, 2_000.0), 0.0, EXACT, start=float(there.t[-1]) + 1.0)
    on = along(STRAIGHT, 2_000.0, 4_000.0, start=float(rest.t[-1]) + 1.0)
    found = walked(clean(Fixes.join([there, rest, on])), STRAIGHT)
    late = found.within(float(there.t[-1]), float(rest.t[-1]))
    assert covered_length(spans(late)) <= 60.0
    assert found.to_t.max() - found.from_t.min() == pytest.approx(2_400.0 + 4_000.0 / 1.3, abs=5.0)
    assert float((found.to_t - found.from_t).sum()) == pytest.approx(2_400.0 + 4_000.0 / 1.3, abs=5.0)


def test_two_lines_beside_each_other_are_judged_by_themselves() -> None:
    other = line((5_000.0, 400.0), (0.0, 400.0))
    found = walked(clean(along(STRAIGHT, 0.0, 5_000.0)), [other, STRAIGHT])
    assert set(found.line.tolist()) == {1}


def test_an_index_serves_many_tracks() -> None:
    index = RouteIndex.build([STRAIGHT])
    way = clean(along(STRAIGHT, 0.0, 1_000.0))
    assert covered_length(spans(walked(way, index))) == covered_length(spans(walked(way, STRAIGHT)))


# laws

WALKS = st.lists(
    st.tuples(
        st.floats(0.0, 5_000.0),
        st.floats(0.0, 5_000.0),
        st.sampled_from([0.0, 3.0, 8.0, 12.0]),
        st.sampled_from([1.0, 7.0, 30.0]),
        st.sampled_from([0.0, 60.0, 600.0, 3_000.0]),
    ),
    min_size=1,
    max_size=4,
)
Walks = list[tuple[float, float, float, float, float]]


def day_of(walks: Walks) -> Fixes:
    """Return the fixes of walks from measure to measure, one after another with a pause before each."""
    parts, start = [], START
    for seed, (begin, end, sigma, interval, pause) in enumerate(walks):
        start += pause + 1.0
        way = Receiver(sigma, 30.0, seed)
        accuracy = max(5.0, sigma)
        parts.append(along(STRAIGHT, begin, end, way, interval=interval, start=start, accuracy=accuracy))
        start = float(parts[-1].t[-1])
    return Fixes.join(parts)


def rows(intervals: Intervals) -> list[tuple[float, ...]]:
    columns = (intervals.from_m, intervals.to_m, intervals.from_t, intervals.to_t, intervals.evidence)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


@settings(max_examples=40, deadline=None)
@given(WALKS, st.randoms(use_true_random=False))
def test_shuffling_splitting_and_repeating_change_nothing(walks: Walks, random: object) -> None:
    fixes = day_of(walks)
    expected = rows(walked(clean(fixes), STRAIGHT))
    order = np.arange(len(fixes))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert rows(walked(clean(fixes.take(order)), STRAIGHT)) == expected
    cut = len(fixes) // 3
    files = [
        replace(fixes.take(np.arange(low, high)), source=np.full(high - low, k, np.int32))
        for k, (low, high) in enumerate([(0, 2 * cut), (cut, len(fixes)), (0, len(fixes))])
    ]
    assert rows(walked(clean(Fixes.join(files)), STRAIGHT)) == expected


@settings(max_examples=40, deadline=None)
@given(WALKS, st.lists(st.floats(0.0, 1.0), max_size=5))
def test_a_period_is_the_union_of_its_days(walks: Walks, shares: list[float]) -> None:
    found = walked(clean(day_of(walks)), STRAIGHT)
    if len(found) == 0:
        return
    begin, end = float(found.from_t.min()), float(found.to_t.max()) + 1.0
    bounds = sorted({begin, end, *(begin + share * (end - begin) for share in shares)})
    days = [found.within(a, b) for a, b in itertools.pairwise(bounds)]
    together = Intervals.join(days)
    assert covered_length(spans(together)) == pytest.approx(covered_length(spans(found)), abs=1e-6)
    assert np.abs(together.to_m - together.from_m).sum() == pytest.approx(
        np.abs(found.to_m - found.from_m).sum(), abs=1e-6
    )
    assert (together.to_t - together.from_t).sum() == pytest.approx(
        (found.to_t - found.from_t).sum(), abs=1e-3
    )


@settings(max_examples=40, deadline=None)
@given(WALKS, WALKS)
def test_more_evidence_never_covers_less(walks: Walks, more: Walks) -> None:
    """Another device, a later session, a lower rung of the ladder: each only adds."""
    one, other = walked(clean(day_of(walks)), STRAIGHT), walked(clean(day_of(more)), STRAIGHT)
    alone, both = spans(one), spans(Intervals.join([one, other]))
    assert covered_length(both) >= covered_length(alone) - 1e-9
    assert covered_length(union(*np.concatenate([alone, both]).T)) == pytest.approx(covered_length(both))
    later = replace(day_of(more), t=day_of(more).t + 10 * 86_400.0)
    joined = spans(walked(clean(Fixes.join([day_of(walks), later])), STRAIGHT))
    expected = union(*np.concatenate([spans(one), spans(other)]).T)
    assert joined == pytest.approx(expected, abs=1e-5)
    assert covered_length(union(one.low, one.high)) >= covered_length(alone)


@settings(max_examples=40, deadline=None)
@given(WALKS)
def test_intervals_are_well_formed(walks: Walks) -> None:
    found = walked(clean(day_of(walks)), STRAIGHT)
    assert (found.from_t <= found.to_t).all()
    assert (found.low >= 0.0).all()
    assert (found.high <= STRAIGHT.length_m).all()
    reached = max((max(a, b) for a, b, *_ in walks), default=0.0)
    lowest = min((min(a, b) for a, b, *_ in walks), default=0.0)
    assert (found.high <= reached + 40.0).all()
    assert (found.low >= lowest - 40.0).all()
