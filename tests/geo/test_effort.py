"""What walking took: a team's way once and its hours for each; and how fresh what is known of it is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import (
    Asked,
    Figures,
    Intervals,
    Sights,
    covered_length,
    one_at_a_time,
    profile,
    summaries,
    union,
)
from geo.coverage.interval_kernels import SAFE_S
from geo.coverage.summary_kernels import TEAM_S

NOTHING = Sights(np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0), np.empty(0))

WALKS = st.lists(
    st.tuples(
        st.integers(0, 1),  # line
        st.integers(0, 900),  # from, metres
        st.integers(1, 400),  # so far
        st.booleans(),  # backwards
        st.integers(0, 20_000),  # begins, seconds
        st.integers(0, 2),  # who
        st.integers(0, 1),  # with which device
    ),
    min_size=1,
    max_size=10,
)


def made(walks: list[tuple[int, int, int, bool, int, int, int]]) -> Intervals:
    """Return walks at one metre a second."""
    line, low, length, back, begin, holder, device = (np.array(column) for column in zip(*walks, strict=True))
    high = low + length
    return Intervals.of(
        np.where(back, high, low), np.where(back, low, high), begin, begin + length,
        line=line, holder=holder, source=2 * holder + device,
    )  # fmt: skip


def walk(low: float, high: float, begin: float, holder: int = 0, source: int = 0, line: int = 0) -> Intervals:
    seconds = abs(high - low)
    return Intervals.of(low, high, begin, begin + seconds, line=line, holder=holder, source=source)


def figures(
    walks: Intervals, lengths: tuple[float, ...], begin: float = -1.0, now: float = 1e6
) -> list[Figures]:
    """Return what is known of lines since a time."""
    asked = [Asked(length, begin, 1e6, np.nan, now, 0.0) for length in lengths]
    return [one.figures for one in summaries(asked, walks, NOTHING, 50.0)]


def effort(walks: Intervals) -> Figures:
    """Return what one line took, that of all walks."""
    return figures(replace(walks, line=np.zeros_like(walks.line)), (1_400.0,))[0]


def outings(walks: Intervals) -> list[Intervals]:
    """Return walks cut where nobody walked for longer than a team is apart."""
    mine = walks.take(np.argsort(walks.from_t, kind="stable"))
    ended = np.maximum.accumulate(mine.to_t)
    after = np.flatnonzero(mine.from_t[1:] - ended[:-1] >= TEAM_S + SAFE_S) + 1
    return [mine.take(part) for part in np.split(np.arange(len(mine)), after) if len(part)]


def test_copies_of_a_team_are_one_walk_and_the_hours_of_all() -> None:
    team = Intervals.join([walk(0, 1000, 20.0 * k, holder=k, source=k) for k in range(5)])
    found = effort(team)
    assert found.walked_m == pytest.approx(1000.0)
    assert found.person_seconds == pytest.approx(5000.0)
    assert found.seconds == pytest.approx(1080.0)


def test_out_and_back_is_walked_twice() -> None:
    found = effort(Intervals.join([walk(0, 1000, 0.0), walk(1000, 0, 1000.0)]))
    assert (found.walked_m, found.seconds, found.person_seconds) == (2000.0, 2000.0, 2000.0)


def test_who_comes_later_walks_by_themselves() -> None:
    later = TEAM_S + 1.0
    pair = Intervals.join([walk(0, 1000, 0.0), walk(0, 1000, later, holder=1, source=1)])
    assert effort(pair).walked_m == pytest.approx(2000.0)


@given(WALKS, st.integers(1, 4))
def test_a_copy_adds_hours_and_no_metre(rows: list[tuple[int, ...]], copies: int) -> None:
    mine = made(rows).on(0)  # type: ignore[arg-type]
    one = one_at_a_time(mine, np.zeros(len(mine))).walks
    before = effort(one)
    team = [
        Intervals.of(one.from_m, one.to_m, one.from_t, one.to_t, holder=one.holder + 10 * k)
        for k in range(copies + 1)
    ]
    after = effort(Intervals.join(team))
    assert after.walked_m == pytest.approx(before.walked_m)
    assert after.seconds == pytest.approx(before.seconds)
    assert after.person_seconds == pytest.approx(before.person_seconds * (copies + 1))


@given(WALKS)
def test_metres_are_between_those_covered_and_those_of_all(rows: list[tuple[int, ...]]) -> None:
    walks = made(rows).on(0)  # type: ignore[arg-type]
    spans = union(walks.low, walks.high)
    found = effort(walks)
    covered, every = float(np.diff(spans).sum()), float((walks.high - walks.low).sum())
    assert covered - 1e-6 <= found.walked_m <= every + 1e-6
    assert found.seconds <= found.person_seconds + 1e-6


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 100),
            st.integers(0, 100),
            st.integers(0, 5_000),
            st.integers(0, 900),
            st.integers(0, 2),
        ),
        max_size=10,
    )
)
def test_effort_and_freshness_are_those_of_the_algebra(told: Any) -> None:
    from_m, to_m, from_t, seconds, holder = np.array(told, dtype=np.float64).reshape(-1, 5).T
    walks = Intervals.of(from_m, to_m, from_t, from_t + seconds, holder=holder)
    metres = 0.0
    for chosen in (walks.from_m > walks.to_m, walks.from_m <= walks.to_m):
        for outing in outings(walks.take(chosen)):
            cells = profile(outing, 0.0, 100.0, TEAM_S)
            metres += float((cells.passes * cells.metres).sum())
    each = [walks.take(walks.holder == one) for one in range(3)]
    found = effort(walks)
    assert found.walked_m == pytest.approx(metres)
    assert found.seconds == pytest.approx(covered_length(union(walks.from_t, walks.to_t)))
    assert found.person_seconds == pytest.approx(
        sum(covered_length(union(one.from_t, one.to_t)) for one in each)
    )
    history = profile(walks, 0.0, 100.0)
    ages = np.maximum(6_000.0 - history.last_t, 0.0)
    (fresh,) = figures(walks, (100.0,), now=6_000.0)
    assert fresh.fresh_m == pytest.approx(float(history.metres[~np.isnan(ages)].sum()))
    assert fresh.fresh_m_s == pytest.approx(float(np.nansum(ages * history.metres)))


@settings(deadline=None)
@given(WALKS)
def test_lines_take_what_each_takes_alone(rows: list[tuple[int, ...]]) -> None:
    walks = made(rows)  # type: ignore[arg-type]
    lengths = (1_300.0, 700.0, 10.0)
    alone = [replace(one, line=np.zeros_like(one.line)) for one in walks.by_line(3)]
    found = figures(walks, lengths, 5_000.0, 3e4)
    wanted = [figures(one, lengths[k : k + 1], 5_000.0, 3e4)[0] for k, one in enumerate(alone)]
    # NaN, which is that nobody walked, is not equal to itself
    np.testing.assert_array_equal(np.array(found, dtype=float), np.array(wanted, dtype=float))
    for one, part in zip(found, alone, strict=True):
        since = part.within(5_000.0, np.inf)
        assert one.seconds == pytest.approx(covered_length(union(since.from_t, since.to_t)))
