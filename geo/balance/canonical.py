"""A division in an order of its own and in whole numbers: neither rows nor rounding decide anything."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.balance.division import BalanceRefused, Division, Key, Wish
from geo.balance.plan_kernels import Ground, Int64s
from geo.errors import N_

_TOTAL = 2**50
"""Parts that all load is counted in: a billionth of a unit's load even among 100,000 units."""


@dataclass(frozen=True, slots=True, eq=False)
class Canonical:
    """The ground of a search and what its numbers stand for.

    ``units`` and ``groups`` are the keys in their order. ``target`` is the load, in parts, that each group
    which is not locked should have.
    """

    units: list[Key]
    groups: list[Key]
    ground: Ground
    target: int


def canonical(division: Division, wish: Wish) -> Canonical:
    """Return a division in the order of its keys, with whole loads.

    Raises
    ------
    BalanceRefused
        A weight is for a column that is not there, a lock for a unit or group that is not; all groups are
        locked; or there is no load.
    """
    order = sorted(range(len(division.units)), key=division.units.__getitem__)
    units = [division.units[at] for at in order]
    groups = sorted(set(division.groups))
    number = {key: index for index, key in enumerate(groups)}
    origin = np.array([number[division.groups[at]] for at in order], dtype=np.int32)
    load = _loads(division, wish)[order]
    fixed = _marked(units, wish.locked_units, N_("There is no unit {key} to lock."))
    closed = _marked(groups, wish.locked_groups, N_("There is no group {key} to lock."))
    if closed.all():
        raise BalanceRefused(
            N_("All groups are locked."), mend=N_("Unlock two groups or more that border on each other.")
        )
    free = ~closed[origin]
    total = int(load[free].sum())
    if not total:
        raise BalanceRefused(
            N_("The units have no load."),
            mend=N_("Give weight to a column that is not all 0 in the groups that are not locked."),
        )
    starts, others, shared = _neighbours(division, np.argsort(np.array(order)))
    ground = Ground(starts, others, shared, load, origin, fixed | ~free, closed)
    return Canonical(units, groups, ground, total // int((~closed).sum()))


def _loads(division: Division, wish: Wish) -> Int64s:
    """Return the load of each unit in parts: the weighted sum of its shares of the columns' totals."""
    load = np.zeros(len(division.units), dtype=np.float64)
    weight_of_all = sum(wish.weights.values())
    for name in sorted(wish.weights):
        if name not in division.columns:
            raise BalanceRefused(
                N_("There is no column “{column}”; there are: {known}."),
                mend=N_("Give weights to these only."),
                where={"column": name},
                column=name,
                known=", ".join(sorted(division.columns)),
            )
        values = np.asarray(division.columns[name], dtype=np.float64)
        # A sum of sorted values does not depend on the order of rows.
        total = float(np.sort(values).sum())
        if total > 0:
            load += wish.weights[name] / weight_of_all * (values / total)
    return np.rint(load * _TOTAL).astype(np.int64)


def _marked(keys: list[Key], wanted: Any, text: str) -> npt.NDArray[np.bool_]:
    """Return which keys are among those wanted, or refuse one that is not there."""
    place = {key: index for index, key in enumerate(keys)}
    marks = np.zeros(len(keys), dtype=np.bool_)
    for key in wanted:
        if key not in place:
            raise BalanceRefused(text, mend=N_("Load the plan again."), where={"key": key}, key=key)
        marks[place[key]] = True
    return marks


def _neighbours(division: Division, rank: Int64s) -> tuple[Int64s, npt.NDArray[np.int32], Int64s]:
    """Return starts, neighbours and shared millimetres of each unit, units numbered by rank."""
    pairs = rank[np.asarray(division.pairs, dtype=np.int64).reshape(-1, 2)]
    shared = np.rint(np.asarray(division.metres, dtype=np.float64) * 1000.0).astype(np.int64)
    ends = np.concatenate((pairs, pairs[:, ::-1]))
    by_end = np.lexsort((ends[:, 1], ends[:, 0]))
    starts = np.searchsorted(ends[by_end, 0], np.arange(len(division.units) + 1))
    return (
        starts.astype(np.int64),
        ends[by_end, 1].astype(np.int32),
        np.concatenate((shared, shared))[by_end],
    )
