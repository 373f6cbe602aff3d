"""People with several devices are at one place at a time, and it is told when two were at work at once."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import (
    Evidence,
    Intervals,
    OneAtATime,
    Twice,
    covered_length,
    intersection,
    one_at_a_time,
    union,
)
from geo.coverage.devices import TWICE_S
from tests.geo.test_effort import WALKS, made, walk

RUNGS = st.lists(
    st.sampled_from([Evidence.INFERRED, Evidence.OBSERVED, Evidence.SERVICED]), min_size=10, max_size=10
)


def told(
    found: OneAtATime,
) -> tuple[dict[tuple[int, int], list[list[float]]], dict[tuple[int, ...], list[list[float]]]]:
    """Return by pair and line when two were at work, and by holder, device and day which is not believed."""
    twice, doubts = found.twice, found.doubts
    spans = np.stack([twice.from_t, twice.to_t], axis=1)
    pairs = {
        (pair, line): spans[twice.pair_of == pair].tolist()
        for pair, line in zip(twice.pair.tolist(), twice.line.tolist(), strict=True)
    }
    keys = zip(doubts.holder.tolist(), doubts.source.tolist(), doubts.day.tolist(), strict=True)
    return pairs, {key: doubts.spans[slice(*doubts.bounds[k : k + 2])].tolist() for k, key in enumerate(keys)}


def columns(twice: Twice, begin: Sequence[float], end: float) -> list[tuple[float, ...]]:
    """Return line, holder, seconds, metres apart and the last time of each."""
    found = (one.tolist() for one in twice.by_line(np.array(begin), end))
    return list(zip(*found, strict=True))


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
    assert told(found) == ({(0, 0): [[100.0, 500.0]]}, {(0, 1, 9): [[0.0, 1000.0]]})
    assert found.twice.apart_m.tolist() == [400.0]
    assert columns(found.twice, [0.0], 300.0) == [(0, 0, 200.0, 400.0, 300.0)]
    assert columns(found.twice, [500.0], np.inf) == []
    apart = one_at_a_time(Intervals.join([phone, walk(0, 400, 100.0, source=1, line=1)]), np.zeros(2)).twice
    assert apart.line.tolist() == [1]
    assert np.isnan(apart.apart_m).all()


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
    assert (len(found.walks), len(found.twice)) == (2, 0)


def one_day(mine: Intervals) -> tuple[list[Intervals], list[float], dict[int, list[list[float]]]]:
    """Return by the plain algebra what is left of one holder on one day, shared seconds, and doubts."""
    ways = [mine.take(mine.source == one) for one in np.unique(mine.source).tolist()]

    def worth(way: Intervals) -> tuple[float, float, float]:
        sure = way.at_least(Evidence.OBSERVED)
        return -float(np.abs(sure.to_m - sure.from_m).sum()), float(way.from_t.min()), -float(way.to_t.max())

    ways.sort(key=worth)
    parts, shared, doubted = [], [], {}
    for place, way in enumerate(ways):
        known = Intervals.join(ways[:place])
        parts.append(way.beyond(known))
        sure = known.at_least(Evidence.OBSERVED)
        if len(sure):
            doubted[int(way.source[0])] = union(sure.from_t, sure.to_t).tolist()
        for one in ways[:place]:
            times = [
                union(each.from_t, each.to_t)
                for each in (one.at_least(Evidence.OBSERVED), way.at_least(Evidence.OBSERVED))
            ]
            shared.append(covered_length(intersection(*times)))
    return parts, [one for one in shared if one >= TWICE_S], doubted


def rows(walks: Intervals) -> list[tuple[float, ...]]:
    """Return intervals in an order of their own, to a thousandth."""
    names = ("holder", "source", "line", "evidence", "from_t", "to_t", "from_m", "to_m")
    return sorted(zip(*(getattr(walks, name).round(3).tolist() for name in names), strict=True))


@settings(deadline=None)
@given(WALKS, RUNGS, st.randoms())
def test_who_is_believed_is_what_the_plain_algebra_says(
    told_rows: list[tuple[int, ...]], rungs: list[Evidence], random: Random
) -> None:
    every = made(told_rows)  # type: ignore[arg-type]
    every = Intervals.of(
        every.from_m, every.to_m, every.from_t, every.to_t,
        line=every.line, holder=every.holder, source=every.source, evidence=rungs[: len(every)],
    )  # fmt: skip
    day = (every.from_t > 9_000.0).astype(np.int64)
    order = list(range(len(every)))
    random.shuffle(order)
    found = one_at_a_time(every.take(np.array(order)), day[order])
    left, shared = [Intervals.join([])], list[float]()
    doubted: dict[tuple[int, int, int], list[list[float]]] = {}
    for holder in np.unique(every.holder).tolist():
        for date in (0, 1):
            mine = every.take((every.holder == holder) & (day == date))
            if len(mine):
                parts, seconds, doubts = one_day(mine)
                left += parts
                shared += seconds
                doubted |= {(holder, source, date): spans for source, spans in doubts.items()}
    assert rows(found.walks) == rows(Intervals.join(left))
    pairs, unbelieved = told(found)
    assert unbelieved == doubted
    assert len(found.twice) == len(shared)
    each = [
        sum(b - a for a, b in spans) for spans in {pair: pairs[pair, line] for pair, line in pairs}.values()
    ]
    assert sorted(each) == pytest.approx(sorted(shared))
    assert (found.day == (found.walks.from_t > 9_000.0)).sum() >= len(found.walks) - len(every)
