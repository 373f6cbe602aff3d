"""Incidents that are one: suggested, never decided by the service; merged by staff, and separated again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.incident_tables import SETTLED
from layers.incidents import Incident
from layers.stores import Stores
from service.errors import InvalidTransition
from service.rules.life import history
from service.schemas.incidents import incident_json
from service.use_cases.incidents.changes import require_version
from service.use_cases.incidents.steps import advance, keep
from service.use_cases.incidents.timing import Who, retimed, rules_of

CLOSED_WITHIN = timedelta(days=14)
"""What was closed no longer ago may be the same."""
APART_M = 200.0
"""So far along a border segment incidents may be of the same thing."""
MOST = 5
_SHOWN = 280


def similar(
    stores: Stores,
    lon: float,
    lat: float,
    class_: str,
    *,
    of: Incident | None = None,
    asset: str | None = None,
) -> dict[str, Any]:
    """Return at most five incidents that may be the same as one at a place, with enough to judge."""
    rules, now = rules_of(stores), datetime.now(UTC)
    radius = rules.radius(class_)
    found: Sequence[tuple[UUID, float]] = ()
    on = None if of is None or of.segment is None or of.measure_m is None else (of.segment, of.measure_m)
    if radius > 0:
        found = stores.cases.similar(
            (lon, lat),
            rules.like(class_),
            radius_m=radius,
            closed_since=now - CLOSED_WITHIN,
            segment=None if on is None else (*on, APART_M),
            asset=asset if of is None else of.asset,
            but=None if of is None else of.id,
            most=MOST,
        )
    known = stores.incidents.get_all([one for one, _ in found])
    items = [_similar_json(stores, known[one], distance, on) for one, distance in found if one in known]
    return {"items": items, "radius_m": radius}


def _similar_json(
    stores: Stores, value: Incident, distance_m: float, on: tuple[UUID, float] | None
) -> dict[str, Any]:
    with stores.intake():
        reporters, _ = stores.contacts.reporters([value.id, *stores.cases.merged_into(value.id)])
    shown = incident_json(value)
    same = on is not None and value.segment == on[0] and value.measure_m is not None
    apart = abs(value.measure_m - on[1]) if on and same and value.measure_m is not None else None
    names = ("id", "channel", "external_id", "class", "title", "status", "colour", "lon", "lat", "asset")
    return {
        **{name: shown[name] for name in (*names, "occurred_at", "received_at")},
        "description": value.description[:_SHOWN],
        "unit": (value.assignment.get("unit") or {}).get("code"),
        "distance_m": round(distance_m, 1),
        "apart_m": None if apart is None else round(apart, 1),
        "due_at": None if value.due_at is None else value.due_at.isoformat(),
        "reporters": reporters,
    }


def merge(
    stores: Stores, identifier: UUID, into: UUID, reason: str, who: Who, *, version: int | None = None
) -> Incident:
    """Merge an incident into another, which goes on with the earlier deadline of both; return the other.

    Both keep their ids and logs, and who reported the one follows the other.

    Raises
    ------
    InvalidTransition
        It is the same one, one of the two is settled, or others are merged into the one.
    StaleCopy
        It was changed since ``version``; carries the current copy.
    """
    # Always in the same order, so that two who merge the other way round do not wait for each other.
    both = {one: stores.incidents.get(one, lock=True) for one in sorted({identifier, into})}
    value, other = both[identifier], both[into]
    require_version(value, version)
    if identifier == into or value.status in SETTLED or other.status in SETTLED:
        raise InvalidTransition(
            N_("Two incidents that are not settled are merged; these are {status} and {other}."),
            mend=N_("Choose another one, or open it again first."),
            where={"pointer": "/into"},
            extra={"current": incident_json(value)},
            status=value.status,
            other=other.status,
        )
    if stores.cases.merged_into(value.id):
        raise InvalidTransition(
            N_("Other incidents are merged into this one."),
            mend=N_("Merge the other way round, or separate them first."),
            where={"pointer": "/into"},
            extra={"current": incident_json(value)},
        )
    now = datetime.now(UTC)
    moved = replace(value, merged_into=into)
    advance(stores, moved, "merged", now, who.name, who, text=reason, into=str(into))
    stores.incidents.record(
        into, now, "joined", who.name, who.person, incident=str(value.id), text=reason, due=_due(value)
    )
    saved = keep(stores, retimed(stores, other))
    stores.audit.record("incident.merge", "incident", value.id, into=str(into))
    return saved


def separate(
    stores: Stores, identifier: UUID, reason: str, who: Who, *, version: int | None = None
) -> Incident:
    """Separate a merged incident again: it goes on where it was, and the other with its own deadline.

    Raises
    ------
    InvalidTransition
        It is not merged.
    StaleCopy
        It was changed since ``version``; carries the current copy.
    """
    value = stores.incidents.get(identifier, lock=True)
    require_version(value, version)
    into = value.merged_into
    if into is None:
        raise InvalidTransition(
            N_("This incident is not merged into another."),
            mend=N_("Look at its log."),
            extra={"current": incident_json(value)},
        )
    known = history(stores.incidents.events(value.id)).statuses
    # The last one is that it was merged.
    back = next((status for _, status in reversed(known) if status != "merged"), "received")
    now = datetime.now(UTC)
    alone = replace(value, merged_into=None)
    saved, _ = advance(stores, alone, back, now, who.name, who, text=reason, separated=True)
    with stores.intake():
        other = stores.incidents.get(into, lock=True)
        stores.incidents.record(
            into, now, "separated", who.name, who.person, incident=str(value.id), text=reason
        )
        keep(stores, retimed(stores, other))
    stores.audit.record("incident.separate", "incident", value.id, of=str(into))
    return saved


def _due(value: Incident) -> str | None:
    return None if value.due_at is None else value.due_at.isoformat()


def follow(stores: Stores, identifier: UUID, who: Who) -> Incident:
    """Note that one more person reported an incident; their receipt is given by whoever asked.

    Raises
    ------
    InvalidTransition
        It is settled.
    """
    value = stores.incidents.get(identifier)
    if value.status in SETTLED:
        raise InvalidTransition(
            N_("Nobody can follow an incident that is {status}."),
            mend=N_("Report it anew if it is still there."),
            extra={"current": incident_json(value)},
            status=value.status,
        )
    stores.incidents.record(value.id, datetime.now(UTC), "followed", who.name, who.person)
    stores.audit.record("incident.follow", "incident", value.id)
    return value
