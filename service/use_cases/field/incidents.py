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
    before is tried again. New reports are stored together, however many they are, and so are edits of
    different incidents.
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
        todo = [place for place in order if place not in judged or _is_early(judged[place])]
        done = _judge_all(stores, sender, [read[place] for place in todo], known, work)
        judged.update(zip(todo, done, strict=True))
        fresh |= {one.ref for one in done if one.verdict == "created"}
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


def _judge_all(
    stores: Stores, sender: Sender, items: Sequence[_Item], known: Known, work: Work
) -> list[Judged]:
    """Judge items that are no reports of something new, each as if those before it had been judged alone.

    Edits wait for one another only where they are of the same incident; the others are made together.
    """
    found: dict[int, Judged] = {}
    edits: dict[UUID, int] = {}

    def make() -> None:
        made = _edit_all(stores, sender, [items[place] for place in edits.values()], known, work)
        found.update(zip(edits.values(), made, strict=True))
        edits.clear()

    for place, one in enumerate(items):
        if one.value.id in edits:
            make()
        judged = _judge(stores, sender, one, known, work)
        if judged is None:
            edits[one.value.id] = place
        else:
            found[place] = judged
    make()
    return [found[place] for place in range(len(items))]


def _judge(stores: Stores, sender: Sender, one: _Item, known: Known, work: Work) -> Judged | None:
    """Judge an item that is no report of something new; None for an edit that is to be made."""
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
    return None


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


def _edit_all(
    stores: Stores, sender: Sender, edits: Sequence[_Item], known: Known, work: Work
) -> list[Judged]:
    """Make edits of different incidents that were reported, or say of each why it cannot be made."""
    reports = [report for one in edits if (report := known.report(one.value.id)) is not None]
    ours = {report.id: report.incident for report in reports}
    present = stores.incidents.get_all(list(ours.values()))
    at = {one.value.id: present.get(ours[one.value.id]) for one in edits}
    ready = [(one, there) for one in edits if (there := at[one.value.id]) and one.version == there.version]
    made = _change(stores, sender, ready, known, work)
    changed = {one.value.id: done for (one, _), done in zip(ready, made, strict=True)}
    # What was read may be overtaken by now, and what is missing may have been withdrawn meanwhile.
    late = [ours[name] for name, done in changed.items() if isinstance(done, StaleCopy)]
    present |= stores.incidents.get_all(late)
    missing = [
        one.value.id
        for one in edits
        if isinstance(changed.get(one.value.id, at[one.value.id]), NotFound | None)
    ]
    again = Known(stores, missing) if missing else known
    told = []
    for one in edits:
        there, done = at[one.value.id], changed.get(one.value.id)
        if isinstance(done, Incident):
            told.append(_told(one, done))
        elif there is None or isinstance(done, NotFound):
            told.append(_told(one, Fault.of("deleted" if again.is_withdrawn(one.value.id) else "gone")))
        elif done is not None and not isinstance(done, StaleCopy):
            told.append(_told(one, Fault.from_refusal(done)))
        else:
            told.append(_other_version(one, there, present[there.id]))
    return told


def _other_version(one: _Item, read: Incident, now: Incident) -> Judged:
    """Judge an edit that was made from another version than the present one, with the copy there is now."""
    reason = "version-ahead" if one.version > read.version else "stale-version"
    fault = Fault.of(reason, version=one.version, present=read.version)
    if reason == "version-ahead":
        return _told(one, fault)
    return _told(one, fault, incident=str(now.id), version=now.version, current=incident_json(now))


def _change(
    stores: Stores, sender: Sender, ready: Sequence[tuple[_Item, Incident]], known: Known, work: Work
) -> list[Incident | WardlineError]:
    """Change incidents and keep what the device calls them, all or none, as :func:`_receive` does."""
    if not ready:
        return []
    try:
        with stores.session.begin_nested():
            found = work.change(
                stores, [(there.id, _patch_of(one, there), one.version) for one, there in ready]
            )
            done = zip((one for one, _ in ready), found, strict=True)
            entries = _keep(
                stores, sender, [(one, stored) for one, stored in done if isinstance(stored, Incident)]
            )
    except WardlineError as error:
        if len(ready) == 1:
            return [error]
        middle = len(ready) // 2
        halves = (ready[:middle], ready[middle:])
        return [one for half in halves for one in _change(stores, sender, half, known, work)]
    for entry in entries:
        known.add(entry)
    return found


def _patch_of(one: _Item, present: Incident) -> IncidentPatch:
    members = one.value.model_dump(by_alias=True, exclude={"id", "title", "photos", "version"})
    return IncidentPatch(title=one.value.title or present.title, actor="reporter", **members)


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
    rest: list[tuple[UUID, _Item]] = []
    for item in stores.quarantine.waiting(sender.person, "incident", refs, _EARLY):
        one = _read(item.value())
        if not isinstance(one, Fault):
            rest.append((item.id, one))
    rest.sort(key=lambda each: each[1].version)
    moved = False
    while rest:
        judged = _judge_all(stores, sender, [one for _, one in rest], known, work)
        done = [verdict.verdict != "quarantined" for verdict in judged]
        if not any(done):
            break
        for (identifier, _), further in zip(rest, done, strict=True):
            if further:
                stores.quarantine.settle(identifier, RELEASED, at=sender.received_at, by="system")
        rest = [each for each, further in zip(rest, done, strict=True) if not further]
        moved = True
    return moved
