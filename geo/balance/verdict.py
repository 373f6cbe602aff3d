"""The verdict on a plan: which groups are outside the tolerance, why, and which unit to split for it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.balance.canonical import Canonical
from geo.balance.division import Key
from geo.balance.plan_kernels import Plan


class Cause(StrEnum):
    """Why a group is still outside the tolerance."""

    CUT_OFF = "cut-off"
    """The groups that it could exchange units with are outside the tolerance all together, whatever moves."""
    LIMIT = "limit"
    """More units would have to move than may."""
    COARSE = "coarse"
    """Its units, or its neighbours', are too large to be moved whole; one would have to be split."""
    LOCKED = "locked"
    """No unit at its boundary is free to move."""
    UNFOUND = "unfound"
    """No way was found; there may be one."""


@dataclass(frozen=True, slots=True)
class Split:
    """A unit that would have to be split: the part to cut off and the group to give it to.

    ``part`` is the part's share of the unit's load, ``load`` the same as a multiple of the target.
    """

    unit: Key
    source: Key
    target: Key
    part: float
    load: float


@dataclass(frozen=True, slots=True)
class Left:
    """A group that is still outside: its load, a multiple of the target, the cause, and a split to help."""

    group: Key
    load: float
    cause: Cause
    split: Split | None


def verdict(place: Canonical, plan: Plan, tolerance: float, *, limited: bool) -> tuple[Left, ...]:
    """Return the groups whose loads are outside the tolerance, the worst first."""
    target = place.target
    away = np.abs(plan.loads - target)
    outside = np.flatnonzero((away > tolerance * target) & ~place.ground.closed)
    outside = outside[np.argsort(-away[outside], kind="stable")]
    if not len(outside):
        return ()
    ends = _border(place, plan)
    cut_off = _cut_off(place, plan, tolerance)
    return tuple(
        _left(place, plan, int(group), ends, tolerance, (bool(cut_off[group]), limited)) for group in outside
    )


def _left(
    place: Canonical,
    plan: Plan,
    group: int,
    ends: npt.NDArray[np.int64],
    tolerance: float,
    known: tuple[bool, bool],
) -> Left:
    """Return one group that is outside, with the cause."""
    cut_off, limited = known
    over = bool(plan.loads[group] > place.target)
    split = None if cut_off else _split(place, plan, group, ends, tolerance)
    giving = plan.group[ends[:, 0]] == group if over else plan.group[ends[:, 1]] == group
    if cut_off:
        cause = Cause.CUT_OFF
    elif not giving.any():
        cause = Cause.LOCKED
    elif limited:
        cause = Cause.LIMIT
    else:
        cause = Cause.COARSE if split else Cause.UNFOUND
    return Left(place.groups[group], float(plan.loads[group]) / place.target, cause, split)


def _border(place: Canonical, plan: Plan) -> npt.NDArray[np.int64]:
    """Return units that are free beside a unit of another group that is not locked, both (k, 2)."""
    ground = place.ground
    units = np.repeat(np.arange(len(place.units)), np.diff(ground.starts))
    others = ground.others.astype(np.int64)
    good = (plan.group[units] != plan.group[others]) & ~ground.fixed[units]
    good &= ~ground.closed[plan.group[others]]
    return np.column_stack((units[good], others[good]))


def _cut_off(place: Canonical, plan: Plan, tolerance: float) -> npt.NDArray[np.bool_]:
    """Return for each group whether all groups it can exchange units with are outside as one.

    Only the free units matter, and their neighbours change as units move; so groups count as connected
    wherever their units share any edge, and what is cut off in this sense is so for certain.
    """
    ground, groups = place.ground, len(place.groups)
    units = np.repeat(np.arange(len(place.units)), np.diff(ground.starts))
    sides = plan.group[units], plan.group[ground.others]
    open_sides = ~ground.closed[sides[0]] & ~ground.closed[sides[1]]
    graph = coo_array(
        (np.ones(int(open_sides.sum())), (sides[0][open_sides], sides[1][open_sides])), shape=(groups, groups)
    )
    count, piece = connected_components(graph, directed=False)
    load = np.bincount(piece, weights=plan.loads, minlength=count)
    size = np.bincount(piece, minlength=count)
    outside: npt.NDArray[np.bool_] = np.abs(load / size - place.target) > tolerance * place.target
    return outside[piece]


def _split(
    place: Canonical, plan: Plan, group: int, ends: npt.NDArray[np.int64], tolerance: float
) -> Split | None:
    """Return the split of a unit at the group's boundary that evens out most, or None where none helps."""
    target, load = place.target, place.ground.load
    over = plan.loads[group] > target
    own = ends[:, 0] if over else ends[:, 1]
    beside = ends[plan.group[own] == group]
    if not len(beside):
        return None
    giver, taker = plan.group[beside[:, 0]], plan.group[beside[:, 1]]
    spare = plan.loads[giver] - (target if over else int(np.ceil(target * (1.0 - tolerance))))
    room = (int(np.floor(target * (1.0 + tolerance))) if over else target) - plan.loads[taker]
    part = np.minimum(spare, room)
    whole = load[beside[:, 0]]
    part[(part <= 0) | (whole <= part)] = 0
    # Most load first, then the largest unit, whose parts are least likely to be too small.
    best = int(np.lexsort((beside[:, 1], beside[:, 0], -whole, -part))[0])
    if part[best] == 0:
        return None
    unit, to = int(beside[best, 0]), int(plan.group[beside[best, 1]])
    return Split(
        place.units[unit],
        place.groups[int(plan.group[unit])],
        place.groups[to],
        float(part[best]) / float(whole[best]),
        float(part[best]) / target,
    )
