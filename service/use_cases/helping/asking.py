"""Requests for help: asked, offered to one after the other, accepted by one, done or cancelled."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.errors import NotFound
from layers.help import OPEN, WAITING, HelpOffer, HelpRequest
from layers.ids import new_id
from layers.notices import Notice
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from service.access.identity import Identity
from service.errors import HelpSettled, NotAllowed
from service.indexes.ground import Ground
from service.indexes.roads import DayRoads
from service.schemas.help import HelpIn
from service.use_cases.helping.dispatching import offer_next
from service.use_cases.helping.volunteers import require_inside

AT_ONCE = 100
KEEPERS = frozenset({"coordinator", "administrator"})
Translate = Callable[[str], str]


def ask(
    stores: Stores, ground: Ground, roads: DayRoads, given: HelpIn, receipt: bytes, now: datetime
) -> HelpRequest:
    """Take in a request for help, and offer it to the nearest who is free.

    Raises
    ------
    OutsideDistrict
        The place is outside the county.
    """
    unit = require_inside(ground, given.lon, given.lat)
    value = HelpRequest(
        id=new_id(),
        kind=given.kind,
        note=given.note,
        place=given.place,
        lon=given.lon,
        lat=given.lat,
        unit=unit,
        channel=given.channel,
        asked_at=now,
        receipt=receipt,
    )
    with acting(stores.session, SYSTEM):
        stores.help.add(value)
    stores.audit.record("help.ask", "help", value.id, channel=value.channel)
    offer_next(stores, roads, value, now)
    return fresh(stores, value.id)


def fresh(stores: Stores, identifier: UUID) -> HelpRequest:
    """Return a request as it is now, whoever asks."""
    with acting(stores.session, SYSTEM):
        return stores.help.get(identifier)


def answer(
    stores: Stores,
    roads: DayRoads,
    identifier: UUID,
    offer: UUID | None,
    identity: Identity,
    now: datetime,
    *,
    accept: bool,
) -> HelpRequest:
    """Accept or decline an offer: one's own, or for somebody who was phoned.

    Whoever accepts first helps; an offer whose time is over may still be accepted until then. Declined, it is
    offered to the next.

    Raises
    ------
    NotFound
        There is no such request or offer that the caller may answer.
    HelpSettled
        Somebody else accepted, or it was answered, done or cancelled before.
    """
    value = stores.help.get(identifier)
    mine = _offer_of(stores, value, offer, identity)
    with acting(stores.session, SYSTEM):
        value = stores.help.get(identifier, lock=True)
        every = stores.help.offers(identifier)
        mine = next(one for one in every if one.id == mine.id)
        _require_waiting(value, mine, every)
        stores.help.answer(mine.id, "accepted" if accept else "declined", now, identity.name)
        if accept:
            stores.help.set(identifier, state="accepted")
            for other in every:
                if other.id != mine.id and other.state in WAITING:
                    stores.help.answer(other.id, "withdrawn")
                    _tell_taken(stores, value, other, now)
    stores.audit.record("help.accept" if accept else "help.decline", "help", identifier, offer=str(mine.id))
    if not accept and mine.state == "offered":
        offer_next(stores, roads, value, now)
    return fresh(stores, identifier)


def finish(
    stores: Stores, identifier: UUID, identity: Identity, text: str, now: datetime, *, cancel: bool
) -> HelpRequest:
    """Say that help was given, or that none is needed any more.

    Raises
    ------
    NotFound
        There is no such request that the caller may see.
    NotAllowed
        Somebody else helps.
    HelpSettled
        It is over, or nobody has accepted it yet.
    """
    stores.help.get(identifier)
    helps = any(
        one.state == "accepted" and one.person is not None and one.person == identity.person
        for one in stores.help.offers(identifier)
    )
    if not (helps or identity.roles(stores.district) & KEEPERS):
        raise NotAllowed(
            N_("Only who helps, a coordinator or an administrator may say that it is over."),
            mend=N_("Ask one of them."),
            where={"request": str(identifier)},
        )
    return settle(stores, identifier, text, now, cancel=cancel)


def settle(stores: Stores, identifier: UUID, text: str, now: datetime, *, cancel: bool) -> HelpRequest:
    """Bring a request to its end, whoever may do so.

    Raises
    ------
    HelpSettled
        It is over, or it is to be done and nobody has accepted it yet.
    """
    with acting(stores.session, SYSTEM):
        value = stores.help.get(identifier, lock=True)
        if value.state not in OPEN or (not cancel and value.state != "accepted"):
            raise _settled(value)
        state = "cancelled" if cancel else "done"
        stores.help.set(identifier, state=state, settled_at=now, closing=text)
        for one in stores.help.offers(identifier):
            if one.state in WAITING or (cancel and one.state == "accepted"):
                if one.state in WAITING:
                    stores.help.answer(one.id, "withdrawn")
                _tell_taken(stores, value, one, now)
    stores.audit.record(f"help.{state}", "help", identifier)
    return fresh(stores, identifier)


def lapse(stores: Stores, roads: Callable[[], DayRoads], now: datetime) -> int:
    """Offer to the next what nobody answered in time, and again what nobody was free for; return how many.

    Any number may do this at once: a request that another looks at is left to it.
    """
    with acting(stores.session, SYSTEM):
        due = stores.help.due(now, AT_ONCE)
        for value in due:
            for one in stores.help.offers(value.id):
                if one.state == "offered" and one.expires_at <= now:
                    stores.help.answer(one.id, "lapsed")
            offer_next(stores, roads(), value, now)
    return len(due)


def by_receipt(stores: Stores, receipt: bytes) -> HelpRequest:
    """Return the request of a receipt's digest.

    Raises
    ------
    NotFound
        There is none.
    """
    with acting(stores.session, SYSTEM):
        found = stores.help.by_receipt(receipt)
    if found is None:
        raise NotFound(
            N_("There is no request for help of this receipt."),
            mend=N_("Check its letters."),
            where={"parameter": "receipt"},
        )
    return found


def may_read_contact(stores: Stores, identifier: UUID, identity: Identity) -> None:
    """Refuse whoever neither helps nor keeps the district.

    Raises
    ------
    NotFound, NotAllowed
        There is no such request for the caller, or somebody else helps.
    """
    stores.help.get(identifier)
    helps = any(
        one.state == "accepted" and one.person is not None and one.person == identity.person
        for one in stores.help.offers(identifier)
    )
    if not (helps or identity.roles(stores.district) & KEEPERS):
        raise NotAllowed(
            N_("Only who helps may know how to reach whoever asked."),
            mend=N_("Accept the offer first."),
            where={"request": str(identifier)},
        )


def _offer_of(stores: Stores, value: HelpRequest, offer: UUID | None, identity: Identity) -> HelpOffer:
    every = stores.help.offers(value.id)
    if offer is not None and identity.roles(stores.district) & KEEPERS:
        found = [one for one in every if one.id == offer]
    else:
        found = [
            one
            for one in every
            if one.person is not None and one.person == identity.person and offer in (None, one.id)
        ]
    if not found:
        raise NotFound(
            N_("There is no offer of this request that you may answer."),
            mend=N_("Name the offer of whom you phoned, or leave it to whom it is offered."),
            where={"pointer": "/offer"},
        )
    return found[-1]


def _require_waiting(value: HelpRequest, mine: HelpOffer, every: Sequence[HelpOffer]) -> None:
    if value.state in ("asked", "offered") and mine.state in WAITING:
        return
    other = next((one for one in every if one.state == "accepted" and one.id != mine.id), None)
    if value.state == "accepted" and other is not None and other.answered_at is not None:
        raise HelpSettled(
            N_("Somebody else accepted at {at}."),
            mend=N_("Nothing needs to be done: they are on their way."),
            where={"request": str(value.id)},
            extra={"state": value.state},
            at=f"{other.answered_at:%H:%M:%S} UTC",
        )
    raise _settled(value)


def _settled(value: HelpRequest) -> HelpSettled:
    texts = {
        "asked": N_("The request is not accepted by anybody yet."),
        "offered": N_("The offer was answered before."),
        "accepted": N_("The offer was answered before."),
        "done": N_("The request is done."),
        "cancelled": N_("The request was cancelled."),
    }
    return HelpSettled(
        texts[value.state],
        mend=N_("Read the request again."),
        where={"request": str(value.id)},
        extra={"state": value.state},
    )


def _tell_taken(stores: Stores, value: HelpRequest, offer: HelpOffer, now: datetime) -> None:
    if offer.person is None:
        return
    body = {"kind": value.kind, "place": value.place}
    told = Notice(new_id(), "help-over", str(value.id), now, person=offer.person, body=body)
    stores.notices.add([told])


def why_text(told: Mapping[str, Any], translate: Translate) -> str | None:
    """Return in words why a request is offered as it is, or to nobody."""
    if told.get("why") is None:
        return None
    return translate(told["why"]).format(**told["params"])


def help_json(value: HelpRequest, offers: Sequence[HelpOffer], translate: Translate) -> dict[str, Any]:
    """Return a request as those who help and who keep the district see it."""
    return {
        "id": str(value.id),
        "kind": value.kind,
        "note": value.note,
        "place": value.place,
        "lon": value.lon,
        "lat": value.lat,
        "channel": value.channel,
        "asked_at": value.asked_at.isoformat(),
        "state": value.state,
        "why": why_text(value.told, translate),
        "settled_at": None if value.settled_at is None else value.settled_at.isoformat(),
        "closing": value.closing,
        "offers": [
            {
                "id": str(one.id),
                "kind": "volunteer" if one.volunteer is not None else "person",
                "name": one.name,
                "station": one.station,
                "has_account": one.person is not None,
                "distance_m": round(one.distance_m, 1),
                "way": one.way,
                "offered_at": one.offered_at.isoformat(),
                "expires_at": one.expires_at.isoformat(),
                "state": one.state,
                "answered_at": None if one.answered_at is None else one.answered_at.isoformat(),
            }
            for one in offers
        ],
    }


def followed_json(stores: Stores, value: HelpRequest, translate: Translate) -> dict[str, Any]:
    """Return what whoever asked is told: nobody's name or place, and a distance to 100 metres."""
    with acting(stores.session, SYSTEM):
        offers = stores.help.offers(value.id)
    last = next((one for one in reversed(offers) if one.state in ("accepted", "offered")), None)
    return {
        "state": value.state,
        "kind": value.kind,
        "asked_at": value.asked_at.isoformat(),
        "asked": len(offers),
        "distance_m": None if last is None else max(100, round(last.distance_m / 100) * 100),
        "way": None if last is None else last.way,
        "why": why_text(value.told, translate),
    }
