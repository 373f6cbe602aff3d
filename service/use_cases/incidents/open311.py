"""Incidents as Open311 GeoReport v2 has them: services are classes, and whoever reports sees their own."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.errors import NotFound
from layers.incident_filter import IncidentFilter
from layers.incident_tables import SETTLED
from layers.incidents import Incident
from layers.stores import Stores
from service.errors import InvalidInput
from service.schemas.contacts import ContactIn
from service.schemas.incidents import IncidentIn
from service.use_cases.incidents.timing import rules_of

CHANNEL = "open311"
USUAL_DAYS = 90
"""So far back requests are listed where no dates are given."""
MOST_PAGE = 200
MOST_PAGES = 50
_TITLE = 80
USUAL = {
    "waste": N_("Waste"),
    "road": N_("Roads"),
    "lamp": N_("Street lamps"),
    "water": N_("Water supply"),
    "power": N_("Power supply"),
    "snow": N_("Snow and ice"),
    "flood": N_("Flooding"),
    "fire": N_("Danger of fire"),
    "other": N_("Something else"),
}
"""Services of districts that name none."""


def services(stores: Stores, translate: Callable[[str], str]) -> dict[str, str]:
    """Return the names of the services, by class."""
    return dict(rules_of(stores).services) or {code: translate(name) for code, name in USUAL.items()}


def service_json(code: str, name: str) -> dict[str, Any]:
    """Return a service as readers see it; none asks for more than the request itself."""
    return {
        "service_code": code,
        "service_name": name,
        "description": name,
        "metadata": False,
        "type": "realtime",
        "keywords": code,
        "group": "",
    }


def require_service(known: Mapping[str, str], code: str) -> str:
    """Return the name of a service.

    Raises
    ------
    NotFound
        There is no such service.
    """
    if code not in known:
        raise NotFound(
            N_("There is no service {code}."),
            mend=N_("List the services; it has one of their codes."),
            where={"parameter": "service_code"},
            code=code[:64],
        )
    return known[code]


def report_of(given: Mapping[str, str], known: Mapping[str, str]) -> IncidentIn:
    """Return a request as a report.

    Raises
    ------
    InvalidInput
        A value is missing or is none of its kind.
    NotFound
        There is no such service.
    """
    code = _needed(given, "service_code")
    name = require_service(known, code)
    extra = sorted(one for one in given if one.startswith("attribute"))
    if extra:
        raise InvalidInput(
            N_("Service {code} has no attribute {attribute}."),
            mend=N_("Leave it out."),
            where={"parameter": extra[0][:64]},
            code=code,
            attribute=extra[0][:64],
        )
    lon, lat = (_number(given, one) for one in ("long", "lat"))
    words = [given.get("description", "").strip()]
    words += [given[one].strip() for one in ("address_string", "media_url") if given.get(one, "").strip()]
    text = "\n".join(one for one in words if one)
    contact = {
        "name": " ".join(given[one] for one in ("first_name", "last_name") if given.get(one)),
        "phone": given.get("phone", ""),
        "email": given.get("email", ""),
    }
    return IncidentIn.model_validate(
        {
            "channel": CHANNEL,
            "class": code,
            "title": (words[0].splitlines() or [name])[0][:_TITLE] or name,
            "description": text,
            "lon": lon,
            "lat": lat,
            "contact": ContactIn.model_validate(contact) if any(contact.values()) else None,
        }
    )


def _needed(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "").strip()
    if not text:
        raise InvalidInput(
            N_("{name} is needed."),
            mend=N_("Send it as a field of the form."),
            where={"parameter": name},
            name=name,
        )
    return text


def _number(given: Mapping[str, str], name: str) -> float:
    try:
        return float(_needed(given, name))
    except ValueError:
        raise InvalidInput(
            N_("{name} is no number."),
            mend=N_("Send degrees of WGS 84, such as 46.25."),
            where={"parameter": name},
            name=name,
        ) from None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for: the person's own, of all where access is open."""

    person: UUID | None
    ids: Collection[UUID] | None = None
    service: str | None = None
    status: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    page: int = 1
    size: int = 50


def requests(stores: Stores, wanted: Wanted, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a page of requests, the newest first; of who reported they say nothing."""
    only = IncidentFilter(channel=CHANNEL, reporter=wanted.person, among=wanted.ids)
    if wanted.ids is None:
        usual = (wanted.end or datetime.now(UTC)) - timedelta(days=USUAL_DAYS)
        only = replace(
            only,
            class_=wanted.service,
            settled=None if wanted.status is None else wanted.status == "closed",
            received_from=wanted.start or usual,
            received_to=wanted.end,
        )
    with stores.intake():
        found: tuple[Incident, ...] = ()
        cursor = None
        for number in range(min(wanted.page, MOST_PAGES)):
            page = stores.incidents.page(only, limit=wanted.size, cursor=cursor)
            found, cursor = tuple(page.items), page.cursor
            if cursor is None:
                found = found if number + 1 == wanted.page else ()
                break
        into = stores.incidents.get_all({one.merged_into for one in found if one.merged_into is not None})
        shown = [one if one.merged_into is None else into[one.merged_into] for one in found]
        logs = stores.incidents.logs([one.id for one in shown])
    return [
        _request_json(one, other, max((each.at for each in logs[other.id]), default=other.received_at), names)
        for one, other in zip(found, shown, strict=True)
    ]


def _request_json(
    value: Incident, other: Incident, changed: datetime, names: Mapping[str, str]
) -> dict[str, Any]:
    """Return a request; what became of one that was merged is what became of the other."""
    unit = value.assignment.get("unit") or {}
    return {
        "service_request_id": str(value.id),
        "status": "closed" if other.status in SETTLED else "open",
        "status_notes": other.status,
        "service_name": names.get(value.class_, value.class_),
        "service_code": value.class_,
        "description": value.title,
        "agency_responsible": unit.get("name") or unit.get("code"),
        "service_notice": None,
        "requested_datetime": _text(value.received_at),
        "updated_datetime": _text(changed),
        "expected_datetime": None if other.due_at is None else _text(other.due_at),
        "address": None,
        "address_id": None,
        "zipcode": None,
        "lat": value.raw_lat,
        "long": value.raw_lon,
        "media_url": None,
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
