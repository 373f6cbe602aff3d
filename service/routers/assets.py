"""The scripts, styles and images of the map views, and the base map, all from this service."""

import hashlib
from typing import Annotated

from fastapi import Query, Request, Response

from geo.errors import N_
from maps import assets, basemap, delivery
from service.dependencies import respond
from service.dependencies import router as make_router
from service.errors import InvalidInput

router = make_router("assets", prefix="/assets")

_BOX = 4
_POINT = 2


@router.get("/basemap.json", response_class=Response)
def get_basemap(
    request: Request,
    bbox: Annotated[str, Query(max_length=120, description="West, south, east, north in degrees.")],
    home: Annotated[str, Query(max_length=60, description="A point (lon,lat) of the home country.")],
) -> Response:
    """Return land and frontiers within a box as GeoJSON."""
    west, south, east, north = _numbers("bbox", bbox, _BOX)
    lon, lat = _numbers("home", home, _POINT)
    body = basemap.cut((west, south, east, north), (lon, lat))
    etag = hashlib.sha256(body).hexdigest()[:24]
    return respond(request, body, "application/geo+json", etag, "public, max-age=86400")


@router.get("/{path:path}", response_class=Response, include_in_schema=False)
def get_asset(request: Request, path: str, v: Annotated[str, Query(max_length=64)] = "") -> Response:
    """Return a listed file; an address that carries its current hash may be kept for ever."""
    asset = assets.read(path)
    cache = delivery.FOREVER if v == asset.digest else delivery.REVALIDATE
    return respond(request, asset.body, asset.media_type, asset.digest, cache)


def _numbers(name: str, text: str, count: int) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(abs(value) <= 360 for value in values):
        raise InvalidInput(
            N_("{parameter} must be {count} numbers with commas between them."),
            mend=N_("Give degrees, such as 117.5,46.2,119.3,47.1."),
            where={"parameter": name},
            parameter=name,
            count=count,
        )
    return values
