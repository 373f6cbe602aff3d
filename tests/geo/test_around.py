"""What a day is computed from: its sessions, as far as a shift is long, and no farther."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.geocentric import Floats
from geo.track import REACH_S, around, sessions, together

DAY = 86_400.0
DAYS = 6
BOUNDS = [DAY * k for k in range(DAYS + 1)]

# Recordings of hours and of days, and silences that end a session or just do not.
RECORDINGS = st.lists(
    st.tuples(
        st.sampled_from([1_800.0, 1_801.0, 30_000.0, 50_000.0]),
        st.sampled_from([1, 12, 30, 70, 110]),
        st.sampled_from([700.0, 1_500.0, 1_800.0]),
    ),
    min_size=1,
    max_size=5,
)


def times(recordings: list[tuple[float, int, float]]) -> Floats:
    """Return the times of recordings: silence before, how many fixes, seconds between them."""
    found, at = [], 0.0
    for silence, count, step in recordings:
        found.append(at + silence + step * np.arange(count))
        at = float(found[-1][-1])
    t = np.concatenate(found)
    return t[t < BOUNDS[-1]]


def of_day(t: Floats, day: int) -> list[float]:
    return list(t[around(t, BOUNDS[day], BOUNDS[day + 1])])


@settings(max_examples=100, deadline=None)
@given(RECORDINGS)
def test_days_together_are_computed_from_the_same_fixes_as_each_by_itself(
    recordings: list[tuple[float, int, float]],
) -> None:
    t = times(recordings)
    groups = together(t, BOUNDS)
    assert [k for low, high in groups for k in range(low, high + 1)] == list(range(DAYS))
    for low, high in groups:
        both = t[around(t, BOUNDS[low], BOUNDS[high + 1])]
        for day in range(low, high + 1):
            own = [(a, b) for a, b in sessions(both) if b >= BOUNDS[day] and a < BOUNDS[day + 1]]
            inside = [one for one in both.tolist() if any(a <= one <= b for a, b in own)]
            assert inside == of_day(t, day)


@settings(max_examples=100, deadline=None)
@given(RECORDINGS, st.floats(0.0, BOUNDS[-1] - 1.0))
def test_a_fix_changes_its_day_and_at_most_those_beside_it(
    recordings: list[tuple[float, int, float]], new: float
) -> None:
    """A day beside is another only if it is near, and then its session goes over the midnight between."""
    t = times(recordings)
    more = np.sort(np.append(t, new))
    spans = sessions(more)
    for day in range(DAYS):
        if of_day(t, day) == of_day(more, day):
            continue
        begin, end = BOUNDS[day], BOUNDS[day + 1]
        if new < begin:
            assert begin - new <= REACH_S
            assert any(a < begin <= b for a, b in spans)
        elif new >= end:
            assert new - end < REACH_S
            assert any(a < end <= b for a, b in spans)


def test_a_recording_of_weeks_is_followed_as_far_as_a_shift_is_long() -> None:
    t = np.arange(0.0, BOUNDS[-1], 60.0)
    assert of_day(t, 3) == np.arange(BOUNDS[3] - REACH_S, BOUNDS[4] + REACH_S, 60.0).tolist()
    assert together(t, BOUNDS) == [(k, k) for k in range(DAYS)]
    patrol = np.arange(BOUNDS[3] - 20_000.0, BOUNDS[3] + 20_000.0, 60.0)
    assert together(patrol, BOUNDS) == [(0, 0), (1, 1), (2, 3), (4, 4), (5, 5)]
    assert of_day(patrol, 2) == of_day(patrol, 3) == patrol.tolist()
    assert of_day(patrol, 5) == []
