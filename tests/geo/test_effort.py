"""What walking took: a team's way once, its hours for each, and nobody at two places at once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import (
    Evidence,
    Intervals,
    covered_length,
    efforts,
    freshnesses,
    one_at_a_time,
    profile,
    union,
)
from geo.coverage.effort import TEAM_S, Effort

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


def effort(walks: Intervals) -> Effort:
    """Return what one line took, that of all walks."""
    return efforts(replace(walks, line=np.zeros_like(walks.line)), 1)[0]


def test_copies_of_a_team_are_one_walk_and_the_hours_of_all() -> None:
    team = Intervals.join([walk(0, 1000, 20.0 * k, holder=k, source=k) for k in range(5)])
    found = effort(team)
    assert found.metres == pytest.approx(1000.0)
    assert found.person_seconds == pytest.approx(5000.0)
    assert found.seconds == pytest.approx(1080.0)


def test_out_and_back_is_walked_twice() -> None:
    found = effort(Intervals.join([walk(0, 1000, 0.0), walk(1000, 0, 1000.0)]))
    assert (found.metres, found.seconds, found.person_seconds) == (2000.0, 2000.0, 2000.0)


def test_who_comes_later_walks_by_themselves() -> None:
    later = TEAM_S + 1.0
    pair = Intervals.join([walk(0, 1000, 0.0), walk(0, 1000, later, holder=1, source=1)])
    assert effort(pair).metres == pytest.approx(2000.0)


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
    assert after.metres == pytest.approx(before.metres)
    assert after.seconds == pytest.approx(before.seconds)
    assert after.person_seconds == pytest.approx(before.person_seconds * (copies + 1))


@given(WALKS)
def test_metres_are_between_those_covered_and_those_of_all(rows: list[tuple[int, ...]]) -> None:
    walks = made(rows).on(0)  # type: ignore[arg-type]
    spans = union(walks.low, walks.high)
    found = effort(walks)
    covered, every = float(np.diff(spans).sum()), float((walks.high - walks.low).sum())
    assert covered - 1e-6 <= found.metres <= every + 1e-6
    assert found.seconds <= found.person_seconds + 1e-6


@given(WALKS)
def test_nobody_is_at_two_places_at_once(rows: list[tuple[int, ...]]) -> None:
    walks = made(rows)  # type: ignore[arg-type]
    kept = one_at_a_time(walks, np.zeros(len(walks))).walks
    for holder in np.unique(walks.holder).tolist():
        for name in np.unique(walks.source[walks.holder == holder]).tolist():
            own = walks.take((walks.holder == holder) & (walks.source == name))
            left = kept.take((kept.holder == holder) & (kept.source == name))
            assert np.abs(left.to_m - left.from_m).sum() <= np.abs(own.to_m - own.from_m).sum() + 1e-6
        mine = kept.take(kept.holder == holder)
        devices = [mine.take(mine.source == one) for one in np.unique(mine.source).tolist()]
        spans = [union(one.from_t, one.to_t) for one in devices]
        together = np.concatenate([*spans, np.empty((0, 2))])
        alone = sum(float(np.diff(one).sum()) for one in spans)
        assert float(np.diff(union(together[:, 0], together[:, 1])).sum()) == pytest.approx(alone)
        before = walks.take(walks.holder == holder)
        times = union(before.from_t, before.to_t)
        assert alone == pytest.approx(float(np.diff(times).sum())), "no time of theirs is lost"


def test_two_devices_of_one_person_are_told_and_the_longer_counts() -> None:
    phone, watch = walk(0, 1000, 0.0), walk(500, 900, 100.0, source=1)
    found = one_at_a_time(Intervals.join([watch, phone]), np.full(2, 9))
    assert (found.walks.source.tolist(), found.day.tolist()) == ([0], [9])
    (one,) = found.twice
    assert (one.holder, one.lines, one.spans.tolist(), one.apart_m) == (0, (0,), [[100.0, 500.0]], 400.0)
    assert {key: spans.tolist() for key, spans in found.doubted.items()} == {(0, 1, 9): [[0.0, 1000.0]]}
    apart = one_at_a_time(Intervals.join([phone, walk(0, 400, 100.0, source=1, line=1)]), np.zeros(2)).twice
    assert [one.lines for one in apart] == [(1,)]
    assert np.isnan(apart[0].apart_m)


def test_where_the_better_device_only_bridged_the_other_is_believed() -> None:
    """The phone slept from the 300th to the 700th second, while the watch went on."""
    phone = Intervals.join([walk(0, 300, 0.0), walk(700, 1000, 700.0)])
    slept = Intervals.of(300, 700, 300, 700, evidence=Evidence.INFERRED)
    watch = walk(200, 800, 200.0, source=1)
    kept = one_at_a_time(Intervals.join([phone, slept, watch]), np.zeros(4)).walks
    sure = kept.at_least(Evidence.OBSERVED)
    assert union(sure.low, sure.high).tolist() == [[0.0, 1000.0]]
    assert kept.take(kept.source == 1).high.max() == 700.0


@given(WALKS, st.integers(0, 20_000))
def test_days_are_judged_by_themselves_and_devices_of_others_do_not_matter(
    rows: list[tuple[int, ...]], midnight: int
) -> None:
    """So what several days answer is what each of them answers, and what others add takes nothing away."""
    every = made(rows)  # type: ignore[arg-type]
    parts = [every.within(-np.inf, midnight), every.within(midnight, np.inf)]
    both = Intervals.join(parts)
    day = np.repeat([0, 1], [len(one) for one in parts])
    found = one_at_a_time(both, day)
    for number, part in enumerate(parts):
        alone = one_at_a_time(part, np.full(len(part), number)).walks
        mine = found.walks.take(found.day == number)
        assert sorted(zip(mine.from_t, mine.from_m, mine.source, strict=True)) == sorted(
            zip(alone.from_t, alone.from_m, alone.source, strict=True)
        )
    own = both.take(both.holder == 0)
    kept = one_at_a_time(own, day[both.holder == 0]).walks
    assert len(kept) == int((found.walks.holder == 0).sum())


def test_one_device_after_another_is_no_matter() -> None:
    found = one_at_a_time(Intervals.join([walk(0, 500, 0.0), walk(500, 900, 500.0, source=1)]), np.zeros(2))
    assert (len(found.walks), found.twice) == (2, ())


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
        cells = profile(walks.take(chosen), 0.0, 100.0, TEAM_S)
        metres += float((cells.passes * cells.metres).sum())
    each = [walks.take(walks.holder == one) for one in range(3)]
    found = effort(walks)
    assert found.metres == pytest.approx(metres)
    assert found.seconds == pytest.approx(covered_length(union(walks.from_t, walks.to_t)))
    assert found.person_seconds == pytest.approx(
        sum(covered_length(union(one.from_t, one.to_t)) for one in each)
    )
    history = profile(walks, 0.0, 100.0)
    ages = np.maximum(6_000.0 - history.last_t, 0.0)
    ((known, aged),) = freshnesses(walks, np.array([100.0]), 6_000.0)
    assert known == pytest.approx(float(history.metres[~np.isnan(ages)].sum()))
    assert aged == pytest.approx(float(np.nansum(ages * history.metres)))


@settings(deadline=None)
@given(WALKS)
def test_lines_take_what_each_takes_alone(rows: list[tuple[int, ...]]) -> None:
    walks = made(rows)  # type: ignore[arg-type]
    lengths = np.array([1_300.0, 700.0, 10.0])
    alone = [replace(one, line=np.zeros_like(one.line)) for one in walks.by_line(3)]
    assert efforts(walks, 3) == [effort(one) for one in alone]
    each = [freshnesses(one, lengths[k : k + 1], 3e4)[0] for k, one in enumerate(alone)]
    assert freshnesses(walks, lengths, 3e4) == each
    begins = np.array([100.0, 5_000.0, 0.0])
    parts = [one.within(float(begins[k]), 15_000.0) for k, one in enumerate(walks.by_line(3))]
    in_order, _ = walks.in_lines(3)
    found, wanted = in_order.within(begins[in_order.line], 15_000.0), Intervals.join(parts)
    for name in Intervals.__slots__:
        assert (getattr(found, name) == getattr(wanted, name)).all()
