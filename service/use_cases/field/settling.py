"""Quarantine settled by people: released with corrections and judged by the same rules, or discarded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.field_tables import DISCARDED, RELEASED
from layers.quarantine import Quarantined
from layers.stores import Stores
from service.errors import InvalidInput
from service.readers.field_points import read_track
from service.readers.tracks import zone_of
from service.use_cases.field.incidents import store_incidents
from service.use_cases.field.judged import Judged, Sender, Work
from service.use_cases.field.outreach import store_outreach
from service.use_cases.field.points import store_points
from service.use_cases.field.visits import store_visits

_POINT = ("seq", "at", "lon", "lat", "accuracy_m", "speed_ms", "course")
_TRACK = ("track", "mode", "name")
_VISIT = ("id", "marker", "at", "lon", "lat", "action", "note", "photos")
_INCIDENT = (
    *("id", "class", "title", "description", "lon", "lat", "datum"),
    *("accuracy_m", "occurred_at", "photos", "version"),
)
_OUTREACH = (
    *("id", "kind", "at", "place", "lon", "lat", "representative", "duty", "served", "note", "photos"),
    *("topic", "options", "decision", "attendance", "opinions", "problems", "actions", "requests"),
)
CORRECTABLE: Mapping[str, tuple[str, ...]] = {
    "point": (*_POINT, *_TRACK),
    "visit": _VISIT,
    "incident": _INCIDENT,
    "outreach": _OUTREACH,
}
"""The members that a correction of each kind of item may replace."""


class ReleaseRefused(InvalidInput):
    """The corrected item still cannot be stored; it stays in quarantine."""

    code = "release-refused"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is replaced in an item (null removes a member), and the zone of a time that names none."""

    members: Mapping[str, Any]
    timezone: str | None = None
    note: str = ""


def release(
    stores: Stores,
    identifier: UUID,
    correction: Correction,
    by: str,
    at: datetime,
    work: Work,
    translate: Callable[[str], str] = str,
) -> tuple[Quarantined, Judged]:
    """Correct an item of quarantine and store it as if it came so; return it and its verdict.

    The item as it was sent is kept, with the corrections and who made them.

    Raises
    ------
    NotFound, Settled
        There is no such item, or it was settled before.
    InvalidInput
        A correction names a member that items of its kind do not have.
    ReleaseRefused
        The corrected item still cannot be stored; names the reason.
    """
    item = stores.quarantine.get(identifier)
    stores.batches.hold(item.person)
    done = {**correction.members, **({"timezone": correction.timezone} if correction.timezone else {})}
    settled = stores.quarantine.settle(
        identifier, RELEASED, at=at, by=by, note=correction.note or None, corrections=done
    )
    sender = Sender(item.device, item.person, item.received_at, item.batch)
    judged = _store(stores, sender, item.kind, corrected(item, correction), work)
    if judged.fault is not None:
        raise ReleaseRefused(
            N_("It still cannot be stored: {reason}"),
            mend=N_("Correct it, or discard it with a reason."),
            where={"item": str(identifier)},
            extra={"reason": judged.fault.reason},
            reason=judged.fault.told(translate),
        )
    stores.audit.record("quarantine.release", "item", identifier, kind=item.kind, changed=sorted(done))
    return settled, judged


def discard(stores: Stores, identifier: UUID, note: str, by: str, at: datetime) -> Quarantined:
    """Mark an item of quarantine as not wanted, and why; it is kept.

    Raises
    ------
    NotFound, Settled
        There is no such item, or it was settled before.
    """
    stores.audit.record("quarantine.discard", "item", identifier)
    return stores.quarantine.settle(identifier, DISCARDED, at=at, by=by, note=note)


def corrected(item: Quarantined, correction: Correction) -> Any:
    """Return an item with its corrections made.

    Raises
    ------
    InvalidInput
        A correction is of a member that items of this kind do not have, or the zone is unknown.
    """
    allowed = CORRECTABLE[item.kind]
    for name in correction.members:
        if name not in allowed:
            raise InvalidInput(
                N_("“{member}” cannot be corrected; these can: {known}."),
                mend=N_("Leave it out."),
                where={"pointer": f"/corrections/{name[:64]}"},
                member=name[:64],
                known=", ".join(allowed),
            )
    value = item.value()
    if not isinstance(value, dict):
        value = {}
    if item.kind != "point":
        return _zoned(_merged(value, correction.members), correction.timezone)
    points = value.get("points")
    point = points[0] if isinstance(points, list) and points and isinstance(points[0], dict) else {}
    point = _merged(point, {k: v for k, v in correction.members.items() if k in _POINT})
    head = _merged(value, {k: v for k, v in correction.members.items() if k in _TRACK})
    return {**head, "points": [_zoned(point, correction.timezone)]}


def _merged(value: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**value, **members}
    return {name: one for name, one in merged.items() if not (name in members and one is None)}


def _zoned(value: dict[str, Any], timezone: str | None) -> dict[str, Any]:
    zone = zone_of(timezone)
    if zone is None:
        return value
    found = dict(value)
    for name in ("at", "occurred_at"):
        try:
            moment = datetime.fromisoformat(found[name])
        except (KeyError, TypeError, ValueError):
            continue
        if moment.tzinfo is None:
            found[name] = moment.replace(tzinfo=zone).isoformat()
    return found


def _store(stores: Stores, sender: Sender, kind: str, value: Any, work: Work) -> Judged:
    if kind == "visit":
        return store_visits(stores, sender, [value])[0]
    if kind == "incident":
        return store_incidents(stores, sender, [value], work)[0]
    if kind == "outreach":
        return store_outreach(stores, sender, [value], work, vouched=True)[0]
    return store_points(stores, sender, [read_track(value)], work)[0]
