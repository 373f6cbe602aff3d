"""Clocks: how far one is off does not depend on the order of batches, and times are set right exactly."""

import random
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo.clock import DAY, Corrections, Sample, Skew, sample, skews

DAY_1 = date(2025, 6, 15)
SECONDS = st.floats(-86_400.0, 86_400.0, allow_nan=False)
SENT = st.builds(
    Sample, st.floats(0.0, 86_400.0, allow_nan=False), st.sampled_from([0.0, 7_200.0, 7_230.0]) | SECONDS
)
SAMPLES = st.dictionaries(st.integers(0, 4).map(lambda k: DAY_1 + k * DAY), st.lists(SENT, max_size=9))


def live(*behind_s: float, every_s: float = 60.0) -> list[Sample]:
    """Return what batches say that were sent one after the other."""
    return [Sample(every_s * k, one) for k, one in enumerate(behind_s)]


def test_a_batch_tells_by_how_much_its_clock_is_off_where_nothing_waited() -> None:
    assert sample(100.0, 110.0, 7_310.0) == 7_200.0
    assert sample(100.0, 220.0, 420.0) == 200.0
    assert sample(100.0, 221.0, 421.0) is None, "its newest point waited for more than two minutes"
    assert sample(100.0, 400.0, 101.0) is None, (
        "the phone is five minutes ahead of its positions, which are right"
    )
    assert sample(100.0, 50.0, 50.0) == 0.0, "the clock of positions is a little ahead of the phone's"
    assert sample(7_300.0, 100.0, 100.0) is None, "positions come from another clock"
    assert sample(0.0, 0.0, 86_401.0) is None, "a wrong date"


def test_three_batches_measure_a_clock_and_less_than_a_minute_is_no_skew() -> None:
    assert skews({DAY_1: live(7_200.0, 7_201.0)}) == {}
    assert skews({DAY_1: live(7_203.0, 7_200.4, 9_999.0)}) == {DAY_1: Skew(7_203, 3)}
    assert skews({DAY_1: live(7_203.0, 7_200.0, 7_201.0, every_s=0.1)}) == {DAY_1: Skew(7_201, 3)}
    assert skews({DAY_1: live(1.0, 59.0, 59.4)}) == {DAY_1: Skew(0, 3)}
    assert skews({DAY_1: live(-7_200.0, -7_190.0, -7_210.0, 0.0)}) == {DAY_1: Skew(-7_195, 4)}


@pytest.mark.parametrize("every_s", [12.0, 30.0, 600.0])
def test_what_was_made_all_day_and_sent_at_night_says_nothing(every_s: float) -> None:
    """Made live and stamped then, received together: each says how long it waited."""
    for often in (3, 4, 40):
        late = [Sample(every_s * k, 30_000.0 - every_s * k + 0.3 * k) for k in range(often)]
        assert skews({DAY_1: late}) == {DAY_1: Skew(0, often)}
        real = live(*often * [7_201.0], every_s=every_s)
        assert skews({DAY_1: real}) == {DAY_1: Skew(7_201, often)}


def test_a_clock_that_was_set_on_the_way_is_off_until_then() -> None:
    """Between what it told last and what it told first after that, nothing was recorded."""
    old = live(*7 * [7_200.0])
    new = [Sample(360.0 + 7_260.0 + 60.0 * k, 1.0) for k in range(3)]
    assert skews({DAY_1: old + new[:2]}) == {DAY_1: Skew(7_200, 9)}, "two may be anything"
    assert skews({DAY_1: old + new}) == {DAY_1: Skew(7_200, 10, 3_990, 0)}
    held = [Sample(200.0, 9_000.0), Sample(8_000.0, 700.0)]
    assert skews({DAY_1: old + new + held}) == {DAY_1: Skew(7_200, 12, 3_990, 0)}
    beside = [one._replace(sent_s=one.sent_s + 80_000.0) for one in new[:2]]
    assert skews({DAY_1: old + new, DAY_1 + DAY: beside})[DAY_1 + DAY] == Skew(0, 10)
    ahead = [Sample(20_000.0 + 60.0 * k, -7_200.0) for k in range(4)] + live(0.0, 1.0, 2.0)
    assert skews({DAY_1: ahead}) == {DAY_1: Skew(0, 7, 10_060, -7_200)}
    skew = Skew(7_200, 10, 3_990, 0)
    assert [skew.at(told) for told in (3_989.0, 3_990.0)] == [7_200, 0]
    assert (skew.last, Skew(7_200, 3).last) == (0, 7_200)


def test_a_walk_goes_on_over_midnight_with_the_same_clock() -> None:
    walk = live(7_200.0, 7_201.0, 7_202.0)
    one, other = live(7_205.0), live(3.0)
    both = {DAY_1: Skew(7_201, 3), DAY_1 + DAY: Skew(7_201, 3)}
    assert skews({DAY_1: walk, DAY_1 + DAY: one}) == both
    assert skews({DAY_1: one, DAY_1 + DAY: walk}) == both
    assert skews({DAY_1: walk, DAY_1 + DAY: other}) == {DAY_1: Skew(7_201, 3)}, "somebody set it right"
    assert skews({DAY_1: walk, DAY_1 + 2 * DAY: one}) == {DAY_1: Skew(7_201, 3)}


@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_batches_does_not_matter(
    samples: dict[date, list[Sample]], chance: random.Random
) -> None:
    days = list(samples)
    chance.shuffle(days)
    shuffled = {day: chance.sample(samples[day], len(samples[day])) for day in days}
    assert skews(shuffled) == skews(samples)


@given(SAMPLES)
def test_a_skew_lies_among_its_samples_or_is_none(samples: dict[date, list[Sample]]) -> None:
    for day, skew in skews(samples).items():
        own = [one.behind_s for one in samples[day]]
        assert skew.batches >= 3
        for seconds in (skew.seconds, skew.last):
            assert seconds == 0 or abs(seconds) >= 60
            if len(own) >= 3 and seconds:
                assert min(own) - 0.5 <= seconds <= max(own) + 0.5
        assert skew.set_s is None or abs(skew.seconds - skew.then) >= 60


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
    part = clock.within(hour, day + hour)
    assert part.same(Corrections.of([(hour, day, -hour), (day, day + hour, 2 * hour)]))
    assert not part.same(clock)
    assert clock.ends(0.0, 2 * day).tolist() == [0.0, day, np.nextafter(day, 0.0), np.nextafter(2 * day, 0.0)]
