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
from service.use_cases.incidents.open311_attributes import (
    Answers,
    Definitions,
    checked_answers,
    media_address,
)
from service.use_cases.incidents.timing import rules_of

CHANNEL = "open311"
USUAL_DAYS = 90
"""So far back requests are listed where no dates are given."""
MOST_PAGE = 200
MOST_PAGES = 50
_TITLE = 80
_DESCRIPTION = 4000
FORM = "form"
"""The kind of the entry in an incident's log that has what its form told."""
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


@dataclass(frozen=True, slots=True)
class Service:
    """What may be reported: its name, and what it asks for besides the request itself."""

    name: str
    asked: Definitions = ()


def services(stores: Stores, translate: Callable[[str], str]) -> dict[str, Service]:
    """Return the services, by class."""
    rules = rules_of(stores)
    names = dict(rules.services) or {code: translate(name) for code, name in USUAL.items()}
    return {code: Service(name, rules.attributes.get(code, ())) for code, name in names.items()}


def service_json(code: str, service: Service) -> dict[str, Any]:
    """Return a service as readers see it."""
    return {
        "service_code": code,
        "service_name": service.name,
        "description": service.name,
        "metadata": bool(service.asked),
        "type": "realtime",
        "keywords": code,
        "group": "",
    }


def require_service(known: Mapping[str, Service], code: str) -> Service:
    """Return a service.

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


def report_of(
    given: Mapping[str, str], answers: Answers, known: Mapping[str, Service]
) -> tuple[IncidentIn, dict[str, Any]]:
    """Return a request as a report, and what its form told, for who sent it.

    Raises
    ------
    InvalidInput
        A value is missing or is none of its kind.
    NotFound
        There is no such service.
    """
    code = _needed(given, "service_code")
    service = require_service(known, code)
    told: dict[str, Any] = {
        "description": given.get("description", "").strip(),
        "address": given.get("address_string", "").strip() or None,
        "media_url": media_address(given.get("media_url", "")),
        "attributes": checked_answers(code, service.asked, answers),
    }
    if len(told["description"]) > _DESCRIPTION:
        raise InvalidInput(
            N_("{name} has more than {most} characters."),
            mend=N_("Send less text."),
            where={"parameter": "description"},
            name="description",
            most=_DESCRIPTION,
        )
    lon, lat = (_number(given, one) for one in ("long", "lat"))
    words = [told["description"], *(_line(one) for one in told["attributes"])]
    text = "\n".join(one for one in (*words, told["address"], told["media_url"]) if one)
    contact = {
        "name": " ".join(given[one] for one in ("first_name", "last_name") if given.get(one)),
        "phone": given.get("phone", ""),
        "email": given.get("email", ""),
    }
    report = IncidentIn.model_validate(
        {
            "channel": CHANNEL,
            "class": code,
            "title": (words[0].splitlines() or [service.name])[0][:_TITLE] or service.name,
            "description": text,
            "lon": lon,
            "lat": lat,
            "contact": ContactIn.model_validate(contact) if any(contact.values()) else None,
        }
    )
    return report, told


def _line(answer: Mapping[str, Any]) -> str:
    return f"{answer['description']}: {', '.join(one['name'] for one in answer['values'])}"


def keep_form(stores: Stores, value: Incident, told: Mapping[str, Any]) -> None:
    """Keep what the form of a request told as it came: later edits are the words of staff."""
    stores.incidents.record(value.id, value.received_at, FORM, "reporter", None, **told)


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
    """Which requests are asked for: the person's own, of all where access is open.

    ``extended`` ones tell the answers to what their services ask for as well.
    """

    person: UUID | None
    ids: Collection[UUID] | None = None
    services: Collection[str] | None = None
    status: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    page: int = 1
    size: int = 50
    extended: bool = False


def requests(stores: Stores, wanted: Wanted, known: Mapping[str, Service]) -> list[dict[str, Any]]:
    """Return a page of requests, the newest first; of who reported they say nothing."""
    only = IncidentFilter(channel=CHANNEL, reporter=wanted.person, among=wanted.ids)
    if wanted.ids is None:
        usual = (wanted.end or datetime.now(UTC)) - timedelta(days=USUAL_DAYS)
        only = replace(
            only,
            classes=wanted.services,
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
        logs = stores.incidents.logs(list({one.id for one in (*found, *shown)}))
    told = []
    for one, other in zip(found, shown, strict=True):
        changed = max((each.at for each in logs[other.id]), default=other.received_at)
        form = next((each.body for each in logs[one.id] if each.kind == FORM), {})
        name = known[one.class_].name if one.class_ in known else one.class_
        more = {"extended_attributes": form.get("attributes", [])} if wanted.extended else {}
        told.append({**_request_json(one, other, changed, name, form), **more})
    return told


def _request_json(
    value: Incident, other: Incident, changed: datetime, name: str, form: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a request; what became of one that was merged is what became of the other."""
    unit = value.assignment.get("unit") or {}
    return {
        "service_request_id": str(value.id),
        "status": "closed" if other.status in SETTLED else "open",
        "status_notes": other.status,
        "service_name": name,
        "service_code": value.class_,
        "description": form.get("description") or value.title,
        "agency_responsible": unit.get("name") or unit.get("code"),
        "service_notice": None,
        "requested_datetime": _text(value.received_at),
        "updated_datetime": _text(changed),
        "expected_datetime": None if other.due_at is None else _text(other.due_at),
        "address": form.get("address"),
        "address_id": None,
        "zipcode": None,
        "lat": value.raw_lat,
        "long": value.raw_lon,
        "media_url": form.get("media_url"),
    }


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
