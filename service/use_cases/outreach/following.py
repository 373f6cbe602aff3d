"""What follows from meetings and visits: actions are done, requests are answered, stops planned and held."""

from uuid import UUID

from geo.errors import N_
from layers.ids import new_id
from layers.outreach_records import Action, Request
from layers.outreach_tables import CANCELLED, PLANNED
from layers.stops import Stop
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition, StaleCopy
from service.indexes.ground import Ground
from service.schemas.stops import StopIn
from service.use_cases.outreach.recorder import Recorder
from service.use_cases.outreach.recording import unit_at


def finish(stores: Stores, identifier: UUID, text: str, by: Recorder) -> Action:
    """Note that what was resolved is done.

    Raises
    ------
    NotFound
        There is no such action.
    InvalidTransition
        It was done before.
    """
    action = stores.outreach.action(identifier)
    if not stores.outreach.finish(identifier, by.now, by.name, text):
        raise InvalidTransition(
            N_("It was done before, as {by} noted."),
            mend=N_("Nothing more is to be done."),
            where={"action": str(identifier)},
            by=action.done_by or "–",
        )
    stores.audit.record("outreach.done", "action", identifier)
    return stores.outreach.action(identifier)


def require_asked(stores: Stores, identifier: UUID) -> Request:
    """Return a request that nobody answered yet.

    Raises
    ------
    NotFound
        There is no such request.
    InvalidTransition
        It was accepted or declined before.
    """
    value = stores.outreach.request(identifier)
    if value.state != "asked":
        raise InvalidTransition(
            N_("The request was answered by {by}: {state}."),
            mend=N_("Read it again; an answer stands."),
            where={"request": str(identifier)},
            by=value.settled_by or "–",
            state=value.state,
        )
    return value


def answer(
    stores: Stores,
    request: Request,
    by: Recorder,
    *,
    rule: UUID | None = None,
    stop: UUID | None = None,
    text: str = "",
) -> Request:
    """Accept a request by the rule or the stop that came of it, or decline it with the reason.

    Raises
    ------
    InvalidTransition
        Somebody answered it meanwhile.
    """
    if not stores.outreach.settle(request.id, by.now, by.name, text, rule=rule, stop=stop):
        require_asked(stores, request.id)
    stores.audit.record(
        "outreach.answer", "request", request.id, accepted=rule is not None or stop is not None
    )
    return stores.outreach.request(request.id)


def plan_stop(stores: Stores, ground: Ground, given: StopIn, by: Recorder) -> Stop:
    """Store a stop of the mobile service.

    Raises
    ------
    InvalidInput
        It ends before it begins.
    OutsideDistrict
        No unit owns the place.
    """
    if given.to_at <= given.from_at:
        raise InvalidInput(
            N_("The stop ends before it begins."),
            mend=N_("Give a later end."),
            where={"pointer": "/to_at"},
        )
    value = Stop(
        **{**given.model_dump(), "services": tuple(dict.fromkeys(given.services))},
        id=new_id(),
        unit=unit_at(ground, given.lon, given.lat),
        created_at=by.now,
        created_by=by.name,
    )
    stores.stops.add(value)
    stores.audit.record("stop.plan", "stop", value.id)
    return value


def settle_stop(stores: Stores, identifier: UUID, state: str, reason: str, version: int | None) -> Stop:
    """Note that a stop was held, or cancel it for a reason.

    Raises
    ------
    InvalidInput
        It is to be cancelled without a reason.
    InvalidTransition
        It was held or cancelled before.
    StaleCopy
        It was changed since ``version``.
    """
    value = stores.stops.get(identifier)
    if value.state != PLANNED:
        raise InvalidTransition(
            N_("The stop is {state} already."),
            mend=N_("Plan another one."),
            where={"stop": str(identifier)},
            state=value.state,
        )
    if state == CANCELLED and not reason:
        raise InvalidInput(
            N_("A stop is cancelled for a reason, and there is none."),
            mend=N_("Say why, so that those who wait for it are told."),
            where={"pointer": "/reason"},
        )
    wanted = value.version if version is None else version
    if not stores.stops.change(identifier, wanted, state=state, reason=reason):
        raise StaleCopy(
            N_("The stop was changed since: it is at version {version}."),
            mend=N_("Read it again and repeat the change."),
            where={"header": "If-Match"},
            extra={"current": {"id": str(identifier), "version": value.version, "state": value.state}},
            version=value.version,
        )
    stores.audit.record(f"stop.{state}", "stop", identifier)
    return stores.stops.get(identifier)
