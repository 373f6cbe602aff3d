"""Who is asked to help: the nearest volunteer or person on duty who is free, near enough and able."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from geo.errors import N_
from geo.nearest import NearestIndex
from geo.roads import REACH_M
from layers.help import HelpOffer, HelpRequest
from layers.ids import new_id
from layers.notices import Notice
from layers.row_security import SYSTEM, acting
from layers.stores import Stores
from layers.volunteers import Volunteer
from service.indexes.roads import DayRoads
from service.rules.hours import is_holiday
from service.rules.rota import Pattern
from service.use_cases.helping.clock import minutes_of_texts
from service.use_cases.helping.rota import on_duty

ANSWER = timedelta(minutes=5)
"""How long somebody has to answer before the next is asked."""

BY_CAR = frozenset({"breakdown", "repair"})
"""Kinds of help to which one goes by car, with tools; to all others on foot."""

ANY = "other"
"""The kind of help that everybody can give."""

REFUSALS = ("skill", "away", "far", "busy", "asked")
_ONE_DAY = timedelta(days=1)

NO_ROADS = N_("No roads are loaded, so whoever is nearest in a straight line is asked.")
OFF_ROAD = N_("No road is within {reach} m of the place, so whoever is nearest in a straight line is asked.")
NO_WAY = N_("No road leads there from anybody who is free, so the nearest in a straight line is asked.")
NOBODY = N_(
    "Nobody is free: of {people} people, {skill} cannot help with that, {away} are not there at this time, "
    "{far} are too far away, {busy} are busy, and {asked} were asked before."
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be asked, where they are, and how far they go; None is any distance."""

    name: str
    lon: float
    lat: float
    person: UUID | None
    volunteer: UUID | None = None
    station: str | None = None
    reach_m: float | None = None


def offer_next(stores: Stores, roads: DayRoads, request: HelpRequest, now: datetime) -> HelpOffer | None:
    """Offer a request, which is locked, to the nearest who is free and was not asked; None where nobody is.

    What is told of it says why it was not by road, or why there is nobody.
    """
    with acting(stores.session, SYSTEM):
        before = stores.help.offers(request.id)
        free, counts = _free(stores, request, before, now)
        ranked, why = _ranked(roads, request, free)
        # Near enough is told as the crow flies: what somebody agreed to is a circle.
        if not ranked:
            told: dict[str, Any] = {"why": NOBODY, "params": counts}
            stores.help.set(request.id, state="offered" if _waits(before) else "asked", told=told)
            if request.told.get("why") != NOBODY:
                _tell_nobody(stores, request, now)
            return None
        one, metres, way = ranked[0]
        offer = HelpOffer(
            id=new_id(),
            request=request.id,
            place=len(before) + 1,
            name=one.name,
            volunteer=one.volunteer,
            station=one.station,
            person=one.person,
            distance_m=metres,
            way=way,
            offered_at=now,
            expires_at=now + ANSWER,
        )
        stores.help.offer(offer)
        stores.help.set(request.id, state="offered", told={"why": why, "params": {"reach": round(REACH_M)}})
        _tell(stores, request, offer, now)
    stores.audit.record("help.offer", "help", request.id, offer=str(offer.id))
    return offer


def _waits(offers: Sequence[HelpOffer]) -> bool:
    return any(one.state in ("offered", "lapsed") for one in offers)


def _free(
    stores: Stores, request: HelpRequest, before: Sequence[HelpOffer], now: datetime
) -> tuple[list[Candidate], dict[str, int]]:
    """Return who may be asked, and of the others how many may not, by the first reason."""
    counts = dict.fromkeys(REFUSALS, 0)
    found: list[Candidate] = []
    asked = {one for offer in before for one in (offer.volunteer, offer.person) if one is not None}
    busy = stores.help.busy()
    volunteers = stores.volunteers.all()
    named = {one.person for one in volunteers if one.person is not None}
    known: list[tuple[Volunteer | None, Candidate]] = [(one, _candidate(one)) for one in volunteers]
    # Who volunteers and has duty is asked once, as a volunteer.
    known += [(None, one) for one in _people_on_duty(stores, now) if one.person not in named]
    metres = _straight(request, [one for _, one in known])
    for (volunteer, one), far in zip(known, metres, strict=True):
        ids = {one.volunteer, one.person} - {None}
        if volunteer is not None and request.kind != ANY and request.kind not in volunteer.skills:
            counts["skill"] += 1
        elif volunteer is not None and not _is_there(stores, volunteer, now):
            counts["away"] += 1
        elif one.reach_m is not None and far > one.reach_m:
            counts["far"] += 1
        elif ids & asked:
            counts["asked"] += 1
        elif ids & busy:
            counts["busy"] += 1
        else:
            found.append(one)
    return found, {**counts, "people": len(known)}


def _candidate(one: Volunteer) -> Candidate:
    return Candidate(one.name, one.lon, one.lat, one.person, volunteer=one.id, reach_m=one.reach_m)


def _people_on_duty(stores: Stores, now: datetime) -> list[Candidate]:
    """Return the accounts that have duty somewhere; volunteers on duty are found as volunteers."""
    found: dict[UUID, Candidate] = {}
    today = stores.districts.current().today(now)
    for station in stores.stations.all(today):
        for duty in on_duty(stores, station, now):
            if duty.person is not None:
                found.setdefault(
                    duty.person,
                    Candidate(duty.name, station.lon, station.lat, duty.person, station=station.code),
                )
    return list(found.values())


def _is_there(stores: Stores, one: Volunteer, now: datetime) -> bool:
    """Say whether a volunteer may be asked at an instant, by their windows."""
    timezone = stores.districts.current().timezone
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    for window in one.windows:
        begin, end = minutes_of_texts(window["begin"], window["end"])
        pattern = Pattern(begin, end, frozenset(window["days"]))
        shifts = pattern.shifts(
            today - _ONE_DAY,
            today + _ONE_DAY,
            zone,
            lambda day: is_holiday(timezone, one.lon, one.lat, day),
        )
        if any(span.begin <= now < span.end for _, span in shifts):
            return True
    return False


def _straight(request: HelpRequest, people: Sequence[Candidate]) -> list[float]:
    """Return how far each is from the place, as the crow flies, in metres."""
    if not people:
        return []
    index = NearestIndex.build([one.lon for one in people], [one.lat for one in people])
    (order,), (metres,) = index.nearest([request.lon], [request.lat], len(people))
    found = np.empty(len(people))
    found[order] = metres
    return [float(one) for one in found]


def _ranked(
    roads: DayRoads, request: HelpRequest, free: Sequence[Candidate]
) -> tuple[list[tuple[Candidate, float, str]], str | None]:
    """Return people by the way they have to go, and why that is no road."""
    if not free:
        return [], None
    straight = _straight(request, free)
    why: str | None = NO_ROADS
    if len(roads):
        graph = roads.graphs["car" if request.kind in BY_CAR else "foot"]
        here = graph.snap([request.lon], [request.lat])
        there = graph.snap([one.lon for one in free], [one.lat for one in free])
        metres = graph.distances(there, here)[:, 0]
        reached = [place for place in range(len(free)) if np.isfinite(metres[place])]
        if reached:
            reached.sort(key=lambda place: (metres[place], straight[place]))
            return [(free[place], float(metres[place]), "network") for place in reached], None
        why = NO_WAY if here.found[0] else OFF_ROAD
    order = sorted(range(len(free)), key=lambda place: straight[place])
    return [(free[place], straight[place], "straight") for place in order], why


def _tell(stores: Stores, request: HelpRequest, offer: HelpOffer, now: datetime) -> None:
    """Tell whom it is offered to; where they have no account, those who can phone them."""
    zone = ZoneInfo(stores.districts.current().timezone)
    body = {
        "kind": request.kind,
        "place": request.place,
        "metres": round(offer.distance_m),
        "until": f"{offer.expires_at.astimezone(zone):%H:%M}",
        "name": offer.name if offer.volunteer is None else _code(stores, offer.volunteer),
    }
    if offer.person is not None:
        told = Notice(new_id(), "help-offered", str(request.id), now, person=offer.person, body=body)
    else:
        told = Notice(new_id(), "help-phone", str(request.id), now, unit=request.unit, body=body)
    stores.notices.add([told])


def _code(stores: Stores, volunteer: UUID) -> str:
    # Notices are kept for long; a code says nothing once its volunteer is forgotten.
    return stores.volunteers.get(volunteer).code


def _tell_nobody(stores: Stores, request: HelpRequest, now: datetime) -> None:
    body = {"kind": request.kind, "place": request.place}
    stores.notices.add([Notice(new_id(), "help-nobody", str(request.id), now, unit=request.unit, body=body)])
