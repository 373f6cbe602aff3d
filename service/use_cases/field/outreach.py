"""Meetings and visits from the field: recorded once by the client's id, by the rules of those over HTTP."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from geo.errors import WardlineError
from layers.field_files import Photo
from layers.outreach_records import Gathering
from layers.stores import Stores
from service.readers import strict_json
from service.readers.field_faults import Fault
from service.schemas.field import FieldOutreach
from service.use_cases.field.judged import Judged, Sender, Work
from service.use_cases.field.visits import ref_of, time_fault


def store_outreach(
    stores: Stores, sender: Sender, items: Sequence[Any], work: Work, *, vouched: bool = False
) -> list[Judged]:
    """Store meetings and visits with what came of them; return the verdicts, one for each item.

    One that is at fault leaves nothing behind, not even the incidents of its problems. ``vouched`` takes
    those of a person who may not record: somebody of the office looked at them.
    """
    if not items:
        return []
    may = vouched or work.may_record(stores, sender)
    return [_store(stores, sender, item, work, may=may) for item in items]


def _store(stores: Stores, sender: Sender, item: Any, work: Work, *, may: bool) -> Judged:
    given = _read(item)
    if isinstance(given, Fault):
        return Judged.quarantined("outreach", ref_of(item), given, item)
    ref = str(given.id)
    fault = time_fault(given.at, sender.received_at) if may else Fault.of("not-recorder")
    if fault is not None:
        return Judged.quarantined("outreach", ref, fault, item)
    try:
        with stores.session.begin_nested():
            value, new = work.record(stores, sender, given)
            if new:
                _name_photos(stores, sender, given, value)
    except WardlineError as error:
        pointer = error.where.get("pointer")
        extra = {} if pointer is None else {"pointer": str(pointer)}
        return Judged.quarantined("outreach", ref, Fault.from_refusal(error), item, **extra)
    made = [str(one.incident) for one in value.problems if one.incident is not None]
    return Judged("outreach", ref, "created" if new else "duplicate", extra={"incidents": made})


def _name_photos(stores: Stores, sender: Sender, given: FieldOutreach, value: Gathering) -> None:
    """Link photos: those of an open problem to its incident, all others to the record."""
    incidents = {one.id: one.incident for one in value.problems}
    named = [("outreach", value.id, sha256) for sha256 in given.photos]
    for problem in given.problems:
        incident = incidents.get(problem.id)
        kind, subject = ("outreach", value.id) if incident is None else ("incident", incident)
        named += [(kind, subject, sha256) for sha256 in problem.photos]
    photos = [
        Photo(kind, subject, sha256, sender.device, sender.person)
        for kind, subject, sha256 in dict.fromkeys(named)
    ]
    stores.field_files.name(photos, sender.received_at)


def _read(item: Any) -> FieldOutreach | Fault:
    if not isinstance(item, dict):
        return Fault.of("not-an-object")
    try:
        strict_json.check(item)
        return FieldOutreach.model_validate(item)
    except WardlineError as error:
        return Fault.from_refusal(error)
    except ValidationError as error:
        return Fault.from_validation(error.errors())
