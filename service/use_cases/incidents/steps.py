"""Leading an incident through its life: each step from the log, refused with the steps that are possible."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.errors import StaleVersion
from layers.ids import new_id
from layers.incident_tables import COLOURS
from layers.incidents import Incident, IncidentEvent
from layers.notices import Notice
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition, NotAllowed
from service.rules.life import CHECKING, STEPS, THROUGH, history
from service.schemas.incidents import EventIn, incident_json
from service.use_cases.incidents.changes import require_version, stale_copy
from service.use_cases.incidents.timing import NOBODY_KNOWN, Who, retimed, rules_of


def add_event(
    stores: Stores,
    identifier: UUID,
    event: EventIn,
    *,
    version: int | None = None,
    who: Who = NOBODY_KNOWN,
) -> tuple[Incident, IncidentEvent]:
    """Add a comment to an incident, or lead it one step on.

    Raises
    ------
    NotFound
        The district has no such incident.
    InvalidTransition
        Its status does not allow the step; names those it allows.
    InvalidInput
        A comment without text, a step without a status, a rejection without a reason.
    NotAllowed
        Whoever handled it would check or close it.
    StaleCopy
        It was changed since ``version``; carries the current copy.
    """
    value = stores.incidents.get(identifier)
    require_version(value, version)
    now = datetime.now(UTC)
    if event.kind == "comment":
        if not event.text.strip() or event.status is not None:
            raise InvalidInput(
                N_("A comment needs a text and no status."),
                mend=N_("Send text, or kind status to change the status."),
                where={"pointer": "/text"},
            )
        stores.audit.record("incident.comment", "incident", value.id)
        log = stores.incidents.record(value.id, now, "comment", event.actor, who.person, text=event.text)
        return value, log
    if event.status is None:
        raise InvalidInput(
            N_("An event of kind status needs a status."),
            mend=N_("Send the status, one of: {known}."),
            where={"pointer": "/status"},
            known=_known(value),
        )
    require_step(value, event.status)
    _require_allowed(stores, value, event, who)
    through = THROUGH.get((value.status, event.status), ())
    body = {"text": event.text, **({"through": list(through)} if through else {})}
    if event.status == "accepted" and who.person is not None:
        # Until then whoever received it first answers for it.
        value = replace(value, responsible=who.person)
    if "dispatched" in (*through, event.status):
        value = _coloured(stores, value, event, who, now)
    return advance(stores, value, event.status, now, event.actor, who, **body)


def advance(
    stores: Stores, value: Incident, after: str, now: datetime, actor: str, who: Who, **body: Any
) -> tuple[Incident, IncidentEvent]:
    """Log a step, set the clock by the log, and store the incident; whoever comes second is refused.

    Raises
    ------
    StaleCopy
        Somebody else changed it meanwhile; carries the current copy.
    """
    before = value.status
    log = stores.incidents.record(
        value.id, now, "status", actor, who.person, before=before, after=after, **body
    )
    saved = keep(stores, retimed(stores, replace(value, status=after)))
    stores.audit.record("incident.status", "incident", value.id, before=before, after=after)
    if after == "closed":
        tell_reporters(stores, saved, who, now)
    if value.filed_at is None and _beyond_years(stores, saved):
        stores.audit.record("incident.due-approximate", "incident", value.id)
    return saved, log


def tell_reporters(stores: Stores, value: Incident, who: Who, now: datetime) -> None:
    """Tell everybody who reported an incident, or one merged into it, that it is closed."""
    with stores.intake():
        of = [value.id, *stores.cases.merged_into(value.id)]
        _, people = stores.contacts.reporters(of)
    body = {"title": value.title, "class": value.class_}
    with acting(stores.session, SYSTEM):
        stores.notices.add(
            [
                Notice(new_id(), "report-closed", str(value.id), now, person=one, body=body)
                for one in sorted(people - {who.person})
            ]
        )


def _beyond_years(stores: Stores, value: Incident) -> bool:
    """Say whether the limit of an incident ends beyond the years whose days off are published."""
    if value.filed_at is None or value.due_at is None:
        return False
    rules, zone = rules_of(stores), stores.districts.current().timezone
    calendar = rules.calendar_of(rules.limit(value.class_, value.colour), zone)
    return not all(calendar.knows_at(at) for at in (value.filed_at, value.due_at))


def keep(stores: Stores, value: Incident) -> Incident:
    """Store a changed incident.

    Raises
    ------
    StaleCopy
        Somebody else changed it meanwhile; carries the current copy.
    """
    try:
        return stores.incidents.save(value)
    except StaleVersion:
        raise stale_copy(stores.incidents.get(value.id)) from None


def require_step(value: Incident, wanted: str) -> None:
    """Refuse a step that the status does not allow.

    Raises
    ------
    InvalidTransition
        Names the steps that are possible.
    """
    if wanted not in STEPS.get(value.status, ()):
        raise InvalidTransition(
            N_("An incident that is {status} cannot become {wanted}; it can become: {known}."),
            mend=N_("Take the next step first."),
            where={"pointer": "/status"},
            extra={"current": incident_json(value), "possible": list(STEPS.get(value.status, ()))},
            status=value.status,
            wanted=wanted,
            known=_known(value),
        )


def _known(value: Incident) -> str:
    return ", ".join(STEPS.get(value.status, ())) or "–"


def _require_allowed(stores: Stores, value: Incident, event: EventIn, who: Who) -> None:
    """Refuse what the status allows, but not this caller, or not yet."""
    wanted = event.status
    if wanted == "rejected" and not event.text.strip():
        raise InvalidInput(
            N_("Rejecting an incident needs a reason."),
            mend=N_("Say in text why nothing will be done about it."),
            where={"pointer": "/text"},
        )
    if wanted in CHECKING and who.person is not None:
        handlers = history(stores.incidents.events(value.id)).handlers
        if who.person in handlers:
            raise NotAllowed(
                N_("You handled this incident, so you neither verify nor close it."),
                mend=N_("Let somebody else check it."),
                where={"pointer": "/status"},
            )
    if wanted in ("done", *CHECKING):
        _require_settled(stores, value)
    if wanted == "done" and value.colour == "red" and value.named is None:
        raise InvalidTransition(
            N_("A red incident names the person who answers for it; this one does not yet."),
            mend=N_("Name one at its colour first."),
            where={"pointer": "/status"},
            extra={"current": incident_json(value)},
        )


def _require_settled(stores: Stores, value: Incident) -> None:
    left = [one for one in stores.cases.actions(value.id) if one.state == "open"]
    if left:
        raise InvalidTransition(
            N_("{count} actions of this incident are still open: {what}."),
            mend=N_("Do each with its evidence, or drop it with a reason."),
            where={"pointer": "/status"},
            extra={"current": incident_json(value), "actions": [str(one.id) for one in left]},
            count=len(left),
            what="; ".join(one.what for one in left[:5]),
        )


def _coloured(stores: Stores, value: Incident, event: EventIn, who: Who, now: datetime) -> Incident:
    """Return an incident in the colour it is dispatched in: as the dispatcher says, or as the rules do."""
    colour: str | None = event.colour
    cause, named = "dispatch", event.named
    if colour is None:
        cause = _rising(stores, value, now) or ""
        place = COLOURS.index(value.colour)
        # No rule can name the person that red needs.
        colour = COLOURS[min(place + 1, max(place, 2))] if cause else value.colour
    elif value.status == "returned" and colour != value.colour:
        raise InvalidInput(
            N_("An incident that was returned keeps its colour when it is dispatched again."),
            mend=N_("Raise or lower it with a reason first."),
            where={"pointer": "/colour"},
        )
    if colour == "red":
        require_named(stores, named or value.named)
    if colour != value.colour:
        stores.incidents.record(
            value.id, now, "colour", event.actor, who.person, before=value.colour, after=colour, cause=cause
        )
    return replace(value, colour=colour, named=named or value.named)


def require_named(stores: Stores, person: UUID | None) -> None:
    """Refuse red without a person who answers for it.

    Raises
    ------
    InvalidInput
        Nobody is named, or somebody who has no account.
    """
    with stores.settling():
        known = {} if person is None else stores.cases.names([person])
    if not known:
        raise InvalidInput(
            N_("Red needs a named person who answers for it."),
            mend=N_("Send named, the id of their account."),
            where={"pointer": "/named"},
        )


def _rising(stores: Stores, value: Incident, now: datetime) -> str | None:
    """Return the rule by which an incident rises when it is dispatched for the first time."""
    rules = rules_of(stores)
    if value.status == "returned":
        return None
    if value.class_ in rules.raised:
        return "class"
    if value.unit is None:
        return None
    since = now - timedelta(days=rules.repeat_days)
    # Those of its unit, whoever may see them.
    with stores.intake():
        number = stores.cases.repeats(value.unit, value.class_, since, now)
    return "repeats" if number >= rules.repeats else None
