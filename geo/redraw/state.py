"""States: a base with the changes of a draft laid over it, every one an exact partition."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from geo.errors import N_
from geo.redraw.amending import amend
from geo.redraw.base import Base
from geo.redraw.change import Change, same, state_differs
from geo.redraw.ground import Ground
from geo.redraw.merging import merge
from geo.redraw.moving import move
from geo.redraw.operations import Amend, Merge, Move, Operation, Reassign, Recode, Rename, Split, Transfer
from geo.redraw.proof import prove_units
from geo.redraw.refusals import RedrawRefused, StepNeeded
from geo.redraw.relabelling import reassign, recode, rename
from geo.redraw.splitting import split
from geo.redraw.transferring import transfer
from geo.redraw.unit import UnitState

_Units = dict[UUID, UnitState | None]

_PERFORM: Mapping[type[Any], Callable[[Ground, Any], _Units]] = {
    Move: move,
    Split: split,
    Merge: merge,
    Transfer: transfer,
    Reassign: reassign,
    Rename: rename,
    Recode: recode,
    Amend: amend,
}


@dataclass(frozen=True, slots=True, eq=False)
class State(Ground):
    """A base and the units that a draft has changed; applying gives a new state and leaves this as it is."""

    @classmethod
    def of(cls, base: Base) -> "State":
        """Return the state in which nothing is changed yet."""
        return cls(base, MappingProxyType({}))

    def apply(self, operation: Operation) -> tuple["State", Change]:
        """Do one operation: return the state after it and what it changed, both proven.

        Raises
        ------
        RedrawRefused
            The operation cannot be done here; this state stays as it is.
        """
        after = _PERFORM[type(operation)](self, operation)
        before = {each: self.get(each) for each in after}
        transfers = (
            frozenset({(operation.source, operation.target)})
            if isinstance(operation, Transfer)
            else frozenset()
        )
        change = Change.between(before, after, transfers)
        prove_units(self, change.after)
        return self._with(change), change

    def apply_all(self, operations: Iterable[Operation]) -> "State":
        """Do operations one after the other.

        Raises
        ------
        RedrawRefused
            One cannot be done; ``where["operation"]`` is its position.
        """
        state = self
        for place, operation in enumerate(operations):
            try:
                state, _ = state.apply(operation)
            except RedrawRefused as refusal:
                refusal.where["operation"] = place
                raise
        return state

    def without(self, operations: Sequence[Operation], place: int) -> "State":
        """Do operations one after the other but for the one at a place, what follows it proven without it.

        Raises
        ------
        StepNeeded
            A later one cannot be done without it; ``where["operation"]`` is its position and
            ``where["because"]`` the code of what refuses it.
        RedrawRefused
            One before it cannot be done here.
        """
        state = self.apply_all(operations[:place])
        for later in range(place + 1, len(operations)):
            try:
                state, _ = state.apply(operations[later])
            except RedrawRefused as refusal:
                raise StepNeeded(
                    N_("Step {later} cannot be done without step {step}."),
                    mend=N_("Undo step {later} first."),
                    where={"operation": later, "because": refusal.code},
                    features=refusal.features,
                    later=later + 1,
                    step=place + 1,
                ) from refusal
        return state

    def apply_change(self, change: Change) -> "State":
        """Make a change that was found elsewhere, proven again here.

        Raises
        ------
        StateDiffers
            A unit here is not what the change begins with.
        RedrawRefused
            What would come of it is no exact partition, or two units would have one code.
        """
        for identifier, unit in change.before.items():
            if not same(self.get(identifier), unit):
                raise state_differs(identifier)
        prove_units(self, change.after)
        return self._with(change)

    def change(self) -> Change:
        """Return what differs from the base, all in all."""
        before = {each: self.base.units.get(each) for each in self.changed}
        return Change.between(before, self.changed, self.transfers)

    def same_as(self, other: "State") -> bool:
        """Tell whether both have the same units, by content."""
        everyone = {*self.changed, *other.changed}
        if self.base is not other.base:
            everyone |= {*self.base.units, *other.base.units}
        return all(same(self.get(each), other.get(each)) for each in everyone)

    def _with(self, change: Change) -> "State":
        """Return the state with a proven change made; what is again as in the base leaves the overlay."""
        changed = dict(self.changed)
        for identifier, unit in change.after.items():
            if same(unit, self.base.units.get(identifier)):
                changed.pop(identifier, None)
            else:
                changed[identifier] = unit
        return State(self.base, MappingProxyType(changed), self.transfers | change.transfers)


def _transfers(operation: Operation) -> frozenset[tuple[UUID, UUID]]:
    """Return the units between which an operation transfers ground on purpose."""
    pair = (operation.source, operation.target) if isinstance(operation, Transfer) else None
    return frozenset() if pair is None else frozenset({pair})
