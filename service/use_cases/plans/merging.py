"""A plan on top of what was published since its base: merged and proven, or refused on the very edges."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from geo.merge import Conflict, Merged, merge
from geo.redraw import Base, Change, State, UnitState, amendment, operation_from_json
from layers.plan_steps import Plan
from layers.releases import Release
from layers.stores import Stores
from service.errors import PlanConflict
from service.indexes.drafts import Drafts
from service.use_cases.plans.drafting import Planner, at_version, base_for
from service.use_cases.plans.editing import Draft, open_draft


@dataclass(frozen=True, slots=True, eq=False)
class OnHead:
    """A plan merged with what is in force on its day: ``release`` is that, ``found`` what came of it."""

    draft: Draft
    day: date
    release: Release
    head: State
    found: Merged | Conflict


def on_head(stores: Stores, drafts: Drafts, plan: Plan) -> OnHead:
    """Merge a plan with what is in force on its day, as it is known now."""
    draft = open_draft(stores, drafts, plan)
    day = plan.effective_on or stores.districts.current().today(datetime.now(UTC))
    release = base_for(stores, draft.layer, day)
    mine = draft.state.change()
    if release.id == plan.base:
        head = State.of(draft.state.base)
        operations = tuple(operation_from_json(one) for one in draft.told)
        return OnHead(draft, day, release, head, Merged(draft.state, mine, "disjoint", operations))
    base = drafts.base(stores, draft.layer, release)
    theirs = release_change(draft.state.base, base)
    operations = tuple(operation_from_json(one) for one in draft.told)
    head = State.of(base)
    return OnHead(draft, day, release, head, merge(head, theirs, mine, operations))


def release_change(old: Base, new: Base) -> Change:
    """Return what differs from one release to another."""
    units = {*old.units, *new.units}
    before: Mapping[UUID, UnitState | None] = {unit: old.units.get(unit) for unit in units}
    return Change.between(before, {unit: new.units.get(unit) for unit in units})


def require_merged(merged: OnHead) -> Merged:
    """Return the merge, or refuse with the places where both collide.

    Raises
    ------
    PlanConflict
        ``features`` are the edges and attributes: base, theirs and mine.
    """
    if isinstance(merged.found, Merged):
        return merged.found
    raise conflict_of(merged.draft.plan, merged.found, merged.release.number)


def conflict_of(plan: Plan, found: Conflict, number: int) -> PlanConflict:
    """Return the refusal of a plan that collides with a release."""
    kinds = sorted({place.kind for place in found.places})
    return PlanConflict(
        N_("Plan {number} collides with release {release} in {places} places ({kinds})."),
        mend=N_("Look at the places: undo or redraw what collides, then try again. The plan is as it was."),
        where={"plan": str(plan.id)},
        extra={"features": found.features()},
        number=plan.number,
        release=number,
        places=len(found.places),
        kinds=", ".join(kinds),
    )


def conflicts(stores: Stores, drafts: Drafts, plan: Plan) -> list[dict[str, Any]]:
    """Return what a map draws of the places where a plan collides with what is in force on its day."""
    found = on_head(stores, drafts, plan).found
    return found.features() if isinstance(found, Conflict) else []


def rebase(stores: Stores, drafts: Drafts, planner: Planner, identifier: UUID, version: int | None) -> Plan:
    """Draw a draft on what is in force on its day.

    Its operations stay as they are where they mean the same there; where only their effect can be put there,
    they become one operation that says just that.

    Raises
    ------
    PlanConflict
        Both collide; the plan is as it was.
    Conflict, StaleVersion, WrongPerson
        The plan is no draft, was changed since ``version``, or is somebody else's.
    """
    plan = at_version(stores, identifier, version)
    merged = on_head(stores, drafts, plan)
    found = require_merged(merged)
    if merged.release.id == plan.base:
        return plan
    operations = found.operations
    told = (
        [one.to_json() for one in operations]
        if operations is not None
        else [amendment(found.change).to_json()]
    )
    changed = stores.plans.rebase(identifier, plan.version, merged.release.id)
    if told != merged.draft.told:
        changed = stores.plans.replace_ops(changed, told, planner.person.id)
    drafts.remember(merged.release.id, told, found.state)
    stores.audit.record(
        "plan.rebase", "plan", plan.id, way=found.way, base=str(merged.release.id), version=changed.version
    )
    return changed
