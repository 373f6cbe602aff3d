"""Staffing as a flow: each person sends one unit to a grid that they may have, within the cap.

A grid that must have somebody keeps one unit for itself, which is exact: no large cost stands for a rule.
Seats beyond the first are arcs of rising cost, so that a min-cost flow fills them in order. OR-Tools' solver
(cost scaling, all integers) is exact and gives the same answer every time.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from geo.staffing.values import Ground, Kind, People, Rule

Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


def allowed(people: People, ground: Ground, rules: Collection[Rule]) -> Bools:
    """Return which person may have which grid, bool (n, m)."""
    may = np.ones((len(people), len(ground)), dtype=bool)
    row = {key: position for position, key in enumerate(people.keys)}
    column = {key: position for position, key in enumerate(ground.keys)}
    for one in rules:
        if one.kind is Kind.PIN:
            pinned = np.zeros(len(ground), dtype=bool)
            pinned[column[one.grid]] = True
            may[row[one.person]] &= pinned
        elif one.kind is Kind.FORBID:
            may[row[one.person], column[one.grid]] = False
    return may


def solve(may: Bools, cost: Integers, seats: Integers, *, least: bool) -> Integers | None:
    """Return the cheapest grid of each person, int64 (n,), None where there is no way.

    Parameters
    ----------
    may, cost
        (n, m): which pairs are possible and what each costs.
    seats
        (m, k): what the second, third, … person of a grid costs, rising; a grid has k + 1 seats.
    least
        Whether every grid must have somebody.
    """
    people, grids = may.shape
    if not people:
        return None if least else np.empty(0, dtype=np.int64)
    if people < grids and least:
        return None
    first, sink = people, people + grids
    rows, columns = np.nonzero(may)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = _add(flow, rows, columns + first, cost[rows, columns])
    if not least:
        _add(flow, np.arange(grids) + first, np.full(grids, sink), np.zeros(grids, dtype=np.int64))
    more = np.repeat(np.arange(grids) + first, seats.shape[1])
    _add(flow, more, np.full(len(more), sink), seats.ravel())
    supplies = np.concatenate([np.ones(people), np.full(grids, -int(least)), [grids * int(least) - people]])
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supplies.astype(np.int64))
    if flow.solve() != flow.OPTIMAL:
        return None
    taken = np.asarray(flow.flows(arcs)) > 0
    found = np.empty(people, dtype=np.int64)
    found[rows[taken]] = columns[taken]
    return found


def placed(may: Bools, cost: Integers, counts: Integers) -> Integers:
    """Return the cheapest grid of each person, int64 (n,), where each grid has just so many, (m,).

    There must be a way.
    """
    people = len(may)
    rows, columns = np.nonzero(may)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = _add(flow, rows, columns + people, cost[rows, columns])
    supplies = np.concatenate([np.ones(people, dtype=np.int64), -counts])
    flow.set_nodes_supplies(np.arange(len(supplies), dtype=np.int32), supplies)
    if flow.solve() != flow.OPTIMAL:
        raise AssertionError("the counts are those of a staffing that there is")
    taken = np.asarray(flow.flows(arcs)) > 0
    found = np.empty(people, dtype=np.int64)
    found[rows[taken]] = columns[taken]
    return found


def possible(people: People, ground: Ground, cap: int, rules: Collection[Rule]) -> bool:
    """Say whether some staffing keeps all of the rules; everybody has one home in any case."""
    kinds = {one.kind for one in rules}
    most = min(cap, len(people)) if Kind.CAP in kinds else len(people)
    may = allowed(people, ground, rules)
    seats = np.zeros((len(ground), max(most - 1, 0)), dtype=np.int64)
    return solve(may, np.zeros(may.shape, dtype=np.int64), seats, least=Kind.LEAST in kinds) is not None


def _add(
    flow: min_cost_flow.SimpleMinCostFlow, tails: Integers, heads: Integers, cost: Integers
) -> NDArray[np.int32]:
    made = flow.add_arcs_with_capacity_and_unit_cost(
        tails.astype(np.int32), heads.astype(np.int32), np.ones(len(tails), dtype=np.int64), cost
    )
    return np.asarray(made, dtype=np.int32)
