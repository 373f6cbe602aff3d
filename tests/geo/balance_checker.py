"""An independent checker of balance: replays proposals move by move, and shares nothing with the search."""

import numpy as np
import pytest

from geo.balance import Aim, Balance, Division, Proposal, WhyNot, Wish


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

    def pieces(self, group: dict[str, str], which: str) -> int:
        members = [unit for unit in self.division.units if group[unit] == which]
        found = Pieces(members)
        for unit in members:
            for other in self.beside[unit]:
                if group[other] == which:
                    found.join(unit, other)
        return found.count()

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
    assert sorted([*aims, *(one.aim for one in answer.omitted)]) == sorted(Aim)
    for one in answer.omitted:
        assert (
            one.why in (WhyNot.NO_EVENER,)
            if one.aim is Aim.EVENEST
            else (WhyNot.NO_SHORTER, WhyNot.LESS_EVEN)
        )
    if Aim.COMPACT in aims:
        others = [each for aim, each in aims.items() if aim is not Aim.COMPACT]
        assert all(aims[Aim.COMPACT].after.boundary_m < each.after.boundary_m for each in others)


def check_moves(facts: Facts, wish: Wish, proposal: Proposal) -> dict[str, str]:
    """Make the moves, each of which must be legal where it stands; return the group of each unit then."""
    group = dict(facts.present)
    for move in proposal.moves:
        before = facts.loads(group)
        assert group[move.unit] == move.source != move.target
        assert move.unit not in wish.locked_units
        assert {move.source, move.target} <= set(facts.free)
        assert any(group[other] == move.target for other in facts.beside[move.unit])
        was = {where: facts.pieces(group, where) for where in (move.source, move.target)}
        assert move.source_before == pytest.approx(before[move.source], abs=1e-6)
        assert move.target_before == pytest.approx(before[move.target], abs=1e-6)
        group[move.unit] = move.target
        assert move.source in group.values()
        assert facts.pieces(group, move.source) <= was[move.source]
        assert facts.pieces(group, move.target) <= was[move.target]
        assert move.choices >= 1
    moved = [move.unit for move in proposal.moves]
    assert len(set(moved)) == len(moved) <= wish.most_moved * len(facts.present)
    assert proposal.moved == len(moved) / len(facts.present)
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
