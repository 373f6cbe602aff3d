"""Incidents: taken in, assigned by location, moved, and led through the first steps of their life."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_, WardlineError
from layers.errors import NotFound, StaleVersion
from layers.ids import new_id
from layers.incidents import Incident, IncidentEvent
from layers.representatives import Responsible
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition, StaleCopy
from service.indexes.duty import NOBODY, Accused, Holders, impartial
from service.indexes.ground import Ground
from service.indexes.locate import Answer, locate, to_storage
from service.schemas.incidents import EventIn, IncidentIn, IncidentPatch, incident_json

STEPS: Mapping[str, tuple[str, ...]] = {
    "received": ("accepted",),
    "accepted": ("handling",),
    "filed": ("handling",),
    "dispatched": ("handling",),
    "handling": ("done",),
    "done": ("closed", "handling"),
    "verified": ("closed",),
}
"""The steps that may follow each status; a status that is not listed has none."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """To whom a place belongs: ids to store, and ``body`` with the names as they were at the time."""

    unit: UUID
    representative: UUID | None
    segment: UUID | None
    measure_m: float | None
    body: Mapping[str, Any]


def holders_of(stores: Stores, ground: Ground) -> Holders:
    """Return who answers for units on the day of the ground, one query for each question."""
    return lambda chain: stores.representatives.responsible_for(chain, ground.day)


def all_holders(stores: Stores, ground: Ground) -> Holders:
    """Return who answers for units on the day of the ground, all read at once for bulk assignment."""
    known = stores.representatives.holders(ground.day)

    def nearest(chain: Sequence[UUID]) -> Sequence[Responsible]:
        return next((known[unit] for unit in chain if unit in known), ())

    return nearest


def assign(
    ground: Ground,
    holders: Holders,
    lon: float,
    lat: float,
    *,
    class_: str | None = None,
    accuracy_m: float | None = None,
    accused: Accused = NOBODY,
) -> Assignment:
    """Return to whom a place in lon, lat degrees belongs, by the rules of :mod:`service.indexes.locate`.

    Whoever is complained about is passed over: the next one above answers.

    Raises
    ------
    OutsideDistrict
        No unit owns it.
    """
    answer = locate(ground, lon, lat, accuracy_m=accuracy_m, class_=class_)
    chain = [one.id for one in answer.chain]
    if answer.rule == "overlay":
        chain.insert(0, answer.unit.id)
    person = impartial(holders, chain, accused)
    segment = answer.segment
    return Assignment(
        answer.unit.id,
        None if person is None else person.representative.id,
        None if segment is None else ground.border.segments[segment.position].id,
        None if segment is None else segment.measure_m,
        {**answer.to_json(), "representative": _person_json(answer, person), "as_of": ground.day.isoformat()},
    )


def _person_json(answer: Answer, person: Responsible | None) -> dict[str, Any] | None:
    if person is None:
        return None
    units = {one.id: one.code for one in (answer.unit, *answer.chain)}
    return {
        "code": person.representative.code,
        "name": person.representative.name,
        "unit": units[person.unit],
        "role": person.role,
    }


def receive(
    stores: Stores, ground: Ground, report: IncidentIn, *, allow_inverse: bool = False
) -> tuple[Incident, bool]:
    """Take in an incident and assign it; return it and whether it is new.

    The same channel and external id with the same content is the same incident.

    Raises
    ------
    OutsideDistrict
        No unit owns the place.
    DatumNotAllowed
        The datum's inverse is switched off.
    Conflict
        The channel used the external id for another content.
    """
    now = datetime.now(UTC)
    lon, lat = to_storage(report.lon, report.lat, report.datum, allowed=allow_inverse, reason="incident")
    occurred = report.occurred_at or now
    _check_time(occurred, now)
    accused = _accused(stores, ground, report)
    value = Incident(
        id=new_id(),
        channel=report.channel,
        external_id=report.external_id,
        class_=report.class_,
        title=report.title,
        description=report.description,
        lon=lon,
        lat=lat,
        raw_lon=report.lon,
        raw_lat=report.lat,
        datum=report.datum,
        accuracy_m=report.accuracy_m,
        occurred_at=occurred,
        received_at=now,
        about_representative=accused.representative,
        about_unit=accused.unit,
    )
    # Whoever reports may neither look up who answers for a place nor read what others reported.
    with stores.intake():
        value = _assigned(value, _assign_value(stores, ground, value))
        stored, new = stores.incidents.create(value)
        if new:
            stores.incidents.record(
                stored.id, now, "received", report.actor, channel=report.channel, assignment=_summary(stored)
            )
    if new:
        stores.audit.record("incident.create", "incident", stored.id, channel=report.channel)
    return stored, new


def change(
    stores: Stores,
    ground: Ground,
    identifier: UUID,
    patch: IncidentPatch,
    *,
    version: int | None = None,
    allow_inverse: bool = False,
) -> Incident:
    """Change an incident; a moved pin or another class assigns it again and the log says so.

    Raises
    ------
    NotFound
        The district has no such incident.
    StaleCopy
        It was changed since ``version``; carries the current copy.
    OutsideDistrict
        No unit owns the new place.
    """
    old = stores.incidents.get(identifier)
    _require_version(old, patch.version if version is None else version)
    given = patch.model_dump(exclude_unset=True, exclude={"version", "actor"})
    unset = [name for name, value in given.items() if value is None and name != "accuracy_m"]
    if unset:
        raise InvalidInput(
            N_("{pointer} cannot be empty."),
            mend=N_("Leave it out to keep it as it is."),
            where={"pointer": f"/{unset[0]}"},
            pointer=f"/{unset[0]}",
        )
    new = replace(
        old, **{name: value for name, value in given.items() if name not in ("lon", "lat", "datum")}
    )
    if given.keys() & {"lon", "lat", "datum"}:
        new = _moved(new, given, allow_inverse=allow_inverse)
    now = datetime.now(UTC)
    _check_time(new.occurred_at, now)
    if new == old:
        return old
    moved = (new.lon, new.lat) != (old.lon, old.lat)
    again = moved or new.class_ != old.class_ or new.accuracy_m != old.accuracy_m
    if again:
        with stores.intake():
            new = _assigned(new, _assign_value(stores, ground, new))
    fields = sorted(given)
    # It may belong to somebody else from now on, outside of what the caller sees.
    with stores.intake() if again else nullcontext():
        saved = _save(stores, new)
        summaries = {"before": _summary(old)} if moved else {}
        stores.incidents.record(
            saved.id,
            now,
            "moved" if moved else "edited",
            patch.actor,
            fields=fields,
            **summaries,
            after=_summary(saved),
        )
    stores.audit.record("incident.edit", "incident", saved.id, fields=fields, version=saved.version)
    return saved


def add_event(
    stores: Stores, identifier: UUID, event: EventIn, *, version: int | None = None
) -> tuple[Incident, IncidentEvent]:
    """Add a comment to an incident, or lead it one step on.

    Raises
    ------
    NotFound
        The district has no such incident.
    InvalidTransition
        Its status does not allow the step; names those it allows.
    InvalidInput
        A comment without text, or a step without a status.
    StaleCopy
        It was changed since ``version``; carries the current copy.
    """
    value = stores.incidents.get(identifier)
    _require_version(value, version)
    now = datetime.now(UTC)
    if event.kind == "comment":
        if not event.text.strip() or event.status is not None:
            raise InvalidInput(
                N_("A comment needs a text and no status."),
                mend=N_("Send text, or kind status to change the status."),
                where={"pointer": "/text"},
            )
        stores.audit.record("incident.comment", "incident", value.id)
        return value, stores.incidents.record(value.id, now, "comment", event.actor, text=event.text)
    if event.status is None:
        raise InvalidInput(
            N_("An event of kind status needs a status."),
            mend=N_("Send the status, one of: {known}."),
            where={"pointer": "/status"},
            known=", ".join(STEPS.get(value.status, ())) or "–",
        )
    if event.status not in STEPS.get(value.status, ()):
        raise InvalidTransition(
            N_("An incident that is {status} cannot become {wanted}; it can become: {known}."),
            mend=N_("Take the next step first."),
            where={"pointer": "/status"},
            extra={"current": incident_json(value)},
            status=value.status,
            wanted=event.status,
            known=", ".join(STEPS.get(value.status, ())) or "–",
        )
    saved = _save(stores, replace(value, status=event.status))
    log = stores.incidents.record(
        value.id, now, "status", event.actor, before=value.status, after=event.status, text=event.text
    )
    stores.audit.record("incident.status", "incident", value.id, before=value.status, after=event.status)
    return saved, log


def _assign_value(stores: Stores, ground: Ground, value: Incident) -> Assignment:
    try:
        return assign(
            ground,
            holders_of(stores, ground),
            value.lon,
            value.lat,
            class_=value.class_,
            accuracy_m=value.accuracy_m,
            accused=Accused(value.about_representative, value.about_unit),
        )
    except WardlineError as error:
        # The place is a part of the body here, not a parameter of the address.
        if error.where.get("parameter") in ("lon", "lat", "lon,lat"):
            error.where = {"pointer": "/lon"}
        raise


def _accused(stores: Stores, ground: Ground, report: IncidentIn) -> Accused:
    """Return whom a report complains about."""
    about = report.about
    if about is None:
        return NOBODY
    place = "/about/representative"
    try:
        code = about.representative
        person = None if code is None else stores.representatives.by_code(code).id
        place = "/about/unit"
        layer = next(iter(ground.partitions))
        unit = None if about.unit is None else stores.grids.unit_by_code(layer, about.unit, ground.day).id
    except NotFound as error:
        raise InvalidInput(
            error.message, mend=error.mend, where={"pointer": place}, **error.params
        ) from error
    return Accused(person, unit)


def _assigned(value: Incident, found: Assignment) -> Incident:
    return replace(
        value,
        unit=found.unit,
        representative=found.representative,
        segment=found.segment,
        measure_m=found.measure_m,
        assignment=found.body,
    )


def _moved(value: Incident, given: Mapping[str, Any], *, allow_inverse: bool) -> Incident:
    if not {"lon", "lat"} <= given.keys():
        raise InvalidInput(
            N_("A moved pin needs both lon and lat."),
            mend=N_("Send the two together, with their datum if it is not wgs84."),
            where={"pointer": "/lat" if "lon" in given else "/lon"},
        )
    datum = str(given.get("datum", "wgs84"))
    lon, lat = to_storage(given["lon"], given["lat"], datum, allowed=allow_inverse, reason="moved pin")
    return replace(value, lon=lon, lat=lat, raw_lon=given["lon"], raw_lat=given["lat"], datum=datum)


def _save(stores: Stores, value: Incident) -> Incident:
    try:
        return stores.incidents.save(value)
    except StaleVersion:
        raise _stale(stores.incidents.get(value.id)) from None


def _require_version(value: Incident, version: int | None) -> None:
    if version is not None and version != value.version:
        raise _stale(value)


def _stale(present: Incident) -> StaleCopy:
    return StaleCopy(
        N_("The incident was changed since it was read: it is at version {version}."),
        mend=N_("Look at the current copy in this answer and repeat the change on it."),
        where={"header": "If-Match"},
        extra={"current": incident_json(present)},
        version=present.version,
    )


def _check_time(occurred: datetime, now: datetime) -> None:
    """Refuse an incident of the future, by more than a wrong clock, or from before there were any."""
    if occurred.year < 1949 or (occurred - now).total_seconds() > 86_400:
        raise InvalidInput(
            N_("An incident cannot have occurred at {time}."),
            mend=N_("Give a time from 1949 up to now, with its offset from UTC."),
            where={"pointer": "/occurred_at"},
            time=occurred.isoformat(),
        )


def _summary(value: Incident) -> dict[str, Any]:
    """Return what the log keeps of an assignment: codes, and the place."""
    assigned = value.assignment
    return {
        "lon": value.lon,
        "lat": value.lat,
        "class": value.class_,
        "unit": (assigned.get("unit") or {}).get("code"),
        "representative": (assigned.get("representative") or {}).get("code"),
        "segment": (assigned.get("segment") or {}).get("code"),
        "measure_m": (assigned.get("segment") or {}).get("measure_m"),
    }
