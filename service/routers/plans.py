"""Plans: drafts of redrawn boundaries, their operations, what they would do, and their way to publication."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Path, Query, Response

from geo.errors import N_
from layers.plan_steps import Plan
from layers.plan_tables import PlanStatus
from service.dependencies import (
    BoxDep,
    Cursor,
    IdentityDep,
    LanguageDep,
    Limit,
    OnceDep,
    Reply,
    ServiceDep,
    StoresDep,
    VersionDep,
)
from service.dependencies import router as make_router
from service.errors import InvalidInput
from service.i18n import translator
from service.schemas.balance import BalanceIn, BalanceOut
from service.schemas.plans import (
    DecisionIn,
    EditOut,
    ImpactOut,
    OperationIn,
    OperationsIn,
    PlanFeatures,
    PlanIn,
    PlanOut,
    PlanPage,
    PlanPatch,
    PlanWithOps,
)
from service.use_cases import chain, notices
from service.use_cases.incidents import rerouting
from service.use_cases.plans import (
    balancing,
    deciding,
    drafting,
    editing,
    features,
    impact,
    merging,
    publishing,
)
from service.use_cases.plans.drafting import Planner

router = make_router("plans")


def get_planner(stores: StoresDep, identity: IdentityDep) -> Planner:
    """Return who works on plans in the district of the request."""
    return Planner.of(identity, stores.district)


PlannerDep = Annotated[Planner, Depends(get_planner)]


@dataclass(frozen=True, slots=True)
class Edit:
    """What every change of a plan is given: which plan, who changes it, and the version they saw."""

    plan: UUID
    stores: StoresDep
    service: ServiceDep
    planner: PlannerDep
    version: VersionDep
    once: OnceDep


EditDep = Annotated[Edit, Depends()]


@router.post("/plans", response_model=PlanOut, status_code=201)
def post_plan(given: PlanIn, stores: StoresDep, planner: PlannerDep, once: OnceDep) -> Response:
    """Begin a plan on top of what is in force on its day."""

    def act() -> Reply:
        plan = drafting.create(stores, planner, given)
        body = drafting.plan_json(stores, plan, planner)
        return Reply(201, body, {**_tag(plan), "Location": f"/api/v1/plans/{plan.id}"})

    return once(stores, act)


@router.get("/plans", response_model=PlanPage)
def get_plans(
    stores: StoresDep,
    planner: PlannerDep,
    layer: Annotated[str | None, Query(max_length=64)] = None,
    status: Annotated[list[PlanStatus] | None, Query(max_length=7)] = None,
    mine: bool = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of plans, the newest first."""
    author = planner.person.id if mine else None
    page = stores.plans.page(layer=layer, statuses=status or (), author=author, limit=limit, cursor=cursor)
    return _json({"items": drafting.plans_json(stores, page.items, planner), "cursor": page.cursor})


@router.get("/plans/{plan}", response_model=PlanWithOps)
def get_plan(plan: UUID, stores: StoresDep, planner: PlannerDep) -> Response:
    """Return a plan with its operations; its ``ETag`` is what an edit sends as ``If-Match``."""
    value = stores.plans.get(plan)
    ops = [drafting.operation_json(one) for one in stores.plans.ops(plan, undone=True)]
    return _json({**drafting.plan_json(stores, value, planner), "operations": ops}, _tag(value))


@router.patch("/plans/{plan}", response_model=PlanOut)
def patch_plan(patch: PlanPatch, edit: EditDep) -> Response:
    """Change title, note or day of a draft."""
    return edit.once(
        edit.stores,
        lambda: _told(edit.stores, drafting.edit(edit.stores, edit.plan, patch, edit.version), edit.planner),
    )


@router.post("/plans/{plan}/ops", response_model=EditOut)
def post_ops(given: OperationIn | OperationsIn, language: LanguageDep, edit: EditDep) -> Response:
    """Add an operation, or several, all or none; each is proven before it is kept."""
    many = given.ops if isinstance(given, OperationsIn) else [given]

    def act() -> Reply:
        edited = editing.add(edit.stores, edit.service.drafts, edit.planner, edit.plan, many, edit.version)
        return _edited(edit.stores, edited, edit.planner, language)

    return edit.once(edit.stores, act)


@router.delete("/plans/{plan}/ops/last", response_model=EditOut)
def delete_last_op(language: LanguageDep, edit: EditDep) -> Response:
    """Undo the last operation of a draft."""

    def act() -> Reply:
        edited = editing.undo(edit.stores, edit.service.drafts, edit.planner, edit.plan, edit.version)
        return _edited(edit.stores, edited, edit.planner, language)

    return edit.once(edit.stores, act)


@router.delete("/plans/{plan}/ops/{seq}", response_model=EditOut)
def delete_op(
    seq: Annotated[int, Path(ge=1, le=2**31 - 1)], language: LanguageDep, edit: EditDep
) -> Response:
    """Undo one operation of a draft; refused where a later one cannot be done without it."""

    def act() -> Reply:
        edited = editing.undo_one(
            edit.stores, edit.service.drafts, edit.planner, edit.plan, seq, edit.version
        )
        return _edited(edit.stores, edited, edit.planner, language)

    return edit.once(edit.stores, act)


@router.post("/plans/{plan}/ops/redo", response_model=EditOut)
def post_redo(language: LanguageDep, edit: EditDep) -> Response:
    """Do the operation again that was undone last."""

    def act() -> Reply:
        edited = editing.redo(edit.stores, edit.service.drafts, edit.planner, edit.plan, edit.version)
        return _edited(edit.stores, edited, edit.planner, language)

    return edit.once(edit.stores, act)


@router.get("/plans/{plan}/impact", response_model=ImpactOut)
def get_impact(plan: UUID, stores: StoresDep, service: ServiceDep, language: LanguageDep) -> Response:
    """Return what changes hands, the load of every unit that differs, and the soft rules it breaks."""
    draft = editing.open_draft(stores, service.drafts, stores.plans.get(plan))
    return _json(impact.tell(stores, draft.state, draft.plan.effective_on, translator(language)))


@router.get("/plans/{plan}/units", response_model=PlanFeatures)
def get_units(plan: UUID, stores: StoresDep, service: ServiceDep, bbox: BoxDep) -> Response:
    """Return the units of a draft within a box, with their areas, to be edited."""
    if bbox is None:
        raise InvalidInput(
            N_("Which units is not said."),
            mend=N_("Give bbox: west, south, east, north in degrees."),
            where={"parameter": "bbox"},
        )
    draft = editing.open_draft(stores, service.drafts, stores.plans.get(plan))
    return _json(features.collection(features.state_features(draft.state, bbox)), _tag(draft.plan))


@router.get("/plans/{plan}/changes", response_model=PlanFeatures)
def get_changes(plan: UUID, stores: StoresDep, service: ServiceDep) -> Response:
    """Return every unit that a plan changes, before and after."""
    draft = editing.open_draft(stores, service.drafts, stores.plans.get(plan))
    return _json(features.collection(features.change_features(draft.state.change())), _tag(draft.plan))


@router.get("/plans/{plan}/conflicts", response_model=PlanFeatures)
def get_conflicts(plan: UUID, stores: StoresDep, service: ServiceDep) -> Response:
    """Return where a plan collides with what was published since its base: base, theirs and mine."""
    value = stores.plans.get(plan)
    return _json(features.collection(merging.conflicts(stores, service.drafts, value)), _tag(value))


@router.post("/plans/{plan}/balance", response_model=BalanceOut)
def post_balance(
    plan: UUID,
    wish: BalanceIn,
    stores: StoresDep,
    service: ServiceDep,
    planner: PlannerDep,
    language: LanguageDep,
) -> Response:
    """Propose up to three ways to even out the load; nothing is changed, ``ops`` can be added to the plan."""
    service.balance.require()
    draft = editing.open_draft(stores, service.drafts, stores.plans.get(plan))
    return _json(balancing.propose(stores, draft, planner, wish, translator(language)))


@router.post("/plans/{plan}/publish", response_model=PlanOut)
def post_publish(edit: EditDep, given: DecisionIn | None = None) -> Response:
    """Publish an approved plan for its day, merged with what was published since its base."""

    def act() -> Reply:
        note = "" if given is None else given.note
        found = publishing.publish(
            edit.stores, edit.service.drafts, edit.planner, edit.plan, edit.version, note
        )
        if found.begun:
            rerouting.reroute(edit.stores, found.incidents, found.day, str(edit.plan))
            chain.place_anew(edit.stores, found.day)
            notices.follow(edit.stores, found.plan, found.day)
        return _told(edit.stores, found.plan, edit.planner)

    return edit.once(edit.stores, act)


@router.post("/plans/{plan}/rebase", response_model=PlanOut)
def post_rebase(edit: EditDep) -> Response:
    """Draw a draft on what was published since its base; refused on the very edges where both collide."""

    def act() -> Reply:
        value = merging.rebase(edit.stores, edit.service.drafts, edit.planner, edit.plan, edit.version)
        return _told(edit.stores, value, edit.planner)

    return edit.once(edit.stores, act)


def _step(name: str) -> Any:
    """Return the route that takes a plan a step on."""

    def post_step(edit: EditDep, given: DecisionIn | None = None) -> Response:
        note = "" if given is None else given.note
        return edit.once(
            edit.stores,
            lambda: _told(
                edit.stores,
                deciding.step(edit.stores, edit.planner, edit.plan, name, edit.version, note),
                edit.planner,
            ),
        )

    post_step.__doc__ = deciding.STEPS[name].about
    post_step.__name__ = f"post_{name}"
    return post_step


for _name in deciding.STEPS:
    # A route of its own for each, so that the policy has a row for each.
    router.add_api_route(f"/plans/{{plan}}/{_name}", _step(_name), methods=["POST"], response_model=PlanOut)


def _edited(stores: Any, edited: editing.Edited, planner: Planner, language: str) -> Reply:
    draft = edited.draft
    body = {
        "plan": draft.to_json(stores, planner),
        "ops": [drafting.operation_json(one) for one in edited.ops],
        "changed": features.collection(features.changed_features(edited.change)),
        "removed": [str(unit) for unit in features.ended_units(edited.change)],
        "impact": impact.tell(stores, draft.state, draft.plan.effective_on, translator(language)),
        "proof": {
            "exact": True,
            "units": len(edited.change.units),
            "ms": round(edited.seconds * 1e3, 3),
        },
    }
    return Reply(200, body, _tag(draft.plan))


def _told(stores: Any, value: Plan, planner: Planner) -> Reply:
    return Reply(200, drafting.plan_json(stores, value, planner), _tag(value))


def _tag(value: Plan) -> dict[str, str]:
    return {"ETag": f'"{value.version}"'}


def _json(body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")
