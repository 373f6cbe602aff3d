"""Meetings and visits: recorded, read and counted; what was resolved and asked for, and the mobile stops."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Depends, Query, Response

from geo.errors import N_, WardlineError
from layers.incidents import Incident
from layers.outreach_records import OutreachFilter
from layers.row_security import INTAKE, acting
from layers.stores import Stores
from service.dependencies import (
    Cursor,
    IdentityDep,
    Limit,
    OnceDep,
    Reply,
    Service,
    ServiceDep,
    StoresDep,
    VersionDep,
    present_ground,
)
from service.dependencies import router as make_router
from service.errors import InvalidInput
from service.schemas.due import RuleIn
from service.schemas.incidents import IncidentIn
from service.schemas.outreach import (
    ActionOut,
    ActionsOut,
    AnswerIn,
    ClosingIn,
    DutiesOut,
    FiguresOut,
    Kind,
    OutreachIn,
    OutreachOut,
    OutreachPage,
    ProblemsOut,
    RequestOut,
    RequestsOut,
    action_json,
    outreach_json,
    problem_json,
    request_json,
)
from service.schemas.stops import StopIn, StopOut, StopPatch, StopsOut, stop_json
from service.schemas.times import NearInstant
from service.use_cases import due, incidents, outreach
from service.use_cases.outreach import Recorder
from service.use_cases.plans.drafting import partition_of

router = make_router("outreach")

PERIOD = timedelta(days=30)
_STALE: dict[int | str, dict[str, Any]] = {409: {"description": "It was answered, done or changed before."}}


def get_recorder(identity: IdentityDep) -> Recorder:
    """Return who records, now."""
    return Recorder(identity.name, identity.person, datetime.now(UTC))


RecorderDep = Annotated[Recorder, Depends(get_recorder)]


class Asked:
    """The period, kind and unit that a list or figure is of; the last 30 days if no period is given."""

    def __init__(
        self,
        stores: StoresDep,
        from_: Annotated[NearInstant | None, Query(alias="from")] = None,
        to: NearInstant | None = None,
        unit: Annotated[UUID | None, Query(description="It and what lies below it.")] = None,
        unit_code: Annotated[
            str | None, Query(min_length=1, max_length=64, description="The same, by its code.")
        ] = None,
    ) -> None:
        until = to or datetime.now(UTC)
        since = from_ or until - PERIOD
        if since >= until:
            raise InvalidInput(
                N_("The period ends before it begins."),
                mend=N_("Give a later end."),
                where={"parameter": "to"},
            )
        unit = _named(stores, unit_code) if unit is None and unit_code is not None else unit
        units = None if unit is None else _below(stores, unit)
        self.only = OutreachFilter(from_at=since, to_at=until, units=units)
        self.query = {"from": since.isoformat(), "to": until.isoformat()}
        if unit is not None:
            self.query["unit"] = str(unit)


AskedDep = Annotated[Asked, Depends()]


@router.post(
    "/outreach", response_model=OutreachOut, status_code=201, responses={200: {"model": OutreachOut}}
)
def post_outreach(
    given: OutreachIn, stores: StoresDep, service: ServiceDep, by: RecorderDep, once: OnceDep
) -> Response:
    """Record a bench meeting, a council or a visit, whole: 201 for a new one, 200 for the same again.

    Problems without a solution become incidents of the channel meeting or visit.
    """

    def act() -> Reply:
        ground = present_ground(service, stores)
        value, new = outreach.record(stores, ground, given, by, _receiving(stores, service))
        body = _told(stores, value)
        return Reply(201 if new else 200, body, {"Location": f"/api/v1/outreach/{value.id}"})

    return once(stores, act)


@router.get("/outreach", response_model=OutreachPage)
def get_list(
    stores: StoresDep,
    asked: AskedDep,
    kind: Kind | None = None,
    duty: Annotated[str | None, Query(max_length=64)] = None,
    representative: Annotated[str | None, Query(max_length=64, description="By code.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of meetings and visits of a period."""
    person = None if representative is None else stores.representatives.by_code(representative).id
    only = OutreachFilter(asked.only.from_at, asked.only.to_at, kind, duty, person, asked.only.units)
    page = stores.outreach.page(only, limit=limit, cursor=cursor)
    today = _today(stores)
    codes = outreach.codes_in(stores, page.items, today)
    photos = stores.field_files.photos("outreach", [one.id for one in page.items])
    items = [outreach_json(one, codes, today, photos) for one in page.items]
    return _json({"items": items, "cursor": page.cursor})


@router.get("/outreach/figures", response_model=FiguresOut)
def get_figures(stores: StoresDep, asked: AskedDep) -> Response:
    """Return what the meetings and visits of a period came to; each number leads to its rows.

    Opinions and problems are counted apart. A problem is solved in the period in which it was solved there
    and then, or in which its incident was closed, whenever it was collected.
    """
    return _json(outreach.figures(stores, asked.only, asked.query))


@router.get("/outreach/problems", response_model=ProblemsOut)
def get_problems(
    stores: StoresDep,
    asked: AskedDep,
    solved: Annotated[
        Literal["no", "on-the-spot", "later", "yes"] | None,
        Query(description="Those solved in the period, how; or those collected in it that are not."),
    ] = None,
) -> Response:
    """Return the problems of a period."""
    return _json({"items": [problem_json(one) for one in outreach.problems(stores, asked.only, solved)]})


@router.get("/outreach/duties", response_model=DutiesOut)
def get_duties(
    stores: StoresDep,
    asked: AskedDep,
    quota: Annotated[int, Query(ge=0, le=1000, description="Visits asked for each duty.")] = 1,
) -> Response:
    """Return the visits of each representative by duty in a period, and what falls short of the quota."""
    return _json(outreach.duties(stores, asked.only, quota))


@router.get("/outreach/actions", response_model=ActionsOut)
def get_actions(stores: StoresDep, done: bool | None = None) -> Response:
    """Return what meetings resolved, by the day it is due."""
    found = stores.outreach.actions(done=done)
    today = _today(stores)
    codes = outreach.codes_of(
        stores, today, [one.unit for one in found], [one.representative for one in found]
    )
    return _json({"items": [action_json(one, codes, today) for one in found]})


@router.post("/outreach/actions/{action}/done", response_model=ActionOut, responses=_STALE)
def post_done(action: UUID, given: ClosingIn, stores: StoresDep, by: RecorderDep) -> Response:
    """Note that what was resolved is done."""
    value = outreach.finish(stores, action, given.text, by)
    today = _today(stores)
    codes = outreach.codes_of(stores, today, [value.unit], [value.representative])
    return _json(action_json(value, codes, today))


@router.get("/outreach/requests", response_model=RequestsOut)
def get_requests(
    stores: StoresDep, state: Literal["asked", "accepted", "declined"] | None = None
) -> Response:
    """Return what was asked for at meetings and visits, the oldest first."""
    found = stores.outreach.requests(() if state is None else (state,))
    codes = outreach.codes_of(stores, _today(stores), [one.unit for one in found], [])
    return _json({"items": [request_json(one, codes) for one in found]})


@router.post("/outreach/requests/{request}/answer", response_model=RequestOut, responses=_STALE)
def post_answer(
    request: UUID, given: AnswerIn, stores: StoresDep, service: ServiceDep, by: RecorderDep
) -> Response:
    """Answer a request: patrols become a due rule of the unit, a stop is planned, or it is declined.

    Both show on the coverage map and among what is due.
    """
    asked = outreach.require_asked(stores, request)
    wanted = {"patrol": given.patrol, "service-stop": given.stop}[asked.kind]
    if (wanted is None) == (given.declined is None) or sum(
        one is not None for one in (given.patrol, given.stop, given.declined)
    ) != 1:
        raise InvalidInput(
            N_("A request of this kind is answered by {kind} or by declined, one of the two."),
            mend=N_("Send one of them."),
            where={"pointer": "/"},
            kind="patrol" if asked.kind == "patrol" else "stop",
        )
    rule = stop = None
    if given.patrol is not None:
        code = outreach.codes_of(stores, _today(stores), [asked.unit], [])[asked.unit]
        granted = RuleIn(
            kind="unit",
            code=code,
            source="meeting",
            asked_by=f"{stores.outreach.get(_outreach(asked.outreach)).place}"[:200],
            reason=asked.text[:500],
            **given.patrol.model_dump(),
        )
        rule = due.add_rule(stores, granted, by.name, by.now).id
    elif given.stop is not None:
        stop = outreach.plan_stop(stores, present_ground(service, stores), given.stop, by).id
    value = outreach.answer(stores, asked, by, rule=rule, stop=stop, text=given.declined or "")
    return _json(request_json(value, outreach.codes_of(stores, _today(stores), [value.unit], [])))


@router.get("/stops", response_model=StopsOut)
def get_stops(
    stores: StoresDep,
    from_: Annotated[NearInstant | None, Query(alias="from", description="Now, if left out.")] = None,
    to: Annotated[NearInstant | None, Query(description="30 days later, if left out.")] = None,
) -> Response:
    """Return the stops of the mobile service of which a part lies in a period, by time."""
    since = from_ or datetime.now(UTC)
    found = stores.stops.during(since, to or since + PERIOD)
    codes = outreach.codes_of(stores, _today(stores), [one.unit for one in found], [])
    return _json({"items": [stop_json(one, codes) for one in found]})


@router.post("/stops", response_model=StopOut, status_code=201)
def post_stop(
    given: StopIn, stores: StoresDep, service: ServiceDep, by: RecorderDep, once: OnceDep
) -> Response:
    """Plan a stop of the mobile service."""

    def act() -> Reply:
        value = outreach.plan_stop(stores, present_ground(service, stores), given, by)
        codes = outreach.codes_of(stores, _today(stores), [value.unit], [])
        return Reply(201, stop_json(value, codes), {"Location": f"/api/v1/stops/{value.id}"})

    return once(stores, act)


@router.get("/stops/{stop}", response_model=StopOut)
def get_stop(stop: UUID, stores: StoresDep) -> Response:
    """Return a stop; its ``ETag`` is what a change sends as ``If-Match``."""
    value = stores.stops.get(stop)
    codes = outreach.codes_of(stores, _today(stores), [value.unit], [])
    return _json(stop_json(value, codes), {"ETag": f'"{value.version}"'})


@router.patch("/stops/{stop}", response_model=StopOut, responses=_STALE)
def patch_stop(stop: UUID, given: StopPatch, stores: StoresDep, version: VersionDep) -> Response:
    """Note that a stop was held, or cancel it for a reason."""
    value = outreach.settle_stop(stores, stop, given.state, given.reason, version)
    codes = outreach.codes_of(stores, _today(stores), [value.unit], [])
    return _json(stop_json(value, codes), {"ETag": f'"{value.version}"'})


@router.get("/outreach/{outreach_id}", response_model=OutreachOut)
def get_outreach(outreach_id: UUID, stores: StoresDep) -> Response:
    """Return a meeting or visit with what came of it."""
    return _json(_told(stores, stores.outreach.get(outreach_id)))


def _receiving(stores: Stores, service: Service) -> outreach.Receive:
    """Return how problems become incidents: as everybody's reports do."""

    def receive(reports: Sequence[IncidentIn]) -> list[tuple[Incident, bool] | WardlineError]:
        with acting(stores.session, INTAKE):
            ground = present_ground(service, stores)
            return incidents.receive_all(stores, ground, reports)

    return receive


def _below(stores: Stores, unit: UUID) -> frozenset[UUID]:
    today = _today(stores)
    tree = stores.grids.tree(stores.grids.unit(unit, today).layer, today)
    return frozenset(one for one in tree.units if unit in {each.id for each in tree.chain(one)})


def _named(stores: Stores, code: str) -> UUID:
    """Return the unit that has a code today, in the partition."""
    return stores.grids.unit_by_code(partition_of(stores, None).code, code, _today(stores)).id


def _outreach(value: UUID | None) -> UUID:
    assert value is not None  # noqa: S101 - what is stored has one
    return value


def _told(stores: Stores, value: Any) -> dict[str, Any]:
    today = _today(stores)
    photos = stores.field_files.photos("outreach", [value.id])
    return outreach_json(value, outreach.codes_in(stores, [value], today), today, photos)


def _today(stores: Stores) -> date:
    return stores.districts.current().today(datetime.now(UTC))


def _json(body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(body),
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )
