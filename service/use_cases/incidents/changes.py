"""Changing incidents: edited from a version, and moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_, WardlineError
from layers.errors import NotFound
from layers.ids import new_id
from layers.incident_tables import SETTLED
from layers.incidents import Incident, IncidentEvent
from layers.notices import Notice
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.errors import InvalidInput, StaleCopy
from service.indexes.ground import Ground
from service.indexes.locate import Answer, to_storage
from service.schemas.incidents import IncidentPatch, incident_json
from service.use_cases.incidents.assets import known_assets, require_asset
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

_MAY_BE_NONE = ("accuracy_m", "asset")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of an incident; ``version`` is what it was made from, None where the patch says it."""

    incident: UUID
    patch: IncidentPatch
    version: int | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """An incident before and after a change; ``answer`` is where it is, None if it is not assigned again."""

    old: Incident
    new: Incident
    actor: str
    fields: Sequence[str]
    moved: bool
    answer: Answer | None


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
    found = change_all(stores, ground, [Change(identifier, patch, version)], allow_inverse=allow_inverse)[0]
    if isinstance(found, WardlineError):
        raise found
    return found


def change_all(
    stores: Stores, ground: Ground, changes: Sequence[Change], *, allow_inverse: bool = False
) -> list[Incident | WardlineError]:
    """Change incidents, each named once; return of each what :func:`change` returns or raises, in order.

    However many they are, they are read, assigned, stored and logged together. What the database refuses is
    raised. One of them may be at fault: nothing of them is to be kept then.
    """
    now = datetime.now(UTC)
    known = stores.incidents.get_all([one.incident for one in changes])
    found: list[Incident | WardlineError | None] = [None] * len(changes)
    made: dict[int, _Made] = {}
    assets = known_assets(stores, ground, [one.patch.asset for one in changes])
    for place, one in enumerate(changes):
        try:
            require_asset(one.patch.asset, assets)
            # What is not among them is missing, and reading it says why.
            old = known.get(one.incident) or stores.incidents.get(one.incident)
            made[place] = _make(ground, old, one, now, allow_inverse=allow_inverse)
        except WardlineError as refusal:
            found[place] = refusal
    changed = {place: one for place, one in made.items() if one.new != one.old}
    saved = _store(stores, ground, list(changed.values()), now)
    for place, done in made.items():
        found[place] = saved[done.old.id] if place in changed else done.old
    return [one for one in found if one is not None]


def _make(ground: Ground, old: Incident, one: Change, now: datetime, *, allow_inverse: bool) -> _Made:
    """Return an incident as it is to be, not assigned yet, or refuse the change."""
    patch = one.patch
    require_version(old, patch.version if one.version is None else one.version)
    given = patch.model_dump(exclude_unset=True, exclude={"version", "actor"})
    unset = [name for name, value in given.items() if value is None and name not in _MAY_BE_NONE]
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
    check_time(new.occurred_at, now)
    moved = (new.lon, new.lat) != (old.lon, old.lat)
    again = moved or new.class_ != old.class_ or new.accuracy_m != old.accuracy_m
    return _Made(
        old, new, patch.actor, sorted(given), moved=moved, answer=located(ground, new) if again else None
    )


def _store(
    stores: Stores, ground: Ground, made: Sequence[_Made], now: datetime
) -> dict[UUID, Incident | WardlineError]:
    """Store and log changes, assigned again where it matters; return what became of each."""
    placed = [(one, one.answer) for one in made if one.answer is not None]
    saved = _save_all(stores, [one for one in made if one.answer is None], now)
    if placed:
        # It may belong to somebody else from now on, outside of what the caller sees.
        with stores.intake():
            holders = holders_of(stores, ground, {unit for _, answer in placed for unit in chain_of(answer)})
            again = [
                replace(one, new=assigned(one.new, settle(ground, holders, answer, accused_of(one.new))))
                for one, answer in placed
            ]
            saved |= _save_all(stores, again, now)
    found: dict[UUID, Incident | WardlineError] = {}
    for one in made:
        done = saved.get(one.old.id)
        found[one.old.id] = _overtaken(stores, one.old.id) if done is None else done
        if done is not None:
            resend(stores, one.old, done, now)
            stores.audit.record(
                "incident.edit", "incident", done.id, fields=list(one.fields), version=done.version
            )
    return found


def _save_all(stores: Stores, made: Sequence[_Made], now: datetime) -> dict[UUID, Incident]:
    """Store changes and log them; what somebody else changed meanwhile is left out."""
    saved = stores.incidents.save_all([one.new for one in made])
    stores.incidents.add_events([_logged(one, saved[one.old.id], now) for one in made if one.old.id in saved])
    return saved


def _logged(one: _Made, saved: Incident, now: datetime) -> IncidentEvent:
    before = {"before": summary(one.old)} if one.moved else {}
    body = {"fields": list(one.fields), **before, "after": summary(saved)}
    return IncidentEvent(new_id(), saved.id, now, "moved" if one.moved else "edited", one.actor, body)


def resend(stores: Stores, old: Incident, new: Incident, now: datetime) -> None:
    """Tell those whose an open incident was, and whose it is now, where a corrected place sends it on."""
    partial = new.about_unit is not None or new.about_representative is not None
    # A unit's notice reaches its people, whom the report may complain about.
    if old.unit is None or new.unit is None or new.unit == old.unit or new.status in SETTLED or partial:
        return
    body = {
        "title": new.title,
        "class": new.class_,
        "from": summary(old)["unit"] or "–",
        "to": summary(new)["unit"] or "–",
    }
    told = ((old.unit, "pin-gone"), (new.unit, "pin-come"))
    with acting(stores.session, SYSTEM):
        stores.notices.add(
            [Notice(new_id(), kind, str(new.id), now, unit=unit, body=body) for unit, kind in told]
        )


def _overtaken(stores: Stores, identifier: UUID) -> WardlineError:
    """Return why a change was not stored: somebody changed the incident meanwhile, or it is gone."""
    try:
        return stale_copy(stores.incidents.get(identifier))
    except NotFound as gone:
        return gone


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


def require_version(value: Incident, version: int | None) -> None:
    """Refuse a change that was made from another version than the present one.

    Raises
    ------
    StaleCopy
        It was changed since; carries the current copy.
    """
    if version is not None and version != value.version:
        raise stale_copy(value)


def stale_copy(present: Incident) -> StaleCopy:
    """Return the refusal of a stale edit, with the current copy."""
    return StaleCopy(
        N_("The incident was changed since it was read: it is at version {version}."),
        mend=N_("Look at the current copy in this answer and repeat the change on it."),
        where={"header": "If-Match"},
        extra={"current": incident_json(present)},
        version=present.version,
    )
