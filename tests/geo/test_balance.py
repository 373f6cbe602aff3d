"""Balance: every proposal, replayed by an independent checker, keeps its promises on any partition."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.balance import Aim, Balance, BalanceRefused, Cause, Division, Proposal, Wish, balance
from geo.partition import adjacency
from geo.synthetic import Counts, partition
from tests.geo.partitions import make, steps
from tests.geo.test_synthetic import round_frame

seeds = st.integers(0, 2**32 - 1)


class Pieces:
    """Union-find: how many pieces things are in."""

    def __init__(self, things: list[str]) -> None:
        self.above = {thing: thing for thing in things}

    def root(self, thing: str) -> str:
        while self.above[thing] != thing:
            thing = self.above[thing]
        return thing

    def join(self, one: str, other: str) -> None:
        self.above[self.root(one)] = self.root(other)

    def count(self) -> int:
        return sum(above == thing for thing, above in self.above.items())


def pieces(division: Division, group: dict[str, str], which: str) -> int:
    members = [unit for unit in division.units if group[unit] == which]
    found = Pieces(members)
    for a, b in division.pairs.tolist():
        one, other = division.units[a], division.units[b]
        if group[one] == group[other] == which:
            found.join(one, other)
    return found.count()


class Facts:
    """What the checker works out for itself from a division and a wish."""

    def __init__(self, division: Division, wish: Wish) -> None:
        self.division = division
        self.load = dict.fromkeys(division.units, 0.0)
        for name, weight in wish.weights.items():
            values = np.asarray(division.columns[name], dtype=float)
            if values.sum():
                for unit, share in zip(division.units, values / values.sum(), strict=True):
                    self.load[unit] += weight / sum(wish.weights.values()) * share
        self.beside: dict[str, set[str]] = {unit: set() for unit in division.units}
        for a, b in division.pairs.tolist():
            self.beside[division.units[a]].add(division.units[b])
            self.beside[division.units[b]].add(division.units[a])
        self.free = sorted(set(division.groups) - set(wish.locked_groups))
        self.present: dict[str, str] = dict(zip(division.units, division.groups, strict=True))
        total = sum(self.load[unit] for unit in division.units if self.present[unit] in self.free)
        self.target = total / len(self.free)

    def loads(self, group: dict[str, str]) -> dict[str, float]:
        total = dict.fromkeys(sorted(set(self.division.groups)), 0.0)
        for unit, where in group.items():
            total[where] += self.load[unit] / self.target
        return total

    def boundary(self, group: dict[str, str]) -> float:
        units = self.division.units
        pairs = zip(self.division.pairs.tolist(), self.division.metres.tolist(), strict=True)
        return float(sum(metres for (a, b), metres in pairs if group[units[a]] != group[units[b]]))


def check(division: Division, wish: Wish, answer: Balance) -> None:
    """Replay every proposal move by move and compare what it says with what is so."""
    facts = Facts(division, wish)
    assert answer.loads == pytest.approx(facts.loads(facts.present), abs=1e-6)
    assert 1 <= len(answer.proposals) <= 3
    assert answer.proposals[0].aim is Aim.FEWEST
    for proposal in answer.proposals:
        group = check_moves(facts, wish, proposal)
        check_outcome(facts, wish, proposal, group)
        if proposal.reached:
            assert len(proposal.moves) >= answer.least_moves
    aims = {proposal.aim: proposal for proposal in answer.proposals}
    if Aim.EVENEST in aims:
        evenest, fewest = aims[Aim.EVENEST].after, aims[Aim.FEWEST].after
        assert (evenest.worst, evenest.mean) < (fewest.worst, fewest.mean)
    if Aim.COMPACT in aims:
        others = [each for aim, each in aims.items() if aim is not Aim.COMPACT]
        assert all(aims[Aim.COMPACT].after.boundary_m < each.after.boundary_m for each in others)


def check_moves(facts: Facts, wish: Wish, proposal: Proposal) -> dict[str, str]:
    """Make the moves, each of which must be legal where it stands; return the group of each unit then."""
    group, division = dict(facts.present), facts.division
    for move in proposal.moves:
        before = facts.loads(group)
        assert group[move.unit] == move.source != move.target
        assert move.unit not in wish.locked_units
        assert {move.source, move.target} <= set(facts.free)
        assert any(group[other] == move.target for other in facts.beside[move.unit])
        was = {where: pieces(division, group, where) for where in (move.source, move.target)}
        assert move.source_before == pytest.approx(before[move.source], abs=1e-6)
        assert move.target_before == pytest.approx(before[move.target], abs=1e-6)
        group[move.unit] = move.target
        assert move.source in group.values()
        assert pieces(division, group, move.source) <= was[move.source]
        assert pieces(division, group, move.target) <= was[move.target]
        assert move.choices >= 1
    moved = [move.unit for move in proposal.moves]
    assert len(set(moved)) == len(moved) <= wish.most_moved * len(division.units)
    assert proposal.moved == len(moved) / len(division.units)
    return group


def check_outcome(facts: Facts, wish: Wish, proposal: Proposal, group: dict[str, str]) -> None:
    """Compare the figures and the verdict of a proposal with the groups that it ends in."""
    after = facts.loads(group)
    assert proposal.loads == pytest.approx(after, abs=1e-6)
    away = {where: abs(after[where] - 1.0) for where in facts.free}
    assert proposal.after.worst == pytest.approx(max(away.values()), abs=1e-6)
    present = facts.loads(facts.present)
    assert proposal.after.worst <= max(abs(present[where] - 1.0) for where in facts.free) + 1e-6
    assert sum(after.values()) == pytest.approx(sum(present.values()), abs=1e-6)
    assert proposal.after.mean == pytest.approx(sum(away.values()) / len(away), abs=1e-6)
    assert proposal.after.boundary_m == pytest.approx(facts.boundary(group), abs=1.0)
    assert proposal.reached == (not proposal.left)
    told = {left.group for left in proposal.left}
    assert {where for where in away if away[where] > wish.tolerance + 1e-6} <= told
    assert told <= {where for where in away if away[where] > wish.tolerance - 1e-6}
    for left in proposal.left:
        split = left.split
        if split:
            assert left.group in (split.source, split.target)
            assert group[split.unit] == split.source
            assert 0 < split.part < 1
            assert any(group[other] == split.target for other in facts.beside[split.unit])
            assert split.unit not in wish.locked_units


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
