"""Publication: an approved plan becomes a release for its day, merged and proven, in one transaction.

If the head moved since the plan's base, the plan is merged with it or refused with the very places; releases
scheduled for later days are drawn anew on top of it in the same transaction, or it is refused with the plan
that it collides with. What a release does to incidents is done on its day: see ``taking_effect``.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from uuid import UUID

from geo.errors import N_
from geo.merge import Conflict, merge
from geo.redraw import Change, LineageKind, State, UnitState, operation_from_json
from layers.catalog import Layer
from layers.lineage import LineageEdge
from layers.plan_steps import Plan
from layers.releases import Release
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.errors import PlanConflict
from service.indexes.drafts import Drafts
from service.use_cases.plans.drafting import Planner, at_version
from service.use_cases.plans.impact import Impact, impact_of
from service.use_cases.plans.merging import OnHead, on_head, release_change, require_merged
from service.use_cases.plans.outlines import redrawn


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """A plan that became a release for a day, and the open incidents on ground that changes hands by it."""

    plan: Plan
    day: date
    incidents: tuple[UUID, ...]

    @property
    def begun(self) -> bool:
        """Whether the day has come."""
        return self.plan.status == "published"


def publish(
    stores: Stores,
    drafts: Drafts,
    planner: Planner,
    identifier: UUID,
    version: int | None,
    note: str = "",
) -> Published:
    """Publish an approved plan for its day; today where it names none.

    Raises
    ------
    PlanConflict
        It collides with what was published since its base, or a plan scheduled for later collides with it.
    Conflict, StaleVersion, WrongPerson
        It is not approved, was changed since ``version``, or is somebody else's.
    """
    plan = at_version(stores, identifier, version)
    stores.grids.lock(plan.layer)
    merged = on_head(stores, drafts, plan)
    found = require_merged(merged)
    impact = impact_of(stores, found.state, found.change, merged.day)
    change = with_households(found.change, impact)
    title = f"{plan.number}: {plan.title}"
    # Whoever publishes a part of the district writes releases of all of it, which nobody but the service may.
    with acting(stores.session, SYSTEM):
        at = datetime.now(UTC)  # one instant for all of it: nobody ever knew the one without the other
        release = _issue(stores, merged, change, f"{title}. {note}" if note else title, at)
        stores.lineage.add(release.id, lineage(change, impact))
        _redraw_later(stores, drafts, merged, change, at)
    begun = merged.day <= stores.districts.current().today(datetime.now(UTC))
    plan = stores.plans.set_status(
        plan.id,
        plan.version,
        "published" if begun else "scheduled",
        planner.person,
        release=release.id,
        effective_on=merged.day,
    )
    stores.audit.record(
        "plan.publish",
        "plan",
        plan.id,
        release=str(release.id),
        number=release.number,
        way=found.way,
        effective_on=merged.day.isoformat(),
        units=len(change.units),
    )
    return Published(plan, merged.day, impact.open_incidents)


def with_households(change: Change, impact: Impact) -> Change:
    """Return a change in which units that won or lost dwellings have the households that come of it.

    A unit's own figure stays what it is but for the households that moved in and out with their dwellings.
    """
    after: dict[UUID, UnitState | None] = dict(change.after)
    for unit, value in change.after.items():
        old = change.before.get(unit)
        if value is None or old is None or value.households is None or value.households != old.households:
            continue
        moved = impact.dwelt(unit, after=True) - impact.dwelt(unit, after=False)
        if moved:
            after[unit] = replace(value, households=max(0, value.households + moved))
    return Change(change.before, after, change.transfers)


def lineage(change: Change, impact: Impact) -> list[LineageEdge]:
    """Return which share of each unit went where: of its ground, its households and its incidents."""
    totals: dict[UUID, list[int]] = {}
    for (source, _), parts in impact.shares.items():
        total = totals.setdefault(source, [0, 0])
        total[0] += parts[0]
        total[1] += parts[1]
    found = []
    for one in change.lineage():
        if one.kind is LineageKind.CONTINUE and one.share >= 1.0:
            continue
        parts = impact.shares.get((one.before, one.after), (0, 0))
        total = totals.get(one.before, [0, 0])
        households, incidents = (
            part / whole if whole else None for part, whole in zip(parts, total, strict=True)
        )
        found.append(
            LineageEdge(one.before, one.after, one.kind.value, min(1.0, one.share), households, incidents)
        )
    return found


def _issue(stores: Stores, merged: OnHead, change: Change, note: str, at: datetime) -> Release:
    layer = merged.draft.layer
    tree = stores.grids.tree(layer.code, merged.day)
    made = redrawn(stores, layer, merged.day, tree, change)
    return stores.grids.publish_change(
        layer.code,
        merged.day,
        made.drafts,
        made.ended,
        base=merged.release.id,
        published_at=at,
        note=note,
    )


def _redraw_later(stores: Stores, drafts: Drafts, merged: OnHead, change: Change, at: datetime) -> None:
    """Draw the releases of later days anew on top of a change that came before them."""
    layer = merged.draft.layer
    head, plans = merged.head, {one.release: one for one in stores.plans.that_became(layer.code)}
    later = [one for one in stores.releases.chain(layer.code) if one.effective_on > merged.day]
    for release in later:
        theirs = change
        mine = release_change(head.base, drafts.base(stores, layer, release))
        plan = plans.get(release.id)
        operations = None
        if plan is not None:
            operations = [operation_from_json(one.op) for one in stores.plans.ops(plan.id)]
        found = merge(head.apply_change(theirs), theirs, mine, operations)
        if isinstance(found, Conflict):
            raise _collides(merged.draft.plan, plan, release, found)
        state = State.of(drafts.base(stores, layer, release))
        change = _between(state, found.state)
        again = _republish(stores, layer, release, change, at)
        # What the later plan does is told of what it does now.
        impact = impact_of(stores, found.state, found.change, release.effective_on)
        stores.lineage.add(again.id, lineage(found.change, impact))
        if plan is not None:
            stores.plans.became(plan.id, again.id)
        head = state


def _between(old: State, new: State) -> Change:
    """Return the change from one state to another of another base."""
    units = {*old.changed, *new.changed} | _differing(old, new)
    return Change.between({unit: old.get(unit) for unit in units}, {unit: new.get(unit) for unit in units})


def _differing(old: State, new: State) -> set[UUID]:
    if old.base is new.base:
        return set()
    return set(release_change(old.base, new.base).units)


def _republish(stores: Stores, layer: Layer, release: Release, change: Change, at: datetime) -> Release:
    tree = stores.grids.tree(layer.code, release.effective_on)
    made = redrawn(stores, layer, release.effective_on, tree, change)
    return stores.grids.republish(layer.code, release.id, made.drafts, made.ended, published_at=at)


def _collides(plan: Plan, later: Plan | None, release: Release, found: Conflict) -> PlanConflict:
    name = f"{later.number}: {later.title}" if later is not None else f"#{release.number}"
    return PlanConflict(
        N_("Plan {number} collides with plan {later}, which is scheduled for {day}, in {places} places."),
        mend=N_("Change one of the two, or publish this one for a later day. Both are as they were."),
        where={"plan": str(plan.id)},
        extra={"features": found.features()},
        number=plan.number,
        later=name,
        day=release.effective_on.isoformat(),
        places=len(found.places),
    )
