"""Changing incidents: edited from a version, moved, and led one step on."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.errors import StaleVersion
from layers.incidents import Incident, IncidentEvent
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition, StaleCopy
from service.indexes.ground import Ground
from service.indexes.locate import to_storage
from service.schemas.incidents import EventIn, IncidentPatch, incident_json
from service.use_cases.incidents.assignment import (
    accused_of,
    assigned,
    chain_of,
    check_time,
    holders_of,
    located,
    settle,
    summary,
)

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
    require_version(old, patch.version if version is None else version)
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
    check_time(new.occurred_at, now)
    if new == old:
        return old
    moved = (new.lon, new.lat) != (old.lon, old.lat)
    again = moved or new.class_ != old.class_ or new.accuracy_m != old.accuracy_m
    if again:
        with stores.intake():
            new = _assigned(stores, ground, new)
    fields = sorted(given)
    # It may belong to somebody else from now on, outside of what the caller sees.
    with stores.intake() if again else nullcontext():
        saved = _save(stores, new)
        summaries = {"before": summary(old)} if moved else {}
        stores.incidents.record(
            saved.id,
            now,
            "moved" if moved else "edited",
            patch.actor,
            fields=fields,
            **summaries,
            after=summary(saved),
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


def _assigned(stores: Stores, ground: Ground, value: Incident) -> Incident:
    answer = located(ground, value)
    return assigned(
        value, settle(ground, holders_of(stores, ground, chain_of(answer)), answer, accused_of(value))
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


def require_version(value: Incident, version: int | None) -> None:
    """Refuse a change that was made from another version than the present one.

    Raises
    ------
    StaleCopy
        It was changed since; carries the current copy.
    """
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
