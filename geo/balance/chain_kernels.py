"""Chains of moves: load handed from group to group until one has room for it, as few units as possible.

A group that has too much gives a unit to a neighbour; where that one has no room it passes another unit on,
and so forth. A group that has too little takes along a chain in the same way. Chains are found breadth first
over groups, one layer for each hop, keeping for each group the label that gains most for its price: the
discrete counterpart of successive shortest paths for a transport of least cost (Ahuja, Magnanti and Orlin,
*Network Flows*, 1993, chapter 9).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.balance.plan_kernels import (
    EFFORT,
    LIMITED,
    MOVED,
    STEPS,
    Bools,
    Ground,
    Int32s,
    Int64s,
    Plan,
    boundary_change,
    is_full,
    may_leave,
    may_move,
    moved_change,
    shift,
    undo,
)
from geo.compiled import compiled

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

LONGEST = 8
_TRIES = 4
_LEAST_PRICE = 0.1
_ENOUGH = 1.5


class Terms(NamedTuple):
    """What a search wants: loads within ``low`` to ``high``, at most ``most`` units moved.

    ``per_unit`` and ``per_mm`` are the prices of moving a unit and of a millimetre of boundary; ``target``
    is the load that every group should have. ``hops``: how many moves a chain may have. ``effort``: the
    plan's effort at which the search ends with what it has: a clock that goes alike on every machine.
    """

    low: int
    high: int
    target: int
    most: int
    per_unit: float
    per_mm: float
    hops: int
    effort: int


class Labels(NamedTuple):
    """The best known chain to each group with so many hops, (hops, groups); ``worth`` below 0 is none.

    ``gain`` is the excess mended before the last group, ``carry`` the load of the last unit, ``unit`` that
    unit and ``parent`` the group before. ``push`` (1,) tells whether the first group gives or takes.
    ``barred`` (units,) may not move; ``stuck`` (groups,) were given up.
    """

    worth: Floats
    price: Floats
    gain: Int64s
    carry: Int64s
    unit: Int32s
    parent: Int32s
    push: Bools
    barred: Bools
    stuck: Bools


def blank_labels(ground: Ground) -> Labels:
    """Return room for the labels of a search."""
    units, groups = len(ground.load), len(ground.closed)
    shape = (LONGEST + 1, groups)
    return Labels(
        np.full(shape, -1.0),
        np.zeros(shape),
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int32),
        np.zeros(shape, dtype=np.int32),
        np.zeros(1, dtype=np.bool_),
        np.zeros(units, dtype=np.bool_),
        np.zeros(groups, dtype=np.bool_),
    )


@compiled
def random_share(words: Words) -> float:
    """Return the next number of [0, 1) of a sequence that is the same everywhere (Marsaglia's xorshift64)."""
    word = words[0]
    word ^= word << np.uint64(13)
    word ^= word >> np.uint64(7)
    word ^= word << np.uint64(17)
    words[0] = word
    return float(word >> np.uint64(11)) / 9007199254740992.0


@compiled
def excess(terms: Terms, load: int) -> int:
    """Return by how much a load lies outside of what is wanted."""
    return max(0, load - terms.high, terms.low - load)


@compiled
def total_excess(ground: Ground, plan: Plan, terms: Terms) -> int:
    """Return the excess of all groups that are not locked."""
    total = 0
    for group in range(len(plan.loads)):
        if not ground.closed[group]:
            total += excess(terms, plan.loads[group])
    return total


@compiled
def price_of(ground: Ground, plan: Plan, terms: Terms, unit: int, to: int) -> float:
    """Return the price of moving a unit: below 0 where it goes home or the boundary becomes shorter."""
    moved = moved_change(ground, plan, unit, to)
    return terms.per_unit * moved + terms.per_mm * boundary_change(ground, plan, unit, to)


@compiled
def _on_way(labels: Labels, hops: int, group: int, other: int) -> bool:
    """Tell whether the chain to a group passes another."""
    while True:
        if group == other:
            return True
        if hops == 0:
            return False
        group = labels.parent[hops, group]
        hops -= 1


@compiled
def _offer(
    ground: Ground,
    plan: Plan,
    terms: Terms,
    labels: Labels,
    words: Words,
    noise: float,
    hops: int,
    way: tuple[int, int, int],
) -> None:
    """Label the group at the end of one more hop, where that is better than what it has.

    ``way`` is the group so far, the unit that moves and the group at its other end.
    """
    group, unit, other = way
    push = labels.push[0]
    sign = 1 if push else -1
    now = plan.loads[group]
    carry = ground.load[unit]
    after = now + sign * (labels.carry[hops, group] - carry)
    gain = excess(terms, now) - excess(terms, after)
    if carry == 0 or gain < 0 or (hops == 0 and gain == 0) or _on_way(labels, hops, group, other):
        return
    gain += labels.gain[hops, group]
    # What cannot be better than what is there is not priced; only noise could let it be.
    if gain <= labels.worth[hops + 1, other]:
        return
    price = labels.price[hops, group] + price_of(ground, plan, terms, unit, other if push else group)
    worth = gain / (max(price, 0.0) + 1.0)
    if noise > 0.0:
        worth *= 1.0 + noise * random_share(words)
    if worth > labels.worth[hops + 1, other]:
        labels.worth[hops + 1, other] = worth
        labels.price[hops + 1, other] = price
        labels.gain[hops + 1, other] = gain
        labels.carry[hops + 1, other] = carry
        labels.unit[hops + 1, other] = unit
        labels.parent[hops + 1, other] = group


@compiled
def _extend(
    ground: Ground,
    plan: Plan,
    terms: Terms,
    labels: Labels,
    words: Words,
    noise: float,
    hops: int,
    group: int,
) -> None:
    """Offer every hop that leads on from a group: units it may give, or units it may take."""
    push = labels.push[0]
    plan.totals[EFFORT] += plan.counts[group]
    member = plan.first[group]
    while member >= 0:
        if not push or (may_leave(ground, plan, member) and not labels.barred[member]):
            for at in range(ground.starts[member], ground.starts[member + 1]):
                neighbour = ground.others[at]
                other = plan.group[neighbour]
                if other == group or ground.closed[other]:
                    continue
                unit = member if push else neighbour
                if push or (may_leave(ground, plan, unit) and not labels.barred[unit]):
                    _offer(ground, plan, terms, labels, words, noise, hops, (group, unit, other))
        member = plan.after[member]


@compiled
def _best_chain(
    ground: Ground, plan: Plan, terms: Terms, labels: Labels, words: Words, noise: float, start: int
) -> tuple[int, int]:
    """Return hops and end of the chain from a group that mends most for its price, or 0 hops."""
    push = plan.loads[start] > terms.high
    sign = 1 if push else -1
    labels.worth[0, :] = -1.0
    labels.worth[0, start] = 0.0
    labels.price[0, start] = 0.0
    labels.gain[0, start] = labels.carry[0, start] = 0
    labels.push[0] = push
    most_gain = float(excess(terms, plan.loads[start]))
    best, best_hops, best_end = 0.0, 0, -1
    # A chain may move one unit more than is left to move: one of them may be away from home already.
    longest = min(terms.hops, terms.most - plan.totals[MOVED] + 1)
    for hops in range(longest):
        labels.worth[hops + 1, :] = -1.0
        for group in range(len(plan.loads)):
            if labels.worth[hops, group] >= 0.0:
                _extend(ground, plan, terms, labels, words, noise, hops, group)
        for group in range(len(plan.loads)):
            if labels.worth[hops + 1, group] < 0.0:
                continue
            load = plan.loads[group]
            after = load + sign * labels.carry[hops + 1, group]
            gain = labels.gain[hops + 1, group] + excess(terms, load) - excess(terms, after)
            ratio = gain / max(labels.price[hops + 1, group], _LEAST_PRICE)
            if gain > 0 and ratio > best:
                best, best_hops, best_end = ratio, hops + 1, group
        # A longer chain mends hardly more than the excess at its start, and costs a unit more.
        if best * terms.per_unit * (hops + 2) >= _ENOUGH * most_gain:
            break
    if best_hops == 0 and longest < min(terms.hops, len(plan.loads) - 1):
        plan.totals[LIMITED] = 1
    return best_hops, best_end


@compiled
def _apply(
    ground: Ground, plan: Plan, terms: Terms, labels: Labels, hops: int, end: int, forward: bool
) -> int:
    """Make the moves of a chain, from its start on or from its end; return −1, or the unit that may not."""
    push = labels.push[0]
    mark = plan.totals[STEPS]
    path = np.empty(hops + 1, dtype=np.int64)
    path[hops] = end
    for k in range(hops, 0, -1):
        path[k - 1] = labels.parent[k, path[k]]
    for step in range(hops):
        k = step + 1 if forward else hops - step
        unit = labels.unit[k, path[k]]
        to = path[k] if push else path[k - 1]
        if not may_move(ground, plan, unit, to):
            undo(ground, plan, mark)
            return int(unit)
        shift(ground, plan, unit, to)
    if plan.totals[MOVED] > terms.most:
        plan.totals[LIMITED] = 1
        undo(ground, plan, mark)
        return int(labels.unit[1, path[1]])
    return -1


@compiled
def _mend(
    ground: Ground, plan: Plan, terms: Terms, labels: Labels, words: Words, noise: float, start: int
) -> bool:
    """Make the best chain from one group that can be made; tell whether there was one."""
    barred = np.empty(_TRIES, dtype=np.int64)
    tried = 0
    done = False
    while tried < _TRIES and not done:
        hops, end = _best_chain(ground, plan, terms, labels, words, noise, start)
        if hops == 0:
            break
        unit = _apply(ground, plan, terms, labels, hops, end, forward=True)
        if unit >= 0:
            unit = _apply(ground, plan, terms, labels, hops, end, forward=False)
        done = unit < 0
        if not done:
            barred[tried] = unit
            labels.barred[unit] = True
            tried += 1
    for k in range(tried):
        labels.barred[barred[k]] = False
    return done


@compiled
def _worst(ground: Ground, plan: Plan, terms: Terms, stuck: Bools) -> int:
    """Return the group with the largest excess that is neither locked nor given up, or −1."""
    worst, most = -1, 0
    for group in range(len(plan.loads)):
        if ground.closed[group] or stuck[group]:
            continue
        here = excess(terms, plan.loads[group])
        if here > most:
            worst, most = group, here
    return worst


@compiled
def repair(
    ground: Ground, plan: Plan, terms: Terms, labels: Labels, words: Words, noise: float, passes: int
) -> None:
    """Mend group after group, the worst first, until none is outside or no chain helps.

    Every chain lowers the total excess, so this ends. ``noise`` varies the choice between chains. Groups that
    are given up already stay so in the first of the ``passes``; in the next ones all are tried again where
    something has changed.
    """
    for turn in range(passes):
        if turn > 0:
            labels.stuck[:] = False
        changed = False
        while not is_full(plan) and plan.totals[EFFORT] < terms.effort:
            group = _worst(ground, plan, terms, labels.stuck)
            if group < 0:
                break
            if _mend(ground, plan, terms, labels, words, noise, group):
                changed = True
            else:
                labels.stuck[group] = True
        if not changed:
            break
