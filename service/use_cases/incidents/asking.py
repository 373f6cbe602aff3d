"""Requests to return, delay or suspend an incident, which another person with the power decides; actions."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.cases import Action, CaseRequest, missing
from layers.ids import new_id
from layers.incident_tables import SETTLED
from layers.incidents import Incident
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition, NotAllowed
from service.rules.life import ASKED_FROM, REQUESTS
from service.schemas.cases import ActionIn, ActionPatch, DecisionIn, RequestIn
from service.schemas.incidents import incident_json
from service.use_cases.incidents.changes import require_version
from service.use_cases.incidents.steps import advance, keep
from service.use_cases.incidents.timing import Who


def ask(
    stores: Stores, identifier: UUID, given: RequestIn, who: Who, *, version: int | None = None
) -> CaseRequest:
    """Ask to return, delay or suspend an incident.

    Raises
    ------
    InvalidTransition
        Its status does not allow it, or a request waits already.
    InvalidInput
        Days where none are asked for, or none of a delay.
    """
    value = stores.incidents.get(identifier)
    require_version(value, version)
    if (given.kind == "delay") != (given.days is not None):
        raise InvalidInput(
            N_("A delay is asked for by days, and nothing else is."),
            mend=N_("Send days, the working days of the delay, or leave them out."),
            where={"pointer": "/days"},
        )
    waiting = any(one.approved is None for one in stores.cases.requests(value.id))
    if value.status not in ASKED_FROM or waiting:
        raise InvalidTransition(
            N_("An incident that is {status} cannot be asked to be {wanted} now."),
            mend=N_("Ask while it is dispatched, handled or delayed, one request at a time."),
            where={"pointer": "/kind"},
            extra={"current": incident_json(value), "possible": [] if waiting else sorted(ASKED_FROM)},
            status=value.status,
            wanted=REQUESTS[given.kind],
        )
    now = datetime.now(UTC)
    request = CaseRequest(
        id=new_id(),
        incident=value.id,
        kind=given.kind,
        reason=given.reason,
        asked_at=now,
        asked_by=who.person,
        days=given.days,
    )
    stores.cases.ask(request)
    _log(stores, value, now, "asked", who, request=str(request.id), wants=given.kind, reason=given.reason)
    return request


def decide(
    stores: Stores,
    identifier: UUID,
    request: UUID,
    given: DecisionIn,
    who: Who,
    *,
    version: int | None = None,
) -> CaseRequest:
    """Approve or refuse a request.

    Raises
    ------
    NotAllowed
        By whoever asked, or without the power.
    NotFound
        The incident has no such request.
    InvalidTransition
        It was decided, or the incident went on meanwhile.
    """
    value = stores.incidents.get(identifier)
    require_version(value, version)
    found = next((one for one in stores.cases.requests(value.id) if one.id == request), None)
    if found is None:
        raise missing("request", request)
    if not who.decides or (who.person is not None and who.person == found.asked_by):
        raise NotAllowed(
            N_("A request is decided by another person who has the power to."),
            mend=N_("Let a coordinator, supervisor or administrator decide who did not ask."),
        )
    if found.approved is not None or (given.approve and value.status not in ASKED_FROM):
        raise InvalidTransition(
            N_("This request cannot be decided any more."),
            mend=N_("Look at the incident, and ask again if it is still wanted."),
            extra={"current": incident_json(value)},
        )
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "approved": given.approve,
        "decided_at": now,
        "decided_by": who.person,
        "note": given.note,
    }
    if not stores.cases.decide(request, **values):
        raise InvalidTransition(N_("Somebody else decided this request at the same moment."))
    body: dict[str, Any] = {"request": str(request), "approved": given.approve, "note": given.note}
    if given.approve:
        days = {} if found.days is None else {"days": found.days}
        advance(stores, value, REQUESTS[found.kind], now, who.name, who, **body, **days)
    else:
        _log(stores, value, now, "refused", who, **body)
    return replace(found, **values)


def add_action(stores: Stores, identifier: UUID, given: ActionIn, who: Who) -> Action:
    """Add something to be done about an incident.

    Raises
    ------
    InvalidTransition
        The incident is settled, or was reported done.
    """
    value = stores.incidents.get(identifier)
    if value.status in (*SETTLED, "done", "verified"):
        raise InvalidTransition(
            N_("Nothing is added to be done about an incident that is {status}."),
            mend=N_("Send it back to handling first."),
            extra={"current": incident_json(value)},
            status=value.status,
        )
    now = datetime.now(UTC)
    action = Action(id=new_id(), incident=value.id, created_at=now, **given.model_dump())
    stores.cases.add_action(action)
    # Whoever reports the incident done at the same moment is refused by the new version.
    keep(stores, value)
    _log(stores, value, now, "action", who, action=str(action.id), state="open", what=given.what)
    return action


def settle_action(stores: Stores, identifier: UUID, action: UUID, given: ActionPatch, who: Who) -> Action:
    """Report an action done, with evidence, or drop it, with a reason.

    Raises
    ------
    NotFound
        The incident has no such action.
    InvalidTransition
        It was settled before.
    InvalidInput
        Done without evidence, or dropped without a reason.
    """
    value = stores.incidents.get(identifier)
    found = next((one for one in stores.cases.actions(value.id) if one.id == action), None)
    if found is None:
        raise missing("action", action)
    name = "evidence" if given.state == "done" else "reason"
    if not getattr(given, name).strip():
        raise InvalidInput(
            N_("An action is done with evidence, or dropped with a reason."),
            mend=N_("Send {name} in words, or name a photo."),
            where={"pointer": f"/{name}"},
            name=name,
        )
    now = datetime.now(UTC)
    values = {**given.model_dump(), "settled_at": now}
    if value.status in SETTLED or not stores.cases.settle_action(action, **values):
        raise InvalidTransition(
            N_("This action is {state} already."),
            mend=N_("Add another if there is more to do."),
            state=found.state,
        )
    _log(stores, value, now, "action", who, action=str(action), **given.model_dump())
    return replace(found, **values)


def _log(stores: Stores, value: Incident, now: datetime, kind: str, who: Who, **body: Any) -> None:
    stores.incidents.record(value.id, now, kind, who.name, who.person, **body)
    stores.audit.record(f"incident.{kind}", "incident", value.id)
