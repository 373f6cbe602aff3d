"""Incidents from the field: reported once by the client's id, edited from the version the client had."""

import hashlib
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from geo.errors import WardlineError
from layers.errors import Conflict, NotFound
from layers.field_files import Photo
from layers.field_incidents import REPORT, FieldIncident
from layers.field_tables import RELEASED
from layers.incidents import Incident
from layers.stores import Stores
from service.errors import StaleCopy
from service.readers import strict_json
from service.readers.field_faults import Fault, canonical
from service.schemas.field import FieldIncident as FieldIncidentIn
from service.schemas.incidents import IncidentIn, IncidentPatch, incident_json
from service.use_cases.field.judged import Judged, Sender, Work
from service.use_cases.field.visits import ref_of, time_fault

CHANNEL = "field"
_EARLY = ("incident-unknown", "version-ahead")
"""Why an edit waits for what was done before it; it is tried again when that has come."""


def store_incidents(stores: Stores, sender: Sender, items: Sequence[Any], work: Work) -> list[Judged]:
    """Store reports and edits of incidents; return the verdicts, one for each item.

    Reports go first and edits in the order of their versions, however they are sent; what came too early
    before is tried again.
    """
    read = [_read(item) for item in items]
    judged: dict[int, Judged] = {}
    order = sorted(range(len(items)), key=lambda k: _version(read[k]))
    while True:
        refs = set()
        for place in order:
            if place in judged and not _is_early(judged[place]):
                continue
            one = read[place]
            if isinstance(one, Fault):
                judged[place] = Judged.quarantined("incident", ref_of(items[place]), one, items[place])
                continue
            judged[place] = _judge(stores, sender, one, items[place], work)
            if judged[place].verdict == "created":
                refs.add(str(one.id))
        # What waits may open the way for what came in this batch, and the other way round.
        progress = [_retry(stores, sender, ref, work) for ref in sorted(refs)]
        if not any(progress):
            return [judged[place] for place in range(len(items))]


def _is_early(judged: Judged) -> bool:
    return judged.fault is not None and judged.fault.reason in _EARLY


def _version(read: FieldIncidentIn | Fault) -> int:
    return REPORT if isinstance(read, Fault) else read.version or REPORT


def _read(item: Any) -> FieldIncidentIn | Fault:
    if not isinstance(item, dict):
        return Fault.of("not-an-object")
    try:
        strict_json.check(item)
        return FieldIncidentIn.model_validate(item)
    except WardlineError as error:
        return Fault.from_refusal(error)
    except ValidationError as error:
        return Fault.from_validation(error.errors())


def _judge(stores: Stores, sender: Sender, value: FieldIncidentIn, raw: Any, work: Work) -> Judged:
    ref = str(value.id)
    report = stores.field_incidents.report(value.id)
    if report is not None and report.person != sender.person:
        return Judged.quarantined("incident", ref, Fault.of("id-taken"), raw)
    digest = hashlib.sha256(canonical(value.model_dump(mode="json")).encode()).hexdigest()
    known = stores.field_incidents.get(value.id, value.version or REPORT, digest)
    if known is not None:
        return Judged("incident", ref, "duplicate", extra={"incident": str(known.incident)})
    if value.version is None:
        if report is not None:
            return Judged.quarantined("incident", ref, Fault.of("content-differs"), raw)
        found = _report(stores, sender, value, digest, work)
    elif report is None:
        return Judged.quarantined("incident", ref, Fault.of("incident-unknown"), raw)
    else:
        found = _edit(stores, sender, value, digest, report, work)
    if isinstance(found, Fault):
        return Judged.quarantined("incident", ref, found, raw, **_current(stores, found, report))
    return Judged("incident", ref, "created", extra={"incident": str(found.id), "version": found.version})


def _report(
    stores: Stores, sender: Sender, value: FieldIncidentIn, digest: str, work: Work
) -> Incident | Fault:
    fault = time_fault(value.occurred_at, sender.received_at)
    if fault is not None:
        return fault
    title = value.title or value.description.strip()[:200] or value.class_
    report = IncidentIn(
        channel=CHANNEL,
        external_id=str(value.id),
        title=title,
        actor="reporter",
        **value.model_dump(by_alias=True, exclude={"id", "title", "photos", "version"}),
    )
    try:
        with stores.session.begin_nested():
            stored, new = work.receive(stores, report)
            if not new:
                # Sent by somebody whose entries this sender does not see.
                return Fault.of("id-taken")
            _keep(stores, sender, value, digest, stored)
            return stored
    except Conflict:
        return Fault.of("id-taken")
    except WardlineError as error:
        return Fault.from_refusal(error)


def _edit(
    stores: Stores,
    sender: Sender,
    value: FieldIncidentIn,
    digest: str,
    report: FieldIncident,
    work: Work,
) -> Incident | Fault:
    version = value.version or REPORT
    try:
        present = stores.incidents.get(report.incident)
    except NotFound:
        return Fault.of("gone")
    if version > present.version:
        return Fault.of("version-ahead", version=version, present=present.version)
    members = value.model_dump(by_alias=True, exclude={"id", "title", "photos", "version"})
    title = value.title or present.title
    try:
        with stores.session.begin_nested():
            patch = IncidentPatch(title=title, actor="reporter", **members)
            stored = work.change(stores, report.incident, patch, version)
            _keep(stores, sender, value, digest, stored)
            return stored
    except StaleCopy:
        return Fault.of("stale-version", version=version, present=present.version)
    except NotFound:
        return Fault.of("gone")
    except WardlineError as error:
        return Fault.from_refusal(error)


def _current(stores: Stores, fault: Fault, report: FieldIncident | None) -> dict[str, Any]:
    """Return the current copy, for the device whose edit is stale."""
    if fault.reason != "stale-version" or report is None:
        return {}
    present = stores.incidents.get(report.incident)
    return {"incident": str(present.id), "version": present.version, "current": incident_json(present)}


def _keep(stores: Stores, sender: Sender, value: FieldIncidentIn, digest: str, stored: Incident) -> None:
    stores.field_incidents.add(
        FieldIncident(
            id=value.id,
            version=value.version or REPORT,
            device=sender.device,
            person=sender.person,
            incident=stored.id,
            digest=digest,
            received_at=sender.received_at,
            batch=sender.batch,
        )
    )
    photos = [
        Photo("incident", stored.id, sha256, sender.device, sender.person)
        for sha256 in dict.fromkeys(value.photos)
    ]
    stores.field_files.name(photos, sender.received_at)


def _retry(stores: Stores, sender: Sender, ref: str, work: Work) -> bool:
    """Try again the edits of an incident that came too early before; return whether any went further."""
    moved = False
    while True:
        waiting = stores.quarantine.waiting(sender.person, "incident", ref, _EARLY)
        progress = False
        for item in sorted(waiting, key=lambda one: _version(_read(one.value()))):
            value = _read(item.value())
            if isinstance(value, Fault):
                continue
            if _judge(stores, sender, value, item.value(), work).verdict != "quarantined":
                stores.quarantine.settle(item.id, RELEASED, at=sender.received_at, by="system")
                moved = progress = True
        if not progress:
            return moved
