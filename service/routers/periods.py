"""Period plans: tasks that offices submit, merged by a person; what is carried out; monitoring points."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Depends, Query, Response

from layers.period_records import STATES, ItemFilter, State
from layers.stores import Stores
from service.dependencies import (
    Cursor,
    IdentityDep,
    Limit,
    OnceDep,
    Reply,
    ServiceDep,
    StoresDep,
    present_ground,
)
from service.dependencies import router as make_router
from service.schemas.periods import (
    CoveredOut,
    EventsIn,
    EventsOut,
    Evidence,
    ItemsOut,
    MergeIn,
    PlanIn,
    PlanOut,
    PlansOut,
    PointIn,
    PointOut,
    PointsOut,
    ReasonIn,
    RecordedOut,
    SupervisorsOut,
    TaskIn,
    TaskOut,
    TasksOut,
    event_json,
    item_json,
    plan_json,
    point_json,
)
from service.use_cases import periods
from service.use_cases.periods import Names, Recorder

router = make_router("periods")

_DECIDED: dict[int | str, dict[str, Any]] = {409: {"description": "The plan is published, or is not."}}


def get_recorder(identity: IdentityDep) -> Recorder:
    """Return who plans or records, now."""
    return Recorder(identity.name, identity.person, datetime.now(UTC))


RecorderDep = Annotated[Recorder, Depends(get_recorder)]


@router.get("/periods", response_model=PlansOut)
def get_plans(stores: StoresDep, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return a page of plans, those made last first."""
    page = stores.periods.plans(limit=limit, cursor=cursor)
    names = ("id", "kind", "title", "first_day", "last_day", "state")
    heads = [{name: plan_json(one)[name] for name in names} for one in page.items]
    return _json({"items": heads, "cursor": page.cursor})


@router.post("/periods", response_model=PlanOut, status_code=201)
def post_plan(given: PlanIn, stores: StoresDep, by: RecorderDep, once: OnceDep) -> Response:
    """Begin the plan of a month, quarter, half-year or of free days; a period has one."""

    def act() -> Reply:
        value = periods.add_plan(stores, given, by)
        return Reply(201, periods.told(stores, value, by), {"Location": f"/api/v1/periods/{value.id}"})

    return once(stores, act)


@router.get("/periods/supervisors", response_model=SupervisorsOut)
def get_supervisors(stores: StoresDep, by: RecorderDep) -> Response:
    """Return who supervises in the district today, whom monitoring points may name."""
    return _json({"items": periods.supervisors(stores, by)})


@router.get("/periods/{period}", response_model=PlanOut)
def get_plan(period: UUID, stores: StoresDep, by: RecorderDep) -> Response:
    """Return a plan and how it stands; each number has the address of its rows."""
    return _json(periods.told(stores, stores.periods.plan(period), by))


@router.post("/periods/{period}/publish", response_model=PlanOut, responses=_DECIDED)
def post_publish(period: UUID, stores: StoresDep, by: RecorderDep, once: OnceDep) -> Response:
    """Publish a plan: from now on it is carried out, and its tasks stay as they are."""
    return once(stores, lambda: Reply(200, periods.told(stores, periods.publish(stores, period, by), by)))


@router.post("/periods/{period}/reopen", response_model=PlanOut, responses=_DECIDED)
def post_reopen(period: UUID, given: ReasonIn, stores: StoresDep, by: RecorderDep, once: OnceDep) -> Response:
    """Take the publication of a plan back, with the reason."""
    return once(
        stores,
        lambda: Reply(200, periods.told(stores, periods.reopen(stores, period, given.reason), by)),
    )


@router.get("/periods/{period}/tasks", response_model=TasksOut)
def get_tasks(
    period: UUID,
    stores: StoresDep,
    by: RecorderDep,
    which: Annotated[
        Literal["submitted", "merged", "all"],
        Query(alias="as", description="As offices submitted them, as they stand, or all with undone merges."),
    ] = "merged",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of the tasks of a plan with their offices and units."""
    plan = stores.periods.plan(period)
    merged = {"submitted": False, "merged": True, "all": None}[which]
    page = stores.periods.tasks(plan.id, merged=merged, limit=limit, cursor=cursor)
    names = Names.of(stores, plan, _today(stores, by))
    return _json({"items": periods.tasks_json(stores, page.items, names), "cursor": page.cursor})


@router.post("/periods/{period}/tasks", response_model=TaskOut, status_code=201, responses=_DECIDED)
def post_task(period: UUID, given: TaskIn, stores: StoresDep, by: RecorderDep, once: OnceDep) -> Response:
    """Submit a task of an office for units, by code."""

    def act() -> Reply:
        return Reply(201, _task(stores, periods.submit(stores, period, given, by), by))

    return once(stores, act)


@router.post("/periods/{period}/merges", response_model=TaskOut, status_code=201, responses=_DECIDED)
def post_merge(period: UUID, given: MergeIn, stores: StoresDep, by: RecorderDep, once: OnceDep) -> Response:
    """Merge tasks that mean the same into one; each keeps its office, and the merge can be undone."""

    def act() -> Reply:
        return Reply(201, _task(stores, periods.merge(stores, period, given, by), by))

    return once(stores, act)


@router.post("/periods/{period}/merges/{merge}/undo", response_model=PlanOut, responses=_DECIDED)
def post_undo(period: UUID, merge: UUID, stores: StoresDep, by: RecorderDep, once: OnceDep) -> Response:
    """Let the sources of a merge stand for themselves again; what was carried out counts for them."""
    return once(stores, lambda: Reply(200, periods.told(stores, periods.undo(stores, period, merge, by), by)))


@router.get("/periods/{period}/items", response_model=ItemsOut)
def get_items(
    period: UUID,
    stores: StoresDep,
    by: RecorderDep,
    state: State | None = None,
    unit: Annotated[str | None, Query(max_length=64, description="By code: it and what lies below.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of what a plan asks of units, and how it stands now."""
    plan = stores.periods.plan(period)
    names = Names.of(stores, plan, _today(stores, by))
    only = ItemFilter(
        at=by.now,
        plan=plan.id,
        units=None if unit is None else names.below(unit),
        states=STATES if state is None else (state,),
    )
    page = stores.periods.items(only, limit=limit, cursor=cursor)
    return _json({"items": [item_json(one, names.json) for one in page.items], "cursor": page.cursor})


@router.get("/periods/{period}/units", response_model=CoveredOut)
def get_units(
    period: UUID, stores: StoresDep, by: RecorderDep, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Return a page of the units that a plan covers, each once."""
    plan = stores.periods.plan(period)
    names = Names.of(stores, plan, _today(stores, by))
    page = stores.periods.covered(ItemFilter(at=by.now, plan=plan.id), limit=limit, cursor=cursor)
    return _json({"items": [names.json(one) for one in page.items], "cursor": page.cursor})


@router.get("/periods/{period}/map.geojson", response_class=Response)
def get_map(period: UUID, stores: StoresDep, by: RecorderDep) -> Response:
    """Return the units that a plan covers by how they stand, its monitoring points and places of tasks."""
    plan = stores.periods.plan(period)
    today = _today(stores, by)
    names = Names.of(stores, plan, today)
    found = periods.map_of(stores, plan, periods.all_items(stores, plan, by), names, today)
    return Response(
        orjson.dumps(found), headers={"Cache-Control": "no-store"}, media_type="application/geo+json"
    )


@router.get("/periods/{period}/events", response_model=EventsOut)
def get_events(
    period: UUID,
    stores: StoresDep,
    by: RecorderDep,
    kind: Evidence | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of the checks and ledgers of a plan."""
    plan = stores.periods.plan(period)
    names = Names.of(stores, plan, _today(stores, by))
    page = stores.periods.events(plan.id, kind=kind, limit=limit, cursor=cursor)
    return _json({"items": [event_json(one, names.json) for one in page.items], "cursor": page.cursor})


@router.post("/periods/{period}/events", response_model=RecordedOut, responses=_DECIDED)
def post_events(period: UUID, given: EventsIn, stores: StoresDep, by: RecorderDep, once: OnceDep) -> Response:
    """Record checks at units or ledgers they handed in, as tasks ask: all or none, the same again once."""

    def act() -> Reply:
        values, new = periods.add_events(stores, period, given.items, by)
        names = Names.of(stores, stores.periods.plan(period), _today(stores, by))
        return Reply(200, {"items": [event_json(one, names.json) for one in values], "new": new})

    return once(stores, act)


@router.get("/periods/{period}/points", response_model=PointsOut)
def get_points(period: UUID, stores: StoresDep, by: RecorderDep) -> Response:
    """Return the monitoring points of a plan, those that ended last."""
    plan = stores.periods.plan(period)
    names = Names.of(stores, plan, _today(stores, by))
    return _json({"items": [point_json(one, names.json) for one in stores.periods.points(plan.id)]})


@router.post("/periods/{period}/points", response_model=PointOut, status_code=201)
def post_point(
    period: UUID, given: PointIn, stores: StoresDep, service: ServiceDep, by: RecorderDep, once: OnceDep
) -> Response:
    """Set a monitoring point, which an account that supervises here watches."""

    def act() -> Reply:
        plan = stores.periods.plan(period)
        value = periods.add_point(stores, present_ground(service, stores), plan, given, by)
        return Reply(201, point_json(value, Names.of(stores, plan, _today(stores, by)).json))

    return once(stores, act)


@router.delete("/periods/{period}/points/{point}", response_model=PointOut, responses=_DECIDED)
def delete_point(period: UUID, point: UUID, stores: StoresDep, by: RecorderDep) -> Response:
    """End a monitoring point; it stays in the list."""
    value = periods.end_point(stores, period, point, by)
    names = Names.of(stores, stores.periods.plan(period), _today(stores, by))
    return _json(point_json(value, names.json))


def _task(stores: Stores, value: Any, by: Recorder) -> dict[str, Any]:
    names = Names.of(stores, stores.periods.plan(value.plan), _today(stores, by))
    return periods.tasks_json(stores, [value], names)[0]


def _today(stores: Stores, by: Recorder) -> date:
    return stores.districts.current().today(by.now)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
