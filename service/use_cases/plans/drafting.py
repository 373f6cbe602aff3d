"""Plans as their readers see them: made, listed, described, and what a caller may do with each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.catalog import Layer
from layers.errors import NotFound
from layers.plan_steps import Person, Plan, PlanOp
from layers.releases import Release
from layers.stores import Stores
from service.access.identity import Identity
from service.access.policy import PLANNING, REVIEWING
from service.errors import InvalidInput
from service.schemas.plans import PlanIn, PlanPatch

NOBODY = UUID(int=0)
"""Who acts where access is open and nobody signs in."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Who works on plans in a district: who it is, the roles held there, and the units they reach down from.

    ``roots`` is None where the whole district is reached.
    """

    person: Person
    roles: frozenset[str]
    roots: tuple[UUID, ...] | None

    @classmethod
    def of(cls, identity: Identity, district: str) -> "Planner":
        """Return what a caller is in a district."""
        person = Person(identity.person or NOBODY, identity.name)
        return cls(person, identity.roles(district), identity.roots(district, PLANNING))


def create(stores: Stores, planner: Planner, given: PlanIn) -> Plan:
    """Store a new draft on top of what is in force, or will be, on its day.

    Raises
    ------
    InvalidInput
        The layer is no partition or was never published, or a unit of the scope is not there.
    """
    layer = partition_of(stores, given.layer)
    day = _day(stores, given.effective_on)
    base = base_for(stores, layer, day)
    plan = stores.plans.create(
        layer.code,
        base.id,
        planner.person,
        given.title,
        note=given.note,
        scope=_scope(stores, layer, given.scope, day),
        effective_on=given.effective_on,
    )
    stores.audit.record("plan.create", "plan", plan.id, number=plan.number, base=str(base.id))
    return plan


def edit(stores: Stores, identifier: UUID, patch: PlanPatch, version: int | None) -> Plan:
    """Change title, note or day of a draft.

    Raises
    ------
    InvalidInput
        A text is empty, or nothing of the layer is in force on the new day.
    """
    plan = at_version(stores, identifier, version)
    values = patch.model_dump(exclude_unset=True)
    for name in ("title", "note"):
        if name in values and values[name] is None:
            raise InvalidInput(
                N_("{pointer} cannot be empty."),
                mend=N_("Leave it out to keep it as it is."),
                where={"pointer": f"/{name}"},
                pointer=f"/{name}",
            )
    if not values:
        return plan
    if "effective_on" in values:
        base_for(stores, stores.layers.get(plan.layer), _day(stores, values["effective_on"]))
    changed = stores.plans.change(identifier, plan.version, **values)
    stores.audit.record("plan.edit", "plan", plan.id, fields=sorted(values), version=changed.version)
    return changed


def _day(stores: Stores, wanted: date | None) -> date:
    return wanted or stores.districts.current().today(datetime.now(UTC))


def at_version(stores: Stores, identifier: UUID, version: int | None) -> Plan:
    """Return a plan, as far as it is still at the version that a caller read."""
    plan = stores.plans.get(identifier)
    if version is not None and version != plan.version:
        raise stores.plans.stale(plan, version)
    return plan


def partition_of(stores: Stores, code: str | None) -> Layer:
    """Return the partition of a code, the district's first where none is named."""
    partitions = stores.layers.all("partition")
    if code is None and partitions:
        return partitions[0]
    layer = stores.layers.get(code or "grids")
    if layer.kind != "partition":
        raise InvalidInput(
            N_("Layer “{layer}” is no partition."),
            mend=N_("Name one of: {known}."),
            where={"pointer": "/layer"},
            layer=layer.code,
            known=", ".join(one.code for one in partitions) or "–",
        )
    return layer


def base_for(stores: Stores, layer: Layer, day: date) -> Release:
    """Return the release that a plan for a day is drawn on."""
    release = stores.releases.in_force(layer.code, day)
    if release is None:
        raise InvalidInput(
            N_("Nothing of layer “{layer}” is in force on {day}."),
            mend=N_("Import it first, or choose a later day."),
            where={"pointer": "/effective_on"},
            layer=layer.code,
            day=day.isoformat(),
        )
    return release


def _scope(stores: Stores, layer: Layer, codes: Sequence[str], day: date) -> list[UUID]:
    found = []
    for position, code in enumerate(codes):
        try:
            unit = stores.grids.unit_by_code(layer.code, code, day)
        except NotFound as error:
            error.where = {"pointer": f"/scope/{position}"}
            raise
        if unit.level == layer.leaf_level:
            raise InvalidInput(
                N_("{code} is a {level}: a plan is confined to upper units."),
                mend=N_("Name units above it, or none for the whole layer."),
                where={"pointer": f"/scope/{position}"},
                code=code,
                level=layer.level_names[layer.leaf_level],
            )
        found.append(unit.id)
    return found


def may(plan: Plan, planner: Planner) -> list[str]:
    """Return what a caller may do with a plan as it is."""
    mine = plan.author == planner.person.id
    plans, reviews = bool(planner.roles & PLANNING), bool(planner.roles & REVIEWING)
    steps = {
        "edit": plans and mine and plan.status == "draft",
        "rebase": plans and mine and plan.status == "draft",
        "submit": plans and mine and plan.status == "draft",
        "reopen": plans and mine and plan.status in ("submitted", "approved", "rejected", "withdrawn"),
        "withdraw": plans and mine and plan.status in ("draft", "submitted", "approved"),
        "approve": reviews and not mine and plan.status == "submitted",
        "reject": reviews and not mine and plan.status == "submitted",
        "publish": plans and mine and plan.status == "approved",
    }
    return [step for step, allowed in steps.items() if allowed]


def plans_json(stores: Stores, plans: Sequence[Plan], planner: Planner) -> list[dict[str, Any]]:
    """Return plans as readers see them."""
    counts = stores.plans.counts([plan.id for plan in plans])
    releases = {one.id: one for layer in {plan.layer for plan in plans} for one in stores.releases.all(layer)}
    scope = names(stores, {unit for plan in plans for unit in plan.scope})
    return [_plan_json(stores, plan, planner, counts.get(plan.id, (0, 0)), releases, scope) for plan in plans]


def plan_json(
    stores: Stores,
    plan: Plan,
    planner: Planner,
    counts: tuple[int, int] | None = None,
    releases: Sequence[Release] | None = None,
) -> dict[str, Any]:
    """Return a plan as readers see it.

    ``counts`` are how many of its operations count and how many are undone, ``releases`` those of its layer:
    None reads them.
    """
    if counts is None or releases is None:
        return plans_json(stores, [plan], planner)[0]
    scope = names(stores, set(plan.scope))
    return _plan_json(stores, plan, planner, counts, {one.id: one for one in releases}, scope)


def _plan_json(
    stores: Stores,
    plan: Plan,
    planner: Planner,
    counts: tuple[int, int],
    releases: Mapping[UUID, Release],
    scope: Mapping[UUID, Mapping[str, str]],
) -> dict[str, Any]:
    head = _head(stores, plan, releases.values())
    done, undone = counts
    over = plan.status in ("scheduled", "published", "withdrawn", "rejected")
    return {
        "id": str(plan.id),
        "number": plan.number,
        "version": plan.version,
        "layer": plan.layer,
        "title": plan.title,
        "note": plan.note,
        "status": plan.status,
        "author": {"id": str(plan.author), "name": plan.author_name},
        "reviewer": None
        if plan.reviewer is None
        else {"id": str(plan.reviewer), "name": plan.reviewer_name or ""},
        "decision_note": plan.decision_note,
        "scope": [{"id": str(unit), **scope.get(unit, {"code": "", "name": ""})} for unit in plan.scope],
        "base": _ref(releases[plan.base]),
        "head": _ref(head),
        "stale": not over and head.id != plan.base,
        "effective_on": None if plan.effective_on is None else plan.effective_on.isoformat(),
        "created_at": _instant(plan.created_at),
        "submitted_at": _instant(plan.submitted_at),
        "decided_at": _instant(plan.decided_at),
        "release": None if plan.release is None else _ref(releases[plan.release]),
        "ops": done,
        "undone": undone,
        "conflict": plan.conflict is not None,
        "may": may(plan, planner),
    }


def _head(stores: Stores, plan: Plan, releases: Collection[Release]) -> Release:
    """Return what is in force on the plan's day, as it is known now."""
    day = _day(stores, plan.effective_on)
    begun = [one for one in releases if one.layer == plan.layer and one.effective_on <= day]
    return max(begun, key=lambda one: (one.effective_on, one.number))


def operation_json(one: PlanOp) -> dict[str, Any]:
    """Return a stored operation as readers see it."""
    return {
        "seq": one.seq,
        "op": dict(one.op),
        "author": str(one.author),
        "at": _instant(one.at),
        "undone": one.undone,
    }


def names(stores: Stores, units: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """Return code and name of units as they are now, or as they were last."""
    if not units:
        return {}
    today = stores.districts.current().today(datetime.now(UTC))
    found = {}
    for unit in units:
        versions = stores.grids.history(unit)
        if versions:
            there = [one for one in versions if one.valid_from is None or one.valid_from <= today]
            latest = (there or list(versions))[-1]
            found[unit] = {"code": latest.code, "name": latest.name}
    return found


def _ref(release: Release) -> dict[str, Any]:
    return {"id": str(release.id), "number": release.number}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()
