"""Staffing: hard rules always hold, answers are the best there are, and conflicts are really smallest."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import GEOD
from geo.staffing import (
    Ground,
    Kind,
    People,
    Place,
    Proposal,
    Rule,
    StaffingConflict,
    StaffingRefused,
    Why,
    Wish,
    conflict,
    propose,
)
from geo.staffing.sharing import PARTS, parts

Case = tuple[People, Ground, Wish]


def people_of(rng: np.random.Generator, count: int, grids: tuple[str, ...]) -> People:
    homes = tuple(None if rng.random() < 0.3 else str(rng.choice(grids)) for _ in range(count))
    lon, lat = rng.uniform(116.0, 116.3, count), rng.uniform(44.0, 44.2, count)
    return People(tuple(f"p{one:04}" for one in range(count)), lon, lat, homes)


def ground_of(rng: np.random.Generator, count: int) -> Ground:
    keys = tuple(f"g{one:04}" for one in range(count))
    load = rng.integers(0, 30, count).astype(float)
    return Ground(keys, rng.uniform(116.0, 116.3, count), rng.uniform(44.0, 44.2, count), load)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ground = ground_of(rng, draw(st.integers(1, 3)))
    people = people_of(rng, draw(st.integers(0, 5)), ground.keys)
    pairs = [(one, other) for one in people.keys for other in ground.keys]
    some = st.lists(st.sampled_from(pairs), max_size=3).map(tuple) if pairs else st.just(())
    wish = Wish(
        cap=draw(st.integers(1, 4)),
        pins=draw(some),
        forbids=draw(some),
        move_m=draw(st.sampled_from([0.0, 2000.0])),
        load_m=draw(st.sampled_from([None, 0.0, 5000.0])),
    )
    return people, ground, wish


def keeps(homes: tuple[str, ...], people: People, ground: Ground, cap: int, rules: set[Rule]) -> bool:
    at = dict(zip(people.keys, homes, strict=True))
    for rule in rules:
        broken = {
            Kind.LEAST: any(one not in homes for one in ground.keys),
            Kind.CAP: any(homes.count(one) > cap for one in ground.keys),
            Kind.PIN: at.get(rule.person) != rule.grid,
            Kind.FORBID: at.get(rule.person) == rule.grid,
            Kind.EXTRAS: False,
            Kind.BALANCE: False,
        }
        if broken[rule.kind]:
            return False
    return True


def value_of(homes: tuple[str, ...], people: People, ground: Ground, wish: Wish) -> tuple[int, int]:
    """Return load and metres as the specification has them, both the smaller the better."""
    metres = gain = 0
    column = {one: position for position, one in enumerate(ground.keys)}
    for row, home in enumerate(homes):
        here = column[home]
        metres += round(GEOD.inv(people.lon[row], people.lat[row], ground.lon[here], ground.lat[here])[2])
        before = people.homes[row]
        metres += round(wish.move_m) if before is not None and before != home else 0
    mean = float(ground.load.mean()) or 1.0
    for one, load in zip(ground.keys, ground.load.tolist(), strict=True):
        for there in range(1, homes.count(one)):
            share = load / mean / there
            gain -= round(share * 1000) if wish.load_m is None else round(share * wish.load_m)
    return (gain, metres) if wish.load_m is None else (0, gain + metres)


def everything(people: People, ground: Ground, cap: int, rules: set[Rule]) -> list[tuple[str, ...]]:
    ways = product(ground.keys, repeat=len(people))
    return [one for one in ways if keeps(one, people, ground, cap, rules)]


def homes_of(found: Proposal) -> tuple[str, ...]:
    return tuple(one.home for one in found.places)


@given(cases())
@settings(max_examples=120, deadline=None)
def test_answers_are_the_best_of_all_and_conflicts_the_smallest(case: Case) -> None:
    people, ground, wish = case
    rules = set(wish.rules())
    ways = everything(people, ground, wish.cap, rules)
    try:
        found = propose(people, ground, wish)
    except StaffingConflict as refused:
        assert not ways
        blamed = set(refused.rules)
        assert blamed
        assert blamed <= rules
        assert not everything(people, ground, wish.cap, blamed)
        for one in blamed:
            assert everything(people, ground, wish.cap, blamed - {one}), one
        return
    assert keeps(homes_of(found), people, ground, wish.cap, rules)
    assert value_of(homes_of(found), people, ground, wish) == min(
        value_of(one, people, ground, wish) for one in ways
    )


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 15))
@settings(max_examples=40, deadline=None)
def test_everybody_has_one_home_and_every_grid_somebody(seed: int, grids: int, more: int) -> None:
    rng = np.random.default_rng(seed)
    ground = ground_of(rng, grids)
    people = people_of(rng, grids + more, ground.keys)
    found = propose(people, ground, Wish(cap=more + 1))
    assert [one.person for one in found.places] == sorted(people.keys)
    assert set(homes_of(found)) == set(ground.keys)
    seats, rest = dict.fromkeys(ground.keys, 1), more
    load = dict(zip(ground.keys, ground.load.tolist(), strict=True))
    while rest:
        seats[max(seats, key=lambda one: load[one] / seats[one])] += 1
        rest -= 1
    worst = max(load[one] / seats[one] for one in seats)
    assert max(load[one] / homes_of(found).count(one) for one in seats) == pytest.approx(
        worst, rel=2e-3, abs=1e-9
    )


@given(st.integers(0, 2**32 - 1), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_tables_does_not_matter(seed: int, chance: object) -> None:
    rng = np.random.default_rng(seed)
    ground = ground_of(rng, 6)
    people = people_of(rng, 9, ground.keys)
    rows, columns = rng.permutation(9), rng.permutation(6)
    other_people = People(
        tuple(people.keys[one] for one in rows),
        people.lon[rows],
        people.lat[rows],
        tuple(people.homes[one] for one in rows),
    )
    other_ground = Ground(
        tuple(ground.keys[one] for one in columns),
        ground.lon[columns],
        ground.lat[columns],
        ground.load[columns],
    )
    assert propose(people, ground, Wish()) == propose(other_people, other_ground, Wish())


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_who_has_the_best_home_stays_and_a_price_on_moving_moves_no_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ground = ground_of(rng, 8)
    people = people_of(rng, 11, ground.keys)
    free, dear = (propose(people, ground, Wish(move_m=one)) for one in (0.0, 2000.0))
    assert dear.moved <= free.moved
    settled = People(people.keys, people.lon, people.lat, homes_of(dear))
    again = propose(settled, ground, Wish())
    assert again.moved == 0
    assert {one.why for one in again.places} == {Why.STAYS}


@st.composite
def shared_cases(draw: st.DrawFn) -> Case:
    """Few people, and grids of which some touch, with extra grids, balance and rules of pairs."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ground = ground_of(rng, draw(st.integers(1, 4)))
    beside = [pair for pair in combinations(ground.keys, 2) if rng.random() < 0.6]
    people = people_of(rng, draw(st.integers(1, 4)), ground.keys)
    pairs = [(one, other) for one in people.keys for other in ground.keys]
    some = st.lists(st.sampled_from(pairs), max_size=2).map(tuple)
    balance = draw(st.sampled_from([None, None, 1.0, 1.3, 2.0]))
    wish = Wish(
        cap=draw(st.integers(1, 3)),
        pins=draw(some),
        forbids=draw(some),
        load_m=draw(st.sampled_from([None, 5000.0])),
        extras=draw(st.integers(0 if balance else 1, 1 if balance else 2)),
        balance=balance,
    )
    return people, replace(ground, touching=tuple(beside)), wish


def fewest_extras(
    people: People, ground: Ground, wish: Wish, rules: set[Rule], at: tuple[str, ...] | None = None
) -> int | None:
    """Return the fewest extra grids that keep rules, of any homes or given ones; None where nothing does."""
    kinds = {one.kind for one in rules}
    basic = rules - {Rule(Kind.LEAST), Rule(Kind.EXTRAS), Rule(Kind.BALANCE)}
    pairs = {*ground.touching, *(pair[::-1] for pair in ground.touching)}
    best = None
    for homes in [at] if at else everything(people, ground, wish.cap, basic):
        options = []
        for home in homes:
            near = [one for one in ground.keys if one != home and (home, one) in pairs]
            most = wish.extras
            if Kind.EXTRAS not in kinds:
                near, most = [one for one in ground.keys if one != home], len(ground)
            options.append([{home, *some} for size in range(most + 1) for some in combinations(near, size)])
        for has in product(*options):
            number = sum(map(len, has)) - len(has)
            if best is not None and number >= best:
                continue
            if Kind.LEAST in kinds and set().union(*has) != set(ground.keys):
                continue
            if Kind.BALANCE in kinds and not carried(has, ground, float(wish.balance or 0)):
                continue
            best = number
    return best


def carried(has: tuple[set[str], ...], ground: Ground, balance: float) -> bool:
    """Say whether the loads can be divided among those who have the grids, by Hall's condition."""
    load = dict(zip(ground.keys, parts(ground.load, len(has)), strict=True))
    for size in range(1, len(load) + 1):
        for some in combinations(load, size):
            able = sum(1 for one in has if one & set(some))
            if sum(load[one] for one in some) > able * round(balance * PARTS):
                return False
    return True


@given(shared_cases())
@settings(max_examples=60, deadline=None)
def test_extra_grids_touch_the_home_and_are_the_fewest_and_conflicts_the_smallest(case: Case) -> None:
    people, ground, wish = case
    rules = set(wish.rules())
    fewest = fewest_extras(people, ground, wish, rules)
    try:
        found = propose(people, ground, wish)
    except StaffingConflict as refused:
        assert fewest is None
        blamed = set(refused.rules)
        assert fewest_extras(people, ground, wish, blamed) is None
        for one in blamed:
            assert fewest_extras(people, ground, wish, blamed - {one}) is not None, one
        return
    assert fewest is not None
    pairs = {frozenset(one) for one in ground.touching}
    has = tuple({one.home, *one.extras} for one in found.places)
    for place in found.places:
        assert len(set(place.extras)) == len(place.extras) <= wish.extras
        assert all(frozenset((place.home, other)) in pairs for other in place.extras)
    assert keeps(homes_of(found), people, ground, wish.cap, set(wish.rules()) - {Rule(Kind.LEAST)})
    assert set().union(*has) == set(ground.keys)
    assert wish.balance is None or carried(has, ground, wish.balance)
    number = sum(len(one.extras) for one in found.places)
    assert number == fewest_extras(people, ground, wish, rules, homes_of(found))
    assert number == fewest or wish.balance is not None


def test_who_may_have_extra_grids_has_none_where_homes_reach() -> None:
    rng = np.random.default_rng(1)
    ground = ground_of(rng, 3)
    people = people_of(rng, 4, ground.keys)
    assert propose(people, ground, Wish(extras=2)) == propose(people, ground, Wish())


def test_nobody_moves_for_the_balance_alone_where_extra_grids_do() -> None:
    ground = Ground(
        ("x", "y", "z"), np.array([116.0, 116.1, 116.2]), np.full(3, 44.0), np.array([1.0, 3.0, 2.0])
    )
    ground = replace(ground, touching=(("x", "y"), ("y", "z")))
    people = People(("a", "b", "c"), ground.lon.copy(), ground.lat.copy(), ground.keys)
    found = propose(people, ground, Wish(extras=1, balance=1.1))
    assert found.moved == 0
    assert [one.extras for one in found.places] == [("y",), (), ()]


def test_an_island_with_nobody_is_a_conflict_with_the_rule_of_extra_grids() -> None:
    rng = np.random.default_rng(1)
    ground = replace(ground_of(rng, 3), touching=(("g0000", "g0001"),))
    people = people_of(rng, 1, ground.keys)
    assert conflict(people, ground, Wish(extras=2)) == (Rule(Kind.EXTRAS), Rule(Kind.LEAST))
    row = replace(ground, touching=(("g0000", "g0001"), ("g0001", "g0002")))
    (place,) = propose(people, row, Wish(extras=2)).places
    assert (place.home, place.extras) == ("g0001", ("g0000", "g0002"))


def test_too_few_people_are_a_conflict_with_the_rule_that_wants_more() -> None:
    rng = np.random.default_rng(1)
    ground = ground_of(rng, 3)
    assert conflict(people_of(rng, 2, ground.keys), ground, Wish()) == (Rule(Kind.LEAST),)
    assert conflict(people_of(rng, 4, ground.keys), ground, Wish(cap=1)) == (Rule(Kind.CAP),)
    assert conflict(people_of(rng, 4, ground.keys), ground, Wish()) == ()


def test_a_person_without_a_place_stays_and_has_no_distance_anywhere_else() -> None:
    nowhere = np.array([np.nan, 116.0])
    people = People(("a", "b"), nowhere, np.where(np.isnan(nowhere), np.nan, 44.0), ("gone", None))
    ground = Ground(("x", "y"), np.array([116.0, 116.2]), np.array([44.0, 44.0]), np.zeros(2))
    found = propose(people, ground, Wish())
    assert found.places == (
        Place("a", "y", Why.ALONE, None, "gone", None),
        Place("b", "x", Why.NEAREST, 0.0, None, None),
    )
    assert found.moved == 1


@pytest.mark.parametrize(
    "wish",
    [
        Wish(cap=0),
        Wish(move_m=-1.0),
        Wish(load_m=1e9),
        Wish(pins=(("nobody", "g0000"),)),
        Wish(extras=4),
        Wish(balance=0.5),
        Wish(balance=2.0, extras=2),
    ],
)
def test_wishes_that_make_no_sense_are_refused(wish: Wish) -> None:
    rng = np.random.default_rng(1)
    ground = ground_of(rng, 1)
    with pytest.raises(StaffingRefused):
        propose(people_of(rng, 1, ground.keys), ground, wish)
