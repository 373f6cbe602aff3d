"""How the incidents of a district stand: one case as a whole, the key-supervision list, the indicators."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from geo.errors import N_
from layers.cases import COUNTED, Part
from layers.stores import Stores
from service.errors import InvalidInput
from service.rules.life import STEPS
from service.rules.limits import CaseRules
from service.schemas.cases import RulesIn, action_json, clock_json, request_json
from service.schemas.incidents import incident_json
from service.use_cases.incidents.colours import owner_json
from service.use_cases.incidents.timing import clock_in_force, recompute, rules_of

PATH = "/api/v1/incidents/indicators"


def case_json(stores: Stores, identifier: UUID) -> dict[str, Any]:
    """Return how an incident stands: its owner, steps, colours, clock, actions and requests."""
    value = stores.incidents.get(identifier)
    events = stores.incidents.events(identifier)
    clock = clock_in_force(stores, value, events, rules_of(stores), stores.districts.current().timezone)
    heard = stores.outreach.of_incident(value.id)
    with stores.intake():
        merged = stores.cases.merged_into(value.id)
        reporters, _ = stores.contacts.reporters([value.id, *merged])
    return {
        "id": str(value.id),
        "version": value.version,
        "status": value.status,
        "possible": list(STEPS.get(value.status, ())),
        "colour": value.colour,
        "owner": owner_json(value),
        "responsible": None if value.responsible is None else str(value.responsible),
        "colours": [
            {"at": one.at.isoformat(), "actor": one.actor, **one.body}
            for one in events
            if one.kind == "colour"
        ],
        "clock": None if clock is None else clock_json(clock),
        "actions": [action_json(one) for one in stores.cases.actions(identifier)],
        "requests": [request_json(one) for one in stores.cases.requests(identifier)],
        "reporters": reporters,
        "merged_into": None if value.merged_into is None else str(value.merged_into),
        "merged": [str(one) for one in merged],
        "outreach": None if heard is None else str(heard),
    }


def key_supervision(stores: Stores, limit: int, cursor: str | None) -> dict[str, Any]:
    """Return a page of the county's list: each red incident with the person who answers for it."""
    page = stores.cases.key_supervision(limit, cursor)
    with stores.settling():
        names = stores.cases.names({one.named for one in page.items if one.named is not None})
    items = [
        {
            **incident_json(one),
            "named": None if one.named is None else {"id": str(one.named), "name": names.get(one.named, "")},
            "due_at": None if one.due_at is None else one.due_at.isoformat(),
        }
        for one in page.items
    ]
    return {"items": items, "cursor": page.cursor}


def set_rules(stores: Stores, given: RulesIn, by: str, at: datetime) -> dict[str, Any]:
    """Store the rules of the district, and compute every clock anew from its log."""
    body = CaseRules.of(given.model_dump(mode="json")).to_json()
    version = stores.cases.set_rules(body, by, at)
    changed = recompute(stores)
    stores.audit.record("incident-rules.set", "district", stores.district, version=version, clocks=changed)
    return {**body, "version": version, "recomputed": changed}


def rules_json(stores: Stores) -> dict[str, Any]:
    """Return the rules of the district."""
    known = stores.cases.rules()
    return {**rules_of(stores).to_json(), "version": 0 if known is None else known[0], "recomputed": 0}


def indicators(stores: Stores, begin: datetime, end: datetime, part: Part) -> dict[str, Any]:
    """Return the numbers of a period and their rates, each with a link to its rows."""
    require_period(begin, end)
    counts = stores.cases.counts(begin, end, part)
    given = {
        "from": begin.isoformat(), "to": end.isoformat(), "district": stores.district,
        "unit": part.unit, "channel": part.channel, "class": part.class_,
    }  # fmt: skip
    asked = urlencode({name: value for name, value in given.items() if value is not None})
    whole = counts["due"] - counts["suspended"]
    return {
        "from": begin.isoformat(),
        "to": end.isoformat(),
        "counts": {name: {"count": counts[name], "rows": f"{PATH}/{name}?{asked}"} for name in COUNTED},
        "closure_rate": _percent(counts["closed"], whole),
        "on_time_rate": _percent(counts["on_time"], whole),
    }


def counted(
    stores: Stores, name: str, begin: datetime, end: datetime, part: Part, limit: int, cursor: str | None
) -> dict[str, Any]:
    """Return a page of the incidents behind a number."""
    require_period(begin, end)
    page = stores.cases.counted(name, begin, end, part, limit, cursor)
    return {"items": [incident_json(one) for one in page.items], "cursor": page.cursor}


def require_period(begin: datetime, end: datetime) -> None:
    """Refuse a period that is none.

    Raises
    ------
    InvalidInput
        It ends before it begins.
    """
    if end <= begin:
        raise InvalidInput(
            N_("The period ends before it begins."),
            mend=N_("Give from before to; to itself does not belong to the period."),
            where={"parameter": "to"},
        )


def _percent(part: int, whole: int) -> float | None:
    return None if whole <= 0 else round(100.0 * part / whole, 2)
