"""The search for a proposal: repair by chains, descent by single moves, and taking apart what was done.

The last is a large neighbourhood search (Shaw, 1998): units near a place go home again and the place is
mended anew in a slightly different way; what is not worse stays. The rounds are counted, not timed, and
the random numbers begin alike, so that the same input has the same answer on every machine.
"""

import numpy as np

from geo.balance.chain_kernels import (
    Labels,
    Terms,
    Words,
    excess,
    price_of,
    random_share,
    repair,
    total_excess,
)
from geo.balance.plan_kernels import (
    BOUNDARY,
    EFFORT,
    MOVED,
    STEPS,
    Bools,
    Ground,
    Int32s,
    Plan,
    is_full,
    may_leave,
    may_move,
    moved_change,
    shift,
    undo,
)
from geo.compiled import compiled

_EXCESS_PRICE = 1000.0
_NOISE = 0.7
_WORTH_WHILE = 1e-9


@compiled
def cost(ground: Ground, plan: Plan, terms: Terms) -> float:
    """Return what a plan costs: its excess above all, then its moved units and its boundary."""
    outside = total_excess(ground, plan, terms) / max(terms.target, 1)
    prices: float = terms.per_unit * plan.totals[MOVED] + terms.per_mm * plan.totals[BOUNDARY]
    return _EXCESS_PRICE * outside + prices


@compiled
def _saving(ground: Ground, plan: Plan, terms: Terms, unit: int, to: int) -> float:
    """Return by how much the plan costs less where a unit moves; −1 where too many would have moved."""
    if plan.totals[MOVED] + moved_change(ground, plan, unit, to) > terms.most:
        return -1.0
    load = ground.load[unit]
    source, target = plan.loads[plan.group[unit]], plan.loads[to]
    outside = excess(terms, source) + excess(terms, target)
    outside -= excess(terms, source - load) + excess(terms, target + load)
    return _EXCESS_PRICE * outside / max(terms.target, 1) - price_of(ground, plan, terms, unit, to)


@compiled
def _settle(ground: Ground, plan: Plan, terms: Terms, unit: int) -> bool:
    """Move a unit to the neighbouring group where that saves most; tell whether it moved."""
    if not may_leave(ground, plan, unit):
        return False
    best, best_to = _WORTH_WHILE, -1
    for at in range(ground.starts[unit], ground.starts[unit + 1]):
        to = plan.group[ground.others[at]]
        if to == plan.group[unit] or ground.closed[to]:
            continue
        saving = _saving(ground, plan, terms, unit, to)
        if saving > best:
            best, best_to = saving, to
    if best_to >= 0:
        shift(ground, plan, unit, best_to)
    return best_to >= 0


@compiled
def descend(ground: Ground, plan: Plan, terms: Terms, around: Bools) -> None:
    """Move single units of the groups ``around`` as long as that saves something."""
    changed = True
    while changed:
        changed = False
        for group in range(len(around)):
            unit = plan.first[group] if around[group] else -1
            while unit >= 0 and not is_full(plan):
                following = plan.after[unit]
                changed = _settle(ground, plan, terms, unit) or changed
                unit = following


@compiled
def _send_home(ground: Ground, plan: Plan, ends: Bools) -> None:
    """Move units back to their present group where they are in, or from, certain groups."""
    changed = True
    while changed:
        changed = False
        for unit in range(len(plan.group)):
            group, home = plan.group[unit], ground.origin[unit]
            if home != group and (ends[group] or ends[home]) and may_move(ground, plan, unit, home):
                shift(ground, plan, unit, home)
                changed = True


@compiled
def _pick(ground: Ground, plan: Plan, terms: Terms, words: Words, moved: Int32s) -> int:
    """Return a group to take apart: one outside of what is wanted, or one that a moved unit is in."""
    outside = 0
    for group in range(len(plan.loads)):
        if not ground.closed[group] and excess(terms, plan.loads[group]) > 0:
            moved[outside] = group
            outside += 1
    if outside > 0 and random_share(words) < 0.5:
        return int(moved[int(random_share(words) * outside)])
    count = 0
    for unit in range(len(plan.group)):
        if plan.group[unit] != ground.origin[unit]:
            moved[count] = unit
            count += 1
    if count == 0:
        return int(moved[0]) if outside > 0 else -1
    unit = moved[int(random_share(words) * count)]
    return int(plan.group[unit] if random_share(words) < 0.5 else ground.origin[unit])


@compiled
def _take_apart(ground: Ground, plan: Plan, words: Words, group: int, ends: Bools) -> None:
    """Send home the units of a group, and of some of those it borders on."""
    ends[:] = False
    ends[group] = True
    member = plan.first[group]
    while member >= 0:
        for at in range(ground.starts[member], ground.starts[member + 1]):
            other = plan.group[ground.others[at]]
            if not ends[other] and random_share(words) < 0.15:
                ends[other] = True
        member = plan.after[member]
    _send_home(ground, plan, ends)


@compiled
def _mark_touched(plan: Plan, around: Bools) -> None:
    """Mark the groups that the steps of the journal touched."""
    around[:] = False
    for step in range(plan.totals[STEPS]):
        around[plan.journal[step, 1]] = True
        around[plan.group[plan.journal[step, 0]]] = True


@compiled
def improve(
    ground: Ground, plan: Plan, terms: Terms, labels: Labels, words: Words, rounds: int, enough: bool
) -> None:
    """Take apart and mend anew so many times; with ``enough`` no longer than something is outside."""
    around = np.zeros(len(plan.loads), dtype=np.bool_)
    moved = np.empty(max(len(plan.group), len(plan.loads)), dtype=np.int32)
    best = cost(ground, plan, terms)
    for _ in range(rounds):
        plan.totals[STEPS] = 0
        if plan.totals[EFFORT] >= terms.effort or (enough and total_excess(ground, plan, terms) == 0):
            break
        group = _pick(ground, plan, terms, words, moved)
        if group < 0:
            break
        # Places that nothing helped before stay given up, but the one that is taken apart.
        for other in range(len(around)):
            labels.stuck[other] = excess(terms, plan.loads[other]) > 0
        labels.stuck[group] = False
        _take_apart(ground, plan, words, group, around)
        repair(ground, plan, terms, labels, words, _NOISE, 1)
        _mark_touched(plan, around)
        descend(ground, plan, terms, around)
        now = cost(ground, plan, terms)
        if now <= best and not is_full(plan):
            best = now
        else:
            undo(ground, plan, 0)
    plan.totals[STEPS] = 0


@compiled
def order_moves(ground: Ground, plan: Plan, wanted: Int32s, target: int, order: Int32s) -> int:
    """Move units from where the plan has them to the groups wanted, each once, and write them in order.

    Of the moves that are legal the one that evens out most comes first. Returns how many were made: fewer
    than wanted where those that are left wait for each other.
    """
    made = 0
    while not is_full(plan):
        best, best_unit = -np.inf, -1
        for unit in range(len(wanted)):
            to = wanted[unit]
            if to == plan.group[unit] or not may_move(ground, plan, unit, to):
                continue
            source = plan.loads[plan.group[unit]] - target
            gain = float(source) - float(plan.loads[to] - target) - float(ground.load[unit])
            gain *= float(ground.load[unit])
            if gain > best:
                best, best_unit = gain, unit
        if best_unit < 0:
            break
        shift(ground, plan, best_unit, wanted[best_unit])
        order[made] = best_unit
        made += 1
    return made
