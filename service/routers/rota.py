"""The weekly rota of stations, its gaps, and the volunteers."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Query, Response

from geo.errors import N_
from layers.errors import NotFound
from layers.rota import Duty
from service import i18n
from service.dependencies import (
    Cursor,
    IdentityDep,
    LanguageDep,
    Limit,
    OnceDep,
    Reply,
    ServiceDep,
    StoresDep,
    VersionDep,
    present_ground,
)
from service.dependencies import router as make_router
from service.errors import DutyClash, InvalidInput
from service.keys import KeyRing
from service.schemas.contacts import ContactOut
from service.schemas.rota import (
    AwayIn,
    ChangedOut,
    DutyIn,
    ForgottenOut,
    GapsOut,
    OnDutyListOut,
    RotaOut,
    StaffedListOut,
    VolunteerIn,
    VolunteerOut,
    VolunteerPage,
    VolunteerPatch,
    volunteer_json,
)
from service.schemas.times import NearDay
from service.use_cases import contacts
from service.use_cases.helping import rota, volunteers
from service.use_cases.helping.rota import Translate
from service.use_cases.refusing import noted

router = make_router("rota")

_CLASH: dict[int | str, dict[str, Any]] = {
    409: {"description": "The same person has another duty then; `other` is that."}
}
_PRIVATE = {"Cache-Control": "no-store"}
_REFUSED = (DutyClash, InvalidInput)
"""Refusals that the audit keeps."""
From = Annotated[NearDay | None, Query(alias="from", description="The first day; today where none is given.")]
Days = Annotated[int, Query(ge=1, le=92, description="How many days.")]
Purpose = Annotated[
    str, Query(min_length=2, max_length=200, description="What the data are needed for; the audit keeps it.")
]


def get_translate(language: LanguageDep) -> Translate:
    """Return what puts texts into the caller's language."""
    return i18n.translator(language)


TranslateDep = Annotated[Translate, Depends(get_translate)]


def get_first(stores: StoresDep, from_: From = None) -> date:
    """Return the first day that is asked about."""
    return from_ or stores.districts.current().today(datetime.now(UTC))


FirstDep = Annotated[date, Depends(get_first)]


def _changed(stores: StoresDep, station: str, duty: Duty | None, translate: Translate) -> dict[str, Any]:
    first = stores.districts.current().today(datetime.now(UTC))
    last = first + rota.WARNED
    place = {one.code: one for one in stores.stations.all(first)}.get(station)
    gaps: list[dict[str, Any]] = []
    if place is not None:
        week = rota.week_of(stores, place, first, last, stores.rota.between(first, last, station))
        gaps = rota.gaps_json(week, translate)
    return {"duty": None if duty is None else rota.duty_json(duty), "gaps": gaps}


@router.get("/rota", response_model=StaffedListOut)
def get_rota(stores: StoresDep, first: FirstDep, days: Days = 7) -> dict[str, Any]:
    """Return of every station how much of its hours is staffed in some days, and how many gaps are left."""
    last = first + timedelta(days=days)
    duties = stores.rota.between(first - timedelta(days=1), last)
    items = []
    for place in sorted(stores.stations.all(first), key=lambda one: one.code):
        mine = [one for one in duties if one.station == place.code]
        week = rota.week_of(stores, place, first, last, mine)
        items.append(
            {
                "code": place.code,
                "name": place.name,
                "opening_hours": place.opening_hours,
                "duties": len(mine),
                "open_minutes": week.minutes(week.open),
                "gap_minutes": week.minutes(week.gaps),
                "gaps": len(week.gaps),
            }
        )
    return {"from_day": first, "to_day": last, "items": items}


@router.get("/rota/candidates", response_model=OnDutyListOut)
def get_candidates(stores: StoresDep) -> dict[str, Any]:
    """Return who may have duty: accounts with a role in the district, and volunteers."""
    return {"items": rota.candidates(stores, datetime.now(UTC))}


@router.get("/stations/{station}/rota", response_model=RotaOut)
def get_station_rota(
    station: str, stores: StoresDep, first: FirstDep, translate: TranslateDep, days: Days = 7
) -> dict[str, Any]:
    """Return the rota of a station: its duties, and day by day what is open, staffed and left open."""
    last = first + timedelta(days=days)
    place = rota.station_of(stores, station, first)
    duties = stores.rota.between(first - timedelta(days=1), last, station)
    return rota.rota_out(rota.week_of(stores, place, first, last, duties), duties, translate)


@router.get("/stations/{station}/rota/gaps", response_model=GapsOut)
def get_gaps(
    station: str, stores: StoresDep, first: FirstDep, translate: TranslateDep, days: Days = 28
) -> dict[str, Any]:
    """Return when a station is open and nobody has duty, each gap with its weekday and times."""
    last = first + timedelta(days=days)
    place = rota.station_of(stores, station, first)
    duties = stores.rota.between(first - timedelta(days=1), last, station)
    return rota.gaps_out(rota.week_of(stores, place, first, last, duties), translate)


@router.post("/stations/{station}/rota", response_model=ChangedOut, status_code=201, responses=_CLASH)
def post_duty(
    station: str,
    given: DutyIn,
    stores: StoresDep,
    identity: IdentityDep,
    translate: TranslateDep,
    once: OnceDep,
) -> Response:
    """Give an account or a volunteer a duty, on weekdays or on one day; the answer warns of what is open."""

    def act() -> Reply:
        made = rota.add(stores, station, given, identity.name, datetime.now(UTC))
        return Reply(201, _changed(stores, station, made, translate))

    with noted(stores, "add", station, _REFUSED, kind="duty"):
        return once(stores, act)


@router.delete("/rota/{duty}", response_model=ChangedOut)
def delete_duty(
    duty: UUID, stores: StoresDep, first: FirstDep, translate: TranslateDep, once: OnceDep
) -> Response:
    """End a duty before a day, today where none is given; one that never was is removed."""

    def act() -> Reply:
        station = stores.rota.get(duty).station
        left = rota.end(stores, duty, first)
        return Reply(200, _changed(stores, station, left, translate))

    return once(stores, act)


@router.put("/rota/{duty}/away/{day}", response_model=ChangedOut)
def put_away(
    duty: UUID, day: NearDay, given: AwayIn, stores: StoresDep, translate: TranslateDep, once: OnceDep
) -> Response:
    """Let a duty not take place on a day."""

    def act() -> Reply:
        value = rota.set_away(stores, duty, day, given.reason)
        return Reply(200, _changed(stores, value.station, value, translate))

    return once(stores, act)


@router.delete("/rota/{duty}/away/{day}", response_model=ChangedOut, responses=_CLASH)
def delete_away(
    duty: UUID, day: NearDay, stores: StoresDep, translate: TranslateDep, once: OnceDep
) -> Response:
    """Let a duty take place on a day after all."""

    def act() -> Reply:
        value = rota.set_away(stores, duty, day, None)
        return Reply(200, _changed(stores, value.station, value, translate))

    with noted(stores, "away", duty, _REFUSED, kind="duty"):
        return once(stores, act)


@router.get("/volunteers", response_model=VolunteerPage)
def get_volunteers(stores: StoresDep, limit: Limit = 100, cursor: Cursor = None) -> dict[str, Any]:
    """Return a page of volunteers, without how to reach them."""
    page = stores.volunteers.page(limit, cursor)
    return {"items": [volunteer_json(one) for one in page.items], "cursor": page.cursor}


@router.post("/volunteers", response_model=VolunteerOut, status_code=201)
def post_volunteer(
    given: VolunteerIn, stores: StoresDep, service: ServiceDep, identity: IdentityDep, once: OnceDep
) -> Response:
    """Keep a volunteer, who agreed to it; how to reach them is kept apart and sealed."""

    def act() -> Reply:
        now = datetime.now(UTC)
        made = volunteers.add(stores, present_ground(service, stores), given, identity.name, now)
        contacts.keep(stores, KeyRing(service.settings.home), made.id, given.contact, now, "aid")
        return Reply(201, volunteer_json(made), {"Location": f"/api/v1/volunteers/{made.id}"})

    return once(stores, act)


@router.get("/volunteers/{volunteer}", response_model=VolunteerOut)
def get_volunteer(volunteer: UUID, stores: StoresDep) -> dict[str, Any]:
    """Return a volunteer."""
    return volunteer_json(stores.volunteers.get(volunteer))


@router.patch("/volunteers/{volunteer}", response_model=VolunteerOut)
def patch_volunteer(
    volunteer: UUID,
    patch: VolunteerPatch,
    stores: StoresDep,
    service: ServiceDep,
    version: VersionDep,
    once: OnceDep,
) -> Response:
    """Change a volunteer; a stale ``If-Match`` is 409."""

    def act() -> Reply:
        ground = present_ground(service, stores)
        return Reply(200, volunteer_json(volunteers.change(stores, ground, volunteer, patch, version)))

    return once(stores, act)


@router.delete("/volunteers/{volunteer}", response_model=ForgottenOut)
def delete_volunteer(volunteer: UUID, stores: StoresDep, once: OnceDep) -> Response:
    """Forget a volunteer who takes their consent back: their contact and duties go as well."""

    def act() -> Reply:
        return Reply(200, {"duties": volunteers.forget(stores, volunteer)})

    return once(stores, act)


@router.get("/volunteers/{volunteer}/contact", response_model=ContactOut)
def get_volunteer_contact(
    volunteer: UUID, stores: StoresDep, service: ServiceDep, purpose: Purpose
) -> Response:
    """Return how to reach a volunteer. Each read is in the audit, with its purpose."""
    value = stores.volunteers.get(volunteer)
    found = contacts.read_of(stores, KeyRing(service.settings.home), value.id, purpose, "aid")
    if found is None:
        raise NotFound(
            N_("Nothing is kept of how to reach {name}."),
            mend=N_("Ask them, and keep them anew."),
            where={"volunteer": str(volunteer)},
            name=value.name,
        )
    return Response(orjson.dumps(found), headers=_PRIVATE, media_type="application/json")
