"""Merging: mine on top of theirs, both drawn on the same base; proven on every path or refused.

The ways, in this order:

1. *disjoint*: no unit is touched by both; mine is done on theirs as it is.
2. *chains*: units that both touched, but no edge that both took away: base + theirs + mine, edge by edge, the
   rings rebuilt, attributes put together one by one.
3. *replayed*: my operations are done again on theirs, by the edges they name: this survives what others split
   and merged. An operation on a unit that was split since means all its parts where it says the same of them.
4. otherwise a *conflict* on the very edges and attributes.

Each result is proven again as any change is: the signed edges of what it touches sum to what they were, every
area is valid. Nothing is guessed: where both gave one attribute different values, that is a conflict whatever
the edges say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar
from uuid import UUID

import numpy as np

from geo.merge.conflict import Conflict, attribute_places, edge_places, ended_places, refused_place
from geo.partition.chain_kernels import pack
from geo.redraw import (
    Change,
    LineageKind,
    Merge,
    Operation,
    Reassign,
    RedrawRefused,
    State,
    UnitState,
)
from geo.redraw.sums import Ledger

V = TypeVar("V")
Way = Literal["disjoint", "chains", "replayed"]
Units = dict[UUID, UnitState | None]


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """Both changes in one state.

    ``state`` has theirs and mine; ``change`` is what mine adds to theirs. ``operations`` are mine as they
    can be done on theirs, None where only their effect could be put there (by ``chains``).
    """

    state: State
    change: Change
    way: Way
    operations: tuple[Operation, ...] | None


def merge(
    head: State, theirs: Change, mine: Change, operations: Sequence[Operation] | None
) -> Merged | Conflict:
    """Put my change on top of theirs.

    Parameters
    ----------
    head
        The state that theirs led to.
    theirs
        From the common base to ``head``.
    mine
        From the common base to what ``operations`` made of it.
    operations
        Mine, as they were drawn on the base; None where only their effect is known, and then nothing can be
        replayed.
    """
    attributes = tuple(attribute_places(theirs, mine))
    if attributes:
        return Conflict((*attributes, *edge_places(theirs, mine)))
    if not theirs.units & mine.units:
        return _disjoint(head, mine, operations)
    try:
        return _by_chains(head, theirs, mine, operations)
    except RedrawRefused as refusal:
        first = refusal
    try:
        if operations is not None:
            return _replayed(head, theirs, operations)
    except RedrawRefused:
        pass  # the sum of both says better than the first operation that failed what collides
    return _conflict(theirs, mine, first)


def _disjoint(head: State, mine: Change, operations: Sequence[Operation] | None) -> Merged | Conflict:
    try:
        state = head.apply_change(mine)
    except RedrawRefused as refusal:  # two new units of one code
        return Conflict((refused_place(refusal, mine.after),))
    return Merged(state, mine, "disjoint", None if operations is None else tuple(operations))


def _by_chains(head: State, theirs: Change, mine: Change, operations: Sequence[Operation] | None) -> Merged:
    """Return base + theirs + mine; units that one of the two ended cannot be summed."""
    shared = theirs.units & mine.units
    ledger = Ledger()
    after: Units = {unit: value for unit, value in mine.after.items() if unit not in shared}
    for unit in shared:
        base, their, my = mine.before.get(unit), theirs.after.get(unit), mine.after.get(unit)
        if base is None or their is None or my is None:
            raise _not_summed(unit)
        after[unit] = _attributes(base, their, my)
        _add(ledger, mine, theirs, unit)
    areas = ledger.areas(head) if ledger.tails else {}
    for unit, area in areas.items():
        value = after[unit]
        if value is not None and area is not None:
            after[unit] = replace(value, area=area)
    before = {unit: head.get(unit) for unit in after}
    change = Change.between(before, after, mine.transfers)
    state = head.apply_change(change)
    return Merged(state, change, "chains", _if_same(head, state, operations))


def _add(ledger: Ledger, mine: Change, theirs: Change, unit: UUID) -> None:
    """Add to theirs what mine took from a unit and gave it, without what both did alike."""
    my, their = mine.edges(unit), theirs.edges(unit)
    removed = _rows(my.removed) - _rows(their.removed)
    added = _rows(my.added) - _rows(their.added)
    if removed:
        ledger.take(unit, _ends(removed))
    if added:
        ledger.give(unit, _ends(added))


def _rows(edges: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> set[tuple[int, ...]]:
    return set(map(tuple, edges.tolist()))


def _ends(
    edges: set[tuple[int, ...]],
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    columns = np.array(sorted(edges), dtype=np.int64)
    return pack(np.ascontiguousarray(columns[:, :2])), pack(np.ascontiguousarray(columns[:, 2:]))


def _attributes(base: UnitState, theirs: UnitState, mine: UnitState) -> UnitState:
    """Return theirs with what mine changed; what both gave different values was refused before."""

    def put(old: V, their: V, my: V) -> V:
        return their if my == old else my

    known = [base.households, theirs.households, mine.households]
    households = put(*known)
    if None not in known and known[1] != known[0] != known[2]:
        # Both moved households: the sum of what they moved.
        households = max(0, known[1] + known[2] - known[0])  # type: ignore[operator]
    return replace(
        theirs,
        code=put(base.code, theirs.code, mine.code),
        name=put(base.name, theirs.name, mine.name),
        parent=put(base.parent, theirs.parent, mine.parent),
        households=households,
    )


def _if_same(
    head: State, merged: State, operations: Sequence[Operation] | None
) -> tuple[Operation, ...] | None:
    """Return the operations if they lead from theirs to the same state."""
    if operations is None:
        return None
    try:
        replayed = head.apply_all(operations)
    except RedrawRefused:
        return None
    return tuple(operations) if replayed.same_as(merged) else None


def _replayed(head: State, theirs: Change, operations: Sequence[Operation]) -> Merged:
    state, done = head, []
    change = Change({}, {})
    for operation in operations:
        meant = _meant(theirs, operation)
        state, step = state.apply(meant)
        change = change.then(step)
        done.append(meant)
    return Merged(state, change, "replayed", tuple(done))


def _meant(theirs: Change, operation: Operation) -> Operation:
    """Return an operation with the parts of units that were split since in the place of those units."""
    if not isinstance(operation, Reassign | Merge):
        return operation
    units = tuple(part for unit in operation.units for part in _parts(theirs, unit))
    return operation if units == operation.units else replace(operation, units=units)


def _parts(theirs: Change, unit: UUID) -> tuple[UUID, ...]:
    """Return what a unit was split into if its parts cover its ground and no other, else the unit."""
    if theirs.before.get(unit) is None:
        return (unit,)
    lineage = theirs.lineage()
    parts = {one.after for one in lineage if one.before == unit}
    if len(parts) < 2 or any(one.before != unit for one in lineage if one.after in parts):
        return (unit,)
    kinds = {one.kind for one in lineage if one.before == unit and one.after != unit}
    return tuple(sorted(parts)) if kinds == {LineageKind.SPLIT} else (unit,)


def _conflict(theirs: Change, mine: Change, refusal: RedrawRefused) -> Conflict:
    places = (*edge_places(theirs, mine), *ended_places(theirs, mine))
    if places:
        return Conflict(places)
    shared = {unit: mine.after.get(unit) for unit in theirs.units & mine.units}
    return Conflict((refused_place(refusal, shared),))


def _not_summed(unit: UUID) -> RedrawRefused:
    """Return the inner refusal of a sum over a unit that one of both ended; nobody sees it."""
    return RedrawRefused("Unit {unit} was ended by one of both.", unit=str(unit))
