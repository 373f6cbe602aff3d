"""What is known of lines in a period, against the algebra of intervals, figure by figure."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import (
    Asked,
    Evidence,
    Intervals,
    Sights,
    Summary,
    covered_length,
    gaps,
    intersection,
    profile,
    summaries,
    union,
)
from geo.coverage.span_kernels import minus, sweep, unite

LENGTH = 100.0
LEAST = 10.0

spans = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=12).map(
    lambda pairs: np.array(pairs, dtype=np.float64).reshape(-1, 2)
)
rows = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(-5, 105),
        st.integers(-5, 105),
        st.integers(0, 90_000),
        st.integers(0, 4_000),
        st.sampled_from([Evidence.DECLARED, Evidence.INFERRED, Evidence.OBSERVED, Evidence.SERVICED]),
        st.integers(0, 2),
    ),
    max_size=12,
)
seen = st.lists(
    st.tuples(st.integers(0, 2), st.integers(-1, 1), st.integers(0, 90), st.integers(1, 10)), max_size=8
)


def intervals(told: Any) -> Intervals:
    line, from_m, to_m, from_t, seconds, evidence, holder = np.array(told, dtype=np.float64).reshape(-1, 7).T
    return Intervals.of(from_m, to_m, from_t, from_t + seconds, line=line, evidence=evidence, holder=holder)


def sights(told: Any) -> Sights:
    line, band, low, width = np.array(told, dtype=np.float64).reshape(-1, 4).T
    return Sights(line.astype(np.int32), band.astype(np.int8), low, low + width)


def asked(begin: float, end: float, days: float = 0.5) -> list[Asked]:
    return [Asked(LENGTH, begin + 1_000.0 * k, end, days, end + 10_000.0, -50_000.0) for k in range(3)]


@given(spans, spans)
def test_spans_are_those_of_the_algebra(a: Any, b: Any) -> None:
    one, other = union(a[:, 0], a[:, 1]), union(b[:, 0], b[:, 1])
    for way in (unite, sweep):
        assert way(a[:, 0].copy(), a[:, 1].copy()).tolist() == one.tolist()
    expected = intersection(one, gaps(other, 5.0, 45.0))
    assert minus(one, other, 5.0, 45.0).tolist() == expected.tolist()


def test_spans_that_do_not_grow_together_are_sorted() -> None:
    low = 2.0 * np.random.default_rng(1).permutation(3_000).astype(np.float64)
    assert unite(low, low + 1.0).tolist() == union(low, low + 1.0).tolist()


@settings(deadline=None)
@given(rows, seen, st.integers(0, 40_000), st.integers(40_001, 95_000))
def test_figures_are_those_of_the_algebra(told: Any, looked: Any, begin: int, end: int) -> None:
    walks, sight, lines = intervals(told), sights(looked), asked(begin, end)
    found = list(summaries(lines, walks, sight, LEAST))
    for k, (one, line) in enumerate(zip(found, lines, strict=True)):
        mine, spans = walks.on(k), [_band(sight, k, band) for band in (-1, 0, 1)]
        _agree(one, line, mine, spans)
        assert [part.tolist() for part in one.sights] == [part.tolist() for part in spans]


def _band(sight: Sights, line: int, band: int) -> Any:
    here = (sight.line == line) & (sight.band == band)
    return union(sight.low[here], sight.high[here])


def _agree(one: Summary, line: Asked, rows: Intervals, sights: Any) -> None:
    now = rows.within(line.begin, line.end)
    observed = now.at_least(Evidence.OBSERVED)
    walked = union(observed.low, observed.high)
    inferred = _beside(now.take(now.evidence == Evidence.INFERRED), walked)
    unwalked = intersection(sights[1], gaps(walked, 0.0, LENGTH))
    better = union(*np.concatenate([walked, unwalked]).T)
    bridged = intersection(inferred, gaps(better, 0.0, LENGTH))
    known = union(*np.concatenate([better, bridged]).T)
    declared = _beside(now.take(now.evidence == Evidence.DECLARED), known)
    told = one.figures
    expected = [covered_length(each) for each in (walked, inferred, bridged, unwalked, declared)]
    assert list(told[:5]) == pytest.approx(expected)
    past = rows.within(0.0, line.end).at_least(Evidence.OBSERVED)
    history, passes = profile(past, 0.0, LENGTH), profile(observed, 0.0, LENGTH)
    assert told.mean == pytest.approx(float((passes.passes * passes.metres).sum()) / LENGTH)
    assert (told.most, told.fewest) == (passes.passes.max(), passes.passes.min())
    assert told.seconds == pytest.approx(covered_length(union(observed.from_t, observed.to_t)))
    assert told.walked_m <= float(np.abs(observed.to_m - observed.from_m).sum()) + 1e-6
    assert (told.last_by < 0) == (len(past) == 0)
    if len(past):
        assert told.last_t == past.to_t.max()
        assert told.last_by in past.holder[past.to_t == told.last_t]
    last = np.where(np.isnan(history.last_t), line.never_t, history.last_t)
    age = (line.now - last) / 86_400.0
    late = age > line.days
    overdue = union(history.edges[:-1][late], history.edges[1:][late])
    overdue = overdue[(overdue[:, 1] - overdue[:, 0]) >= LEAST]
    assert told.overdue_m == pytest.approx(covered_length(overdue))
    debt = float((np.maximum(age - line.days, 0.0) * history.metres).sum()) if len(overdue) else 0.0
    assert told.debt_m_days == pytest.approx(debt)
    assert told.soon == bool((age > 0.8 * line.days).any())
    _stretches_agree(one.stretches, walked, inferred, history, passes)


def _beside(rows: Intervals, better: Any) -> Any:
    return intersection(union(rows.low, rows.high), gaps(better, 0.0, LENGTH))


def _stretches_agree(found: Any, walked: Any, inferred: Any, history: Any, passes: Any) -> None:
    for code, spans in ((1, inferred), (2, walked)):
        mine = found[found[:, 0] == code]
        assert union(mine[:, 1], mine[:, 2]).tolist() == spans.tolist()
    known = union(*np.concatenate([walked, inferred]).T)
    assert found[found[:, 0] == 0][:, 1:3].tolist() == gaps(known, 0.0, LENGTH).tolist()
    assert (np.diff(found[:, 1]) > 0.0).all()
    for _, low, high, fewest, last_t, who, oldest in found.tolist():
        inside = history.between(low, high)
        times = history.last_t[inside]
        counted = passes.passes[passes.between(low, high)]
        assert fewest == (counted.min() if len(counted) else 0)
        assert (who < 0) == math.isnan(last_t) == bool(np.isnan(times).all())
        assert math.isnan(oldest) == bool(np.isnan(times).any() or not len(times))
        if who >= 0:
            assert last_t == np.nanmax(times)


@settings(deadline=None)
@given(rows, seen, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(told: Any, looked: Any, random: Any) -> None:
    """To the last bit, also where two were at one place at one time."""
    lines = asked(10_000, 80_000)
    first = list(summaries(lines, intervals(told), sights(looked), LEAST))
    random.shuffle(told)
    random.shuffle(looked)
    again = list(summaries(lines, intervals(told), sights(looked), LEAST))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(np.array(one.figures), np.array(other.figures))
        np.testing.assert_array_equal(one.stretches, other.stretches)


def test_nothing_known_is_one_gap() -> None:
    (one, *_) = summaries(asked(0.0, 1.0), intervals([]), sights([]), LEAST)
    assert one.stretches[:, :4].tolist() == [[0.0, 0.0, LENGTH, 0.0]]
    assert np.isnan(one.stretches[0, [4, 6]]).all()
    assert one.figures.last_by == -1
