"""Editing a draft: operations are completed, proven and kept, undone and done again."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from geo.redraw import Change, RedrawRefused, State, StepNeeded, operation_from_json
from layers.catalog import Layer
from layers.plan_steps import Plan, PlanOp
from layers.releases import Release
from layers.stores import Stores
from service.errors import NotAllowed
from service.indexes.drafts import Drafts
from service.schemas.plans import OperationIn
from service.use_cases.plans.completing import complete
from service.use_cases.plans.drafting import Planner, at_version, plan_json

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A plan with the state that its operations lead to; ``releases`` are those of its layer."""

    plan: Plan
    layer: Layer
    ops: tuple[PlanOp, ...]
    state: State
    releases: tuple[Release, ...]
    undone: tuple[PlanOp, ...] = ()

    @property
    def told(self) -> list[Json]:
        """The operations as they are kept."""
        return [one.op for one in self.ops]

    @property
    def base(self) -> Release:
        """The release that the plan is drawn on."""
        return next(one for one in self.releases if one.id == self.plan.base)

    @property
    def known(self) -> tuple[PlanOp, ...]:
        """All operations, those undone too, in their order."""
        return tuple(sorted((*self.ops, *self.undone), key=lambda one: one.seq))

    def to_json(self, stores: Stores, planner: Planner) -> dict[str, Any]:
        """Return the plan as readers see it."""
        return plan_json(stores, self.plan, planner, (len(self.ops), len(self.undone)), self.releases)


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """What a request did to a draft: the operations it added or turned, and what they changed."""

    draft: Draft
    ops: tuple[PlanOp, ...]
    change: Change
    seconds: float


def open_draft(stores: Stores, drafts: Drafts, plan: Plan) -> Draft:
    """Return a plan with its state."""
    layer, releases = stores.layers.get(plan.layer), stores.releases.all(plan.layer)
    return _with_state(stores, drafts, plan, layer, releases, stores.plans.ops(plan.id, undone=True))


def _with_state(
    stores: Stores,
    drafts: Drafts,
    plan: Plan,
    layer: Layer,
    releases: tuple[Release, ...],
    known: Sequence[PlanOp],
) -> Draft:
    ops = tuple(one for one in known if not one.undone)
    base = next(one for one in releases if one.id == plan.base)
    state = drafts.state(stores, layer, base, [one.op for one in ops])
    return Draft(plan, layer, ops, state, releases, tuple(one for one in known if one.undone))


def add(
    stores: Stores,
    drafts: Drafts,
    planner: Planner,
    identifier: UUID,
    given: Sequence[OperationIn],
    version: int | None,
) -> Edited:
    """Add operations to a draft, all or none.

    Raises
    ------
    RedrawRefused
        One is not possible; ``where["pointer"]`` names it, ``features`` are what a map draws of it.
    NotAllowed
        One touches units outside of the planner's area or the plan's scope.
    StaleVersion, Conflict, WrongPerson
        The plan was changed since ``version``, is no draft, or is somebody else's.
    """
    plan = at_version(stores, identifier, version)
    old = open_draft(stores, drafts, plan)
    began = time.perf_counter()
    state, kept, change = old.state, [], Change({}, {})
    reach = Reach.of(stores, old, planner)
    for position, one in enumerate(given):
        try:
            told = complete(stores, state, one)
            state, step = state.apply(operation_from_json(told))
        except RedrawRefused as refusal:
            refusal.where.setdefault("pointer", f"/ops/{position}" if len(given) > 1 else "/")
            raise
        reach.require(step)
        kept.append(told)
        change = change.then(step)
    seconds = time.perf_counter() - began
    plan, ops = stores.plans.add_ops(plan, kept, planner.person.id, old.known)
    drafts.remember(plan.base, [*old.told, *kept], state)
    stores.audit.record(
        "plan.draw", "plan", plan.id, operations=[one["type"] for one in kept], version=plan.version
    )
    return Edited(Draft(plan, old.layer, (*old.ops, *ops), state, old.releases), ops, change, seconds)


def undo(stores: Stores, drafts: Drafts, planner: Planner, identifier: UUID, version: int | None) -> Edited:
    """Undo the last operation of a draft."""
    plan = at_version(stores, identifier, version)
    old = open_draft(stores, drafts, plan)
    plan, turned = stores.plans.undo_last(plan, old.known)
    return _turned(stores, drafts, planner, old, plan, turned)


def undo_one(
    stores: Stores, drafts: Drafts, planner: Planner, identifier: UUID, seq: int, version: int | None
) -> Edited:
    """Undo one operation of a draft, where all that follows it can be done without it.

    Raises
    ------
    StepNeeded
        A later operation cannot; ``where["seq"]`` names it, and the draft stays as it was.
    """
    plan = at_version(stores, identifier, version)
    old = open_draft(stores, drafts, plan)
    place = next((k for k, one in enumerate(old.ops) if one.seq == seq), None)
    if place is not None:
        start = drafts.state(stores, old.layer, old.base, [])
        try:
            start.without([operation_from_json(one) for one in old.told], place)
        except StepNeeded as refusal:
            refusal.where["seq"] = old.ops[refusal.where["operation"]].seq
            raise
    plan, turned = stores.plans.undo_one(plan, seq, old.known)
    return _turned(stores, drafts, planner, old, plan, turned)


def redo(stores: Stores, drafts: Drafts, planner: Planner, identifier: UUID, version: int | None) -> Edited:
    """Do the operation of a draft again that was undone last."""
    plan = at_version(stores, identifier, version)
    old = open_draft(stores, drafts, plan)
    plan, turned = stores.plans.redo(plan, old.known)
    return _turned(stores, drafts, planner, old, plan, turned)


def _turned(
    stores: Stores, drafts: Drafts, planner: Planner, old: Draft, plan: Plan, turned: PlanOp
) -> Edited:
    began = time.perf_counter()
    known = [turned if one.seq == turned.seq else one for one in old.known]
    new = _with_state(stores, drafts, plan, old.layer, old.releases, known)
    change = between(old.state, new.state)
    seconds = time.perf_counter() - began
    Reach.of(stores, old, planner).require(change)
    stores.audit.record("plan.undo" if turned.undone else "plan.redo", "plan", plan.id, version=plan.version)
    return Edited(new, (turned,), change, seconds)


def between(old: State, new: State) -> Change:
    """Return the change from one state to another of the same base."""
    units = {*old.changed, *new.changed}
    return Change.between({unit: old.get(unit) for unit in units}, {unit: new.get(unit) for unit in units})


@dataclass(frozen=True, slots=True)
class Reach:
    """Which leaves a planner may touch in a plan: those below the units that both reach; None is all."""

    parents: Collection[UUID] | None
    number: int

    @classmethod
    def of(cls, stores: Stores, draft: Draft, planner: Planner) -> "Reach":
        """Return what a planner may touch in a draft."""
        scope, roots = draft.plan.scope, planner.roots
        if not scope and roots is None:
            return cls(None, draft.plan.number)
        day = draft.plan.effective_on or today(stores)
        tree = stores.grids.tree(draft.layer.code, day)
        allowed = {
            unit
            for unit in tree.units
            if (not scope or _below(tree, unit, scope)) and (roots is None or _below(tree, unit, roots))
        }
        return cls(allowed, draft.plan.number)

    def require(self, change: Change) -> None:
        """Refuse a change that touches units outside.

        Raises
        ------
        NotAllowed
            Names the unit.
        """
        if self.parents is None:
            return
        for states in (change.before, change.after):
            for unit, value in states.items():
                if value is not None and value.parent not in self.parents and unit not in self.parents:
                    raise NotAllowed(
                        N_("{code} lies outside of what you may redraw in plan {number}."),
                        mend=N_("Keep to the units of the plan and of your grants."),
                        where={"unit": str(unit)},
                        code=value.code,
                        number=self.number,
                    )


def _below(tree: Any, unit: UUID, roots: Collection[UUID]) -> bool:
    return any(one.id in roots for one in tree.chain(unit))


def today(stores: Stores) -> date:
    """Return the day it is in the district."""
    return stores.districts.current().today(datetime.now(UTC))
