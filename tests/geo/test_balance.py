"""Balance: every proposal, replayed by an independent checker, keeps its promises on any partition."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.balance import Aim, BalanceRefused, Cause, Division, WhyNot, Wish, balance
from geo.partition import adjacency
from geo.synthetic import Counts, partition
from tests.geo.balance_checker import check
from tests.geo.partitions import degrees, make, steps
from tests.geo.test_synthetic import round_frame

seeds = st.integers(0, 2**32 - 1)


def random_division(rng: np.random.Generator) -> Division:
    """Units with enclaves, islands and holes, in groups that may be in several pieces."""
    made = make(rng, int(rng.integers(3, 9)), int(rng.integers(4, 40)))
    count = len(made.units)
    pairs, metres = adjacency(made.units)
    groups = int(rng.integers(1, max(2, count // 3)))
    number = rng.integers(0, groups, count)
    if rng.random() < 0.7:
        number = np.sort(number)
    return Division(
        [f"u{at:03d}" for at in range(count)],
        [f"g{at:02d}" for at in number],
        pairs,
        metres,
        {
            "households": rng.integers(0, 500, count) + (rng.random() < 0.9),
            "incidents": rng.integers(0, 3, count),
        },
    )


def random_wish(rng: np.random.Generator, division: Division) -> Wish:
    groups = sorted(set(division.groups))
    return Wish(
        {"households": 1.0, "incidents": float(rng.integers(0, 3))},
        tolerance=float(rng.choice([0.02, 0.1, 0.3])),
        most_moved=float(rng.choice([0.0, 0.1, 0.5, 1.0])),
        locked_units=rng.choice(division.units, int(rng.integers(0, 4))).tolist(),
        locked_groups=groups[: int(rng.integers(0, 2)) if len(groups) > 1 else 0],
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seeds)
def test_every_proposal_keeps_its_promises(seed: int) -> None:
    rng = np.random.default_rng(seed)
    division = random_division(rng)
    wish = random_wish(rng, division)
    free = ~np.isin(division.groups, list(wish.locked_groups))
    if not any(np.asarray(division.columns[name])[free].sum() * wish.weights[name] for name in wish.weights):
        with pytest.raises(BalanceRefused, match="no load"):
            balance(division, wish)
        return
    check(division, wish, balance(division, wish))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seeds)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    division = random_division(rng)
    wish = Wish({"households": 1.0}, most_moved=0.5)
    if not np.asarray(division.columns["households"]).sum():
        return
    order = rng.permutation(len(division.units))
    place = np.argsort(order)
    mixed = rng.permutation(len(division.pairs))
    shuffled = Division(
        [division.units[at] for at in order],
        [division.groups[at] for at in order],
        place[division.pairs.astype(int)][mixed][:, ::-1],
        division.metres[mixed],
        {name: values[order] for name, values in division.columns.items()},
    )
    once, again, other = balance(division, wish), balance(division, wish), balance(shuffled, wish)
    assert once == again == other


def county(units: int, groups: int, seed: int) -> Division:
    made = partition(round_frame(seed), Counts(min(groups, 4), groups, units), seed=seed)
    rng = np.random.default_rng(seed)
    pairs, metres = adjacency(made.polygons)
    assert (pairs == made.neighbours).all()
    return Division(
        [f"{at:05d}" for at in range(units)],
        [f"{at:03d}" for at in made.big_grid],
        pairs,
        metres,
        {"households": rng.gamma(8.0, 40.0, units)},
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_county_is_evened_out_in_three_different_ways(seed: int) -> None:
    division = county(300, 12, seed)
    wish = Wish({"households": 1.0}, most_moved=0.15)
    answer = balance(division, wish)
    check(division, wish, answer)
    assert answer.before.worst > 0.3
    assert [proposal.aim for proposal in answer.proposals] == list(Aim)
    assert all(proposal.reached for proposal in answer.proposals)
    fewest, evenest, compact = answer.proposals
    assert len(fewest.moves) <= len(compact.moves)
    assert evenest.after.worst < 0.05
    assert compact.after.boundary_m < 0.97 * fewest.after.boundary_m


@pytest.mark.parametrize("seed", [4, 5])
def test_moves_that_do_not_suffice_are_spent_on_the_worst(seed: int) -> None:
    division = county(600, 24, seed)
    wish = Wish({"households": 1.0}, most_moved=0.02)
    answer = balance(division, wish)
    check(division, wish, answer)
    assert answer.least_moves > 12
    assert [proposal.aim for proposal in answer.proposals] == list(Aim)
    fewest, evenest, compact = answer.proposals
    assert evenest.after.worst < compact.after.worst < answer.before.worst
    assert evenest.after.worst < fewest.after.worst < answer.before.worst
    assert len(fewest.moves) < len(evenest.moves)
    assert {left.cause for each in answer.proposals for left in each.left} == {Cause.LIMIT}


def riddled(seed: int) -> tuple[Division, list[str]]:
    """Return 3,000 units in 121 groups and those that are odd: with enclaves, of two parts, and islands.

    An enclave belongs to the group around it or to another, which then is in two pieces.
    """
    made = partition(round_frame(seed), Counts(12, 121, 2_900), seed=seed)
    rng = np.random.default_rng(seed)
    areas, group = list(steps(made.polygons)), made.big_grid.tolist()
    odd = rng.permutation(2_900)[:150].tolist()
    for at in odd[:60]:
        middle = areas[at].representative_point()
        half = int(0.3 * middle.distance(areas[at].boundary))
        hole = shapely.box(*(round(value) for value in middle.buffer(half).bounds))
        areas.append(hole)
        group.append(group[at] if at % 2 else (group[at] + 1) % 121)
        areas[at] = shapely.difference(areas[at], hole)
    right = int(shapely.total_bounds(areas)[2]) + 10_000
    islands = [shapely.box(right, y, right + 5_000, y + 5_000) for y in range(0, 800_000, 10_000)]
    for at, island in zip(odd[60:100], islands[:40], strict=True):
        areas[at] = shapely.MultiPolygon([areas[at], island])
    areas += islands[40:]
    group += [group[at] for at in odd[100:140]]
    pairs, metres = adjacency(degrees(np.array(areas, dtype=object)))
    names = [f"{at:05d}" for at in range(len(areas))]
    division = Division(
        names, [f"{at:03d}" for at in group], pairs, metres, {"households": rng.gamma(3.0, 100.0, len(areas))}
    )
    return division, [*(names[at] for at in odd[:100]), *names[2_900:]]


def test_enclaves_islands_and_locks_hold_among_3_000_units() -> None:
    division, odd = riddled(6)
    assert len(division.units) == 3_000
    rng = np.random.default_rng(6)
    locked_units = sorted({*rng.choice(division.units, 150).tolist(), *odd[:20], *odd[-20:]})
    wish = Wish(
        {"households": 1.0},
        most_moved=0.06,
        locked_units=locked_units,
        locked_groups=rng.choice(sorted(set(division.groups)), 6, replace=False).tolist(),
    )
    answer = balance(division, wish)
    check(division, wish, answer)
    assert [proposal.aim for proposal in answer.proposals] == list(Aim)
    moved = {move.unit for proposal in answer.proposals for move in proposal.moves}
    assert moved & set(odd)
    assert all(proposal.after.worst < answer.before.worst for proposal in answer.proposals)
    assert answer.proposals[1].after.worst < 0.3 * answer.before.worst


def test_it_is_said_why_there_are_no_three_proposals() -> None:
    even = balance(row([1.0] * 4, "aabb"), Wish({"load": 1.0}))
    assert [(one.aim, one.why) for one in even.omitted] == [
        (Aim.EVENEST, WhyNot.NO_EVENER),
        (Aim.COMPACT, WhyNot.NO_SHORTER),
    ]


def row(loads: list[float], groups: str) -> Division:
    """Units side by side."""
    count = len(loads)
    pairs = np.column_stack((np.arange(count - 1), np.arange(1, count)))
    return Division(
        [f"u{at}" for at in range(count)], list(groups), pairs, np.ones(count - 1), {"load": np.array(loads)}
    )


def test_a_unit_that_is_too_large_is_to_be_split() -> None:
    answer = balance(row([9.0, 1.0], "ab"), Wish({"load": 1.0}, most_moved=1.0))
    (only,) = answer.proposals
    assert not only.moves
    assert not only.reached
    assert {left.cause for left in only.left} == {Cause.COARSE}
    split = only.left[0].split
    assert split is not None
    assert (split.unit, split.source, split.target) == ("u0", "a", "b")
    assert split.part == pytest.approx(4 / 9)


def test_groups_that_no_exchange_can_reach_are_cut_off() -> None:
    division = row([1.0, 1.0, 3.0, 3.0], "abcd")
    apart = Division(
        division.units, division.groups, np.array([[0, 1], [2, 3]]), np.ones(2), division.columns
    )
    (only,) = balance(apart, Wish({"load": 1.0}, most_moved=1.0)).proposals
    assert {left.cause for left in only.left} == {Cause.CUT_OFF}


def test_too_few_moves_are_named_as_the_reason() -> None:
    answer = balance(row([1.0] * 12, "aaaaaaaaabbb"), Wish({"load": 1.0}, most_moved=0.1))
    assert answer.least_moves == 3
    (only,) = answer.proposals
    assert len(only.moves) == 1
    assert {left.cause for left in only.left} == {Cause.LIMIT}


def test_what_is_even_stays() -> None:
    (only,) = balance(row([1.0] * 4, "aabb"), Wish({"load": 1.0})).proposals
    assert only.reached
    assert not only.moves


@pytest.mark.parametrize(
    ("change", "wish", "words"),
    [
        ({"units": ["a", "a"]}, {}, "twice"),
        ({"columns": {"load": [1.0, -1.0]}}, {}, "has -1"),
        ({"columns": {"load": [1.0, np.nan]}}, {}, "has nan"),
        ({"columns": {"load": [1.0]}}, {}, "1 values"),
        ({"columns": {"load": [0.0, 0.0]}}, {}, "no load"),
        ({"pairs": np.array([[0, 2]])}, {}, "neighbours"),
        ({"pairs": np.array([[1, 1]])}, {}, "neighbours"),
        ({"units": [], "groups": []}, {}, "no units"),
        ({}, {"weights": {"load": 0.0}}, "weights"),
        ({}, {"weights": {"other": 1.0}}, "no column"),
        ({}, {"tolerance": 0.0}, "tolerance"),
        ({}, {"most_moved": 1.5}, "most_moved"),
        ({}, {"locked_units": ["zz"]}, "no unit zz"),
        ({}, {"locked_groups": ["zz"]}, "no group zz"),
        ({}, {"locked_groups": ["a", "b"]}, "All groups"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], wish: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {
        "units": ["u", "v"],
        "groups": ["a", "b"],
        "pairs": np.array([[0, 1]]),
        "metres": np.ones(1),
        "columns": {"load": [1.0, 2.0]},
    }
    with pytest.raises(BalanceRefused, match=words):
        balance(Division(**{**given, **change}), Wish(**{"weights": {"load": 1.0}, **wish}))


def shared_ground(units: NDArray[Any]) -> set[tuple[int, int]]:
    """Pairs that share a line, by GEOS."""
    found = set()
    whole = [steps(unit) for unit in units]
    for a in range(len(whole)):
        for b in range(a + 1, len(whole)):
            if whole[a].boundary.intersection(whole[b].boundary).length > 0:
                found.add((a, b))
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seeds)
def test_adjacency_is_what_an_overlay_library_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = make(rng, int(rng.integers(2, 6)), int(rng.integers(1, 9))).units
    pairs, metres = adjacency(units)
    assert set(map(tuple, pairs.tolist())) == shared_ground(units)
    assert (metres > 0).all()
