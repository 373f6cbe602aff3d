"""The algebra of intervals: unions, gaps, periods, who was there last and how often."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import Intervals, covered_by, covered_length, gaps, intersection, profile, union

SPANS = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=12)


def cells(spans: np.ndarray) -> set[int]:
    return {cell for low, high in spans.tolist() for cell in range(int(low), int(high))}


def united(pairs: list[tuple[int, int]]) -> np.ndarray:
    array = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return union(array.min(axis=1), array.max(axis=1))


@given(SPANS)
def test_union_is_the_set_of_its_metres(pairs: list[tuple[int, int]]) -> None:
    found = united(pairs)
    assert cells(found) == cells(np.sort(np.array(pairs, dtype=np.float64).reshape(-1, 2), axis=1))
    assert covered_length(found) == len(cells(found))
    assert (found[1:, 0] > found[:-1, 1]).all()


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 100), st.integers(0, 100)), max_size=20),
    st.sampled_from([1.0, 244.5347, 1 / 3]),
)
def test_groups_are_covered_each_by_its_own_spans(rows: list[tuple[int, int, int]], metre: float) -> None:
    group, one, other = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    found = covered_by(group, np.minimum(one, other) * metre, np.maximum(one, other) * metre, 41)
    expected = [metre * covered_length(united([row[1:] for row in rows if row[0] == k])) for k in range(41)]
    assert found.tolist() == pytest.approx(expected, abs=1e-6)


def test_whole_lines_stay_in_their_groups() -> None:
    count = 2_000
    found = covered_by(np.arange(count), np.zeros(count), np.full(count, 24_453.47), count)
    assert found.tolist() == pytest.approx([24_453.47] * count)


@given(SPANS)
def test_gaps_are_what_is_left(pairs: list[tuple[int, int]]) -> None:
    found = united(pairs)
    assert cells(gaps(found, 0.0, 100.0)) == set(range(100)) - cells(found)


@given(SPANS, SPANS)
def test_intersection_is_in_both(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    a, b = united(one), united(other)
    assert cells(intersection(a, b)) == cells(a) & cells(b)


VISITS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 9), st.integers(0, 5)), max_size=12
)


@settings(deadline=None)
@given(VISITS)
def test_profile_agrees_with_counting_metre_by_metre(visits: list[tuple[int, int, int, int]]) -> None:
    hour = 3_600.0
    from_m, to_m, start, took = np.array(visits, dtype=np.float64).reshape(-1, 4).T
    intervals = Intervals.of(from_m, to_m, start * hour, (start + took) * hour)
    found = profile(intervals, 0.0, 50.0)
    assert found.edges[0] == 0.0
    assert found.edges[-1] == 50.0
    for k in range(len(found.passes)):
        middle = 0.5 * (found.edges[k] + found.edges[k + 1])
        times = sorted(
            (s + d * (middle - a) / (b - a)) * hour for a, b, s, d in visits if min(a, b) < middle < max(a, b)
        )
        assert found.passes[k] == bool(times) + sum(np.diff(times) >= 1_200.0 - 1e-6)
        if times:
            assert found.last_t[k] == pytest.approx(times[-1])
        else:
            assert np.isnan(found.last_t[k])
            assert found.last[k] == -1


OUTINGS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 90), st.integers(0, 8)), max_size=30
)


@settings(deadline=None)
@given(OUTINGS)
def test_outings_hours_apart_are_told_as_if_all_were_one(visits: list[tuple[int, int, int, int]]) -> None:
    step = 300.0
    from_m, to_m, start, took = np.array(visits, dtype=np.float64).reshape(-1, 4).T
    from_t, to_t = start * step, (start + took) * step
    found = profile(Intervals.of(from_m, to_m, from_t, to_t), 0.0, 20.0)
    for k in range(len(found.passes)):
        middle = 0.5 * (found.edges[k] + found.edges[k + 1])
        inside = (np.minimum(from_m, to_m) < middle) & (middle < np.maximum(from_m, to_m))
        metres = np.where(inside, to_m - from_m, 1.0)
        when = from_t + (middle - from_m) / metres * (to_t - from_t)
        times = np.sort(when[inside])
        assert found.passes[k] == bool(len(times)) + (np.diff(times) >= 1_200.0).sum()
        if len(times):
            assert (found.last_t[k], inside[found.last[k]]) == (times[-1], True)
            assert when[found.last[k]] == times[-1]
        else:
            assert (np.isnan(found.last_t[k]), found.last[k]) == (True, -1)


def test_passes_need_twenty_minutes_between() -> None:
    soon = Intervals.of([0.0, 0.0], [10.0, 10.0], [0.0, 1_199.0], [0.0, 1_199.0])
    later = Intervals.of([0.0, 0.0], [10.0, 10.0], [0.0, 1_200.0], [0.0, 1_200.0])
    assert profile(soon, 0.0, 10.0).passes.tolist() == [1]
    assert profile(later, 0.0, 10.0).passes.tolist() == [2]


def test_a_period_splits_by_time_and_a_stretch_by_measure() -> None:
    back = Intervals.of(100.0, 0.0, 0.0, 1_000.0)
    half = back.within(250.0, 500.0)
    assert (half.from_m[0], half.to_m[0]) == (75.0, 50.0)
    part = back.clip(20.0, 60.0)
    assert (part.from_t[0], part.to_t[0]) == (400.0, 800.0)
    assert len(back.within(1_000.0, 2_000.0)) == 0
    assert len(back.clip(200.0, 300.0)) == 0


def test_nothing_covers_nothing() -> None:
    none = Intervals.of([], [], [], [])
    assert len(Intervals.join([])) == 0
    assert covered_length(union(none.low, none.high)) == 0.0
    assert gaps(np.empty((0, 2)), 0.0, 10.0).tolist() == [[0.0, 10.0]]
    assert profile(none, 0.0, 10.0).passes.tolist() == [0]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_lines_are_told_apart_at_once_as_one_by_one(rows: list[tuple[int, int, int]]) -> None:
    line, low, high = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    every = Intervals.of(low, high, low, high, line=line, source=np.arange(len(rows)))
    parts = every.by_line(5)
    assert [part.source.tolist() for part in parts] == [every.on(k).source.tolist() for k in range(5)]


def test_visits_in_the_reverse_order_of_their_beginnings_are_counted_too() -> None:
    k = np.arange(100.0)
    every = Intervals.of(0.0 * k, 0.0 * k + 100.0, 10.0 * k, 1e6 - 3_000.0 * k)
    found = profile(every, 0.0, 100.0)
    assert (found.passes.tolist(), found.last.tolist()) == ([100], [0])
    assert found.last_t.tolist() == [500_000.0]
