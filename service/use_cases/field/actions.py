"""Actions at markers recorded without a device, and what was done at a marker."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from geo.errors import N_
from layers.stores import Stores
from layers.visits import Visit
from service.access.identity import Identity
from service.errors import InvalidInput
from service.schemas.maintenance import ActionIn
from service.use_cases.field.judged import Sender
from service.use_cases.field.visits import is_far, store_visits

MOST = 200
"""As many of the latest actions are told."""


def record_action(
    stores: Stores,
    identity: Identity,
    code: str,
    given: ActionIn,
    now: datetime,
    translate: Callable[[str], str],
) -> tuple[Visit, bool]:
    """Store what somebody did at a marker; return it and whether it is new.

    It is judged as one that a device sends; what cannot be stored is refused, since there is somebody to
    mend it.

    Raises
    ------
    InvalidInput
        It cannot be stored; says why.
    NotFound
        No marker of this code stands today.
    """
    stores.markers.by_code(code, stores.districts.current().today(now))
    sender = sender_without_device(identity, now)
    item = {**given.model_dump(mode="json"), "marker": code}
    stores.batches.hold(sender.person)
    # The ledger is that of no device of theirs.
    with stores.settling():
        (judged,) = store_visits(stores, sender, [item])
        known = stores.visits.known([given.id])
    if judged.fault is not None:
        raise InvalidInput(
            N_("It cannot be stored: {reason}"),
            mend=N_("Correct it and send it again."),
            where={"pointer": ""},
            extra={"reason": judged.fault.reason},
            reason=judged.fault.told(translate),
        )
    if judged.verdict == "created":
        stores.audit.record("marker.action", "marker", code, visit=str(given.id), done=given.action)
    return known[given.id], judged.verdict == "created"


def sender_without_device(identity: Identity, now: datetime) -> Sender:
    """Return who sends in a session, under a name that no device has."""
    person = identity.person or uuid5(NAMESPACE_OID, f"wardline {identity.name}")
    return Sender(f"by {identity.name}"[:64], person, now)


def history(stores: Stores, code: str) -> list[dict[str, Any]]:
    """Return the latest actions at a marker, with who did them, how well they are proven and their photos."""
    found = stores.visits.of_marker(code, MOST)
    with stores.settling():
        names = stores.tasks.names(sorted({one.person for one in found}))
    photos = photos_of(stores, [one.id for one in found])
    return [action_json(one, names.get(one.person), photos.get(one.id, [])) for one in found]


def photos_of(stores: Stores, actions: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Return the photos that actions name, arrived or not, by action."""
    photos: dict[UUID, list[dict[str, Any]]] = {}
    for photo in stores.field_files.photos("visit", actions):
        photos.setdefault(photo.subject, []).append(
            {"sha256": photo.sha256, "device": photo.device, "arrived": photo.linked_at is not None}
        )
    return photos


def action_json(value: Visit, by: str | None, photos: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an action as readers see it: how far from the marker it was recorded, but not where."""
    return {
        "id": str(value.id),
        "action": value.action,
        "at": value.at.isoformat(),
        "received_at": value.received_at.isoformat(),
        "by": by,
        "device": value.device,
        "note": value.note,
        "evidence": value.evidence.name.lower(),
        "distance_m": None if value.distance_m is None else round(value.distance_m, 1),
        "far": is_far(value),
        "photos": photos,
    }
