"""Incidents from the field: reported once by the client's id, edited from the version the client had."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from geo.errors import WardlineError
from layers.errors import Conflict, Gone, NotFound
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
from service.use_cases.field.known import CHANNEL, Known
from service.use_cases.field.visits import ref_of, time_fault

_EARLY = ("incident-unknown", "version-ahead")
"""Why an edit waits for what was done before it; it is tried again when that has come."""


@dataclass(frozen=True, slots=True)
class _Item:
    """An item that could be read: what it says, its digest, and as it was sent."""

    value: FieldIncidentIn
    digest: str
    raw: Any

    @property
    def ref(self) -> str:
        return str(self.value.id)

    @property
    def version(self) -> int:
        return self.value.version or REPORT


def store_incidents(stores: Stores, sender: Sender, items: Sequence[Any], work: Work) -> list[Judged]:
    """Store reports and edits of incidents; return the verdicts, one for each item.

    Reports go first and edits in the order of their versions, however they are sent; what came too early
    before is tried again. New reports are stored together, however many they are.
    """
    judged: dict[int, Judged] = {}
    read: dict[int, _Item] = {}
    for place, item in enumerate(items):
        one = _read(item)
        if isinstance(one, Fault):
            judged[place] = Judged.quarantined("incident", ref_of(item), one, item)
        else:
            read[place] = one
    if not read:
        return [judged[place] for place in range(len(items))]
    known = Known(stores, {one.value.id for one in read.values()})
    judged.update(_new_reports(stores, sender, read, known, work))
    fresh = {judged[place].ref for place in read if place in judged and judged[place].verdict == "created"}
    order = sorted(read, key=lambda place: read[place].version)
    while True:
        for place in order:
            if place in judged and not _is_early(judged[place]):
                continue
            judged[place] = _judge(stores, sender, read[place], known, work)
            if judged[place].verdict == "created":
                fresh.add(read[place].ref)
        # What waits may open the way for what came in this batch, and the other way round.
        if not _retry(stores, sender, fresh, known, work):
            return [judged[place] for place in range(len(items))]
        fresh = set()


def _new_reports(
    stores: Stores, sender: Sender, read: Mapping[int, _Item], known: Known, work: Work
) -> dict[int, Judged]:
    """Store the reports of incidents that nobody reported before; the first of an id is the report."""
    first: dict[UUID, int] = {}
    for place, one in read.items():
        name = one.value.id
        if one.value.version is None and known.report(name) is None and not known.is_withdrawn(name):
            first.setdefault(one.value.id, place)
    new = [read[place] for place in first.values()]
    found = _report(stores, sender, new, known, work)
    return {place: _told(one, stored) for place, one, stored in zip(first.values(), new, found, strict=True)}


def _is_early(judged: Judged) -> bool:
    return judged.fault is not None and judged.fault.reason in _EARLY


def _read(item: Any) -> _Item | Fault:
    if not isinstance(item, dict):
        return Fault.of("not-an-object")
    try:
        strict_json.check(item)
        value = FieldIncidentIn.model_validate(item)
    except WardlineError as error:
        return Fault.from_refusal(error)
    except ValidationError as error:
        return Fault.from_validation(error.errors())
    return _Item(value, hashlib.sha256(canonical(value.model_dump(mode="json")).encode()).hexdigest(), item)


def _judge(stores: Stores, sender: Sender, one: _Item, known: Known, work: Work) -> Judged:
    """Judge an item that is no report of something new."""
    if known.is_withdrawn(one.value.id):
        return _withdrawn(sender, one, known)
    report = known.report(one.value.id)
    if report is not None and report.person != sender.person:
        return _told(one, Fault.of("id-taken"))
    same = known.get(one.value.id, one.version, one.digest)
    if same is not None:
        return Judged("incident", one.ref, "duplicate", extra={"incident": str(same.incident)})
    if one.value.version is None:
        if report is not None:
            return _told(one, Fault.of("content-differs"))
        return _told(one, _report(stores, sender, [one], known, work)[0])
    if report is None:
        return _told(one, Fault.of("incident-unknown"))
    found = _edit(stores, sender, one, report, known, work)
    return _told(one, found, **(_current(stores, found, report) if isinstance(found, Fault) else {}))


def _withdrawn(sender: Sender, one: _Item, known: Known) -> Judged:
    """Judge an item of an incident that was withdrawn: what was taken before is not kept again."""
    fault = Fault.of("deleted")
    same = known.get(one.value.id, one.version, one.digest)
    if same is None or same.person != sender.person:
        return _told(one, fault)
    return Judged("incident", one.ref, "duplicate", fault, extra={"incident": str(same.incident)})


def _told(one: _Item, found: Incident | Fault, **extra: Any) -> Judged:
    if isinstance(found, Fault):
        return Judged.quarantined("incident", one.ref, found, one.raw, **extra)
    return Judged("incident", one.ref, "created", extra={"incident": str(found.id), "version": found.version})


def _report(
    stores: Stores, sender: Sender, new: Sequence[_Item], known: Known, work: Work
) -> list[Incident | Fault]:
    """Store reports, or say of each why it cannot be."""
    faults = [time_fault(one.value.occurred_at, sender.received_at) for one in new]
    good = [one for one, fault in zip(new, faults, strict=True) if fault is None]
    stored = iter(_receive(stores, sender, good, known, work))
    return [next(stored) if fault is None else fault for fault in faults]


def _receive(
    stores: Stores, sender: Sender, new: Sequence[_Item], known: Known, work: Work
) -> list[Incident | Fault]:
    """Take in reports and keep what the device calls them, all or none.

    Where the database refuses them, one may be at fault: halves are tried by themselves, down to the one.
    """
    if not new:
        return []
    try:
        with stores.session.begin_nested():
            received = work.receive(stores, [_report_of(one.value) for one in new])
            found = [_received(one) for one in received]
            entries = _keep(
                stores,
                sender,
                [
                    (one, stored)
                    for one, stored in zip(new, found, strict=True)
                    if isinstance(stored, Incident)
                ],
            )
    except WardlineError as error:
        if len(new) == 1:
            return [_fault(error)]
        middle = len(new) // 2
        halves = (new[:middle], new[middle:])
        return [one for half in halves for one in _receive(stores, sender, half, known, work)]
    for entry in entries:
        known.add(entry)
    return found


def _received(found: tuple[Incident, bool] | WardlineError) -> Incident | Fault:
    if isinstance(found, WardlineError):
        return _fault(found)
    stored, new = found
    # Sent by somebody whose entries this sender does not see.
    return stored if new else Fault.of("id-taken")


def _fault(error: WardlineError) -> Fault:
    if isinstance(error, Gone):
        return Fault.of("deleted")
    return Fault.of("id-taken") if isinstance(error, Conflict) else Fault.from_refusal(error)


def _report_of(value: FieldIncidentIn) -> IncidentIn:
    return IncidentIn(
        channel=CHANNEL,
        external_id=str(value.id),
        title=value.title or value.description.strip()[:200] or value.class_,
        actor="reporter",
        **value.model_dump(by_alias=True, exclude={"id", "title", "photos", "version"}),
    )


def _edit(
    stores: Stores, sender: Sender, one: _Item, report: FieldIncident, known: Known, work: Work
) -> Incident | Fault:
    try:
        present = stores.incidents.get(report.incident)
    except NotFound:
        return _absent(stores, one)
    if one.version > present.version:
        return Fault.of("version-ahead", version=one.version, present=present.version)
    if one.version < present.version:
        return Fault.of("stale-version", version=one.version, present=present.version)
    members = one.value.model_dump(by_alias=True, exclude={"id", "title", "photos", "version"})
    title = one.value.title or present.title
    try:
        with stores.session.begin_nested():
            patch = IncidentPatch(title=title, actor="reporter", **members)
            stored = work.change(stores, report.incident, patch, one.version)
            entries = _keep(stores, sender, [(one, stored)])
    except StaleCopy:
        return Fault.of("stale-version", version=one.version, present=present.version)
    except NotFound:
        return _absent(stores, one)
    except WardlineError as error:
        return Fault.from_refusal(error)
    known.add(entries[0])
    return stored


def _absent(stores: Stores, one: _Item) -> Fault:
    """Say why an incident is not there: it may have been withdrawn while the batch was taken."""
    return Fault.of("deleted" if Known(stores, [one.value.id]).is_withdrawn(one.value.id) else "gone")


def _current(stores: Stores, fault: Fault, report: FieldIncident) -> dict[str, Any]:
    """Return the current copy, for the device whose edit is stale."""
    if fault.reason != "stale-version":
        return {}
    present = stores.incidents.get(report.incident)
    return {"incident": str(present.id), "version": present.version, "current": incident_json(present)}


def _keep(stores: Stores, sender: Sender, done: Sequence[tuple[_Item, Incident]]) -> list[FieldIncident]:
    """Keep what the device calls incidents that were stored or changed, and the photos it names."""
    entries = [
        FieldIncident(
            id=one.value.id,
            version=one.version,
            device=sender.device,
            person=sender.person,
            incident=stored.id,
            digest=one.digest,
            received_at=sender.received_at,
            batch=sender.batch,
        )
        for one, stored in done
    ]
    stores.field_incidents.add(entries)
    photos = [
        Photo("incident", stored.id, sha256, sender.device, sender.person)
        for one, stored in done
        for sha256 in dict.fromkeys(one.value.photos)
    ]
    stores.field_files.name(photos, sender.received_at)
    return entries


def _retry(stores: Stores, sender: Sender, refs: Collection[str], known: Known, work: Work) -> bool:
    """Try again the edits of incidents that came too early before; return whether any went further."""
    waiting: dict[str, list[tuple[UUID, _Item]]] = {}
    for item in stores.quarantine.waiting(sender.person, "incident", refs, _EARLY):
        one = _read(item.value())
        if not isinstance(one, Fault):
            waiting.setdefault(item.ref, []).append((item.id, one))
    moved = False
    for ref in sorted(waiting):
        rest = sorted(waiting[ref], key=lambda each: each[1].version)
        while True:
            done = [
                each for each in rest if _judge(stores, sender, each[1], known, work).verdict != "quarantined"
            ]
            if not done:
                break
            for identifier, _ in done:
                stores.quarantine.settle(identifier, RELEASED, at=sender.received_at, by="system")
            rest = [each for each in rest if each not in done]
            moved = True
    return moved
