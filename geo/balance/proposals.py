"""Proposals: what a search found, told move by move with its reasons, and an honest verdict on it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from geo.balance.canonical import Canonical, canonical
from geo.balance.division import Division, Key, Wish
from geo.balance.plan_kernels import BOUNDARY, Plan, begin, boundary_change, may_move, shift
from geo.balance.search import Aim, Found, bounds_of, least_moves, search
from geo.balance.verdict import Left, verdict


class Why(StrEnum):
    """Why a unit moves, by the loads of its two groups before the move."""

    LEVELS = "levels"
    """From a group that has too much to one that has too little."""
    RELIEVES = "relieves"
    """From a group that has too much, to one that has room."""
    FILLS = "fills"
    """To a group that has too little, from one that can spare it."""
    PASSES_ON = "passes-on"
    """Between groups that are both within the tolerance: it makes room, or replaces, for another move."""
    STRAIGHTENS = "straightens"
    """Between groups that are both within the tolerance: it makes the boundary shorter."""


@dataclass(frozen=True, slots=True)
class Move:
    """One unit that goes from one group to another; loads are multiples of the target, 1.0 being even.

    ``boundary_m``: by how many metres the boundary between groups grows. ``choices``: how many units could
    legally have gone the same way at this step, this one included.
    """

    unit: Key
    source: Key
    target: Key
    load: float
    source_before: float
    source_after: float
    target_before: float
    target_after: float
    boundary_m: float
    choices: int
    why: Why


@dataclass(frozen=True, slots=True)
class Evenness:
    """How far the loads of the groups that are not locked lie from the target, as shares of it.

    ``boundary_m``: the metres of boundary between groups.
    """

    worst: float
    mean: float
    boundary_m: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to even out the load.

    Each of ``moves`` is legal when those before it are made. ``moved`` is their share of all units.
    ``reached`` tells whether all loads are within the tolerance; ``left`` are the groups that are not, and
    why. ``loads`` are all groups' loads afterwards, multiples of the target.
    """

    aim: Aim
    moves: tuple[Move, ...]
    after: Evenness
    moved: float
    reached: bool
    left: tuple[Left, ...]
    loads: dict[Key, float]


class WhyNot(StrEnum):
    """Why there is no proposal of an aim."""

    NO_EVENER = "no-evener"
    """No division was found that is more even than that of the fewest moves."""
    NO_SHORTER = "no-shorter"
    """No division was found whose boundaries are shorter than those of the other proposals."""
    LESS_EVEN = "less-even"
    """Shorter boundaries were found only where loads lie further off than with the fewest moves."""


@dataclass(frozen=True, slots=True)
class Omitted:
    """An aim that has no proposal of its own, and why."""

    aim: Aim
    why: WhyNot


@dataclass(frozen=True, slots=True)
class Balance:
    """The present division and up to three proposals that really differ.

    ``least_moves``: nobody can reach the tolerance with fewer. ``loads`` are the groups' present loads,
    multiples of the target. ``omitted`` are the aims without a proposal.
    """

    before: Evenness
    loads: dict[Key, float]
    least_moves: int
    proposals: tuple[Proposal, ...]
    omitted: tuple[Omitted, ...]


def balance(division: Division, wish: Wish) -> Balance:
    """Propose up to three ways to even out the load of groups, from the present division.

    They aim at the fewest moves, at the best evenness and at the shortest boundaries. Groups fall into no
    more pieces than they are in, none is emptied, units go only to groups that they share an edge with, and
    locks hold. One that is no better at its aim than the first is left out, with the reason. The same units
    have the same answer, in whatever order they come.

    Raises
    ------
    BalanceRefused
        A weight or a lock names what is not there, all groups are locked, or there is no load.
    """
    place = canonical(division, wish)
    most = int(wish.most_moved * len(place.units))
    bounds = bounds_of(place, wish.tolerance, most)
    # The kernels release the interpreter lock: two searches run at the same time.
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda aim: search(place, aim, bounds), _LONGEST_FIRST))
    by_aim = dict(zip(_LONGEST_FIRST, found, strict=True))
    present = begin(place.ground)
    told = [_tell(place, aim, by_aim[aim], wish.tolerance) for aim in Aim]
    proposals, omitted = _different(told, wish.tolerance)
    return Balance(
        before=_evenness(place, present),
        loads=_loads(place, present),
        least_moves=least_moves(place, wish.tolerance),
        proposals=proposals,
        omitted=omitted,
    )


def warm_up() -> None:
    """Even out a division so small that all the time goes into compiling the search, or loading it."""
    pairs = np.array([[0, 1], [1, 2], [2, 3]])
    division = Division("abcd", "yyyz", pairs, np.ones(3), {"load": np.ones(4)})
    balance(division, Wish({"load": 1.0}, most_moved=1.0))


_LONGEST_FIRST = (Aim.EVENEST, Aim.COMPACT, Aim.FEWEST)


def _different(told: list[Proposal], tolerance: float) -> tuple[tuple[Proposal, ...], tuple[Omitted, ...]]:
    """Return the first proposal and those that are better than it at their own aim, and why others are not.

    Shorter boundaries are no proposal where a load would lie further off than with the first one, but
    within the tolerance.
    """
    first, evenest, compact = told
    kept, omitted = [first], []
    if (evenest.after.worst, evenest.after.mean) < (first.after.worst, first.after.mean):
        kept.append(evenest)
    else:
        omitted.append(Omitted(Aim.EVENEST, WhyNot.NO_EVENER))
    if compact.after.boundary_m >= min(each.after.boundary_m for each in kept):
        omitted.append(Omitted(Aim.COMPACT, WhyNot.NO_SHORTER))
    elif compact.after.worst > max(first.after.worst, tolerance):
        omitted.append(Omitted(Aim.COMPACT, WhyNot.LESS_EVEN))
    else:
        kept.append(compact)
    return tuple(kept), tuple(omitted)


def _tell(place: Canonical, aim: Aim, found: Found, tolerance: float) -> Proposal:
    """Return what a search found as a proposal."""
    plan = begin(place.ground)
    order = found.order.tolist()
    moves = tuple(_make(place, plan, unit, int(found.group[unit]), tolerance) for unit in order)
    left = verdict(place, plan, tolerance, limited=found.limited)
    return Proposal(
        aim=aim,
        moves=moves,
        after=_evenness(place, plan),
        moved=len(moves) / len(place.units),
        reached=not left,
        left=left,
        loads=_loads(place, plan),
    )


def _make(place: Canonical, plan: Plan, unit: int, to: int, tolerance: float) -> Move:
    """Make one move of a plan and return it with its reasons."""
    ground, scale = place.ground, float(place.target)
    source = int(plan.group[unit])
    own = np.flatnonzero(plan.group == source).tolist()
    choices = sum(may_move(ground, plan, other, to) for other in own)
    grows = boundary_change(ground, plan, unit, to) / 1000.0
    before = float(plan.loads[source]) / scale, float(plan.loads[to]) / scale
    shift(ground, plan, unit, to)
    return Move(
        unit=place.units[unit],
        source=place.groups[source],
        target=place.groups[to],
        load=float(ground.load[unit]) / scale,
        source_before=before[0],
        source_after=float(plan.loads[source]) / scale,
        target_before=before[1],
        target_after=float(plan.loads[to]) / scale,
        boundary_m=grows,
        choices=choices,
        why=_why(before[0] > 1.0 + tolerance, before[1] < 1.0 - tolerance, grows),
    )


def _why(much: bool, little: bool, grows: float) -> Why:
    """Return why a unit moves from a group that has too much, or not, to one that has too little, or not."""
    if much:
        return Why.LEVELS if little else Why.RELIEVES
    if little:
        return Why.FILLS
    return Why.STRAIGHTENS if grows < 0 else Why.PASSES_ON


def _evenness(place: Canonical, plan: Plan) -> Evenness:
    """Return how even a plan is."""
    away = np.abs(plan.loads[~place.ground.closed] / place.target - 1.0)
    return Evenness(float(away.max()), float(away.mean()), float(plan.totals[BOUNDARY]) / 1000.0)


def _loads(place: Canonical, plan: Plan) -> dict[Key, float]:
    """Return the load of each group as a multiple of the target."""
    return dict(zip(place.groups, (plan.loads / place.target).tolist(), strict=True))
