"""Operations derived from their outcome: what is certain by its own name, what remains by its effect."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
import shapely
from shapely import Geometry

from geo.difference.paths import moves_of
from geo.difference.splits import splits_of
from geo.lattice import SCALE
from geo.redraw import (
    Change,
    Into,
    Merge,
    Operation,
    Reassign,
    Recode,
    RedrawRefused,
    Rename,
    State,
    UnitState,
    amendment,
)
from geo.redraw.change import same

MOST_NAMED = 200
"""Beyond so many renames, recodes and reassignments, one operation says them all."""

Target = Mapping[UUID, UnitState | None]


@dataclass(frozen=True, slots=True, eq=False)
class Derived:
    """Operations, the state that they lead to, and what they change in all."""

    operations: tuple[Operation, ...]
    state: State
    change: Change


def derive(state: State, target: Target) -> Derived:
    """Return operations that make of a state what somebody else's program made of it.

    Merges, splits, moved boundaries, names, codes and parents are said as such where there is no doubt;
    whatever then still differs is one amendment. The outcome is proven first, so that the operations are
    another way to say it, never another outcome.

    Parameters
    ----------
    target
        The units that may differ, as they are to be; None for those that end.

    Raises
    ------
    RedrawRefused
        The outcome is no exact partition of the same ground, or two units would have one code.
    """
    change = Change.between({each: state.get(each) for each in target}, target)
    end = state.apply_change(change)
    draft = _Draft(state, dict(change.after), end, [])
    for step in (_merges, _splits, _moves, _labels):
        step(draft)
    rest = draft.rest()
    if rest:
        draft.add(amendment(rest))
    if not draft.state.same_as(end):
        # Said one by one they come to something else: then the effect is all there is to say.
        return Derived((amendment(change),), end, change)
    return Derived(tuple(draft.operations), draft.state, change)


def absorbed(state: State, target: Target) -> dict[UUID, list[UUID]]:
    """Return the units that end with all their ground in one other, by that other."""
    ended = {each: state.unit(each).area for each, unit in target.items() if unit is None and each in state}
    there = [(each, unit.area) for each, unit in target.items() if unit is not None]
    if not ended or not there:
        return {}
    corner = np.rint(shapely.total_bounds([area for _, area in there])[:2] * SCALE)
    news = np.array([_steps(area, corner) for _, area in there], dtype=object)
    tree = shapely.STRtree(news)
    found: dict[UUID, list[UUID]] = {}
    for each, area in sorted(ended.items()):
        steps = _steps(area, corner)
        for at in tree.query(steps, predicate="covered_by").tolist():
            found.setdefault(there[at][0], []).append(each)
    return found


@dataclass(slots=True)
class _Draft:
    """A state on its way to a target."""

    state: State
    target: dict[UUID, UnitState | None]
    end: State
    operations: list[Operation]

    def add(self, operation: Operation) -> None:
        self.state, _ = self.state.apply(operation)
        self.operations.append(operation)

    def attempt(self, operation: Operation, shown: Iterable[UUID] = ()) -> bool:
        """Do an operation if it is possible and ends with the target's ground in some units."""
        try:
            state, _ = self.state.apply(operation)
        except RedrawRefused:
            return False
        for each in shown:
            one, wanted = state.get(each), self.target.get(each)
            if one is None or wanted is None or not one.chain.same_as(wanted.chain):
                return False
        self.state = state
        self.operations.append(operation)
        return True

    def rest(self) -> Change:
        units = {*self.target, *self.state.changed}
        return Change.between(
            {each: self.state.get(each) for each in units}, {each: self.end.get(each) for each in units}
        )

    def differing(self) -> Iterator[tuple[UUID, UnitState, UnitState]]:
        """Yield the units that are there and differ, as they are and as they are to be."""
        for each, wanted in sorted(self.target.items()):
            now = self.state.get(each)
            if now is not None and wanted is not None and not same(now, wanted):
                yield each, now, wanted


def _merges(draft: _Draft) -> None:
    for taker, ended in sorted(absorbed(draft.state, draft.target).items()):
        wanted = draft.target[taker]
        now = draft.state.get(taker)
        if now is not None:
            draft.attempt(Merge((taker, *ended), Into(taker, now.code, now.name)))
        elif wanted is not None and len(ended) > 1:
            # Its code may be that of one of them.
            draft.attempt(Merge(tuple(ended), Into(taker, wanted.code, wanted.name)), (taker,))


def _splits(draft: _Draft) -> None:
    for cut in splits_of(draft.state, draft.target):
        tried = _Draft(draft.state, draft.target, draft.end, list(draft.operations))
        while cut.parts:
            operation = cut.next(tried.state)
            if operation is None or not tried.attempt(operation):
                break
        ends = all(_same_ground(tried.state.get(each), draft.target[each]) for each in cut.units)
        if not cut.parts and ends:
            draft.state, draft.operations = tried.state, tried.operations


def _moves(draft: _Draft) -> None:
    rest = draft.rest()
    # Ground alone: names are said apart.
    after = {
        each: None if unit is None or now is None else replace(now, area=unit.area)
        for each, unit in rest.after.items()
        for now in (rest.before[each],)
    }
    for units, move in moves_of(Change.between(rest.before, after)):
        draft.attempt(move, units)


def _labels(draft: _Draft) -> None:
    found = list(draft.differing())
    parents: dict[UUID, list[UUID]] = {}
    operations: list[Operation] = []
    for each, now, wanted in found:
        if now.name != wanted.name:
            operations.append(Rename(each, wanted.name))
        if now.code != wanted.code:
            operations.append(Recode(each, wanted.code))
        if now.parent != wanted.parent and wanted.parent is not None:
            parents.setdefault(wanted.parent, []).append(each)
    if len(operations) + len(parents) > MOST_NAMED:
        return
    for operation in operations:
        draft.attempt(operation)
    for parent, units in sorted(parents.items()):
        draft.attempt(Reassign(tuple(units), parent))


def _same_ground(one: UnitState | None, other: UnitState | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.chain.same_as(other.chain)


def _steps(area: Geometry, corner: object) -> Geometry:
    return shapely.transform(area, lambda lonlat: np.rint(lonlat * SCALE) - corner)
