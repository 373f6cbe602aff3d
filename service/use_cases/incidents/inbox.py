"""The inbox: incidents of all channels in one list, each with how its clock stands."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.area import units_coded
from layers.incident_filter import SOON, IncidentFilter
from layers.incident_tables import SETTLED, WAITING
from layers.incidents import Incident
from layers.stores import Stores
from service.errors import InvalidInput
from service.rules.limits import CaseRules
from service.schemas.incidents import incident_json
from service.use_cases.incidents.timing import rules_of

CHANNELS = {
    "web": N_("Web form"),
    "phone": N_("Phone"),
    "hotline": N_("Hotline"),
    "visit": N_("Visit"),
    "meeting": N_("Meeting"),
    "field": N_("Patrol"),
    "open311": N_("Open311"),
    "csv": N_("Table"),
}
"""The channels that every district has; the platforms of others are in its rules."""


def inbox(
    stores: Stores, only: IncidentFilter, limit: int, cursor: str | None, now: datetime
) -> dict[str, Any]:
    """Return a page of the inbox, the newest first."""
    page = stores.incidents.page(only, limit=limit, cursor=cursor)
    rules, zone = rules_of(stores), stores.districts.current().timezone
    items = [{**incident_json(one), "clock": standing(one, rules, zone, now)} for one in page.items]
    return {"items": items, "cursor": page.cursor}


def standing(value: Incident, rules: CaseRules, zone: str, now: datetime) -> dict[str, Any]:
    """Return how the clock of an incident stands.

    ``left_s`` are the seconds of working time that are left, below zero of what is overdue.
    """
    state = _state(value, now)
    left = None
    if state in ("running", "soon", "overdue") and value.due_at is not None:
        calendar = rules.calendar_of(rules.limit(value.class_, value.colour), zone)
        gone = calendar.worked(value.due_at, now)
        left = -gone if gone else calendar.worked(now, value.due_at)
    return {
        "state": state,
        "filed_at": _text(value.filed_at),
        "due_at": _text(value.due_at),
        "closed_at": _text(value.closed_at),
        "left_s": None if left is None else round(left / timedelta(seconds=1)),
    }


def _state(value: Incident, now: datetime) -> str:
    """Return one of :data:`layers.incident_filter.CLOCKS`, or ``settled`` where no time was measured."""
    if value.status == "closed" and value.on_time is not None:
        return "on-time" if value.on_time else "late"
    if value.status in SETTLED:
        return "settled"
    if value.filed_at is None or value.due_at is None:
        return "unfiled"
    if value.status in WAITING:
        return "waiting"
    if value.due_at <= now:
        return "overdue"
    return "soon" if value.due_at <= now + SOON else "running"


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def units_named(stores: Stores, unit: str) -> frozenset[UUID]:
    """Return the units that a parameter names by id or by code.

    Raises
    ------
    InvalidInput
        There is no unit of the code today.
    """
    try:
        return frozenset({UUID(unit)})
    except ValueError:
        found = units_coded(stores.session, stores.district, unit)
    if not found:
        raise InvalidInput(
            N_("There is no unit {unit} today."),
            mend=N_("Give the code or the id of a unit."),
            where={"parameter": "unit"},
            unit=unit,
        )
    return found


def channels_json(stores: Stores, translate: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return the channels with their names, and how many incidents of each are open and in all."""
    names = {code: translate(name) for code, name in CHANNELS.items()}
    names |= rules_of(stores).platforms
    counted = stores.incidents.by_channel()
    codes = [*names, *sorted(counted.keys() - names.keys())]
    return [
        {
            "code": code,
            "name": names.get(code, code),
            "open": counted.get(code, (0, 0))[1],
            "incidents": counted.get(code, (0, 0))[0],
        }
        for code in codes
    ]
