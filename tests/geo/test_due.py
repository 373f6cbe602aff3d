"""What is due: limits, clocks that stand still, and debt; properties that no evidence may break."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import Intervals
from geo.due import DAY_S, Clock, Limit, Rule, State, Visits, along, left_open, overdue_s, stand

NOW = 400 * DAY_S
days = st.floats(0.0, 400.0).map(lambda value: round(value, 3) * DAY_S)
visits = st.lists(days, max_size=12)
limits = st.builds(
    lambda within, count, spacing, window, fresh: Limit(
        within * DAY_S, count, spacing * DAY_S, min(window), max(window) + DAY_S, fresh
    ),
    st.integers(1, 60),
    st.integers(1, 4),
    st.sampled_from([0.02, 1.0, 5.0]),
    st.tuples(days, days),
    st.booleans(),
)
always = st.builds(lambda within, count: Limit(within * DAY_S, count), st.integers(1, 60), st.integers(1, 3))
stops = st.lists(st.tuples(days, days).map(lambda pair: (min(pair), max(pair))), max_size=3)
rules = st.builds(
    lambda given, standing, spans: Rule((*given, *standing), Clock.of(spans)),
    st.lists(limits, max_size=2),
    st.lists(always, min_size=1, max_size=2),
    stops,
)


def rule(*given: Limit, stopped: tuple[tuple[float, float], ...] = ()) -> Rule:
    return Rule(given, Clock.of(stopped))


def test_an_interval_is_due_when_it_is_over() -> None:
    found = stand(
        rule(Limit(14 * DAY_S)), Visits.of([[380 * DAY_S], [399 * DAY_S], [388 * DAY_S], []]), 0.0, NOW
    )
    assert [found.state(k) for k in range(4)] == [State.OVERDUE, State.OK, State.SOON, State.NEVER]
    assert found.due_t[:2].tolist() == [394 * DAY_S, 413 * DAY_S]
    assert found.late_s.tolist() == [6 * DAY_S, 0.0, 0.0, 386 * DAY_S]


def test_a_count_wants_visits_that_are_apart() -> None:
    twice = rule(Limit(7 * DAY_S, count=2, spacing_s=DAY_S))
    close = stand(twice, Visits.of([[398.0 * DAY_S, 398.5 * DAY_S]]), 0.0, NOW)
    apart = stand(twice, Visits.of([[397.0 * DAY_S, 398.5 * DAY_S]]), 0.0, NOW)
    assert close.late_s[0] > 0.0
    assert apart.due_t[0] == 404 * DAY_S


def test_a_season_begins_its_own_clock_and_ends() -> None:
    season = Limit(3 * DAY_S, from_t=395 * DAY_S, to_t=410 * DAY_S, fresh=True)
    before = stand(rule(season), Visits.of([[300 * DAY_S]]), 0.0, 396 * DAY_S)
    assert before.due_t[0] == 398 * DAY_S
    assert stand(rule(season), Visits.of([[300 * DAY_S]]), 0.0, NOW).late_s[0] == 2 * DAY_S
    over = stand(rule(season), Visits.of([[300 * DAY_S]]), 0.0, 411 * DAY_S)
    assert over.due_t[0] == math.inf
    ahead = stand(rule(season), Visits.of([[300 * DAY_S]]), 0.0, 390 * DAY_S)
    assert ahead.due_t[0] == 398 * DAY_S, "what is ahead is told"


def test_a_standing_limit_is_late_from_its_first_day_on() -> None:
    strict = Limit(7 * DAY_S, from_t=395 * DAY_S)
    found = stand(rule(strict), Visits.of([[380 * DAY_S]]), 0.0, NOW)
    assert (found.due_t[0], found.late_s[0]) == (395 * DAY_S, 5 * DAY_S)


def test_a_suspension_stops_the_clock() -> None:
    flooded = rule(Limit(14 * DAY_S), stopped=((385 * DAY_S, 395 * DAY_S),))
    found = stand(flooded, Visits.of([[380 * DAY_S]]), 0.0, NOW)
    assert found.due_t[0] == 404 * DAY_S
    assert found.state(0) is State.OK
    still = stand(flooded, Visits.of([[300 * DAY_S]]), 0.0, 390 * DAY_S)
    assert still.state(0) is State.SUSPENDED
    assert still.late_s[0] == 71 * DAY_S, "what was late stays late and grows no further"
    for_ever = rule(Limit(14 * DAY_S), stopped=((385 * DAY_S, math.inf),))
    assert stand(for_ever, Visits.of([[380 * DAY_S]]), 0.0, NOW).due_t[0] == math.inf


@pytest.mark.parametrize(
    "wrong", [{"within_s": 0.0}, {"within_s": 1.0, "count": 0}, {"within_s": 1.0, "spacing_s": 0.0}]
)
def test_limits_that_are_none(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Limit(**wrong)  # type: ignore[arg-type]


@given(rules, visits, visits)
@settings(max_examples=200)
def test_more_evidence_never_makes_it_more_overdue(what: Rule, some: list[float], more: list[float]) -> None:
    few, many = (stand(what, Visits.of([one]), 0.0, NOW) for one in (some, some + more))
    assert many.late_s[0] <= few.late_s[0] + 1e-6
    assert many.due_t[0] >= few.due_t[0] - 1e-6
    debt = [overdue_s(what, Visits.of([one]), 0.0, 0.0, NOW)[0] for one in (some, some + more)]
    assert debt[1] <= debt[0] + 1e-3


@given(always, visits, st.floats(1.0, 50.0))
def test_a_suspension_shifts_what_is_due_by_its_length(
    limit: Limit, some: list[float], length: float
) -> None:
    plain = stand(rule(limit), Visits.of([some]), 0.0, NOW)
    last = max([0.0, *some])
    stop = (last + 0.25 * limit.within_s, last + 0.25 * limit.within_s + length * DAY_S)
    if limit.count > 1 or plain.due_t[0] <= stop[0]:
        return
    shifted = stand(rule(limit, stopped=(stop,)), Visits.of([some]), 0.0, NOW)
    assert shifted.due_t[0] == pytest.approx(plain.due_t[0] + length * DAY_S, abs=1e-5)


@given(rules, visits, days, days, days)
def test_debts_of_periods_add_up(what: Rule, some: list[float], a: float, b: float, c: float) -> None:
    low, middle, high = sorted((a, b, c))
    mine = Visits.of([some])
    parts = [overdue_s(what, mine, 0.0, one, other)[0] for one, other in ((low, middle), (middle, high))]
    assert sum(parts) == pytest.approx(overdue_s(what, mine, 0.0, low, high)[0], abs=1e-3)


@given(rules, st.lists(visits, min_size=1, max_size=4), days, days)
def test_intervals_of_many_places_at_once_are_those_one_by_one(
    what: Rule, several: list[list[float]], a: float, b: float
) -> None:
    once = Rule(tuple(replace(one, count=1) for one in what.limits), what.clock)
    # A limit that is never in force makes it go the long way.
    never = replace(once.limits[0], count=2, from_t=NOW * 2, to_t=NOW * 2)
    slow = Rule((*once.limits, never), what.clock)
    mine = Visits.of(several)
    fast, slowly = (overdue_s(one, mine, 0.0, min(a, b), max(a, b)) for one in (once, slow))
    assert fast == pytest.approx(slowly, abs=1e-3)


@given(always, visits)
def test_what_is_late_now_is_the_debt_since_it_was_due(limit: Limit, some: list[float]) -> None:
    mine = Visits.of([some])
    now = stand(rule(limit), mine, 0.0, NOW)
    if now.late_s[0] > 0.0:
        assert overdue_s(rule(limit), mine, 0.0, now.due_t[0], NOW)[0] == pytest.approx(
            now.late_s[0], abs=1e-3
        )


walks = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 399)).filter(
        lambda one: one[0] != one[1]
    ),
    max_size=8,
)


@given(walks, st.integers(1, 60))
def test_a_stretch_is_due_metre_by_metre(given_walks: list[tuple[int, int, int]], within: int) -> None:
    from_m, to_m, day = (np.array([one[k] for one in given_walks], dtype=float) for k in range(3))
    several = Intervals.of(from_m, to_m, day * DAY_S, day * DAY_S)
    edges, found = along(several, 0.0, 100.0, (33.0,))
    standing = stand(rule(Limit(within * DAY_S)), found, 0.0, NOW)
    assert (edges[0], edges[-1], 33.0 in edges) == (0.0, 100.0, True)
    for metre in range(100):
        place = int(np.searchsorted(edges, metre + 0.5)) - 1
        times = [t * DAY_S for a, b, t in given_walks if min(a, b) <= metre < max(a, b)]
        last = max(times, default=0.0)
        assert standing.late_s[place] == max(0.0, NOW - last - within * DAY_S)
    assert len(found) == len(edges) - 1


def test_ends_of_walks_leave_nothing_open() -> None:
    several = Intervals.of([0.0, 1_030.0], [1_000.0, 1_980.0], 0.0, 1.0)
    assert left_open(several, 0.0, 2_000.0, 50.0).tolist() == []
    assert left_open(several, 0.0, 2_100.0, 50.0).tolist() == [[1_980.0, 2_100.0]]
    assert left_open(several, 1_985.0, 2_000.0, 50.0).tolist() == [[1_985.0, 2_000.0]]
