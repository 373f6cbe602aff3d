"""The working state of a balancing search: which group has which unit, and which units may leave.

A unit may leave its group where that falls into no more pieces without it: the unit is no cut vertex of the
graph of the group's units and their shared edges. Cut vertices are found for a whole group at once by
Tarjan's depth-first search (Hopcroft and Tarjan, Algorithm 447, 1973) and kept until the group changes.

Loads and lengths are integers, so that no order of additions can change a sum.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.compiled import compiled

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STEPS, MOVED, BOUNDARY, LIMITED, EFFORT = 0, 1, 2, 3, 4
"""Places in ``Plan.totals``."""

_NONE = -1


class Ground(NamedTuple):
    """What a search does not change: n units, g groups.

    ``starts`` (n + 1,), ``others`` and ``shared`` (2k,) are the neighbours of each unit and the millimetres
    shared with each; ``load`` (n,) parts; ``origin`` (n,) the present groups; ``fixed`` (n,) units and
    ``closed`` (g,) groups that are locked.
    """

    starts: Int64s
    others: Int32s
    shared: Int64s
    load: Int64s
    origin: Int32s
    fixed: Bools
    closed: Bools


class Plan(NamedTuple):
    """What a search changes.

    ``group`` and ``cut`` (n,); ``loads`` and ``counts`` (g,); the units of a group as a linked list from
    ``first`` (g,) by ``after`` and ``before`` (n,); ``journal`` (steps, 2) of units and the groups they left;
    ``totals`` (5,): steps in the journal, units not in their present group, millimetres of boundary between
    groups, 1 where a chain was refused because too many units would move, and how much was looked at.
    ``scratch`` (5, n).
    """

    group: Int32s
    cut: Bools
    loads: Int64s
    counts: Int64s
    first: Int32s
    after: Int32s
    before: Int32s
    journal: Int32s
    totals: Int64s
    scratch: Int32s


def begin(ground: Ground) -> Plan:
    """Return the plan in which every unit is in its present group."""
    units, groups = len(ground.load), len(ground.closed)
    plan = Plan(
        group=ground.origin.copy(),
        cut=np.zeros(units, dtype=np.bool_),
        loads=np.zeros(groups, dtype=np.int64),
        counts=np.zeros(groups, dtype=np.int64),
        first=np.full(groups, _NONE, dtype=np.int32),
        after=np.full(units, _NONE, dtype=np.int32),
        before=np.full(units, _NONE, dtype=np.int32),
        journal=np.zeros((8 * units + 1024, 2), dtype=np.int32),
        totals=np.zeros(5, dtype=np.int64),
        scratch=np.zeros((5, units), dtype=np.int32),
    )
    _fill(ground, plan)
    return plan


@compiled
def _fill(ground: Ground, plan: Plan) -> None:
    """Fill the sums, lists and cut vertices of a plan from its groups."""
    for unit in range(len(ground.load) - 1, -1, -1):
        _link(plan, unit, plan.group[unit])
        plan.loads[plan.group[unit]] += ground.load[unit]
        for at in range(ground.starts[unit], ground.starts[unit + 1]):
            if ground.others[at] > unit and plan.group[ground.others[at]] != plan.group[unit]:
                plan.totals[BOUNDARY] += ground.shared[at]
    for group in range(len(plan.first)):
        _find_cuts(ground, plan, group)


@compiled
def _link(plan: Plan, unit: int, group: int) -> None:
    """Put a unit at the head of a group's list."""
    head = plan.first[group]
    plan.after[unit], plan.before[unit] = head, _NONE
    if head >= 0:
        plan.before[head] = unit
    plan.first[group] = unit
    plan.counts[group] += 1


@compiled
def _unlink(plan: Plan, unit: int, group: int) -> None:
    """Take a unit out of a group's list."""
    left, right = plan.before[unit], plan.after[unit]
    if left >= 0:
        plan.after[left] = right
    else:
        plan.first[group] = right
    if right >= 0:
        plan.before[right] = left
    plan.counts[group] -= 1


@compiled
def _find_cuts(ground: Ground, plan: Plan, group: int) -> None:
    """Find the units without which a group falls into more pieces than it has."""
    found = plan.scratch[0]
    unit = plan.first[group]
    while unit >= 0:
        found[unit] = 0
        plan.cut[unit] = False
        unit = plan.after[unit]
    clock = 0
    unit = plan.first[group]
    while unit >= 0:
        if found[unit] == 0:
            clock = _search_piece(ground, plan, unit, clock)
        unit = plan.after[unit]
    plan.totals[EFFORT] += clock


@compiled
def _search_piece(ground: Ground, plan: Plan, root: int, clock: int) -> int:
    """Search the piece of ``root`` depth first, mark its cut vertices and return the clock."""
    found, low, parent, passed, stack = plan.scratch
    group = plan.group[root]
    clock += 1
    found[root] = low[root] = clock
    parent[root], passed[root], stack[0] = _NONE, 0, root
    depth, branches = 1, 0
    while depth > 0:
        unit = stack[depth - 1]
        at = ground.starts[unit] + passed[unit]
        if at < ground.starts[unit + 1]:
            passed[unit] += 1
            other = ground.others[at]
            if plan.group[other] != group:
                continue
            if found[other] == 0:
                clock += 1
                found[other] = low[other] = clock
                parent[other], passed[other], stack[depth] = unit, 0, other
                depth += 1
            elif other != parent[unit]:
                low[unit] = min(low[unit], found[other])
            continue
        depth -= 1
        above = parent[unit]
        if above == root:
            branches += 1
        elif above >= 0 and low[unit] >= found[above]:
            plan.cut[above] = True
        if above >= 0:
            low[above] = min(low[above], low[unit])
    plan.cut[root] = branches > 1
    return clock


@compiled
def touches(ground: Ground, plan: Plan, unit: int, group: int) -> bool:
    """Tell whether a unit shares an edge with a unit of a group."""
    for at in range(ground.starts[unit], ground.starts[unit + 1]):
        if plan.group[ground.others[at]] == group:
            return True
    return False


@compiled
def may_leave(ground: Ground, plan: Plan, unit: int) -> bool:
    """Tell whether the group of a unit stays whole, and stays, without it, and no lock holds it."""
    return bool(not ground.fixed[unit] and not plan.cut[unit] and plan.counts[plan.group[unit]] > 1)


@compiled
def may_move(ground: Ground, plan: Plan, unit: int, to: int) -> bool:
    """Tell whether moving a unit to a group is legal now."""
    if plan.group[unit] == to or ground.closed[to] or not may_leave(ground, plan, unit):
        return False
    return touches(ground, plan, unit, to)


@compiled
def boundary_change(ground: Ground, plan: Plan, unit: int, to: int) -> int:
    """Return by how many millimetres the boundary between groups grows where a unit moves."""
    source = plan.group[unit]
    change = 0
    for at in range(ground.starts[unit], ground.starts[unit + 1]):
        group = plan.group[ground.others[at]]
        if group == source:
            change += ground.shared[at]
        elif group == to:
            change -= ground.shared[at]
    return change


@compiled
def moved_change(ground: Ground, plan: Plan, unit: int, to: int) -> int:
    """Return by how many the units outside of their present group grow where a unit moves."""
    origin = ground.origin[unit]
    return int(to != origin) - int(plan.group[unit] != origin)


@compiled
def _put(ground: Ground, plan: Plan, unit: int, to: int) -> None:
    """Move a unit to a group and bring all sums up to date."""
    source = plan.group[unit]
    plan.totals[BOUNDARY] += boundary_change(ground, plan, unit, to)
    plan.totals[MOVED] += moved_change(ground, plan, unit, to)
    _unlink(plan, unit, source)
    plan.group[unit] = to
    _link(plan, unit, to)
    plan.loads[source] -= ground.load[unit]
    plan.loads[to] += ground.load[unit]
    _find_cuts(ground, plan, source)
    _find_cuts(ground, plan, to)


@compiled
def shift(ground: Ground, plan: Plan, unit: int, to: int) -> None:
    """Move a unit to a group, as the journal's next step; whether it is legal the caller has asked."""
    step = plan.totals[STEPS]
    plan.journal[step, 0], plan.journal[step, 1] = unit, plan.group[unit]
    plan.totals[STEPS] = step + 1
    _put(ground, plan, unit, to)


@compiled
def undo(ground: Ground, plan: Plan, mark: int) -> None:
    """Take back the steps of the journal down to ``mark``."""
    while plan.totals[STEPS] > mark:
        plan.totals[STEPS] -= 1
        step = plan.totals[STEPS]
        _put(ground, plan, plan.journal[step, 0], plan.journal[step, 1])


@compiled
def is_full(plan: Plan) -> bool:
    """Tell whether the journal has no room for another chain."""
    return bool(plan.totals[STEPS] > len(plan.journal) - 256)
