"""What is done about incidents: colours, requests, actions, reopening, the key list, indicators, rules."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Path, Query, Response

from geo.errors import N_
from layers.cases import Part
from layers.errors import NotFound
from service.access.identity import Identity
from service.access.policy import SIGNING
from service.dependencies import Cursor, IdentityDep, Limit, OnceDep, Reply, StoresDep, VersionDep
from service.dependencies import router as make_router
from service.errors import NotAllowed
from service.schemas.cases import (
    ActionIn,
    ActionOut,
    ActionPatch,
    CaseOut,
    ColourIn,
    DecisionIn,
    FeedbackIn,
    FeedbackOut,
    IndicatorsOut,
    ReopenIn,
    RequestIn,
    RequestOut,
    RulesIn,
    RulesOut,
    SupervisedPage,
    action_json,
    request_json,
)
from service.schemas.incidents import IncidentOut, IncidentPage, incident_json
from service.schemas.times import Instant
from service.use_cases import contacts, incidents
from service.use_cases.incidents import supervising
from service.use_cases.refusing import noted, refuse

router = make_router("incidents")

_GONE: dict[int | str, dict[str, Any]] = {410: {"description": "It was withdrawn: when, by whom and why."}}
_REOPEN = "incident.reopen-refused"
Word = Annotated[str | None, Query(max_length=64)]
Class = Annotated[str | None, Query(alias="class", max_length=64)]
From = Annotated[Instant, Query(alias="from")]
Counted = Literal["received", "filed", "due", "suspended", "closed", "on_time"]


@router.get("/incidents/key-supervision", response_model=SupervisedPage)
def get_key_supervision(stores: StoresDep, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return the county's key-supervision list: red incidents that are not settled, with their persons."""
    return _json(supervising.key_supervision(stores, limit, cursor))


@router.get("/incidents/rules", response_model=RulesOut)
def get_rules(stores: StoresDep) -> Response:
    """Return the district's rules: calendar, limits by colour and class, what rises, the reopening window."""
    return _json(supervising.rules_json(stores))


@router.put("/incidents/rules", response_model=RulesOut)
def put_rules(given: RulesIn, stores: StoresDep, identity: IdentityDep, once: OnceDep) -> Response:
    """Set the district's rules; every clock is computed anew from its log, and no pause is lost."""

    def act() -> Reply:
        return Reply(200, supervising.set_rules(stores, given, identity.name, datetime.now(UTC)))

    return once(stores, act)


@router.get("/incidents/indicators", response_model=IndicatorsOut)
def get_indicators(
    stores: StoresDep,
    begin: From,
    to: Instant,
    unit: Word = None,
    channel: Word = None,
    class_: Class = None,
) -> Response:
    """Return what of a period was received, filed, due, suspended, closed and on time, and the two rates.

    Closure rate and on-time rate are of what was due and not suspended. ``unit`` is a unit's code: it and
    what lies below it. Each number links to its rows.
    """
    return _json(supervising.indicators(stores, begin, to, Part(unit, channel, class_)))


@router.get("/incidents/indicators/{count}", response_model=IncidentPage)
def get_counted(
    count: Counted,
    stores: StoresDep,
    begin: From,
    to: Instant,
    unit: Word = None,
    channel: Word = None,
    class_: Class = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of the incidents behind a number of the indicators."""
    part = Part(unit, channel, class_)
    return _json(supervising.counted(stores, count, begin, to, part, limit, cursor))


@router.get("/incidents/{incident}/case", response_model=CaseOut, responses=_GONE)
def get_case(incident: UUID, stores: StoresDep) -> Response:
    """Return how an incident stands: owner, possible steps, colours, clock, actions and requests."""
    body = supervising.case_json(stores, incident)
    return _json(body, {"ETag": f'"{body["version"]}"'})


@router.post("/incidents/{incident}/colour", response_model=IncidentOut, responses=_GONE)
def post_colour(
    incident: UUID,
    given: ColourIn,
    stores: StoresDep,
    identity: IdentityDep,
    version: VersionDep,
    once: OnceDep,
) -> Response:
    """Raise an incident by one colour, or lower it, with a reason. Red names who answers for it."""

    def act() -> Reply:
        value = incidents.change_colour(stores, incident, given, _who(identity), version=version)
        return Reply(200, incident_json(value), {"ETag": f'"{value.version}"'})

    with noted(stores, "colour", incident):
        return once(stores, act)


@router.post("/incidents/{incident}/requests", response_model=RequestOut, status_code=201, responses=_GONE)
def post_request(
    incident: UUID,
    given: RequestIn,
    stores: StoresDep,
    identity: IdentityDep,
    version: VersionDep,
    once: OnceDep,
) -> Response:
    """Ask to return, delay or suspend an incident; another person with the power decides."""

    def act() -> Reply:
        made = incidents.ask(stores, incident, given, _who(identity), version=version)
        return Reply(201, request_json(made))

    with noted(stores, "request", incident):
        return once(stores, act)


@router.post(
    "/incidents/{incident}/requests/{request_id}/decision", response_model=RequestOut, responses=_GONE
)
def post_decision(
    incident: UUID,
    request_id: UUID,
    given: DecisionIn,
    stores: StoresDep,
    identity: IdentityDep,
    version: VersionDep,
    once: OnceDep,
) -> Response:
    """Approve or refuse a request of somebody else."""

    def act() -> Reply:
        # Let in by the policy: the power is held where the incident lies.
        who = _who(identity, decides=True)
        made = incidents.decide(stores, incident, request_id, given, who, version=version)
        return Reply(200, request_json(made))

    with noted(stores, "decision", incident):
        return once(stores, act)


@router.post("/incidents/{incident}/actions", response_model=ActionOut, status_code=201, responses=_GONE)
def post_action(
    incident: UUID, given: ActionIn, stores: StoresDep, identity: IdentityDep, once: OnceDep
) -> Response:
    """Add something to be done; the incident is reported done only when every action is settled."""

    def act() -> Reply:
        return Reply(201, action_json(incidents.add_action(stores, incident, given, _who(identity))))

    return once(stores, act)


@router.patch("/incidents/{incident}/actions/{action}", response_model=ActionOut, responses=_GONE)
def patch_action(
    incident: UUID,
    action: UUID,
    given: ActionPatch,
    stores: StoresDep,
    identity: IdentityDep,
    once: OnceDep,
) -> Response:
    """Report an action done, with evidence, or drop it, with a reason."""

    def act() -> Reply:
        made = incidents.settle_action(stores, incident, action, given, _who(identity))
        return Reply(200, action_json(made))

    return once(stores, act)


@router.post("/incidents/{incident}/reopen", response_model=IncidentOut, responses=_GONE)
def post_reopen(
    incident: UUID, given: ReopenIn, stores: StoresDep, identity: IdentityDep, once: OnceDep
) -> Response:
    """Open a closed incident again, within the window of the rules.

    For coordinators, supervisors and administrators where they are; its reporter does it with their receipt.
    Whoever else tries is refused, and the audit says who.
    """

    def act() -> Reply:
        roots = identity.roots(stores.district, SIGNING)
        if roots == ():
            refusal = NotAllowed(
                N_("You may not open this incident again."),
                mend=N_("Its reporter does it with the receipt, or a coordinator or supervisor."),
            )
            refuse(stores, refusal, _REOPEN, "incident", incident)
        try:
            value = incidents.reopen(stores.below(roots), incident, given.reason, _who(identity))
        except NotFound as missing:
            refuse(stores, missing, _REOPEN, "incident", incident)
        return Reply(200, incident_json(value), {"ETag": f'"{value.version}"'})

    return once(stores, act)


@router.post("/receipts/{receipt}/feedback", response_model=FeedbackOut)
def post_feedback(
    receipt: Annotated[str, Path(max_length=40, description="As it was given with the report.")],
    given: FeedbackIn,
    stores: StoresDep,
    once: OnceDep,
) -> Response:
    """Say whether the result satisfies, once the report is closed, and open it again if it does not."""

    def act() -> Reply:
        try:
            incident = contacts.incident_of(stores, receipt)
        except NotFound as missing:
            refuse(stores, missing, _REOPEN, "receipt", "unknown")
        who = incidents.Who(name="reporter")
        with stores.intake():
            value = incidents.feedback(stores, incident, given.satisfied, given.text, who)
            if given.reopen:
                value = incidents.reopen(stores, incident, given.text, who)
        return Reply(200, {"status": value.status})

    return once(stores, act)


def _who(identity: Identity, *, decides: bool = False) -> incidents.Who:
    return incidents.Who(identity.person, identity.name, decides)


def _json(body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")
