"""Service stations: all of them, and the nearest."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import Query, Response
from pydantic import AwareDatetime, TypeAdapter, ValidationError

from geo.errors import N_
from service import i18n
from service.dependencies import AsOf, DistrictParameter, LanguageDep, ServiceDep, StoresDep
from service.dependencies import router as make_router
from service.errors import InvalidInput
from service.indexes.stations import day_in
from service.schemas.locate import Lat, Lon
from service.schemas.stations import Mode, NearestOut, StationsOut
from service.schemas.times import Day
from service.use_cases import stations

router = make_router("stations")

StationsOf = Annotated[
    Day | None, Query(description="The day whose stations answer; that of open_at where none is given.")
]
Facility = Annotated[str, Query(max_length=64)]
_FALLBACK = {
    "designated": N_("No service areas are stored, so the nearest in a straight line answer."),
    "network": N_("No road graph is loaded, so the nearest in a straight line answer."),
}
_EARLIEST, _LATEST = 1949, 2200
_INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


@router.get("/stations/nearest", response_model=NearestOut)
def get_nearest(
    service: ServiceDep,
    language: LanguageDep,
    lon: Lon,
    lat: Lat,
    k: Annotated[int, Query(ge=1, le=100, description="How many at most.")] = 5,
    facility: Annotated[
        list[Facility] | None, Query(max_length=16, description="Has it; repeat for more.")
    ] = None,
    open_at: Annotated[
        str | None, Query(max_length=40, description="Open then: now, or a time with its offset.")
    ] = None,
    kind: Annotated[Literal["hub", "point"] | None, Query(description="The hub, or a point of it.")] = None,
    mode: Mode = "straight",
    as_of: StationsOf = None,
    district: DistrictParameter = None,
) -> Response:
    """Return the nearest stations that fit, ordered by geodesic distance, then id; answers from memory."""
    now = datetime.now(UTC)
    instant = _instant(open_at, now)
    at = instant or now
    wish = stations.Wish(kind, tuple(facility or ()), instant)
    code = service.indexes.find_district(district)
    zone = service.indexes.current(code).district.timezone
    of_day = service.indexes.stations(code, as_of or day_in(zone, at))
    found = stations.nearest(of_day, lon, lat, k, wish)
    translate = i18n.translator(language)
    reason = found.reason()
    body = {
        "mode": "straight",
        "asked": mode,
        "why": translate(_FALLBACK[mode]) if mode in _FALLBACK else None,
        "at": at.isoformat(),
        "stations": [
            {**stations.station_json(one, zone, at), "distance_m": round(metres, 2), "mode": "straight"}
            for one, metres in zip(found.stations, found.metres, strict=True)
        ],
        "filtered": found.filtered,
        "reason": None if reason is None else translate(reason).format(**found.filtered),
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
