"""Service stations: all of them, and the nearest."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import Depends, Query, Response
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from geo.errors import N_
from layers.stations import Station
from service import i18n
from service.access.guard import admit_there
from service.dependencies import (
    AsOf,
    DistrictParameter,
    IdentityDep,
    LanguageDep,
    RuleDep,
    ServiceDep,
    StoresDep,
)
from service.dependencies import router as make_router
from service.errors import InvalidInput
from service.indexes.roads import NO_ROADS
from service.indexes.stations import day_in
from service.schemas.locate import Lat, Lon
from service.schemas.roads import By
from service.schemas.stations import Mode, NearestManyOut, NearestOut, PointsIn, StationsOut
from service.schemas.times import Day
from service.use_cases import stations
from service.use_cases.stations import Around, Fit, Ranked, Way, Wish

router = make_router("stations")

StationsOf = Annotated[
    Day | None, Query(description="The day whose stations answer; that of open_at where none is given.")
]
Facility = Annotated[str, Query(max_length=64)]
_EARLIEST, _LATEST = 1949, 2200
_INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


OpenAt = Annotated[str | None, Query(max_length=40, description="Open then: now, or a time with its offset.")]
K = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Facilities = Annotated[list[Facility] | None, Query(max_length=16, description="Has it; repeat for more.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the parameters ask for, and what answers it."""

    around: Around
    fit: Fit
    way: Way
    district: str
    zone: str
    at: datetime


def get_asked(
    service: ServiceDep,
    facility: Facilities = None,
    open_at: OpenAt = None,
    kind: Annotated[Literal["hub", "point"] | None, Query(description="The hub, or a point of it.")] = None,
    capacity: Annotated[int | None, Query(ge=0, le=10**9, description="Has room for so many.")] = None,
    mode: Mode = "straight",
    by: Annotated[By, Query(description="How one goes, in the mode network.")] = "foot",
    as_of: StationsOf = None,
    district: DistrictParameter = None,
) -> Asked:
    """Read the parameters that one point and many have in common."""
    now = datetime.now(UTC)
    instant = _instant(open_at, now)
    at = instant or now
    code = service.indexes.find_district(district)
    zone = service.indexes.current(code).district.timezone
    day = as_of or day_in(zone, at)
    around = Around(
        service.indexes.stations(code, day),
        service.indexes.current(code) if mode != "designated" else service.indexes.ground(code, day),
        service.indexes.roads(code, day) if mode == "network" else NO_ROADS,
    )
    fit = stations.fitting(around.stations, Wish(kind, tuple(facility or ()), instant, capacity))
    return Asked(around, fit, Way(mode, by), code, zone, at)


AskedDep = Annotated[Asked, Depends(get_asked)]


def get_asked_there(asked: AskedDep, identity: IdentityDep, rule: RuleDep) -> Asked:
    """Read the parameters of somebody who may ask in that district."""
    admit_there(identity, rule, asked.district)
    return asked


AskedThereDep = Annotated[Asked, Depends(get_asked_there)]


@router.get("/stations/nearest", response_model=NearestOut)
def get_nearest(
    asked: AskedDep,
    language: LanguageDep,
    lon: Lon,
    lat: Lat,
    k: K = 5,
    *,
    routes: Annotated[bool, Query(description="Tell the ways along roads, in the mode network.")] = False,
) -> Response:
    """Return the nearest stations that fit, by distance, then id; answers from memory.

    The mode is that in which they are near: where another than the one asked for answers, ``why`` says why.
    """
    way = replace(asked.way, routes=routes)
    (found,) = stations.nearest(asked.around, asked.fit, [lon], [lat], k, way)
    told = found.routes or [None] * len(found.stations)
    translate = i18n.translator(language)
    reason = found.reason()
    body = {
        "mode": found.mode,
        "asked": asked.way.mode,
        "by": asked.way.by,
        "why": None if found.why is None else translate(found.why).format(**found.params),
        "at": asked.at.isoformat(),
        "stations": [
            {
                **stations.station_json(one, asked.zone, asked.at),
                "distance_m": round(metres, 2),
                "mode": found.mode,
                "route": route,
            }
            for one, metres, route in zip(found.stations, found.metres, told, strict=True)
        ],
        "filtered": found.filtered,
        "reason": None if reason is None else translate(reason).format(**found.filtered),
    }
    return Response(orjson.dumps(body), media_type="application/json")


@router.post("/stations/nearest", response_model=NearestManyOut)
def post_nearest(given: PointsIn, asked: AskedThereDep, language: LanguageDep, k: K = 5) -> Response:
    """Return the nearest stations of up to 10,000 points; one that is no point fails alone."""
    if len(given.lon) != len(given.lat):
        raise InvalidInput(
            N_("There are {lon} longitudes and {lat} latitudes."),
            mend=N_("Send as many of each."),
            where={"pointer": "/lat"},
            lon=len(given.lon),
            lat=len(given.lat),
        )
    translate = i18n.translator(language)
    good = [_is_point(lon, lat) for lon, lat in zip(given.lon, given.lat, strict=True)]
    lon, lat = (
        [float(value) for value, one in zip(column, good, strict=True) if one]
        for column in (given.lon, given.lat)
    )
    found = iter(stations.nearest(asked.around, asked.fit, lon, lat, k, asked.way))
    places: dict[Station, int] = {}
    answers = [_point_json(next(found), places, translate) if one else _no_point(translate) for one in good]
    reason = Ranked(asked.fit.stations, (), asked.fit.filtered).reason()
    body = {
        "asked": asked.way.mode,
        "by": asked.way.by,
        "at": asked.at.isoformat(),
        "stations": [stations.station_json(one, asked.zone, asked.at) for one in places],
        "filtered": asked.fit.filtered,
        "answers": answers,
        "reason": None if reason is None else translate(reason).format(**asked.fit.filtered),
    }
    return Response(orjson.dumps(body), media_type="application/json")


@router.get("/stations", response_model=StationsOut)
def get_stations(stores: StoresDep, as_of: AsOf = None) -> dict[str, Any]:
    """Return all stations of a day by code, open or not now, and every facility there is."""
    now = datetime.now(UTC)
    zone = stores.districts.current().timezone
    found = sorted(stores.stations.all(as_of or day_in(zone, now)), key=lambda one: one.code)
    names = sorted({name for one in found for name in one.facilities})
    return {"items": [stations.station_json(one, zone, now) for one in found], "facilities": names}


def _instant(text: str | None, now: datetime) -> datetime | None:
    """Return the instant of ``open_at``: none, now, or a time with its offset."""
    if not text:
        return None
    if text == "now":
        return now
    # An unescaped plus sign in an address arrives as a blank.
    try:
        found = _INSTANT.validate_python(text.replace(" ", "+"))
    except ValidationError:
        found = None
    if found is None or not _EARLIEST <= found.year <= _LATEST:
        raise InvalidInput(
            N_("open_at is “{value}”, which is no time."),
            mend=N_("Give now, or a time with its offset such as 2025-06-30T09:00:00%2B08:00."),
            where={"parameter": "open_at"},
            value=text,
        )
    return found


def _is_point(lon: Any, lat: Any) -> bool:
    """Say whether two JSON values are a place on the globe in degrees."""
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (lon, lat))
    return numbers and abs(lon) <= 180 and abs(lat) <= 90


def _point_json(found: Ranked, places: dict[Station, int], translate: Callable[[str], str]) -> dict[str, Any]:
    """Return the answer of one point; ``places`` numbers the stations as they are named."""
    return {
        "mode": found.mode,
        "why": None if found.why is None else translate(found.why).format(**found.params),
        "nearest": [
            {"station": places.setdefault(one, len(places)), "distance_m": round(metres, 2)}
            for one, metres in zip(found.stations, found.metres, strict=True)
        ],
        "error": None,
    }


def _no_point(translate: Callable[[str], str]) -> dict[str, Any]:
    detail = translate(N_("This is no place: give longitude −180 to 180 and latitude −90 to 90 as numbers."))
    return {
        "mode": None,
        "why": None,
        "nearest": [],
        "error": {"code": "coordinate-out-of-range", "detail": detail},
    }
