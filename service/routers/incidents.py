"""Incidents: the inbox, one incident, its edits and its log."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Query, Response

from layers.errors import Conflict
from layers.incident_filter import IncidentFilter
from layers.incidents import Incident
from layers.row_security import INTAKE, acting
from service.dependencies import (
    BoxDep,
    Cursor,
    IdentityDep,
    Limit,
    OnceDep,
    Reply,
    ServiceDep,
    StoresDep,
    VersionDep,
    present_ground,
)
from service.dependencies import router as make_router
from service.keys import KeyRing
from service.schemas.contacts import ReceiptOut
from service.schemas.inbox import InboxPage
from service.schemas.incidents import (
    EventIn,
    EventOut,
    IncidentIn,
    IncidentOut,
    IncidentPatch,
    IncidentWithEvents,
    ReportedOut,
    WithdrawnOut,
    event_json,
    incident_json,
    withdrawn_json,
)
from service.schemas.times import Instant
from service.use_cases import contacts, incidents
from service.use_cases.refusing import noted

router = make_router("incidents")

_GONE: dict[int | str, dict[str, Any]] = {410: {"description": "It was withdrawn: when, by whom and why."}}
Short = Annotated[str | None, Query(max_length=64)]
Clock = Literal["unfiled", "running", "soon", "overdue", "waiting", "on-time", "late"]


@router.post(
    "/incidents",
    response_model=ReportedOut | ReceiptOut,
    status_code=201,
    responses={200: {"model": ReportedOut | ReceiptOut}},
)
def post_incident(
    report: IncidentIn, stores: StoresDep, service: ServiceDep, once: OnceDep, identity: IdentityDep
) -> Response:
    """Take in an incident: 201 for a new one, 200 for one that its channel delivered before.

    Whoever reports without signing in gets a receipt, which tells what becomes of the report, and no more.
    """

    def act() -> Reply:
        allowed = service.settings.allow_datum_inverse
        with acting(stores.session, INTAKE):
            ground = present_ground(service, stores)
            value, new = incidents.receive(
                stores, ground, report, allow_inverse=allowed, person=identity.person
            )
        receipt = None
        if new:
            if report.contact is not None:
                ring = KeyRing(service.settings.home)
                contacts.keep(stores, ring, value.id, report.contact, value.received_at)
            receipt = contacts.give_receipt(stores, value.id, value.received_at, identity.person)
        status = 201 if new else 200
        if not identity.signed_in:
            told = {"receipt": receipt, "status": value.status, "received_at": value.received_at.isoformat()}
            return Reply(status, told)
        reply = _reply(value, status)
        return replace(reply, body={**reply.body, "receipt": receipt})

    if not identity.signed_in:
        incidents.require_public(report)
    # Anybody may report: only what contradicts an earlier delivery is worth a trace.
    with noted(stores, "delivery", report.channel, (Conflict,)):
        return once(stores, act)


@router.get("/incidents", response_model=InboxPage)
def get_incidents(
    stores: StoresDep,
    bbox: BoxDep,
    status: Short = None,
    colour: Short = None,
    class_: Annotated[str | None, Query(alias="class", max_length=64)] = None,
    channel: Short = None,
    unit: Annotated[
        str | None, Query(max_length=64, description="Its code or id; with what lies below.")
    ] = None,
    representative: Short = None,
    occurred_from: Instant | None = None,
    occurred_to: Instant | None = None,
    received_from: Instant | None = None,
    received_to: Instant | None = None,
    open_only: bool = False,
    words: Annotated[
        str | None, Query(max_length=200, description="Each is in the title, the description, or a name.")
    ] = None,
    clock: Clock | None = None,
    visit: Annotated[UUID | None, Query(description="The meeting or visit that collected them.")] = None,
    asset: Annotated[str | None, Query(max_length=64, description="The marker that they are about.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of the inbox of all channels, the newest first; ``representative`` is a code."""
    person = None if representative is None else stores.representatives.by_code(representative).id
    now = datetime.now(UTC)
    only = IncidentFilter(
        status=status,
        colour=colour,
        class_=class_,
        channel=channel,
        units=None if unit is None else incidents.units_named(stores, unit),
        representative=person,
        occurred_from=occurred_from,
        occurred_to=occurred_to,
        received_from=received_from,
        received_to=received_to,
        open_only=open_only,
        bbox=bbox,
        words=words,
        clock=clock,
        now=now,
        visit=visit,
        asset=asset,
    )
    return _json(incidents.inbox(stores, only, limit, cursor, now))


@router.get("/incidents/{incident}", response_model=IncidentWithEvents, responses=_GONE)
def get_incident(incident: UUID, stores: StoresDep) -> Response:
    """Return an incident with its log; its ``ETag`` is what an edit sends as ``If-Match``."""
    value = stores.incidents.get(incident)
    events = [event_json(one) for one in stores.incidents.events(incident)]
    return _json({**incident_json(value), "events": events}, _tag(value))


@router.patch("/incidents/{incident}", response_model=IncidentOut, responses=_GONE)
def patch_incident(
    incident: UUID,
    patch: IncidentPatch,
    stores: StoresDep,
    service: ServiceDep,
    version: VersionDep,
    once: OnceDep,
) -> Response:
    """Change an incident; a moved pin assigns it again. A stale ``If-Match`` is 409 with the current copy."""

    def act() -> Reply:
        allowed = service.settings.allow_datum_inverse
        ground = present_ground(service, stores)
        value = incidents.change(stores, ground, incident, patch, version=version, allow_inverse=allowed)
        return _reply(value, 200)

    return once(stores, act)


@router.delete(
    "/incidents/{incident}", response_model=WithdrawnOut, summary="Withdraw an incident", responses=_GONE
)
def delete_incident(
    incident: UUID,
    stores: StoresDep,
    identity: IdentityDep,
    version: VersionDep,
    once: OnceDep,
    reason: Annotated[
        str, Query(min_length=2, max_length=200, description="Why; it is kept, so name nobody in it.")
    ],
) -> Response:
    """Take an incident away for good, with its log, contact data, receipt and photos.

    It is in no list, tile, count or export any more. Whoever could see it gets 410 from now on, with when, by
    whom and why. A device that edits or repeats it is told, and it is not made anew. A stale ``If-Match`` is
    409 with the current copy.
    """

    def act() -> Reply:
        left = incidents.withdraw(stores, incident, reason, identity.name, version=version)
        return Reply(200, withdrawn_json(left))

    return once(stores, act)


@router.post("/incidents/{incident}/events", response_model=EventOut, status_code=201, responses=_GONE)
def post_event(
    incident: UUID,
    event: EventIn,
    stores: StoresDep,
    identity: IdentityDep,
    version: VersionDep,
    once: OnceDep,
) -> Response:
    """Add a comment, or lead the incident one step on.

    Received, accepted, filed, dispatched in a colour, handling, done, verified, closed; or rejected with a
    reason. Whoever goes to work or closes at once takes the steps between together. Whoever handled it
    neither verifies nor closes it.
    """

    def act() -> Reply:
        value, log = incidents.add_event(
            stores, incident, event, version=version, who=incidents.Who(identity.person, identity.name)
        )
        return Reply(201, event_json(log), _tag(value))

    with noted(stores, "step", incident):
        return once(stores, act)


def _tag(value: Incident) -> dict[str, str]:
    return {"ETag": f'"{value.version}"'}


def _reply(value: Incident, status: int) -> Reply:
    location = {"Location": f"/api/v1/incidents/{value.id}"} if status == 201 else {}
    return Reply(status, incident_json(value), {**_tag(value), **location})


def _json(body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")
