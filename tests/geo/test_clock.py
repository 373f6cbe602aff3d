"""Clocks: how far one is off does not depend on the order of batches, and times are set right exactly."""

import random
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from geo.clock import DAY, Corrections, Skew, sample, skews

DAY_1 = date(2025, 6, 15)
SECONDS = st.floats(-86_400.0, 86_400.0, allow_nan=False)
SAMPLES = st.dictionaries(st.integers(0, 4).map(lambda k: DAY_1 + k * DAY), st.lists(SECONDS, max_size=6))


def test_a_batch_tells_by_how_much_its_clock_is_off_where_nothing_waited() -> None:
    assert sample(100.0, 110.0, 7_310.0) == 7_200.0
    assert sample(100.0, 700.0, 900.0) == 200.0
    assert sample(100.0, 701.0, 900.0) is None, "its newest point waited for more than ten minutes"
    assert sample(100.0, 50.0, 50.0) == 0.0, "the clock of positions is a little ahead of the phone's"
    assert sample(7_300.0, 100.0, 100.0) is None, "positions come from another clock"
    assert sample(0.0, 0.0, 86_401.0) is None, "a wrong date"


def test_three_batches_measure_a_clock_and_less_than_a_minute_is_no_skew() -> None:
    assert skews({DAY_1: [7_200.0, 7_201.0]}) == {}
    assert skews({DAY_1: [7_203.0, 7_200.4, 9_999.0]}) == {DAY_1: Skew(7_203, 3)}
    assert skews({DAY_1: [1.0, 59.0, 59.4]}) == {DAY_1: Skew(0, 3)}
    assert skews({DAY_1: [-7_200.0, -7_100.0, -7_300.0, 0.0]}) == {DAY_1: Skew(-7_150, 4)}


def test_a_walk_goes_on_over_midnight_with_the_same_clock() -> None:
    walk = [7_200.0, 7_201.0, 7_202.0]
    both = {DAY_1: Skew(7_201, 3), DAY_1 + DAY: Skew(7_201, 3)}
    assert skews({DAY_1: walk, DAY_1 + DAY: [7_205.0]}) == both
    assert skews({DAY_1: [7_205.0], DAY_1 + DAY: walk}) == both
    assert skews({DAY_1: walk, DAY_1 + DAY: [3.0]}) == {DAY_1: Skew(7_201, 3)}, "somebody set it right"
    assert skews({DAY_1: walk, DAY_1 + 2 * DAY: [7_201.0]}) == {DAY_1: Skew(7_201, 3)}


@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_batches_does_not_matter(
    samples: dict[date, list[float]], chance: random.Random
) -> None:
    days = list(samples)
    chance.shuffle(days)
    shuffled = {day: chance.sample(samples[day], len(samples[day])) for day in days}
    assert skews(shuffled) == skews(samples)


@given(SAMPLES)
def test_a_skew_lies_among_its_samples_or_is_none(samples: dict[date, list[float]]) -> None:
    for day, skew in skews(samples).items():
        own = samples[day]
        assert skew.batches >= 3
        assert skew.seconds == 0 or abs(skew.seconds) >= 60
        if len(own) >= 3 and skew.seconds:
            assert min(own) - 0.5 <= skew.seconds <= max(own) + 0.5


ROWS = st.dictionaries(st.integers(0, 6), st.integers(-86_400, 86_400).filter(bool), max_size=4).map(
    lambda rows: [(k * 86_400.0, (k + 1) * 86_400.0, float(s)) for k, s in rows.items()]
)
TIMES = st.lists(st.integers(-86_400_000_000, 8 * 86_400_000_000).map(lambda us: us / 1e6), max_size=30)


@given(ROWS, TIMES, st.integers(-1, 8), st.integers(1, 172_800))
@example([], [0.5], 0, 1)
def test_the_windows_of_a_period_hold_all_that_was_in_it(
    rows: list[tuple[float, float, float]], times: list[float], day: int, length: int
) -> None:
    clock, t = Corrections.of(rows), np.array(times, dtype=np.float64)
    begin, end = day * 86_400.0, day * 86_400.0 + length
    windows = clock.windows(begin, end)
    assert all(a < b for a, b in windows)
    assert all(one[1] < other[0] for one, other in pairwise(windows))
    right = clock.corrected(t)
    read = np.zeros(len(t), dtype=bool)
    for low, high in windows:
        read |= (t >= low) & (t < high)
    assert not ((right >= begin) & (right < end) & ~read).any()
    for told, was in zip(times, right.tolist(), strict=True):
        moved = next((s for a, b, s in rows if a <= told < b), 0.0)
        assert was == round((told + moved) * 1e6) / 1e6


def test_days_of_a_clock_are_set_right_each_by_itself() -> None:
    hour, day = 3_600.0, 86_400.0
    clock = Corrections.of([(day, 2 * day, 2 * hour), (0.0, day, -hour)])
    t = np.array([-1.0, 0.0, day - 1.0, day, 2 * day - 1.0, 2 * day])
    assert clock.corrected(t).tolist() == [
        -1.0, -hour, day - 1.0 - hour, day + 2 * hour, 2 * day - 1.0 + 2 * hour, 2 * day,
    ]  # fmt: skip
    assert timedelta(days=1) == DAY
