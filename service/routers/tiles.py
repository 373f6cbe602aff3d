"""Vector tiles of every layer, their description, and the figures that colour them."""

import hashlib
from datetime import date, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import orjson
from fastapi import Query, Request, Response

from geo.errors import N_
from layers.catalog import BUILT_IN, Layer, require_no_instant
from layers.stores import Stores
from maps import delivery, style, tiles
from service.dependencies import KnownAt, LayerStoresDep, ServiceDep, respond
from service.dependencies import router as make_router
from service.errors import InvalidInput
from service.schemas.times import Day
from service.use_cases.unit_figures import Property, unit_figures

router = make_router("tiles", prefix="/tiles")

AsOf = Annotated[Day | None, Query(description="The day; today in the district where left out.")]
Level = Annotated[
    int | None, Query(ge=0, le=20, description="Level of an area layer, 0 the top; by zoom if left out.")
]
_CACHE = tiles.TileCache()
_AREA_FIELDS = {"code": "String", "name": "String", "level": "Number", "households": "Number"}


@router.get("/{layer}.json", response_class=Response)
def get_tile_json(
    request: Request,
    service: ServiceDep,
    stores: LayerStoresDep,
    layer: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    level: Level = None,
) -> Response:
    """Return the TileJSON of a layer; its bounds are those of the day."""
    today = service.indexes.today(stores.district)
    return _json(request, _described(request, stores, layer, as_of, known_at, level, today))


@router.get("/{layer}/style.json", response_class=Response)
def get_style(
    request: Request,
    service: ServiceDep,
    stores: LayerStoresDep,
    layer: str,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    level: Level = None,
) -> Response:
    """Return a MapLibre style of a layer, for desktop programs."""
    today = service.indexes.today(stores.district)
    described = _described(request, stores, layer, as_of, known_at, level, today)
    return _json(request, style.maplibre(described, layer))


@router.get("/{layer}/units.json", response_class=Response)
def get_units(
    request: Request,
    service: ServiceDep,
    stores: LayerStoresDep,
    layer: str,
    level: Annotated[int, Query(ge=0, le=20)],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    property: Annotated[Literal["households", "representatives", "incidents", ""], Query()] = "",  # noqa: A002
) -> Response:
    """Return the units of a level in columns: code, name, point inside, bounds, value of a property."""
    found = stores.layers.get(layer)
    day = as_of or service.indexes.today(stores.district)
    chosen: Property | None = property or None
    return _json(
        request, {"level": level, "columns": unit_figures(stores, found, level, day, chosen, known_at)}
    )


@router.get("/{layer}/{z}/{x}/{y}.mvt", response_class=Response)
def get_tile(
    request: Request,
    service: ServiceDep,
    stores: LayerStoresDep,
    layer: str,
    z: int,
    x: int,
    y: int,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    level: Level = None,
) -> Response:
    """Return a vector tile of a layer; empty where nothing is in it."""
    tiles.TileAddress(z, x, y)
    day = as_of or service.indexes.today(stores.district)

    def make() -> bytes:
        return stores.tiles.tile(layer, z, x, y, day, level=level, known_at=known_at)

    version = _version(stores, layer, level, day, known_at)
    key = (stores.district, layer, version, z, x, y, level)
    made = tiles.tile(make()) if version is None else _CACHE.get(key, make)
    return respond(request, made.body, tiles.MEDIA_TYPE, made.etag, delivery.REVALIDATE)


def _version(
    stores: Stores, layer: str, level: int | None, day: date, known_at: datetime | None
) -> str | None:
    """Return what names the content of an area layer on a day: its release. Other layers are not kept."""
    if _area(stores, layer, level) is None:
        return None
    release = stores.releases.in_force(layer, day, known_at)
    return str(release.id) if release else "none"


def _described(
    request: Request,
    stores: Stores,
    layer: str,
    as_of: date | None,
    known_at: datetime | None,
    level: int | None,
    today: date,
) -> dict[str, Any]:
    area = _area(stores, layer, level)
    release = stores.releases.in_force(layer, as_of or today, known_at) if area else None
    extent = release.extent if release else None
    if layer in BUILT_IN:
        require_no_instant(layer, known_at)
    known = None if known_at is None else known_at.isoformat()
    asked = {
        "as_of": as_of,
        "known_at": known,
        "level": level,
        "district": request.query_params.get("district"),
    }
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    template = f"{_root(request)}/tiles/{quote(layer, safe='')}/{{z}}/{{x}}/{{y}}.mvt"
    return tiles.tile_json(
        f"{template}?{query}" if query else template,
        area.name if area else layer,
        [tiles.VectorLayer(layer, 0, tiles.MAX_ZOOM, _fields(area))],
        (extent.west, extent.south, extent.east, extent.north) if extent else None,
        str(release.id) if release else "",
    )


def _area(stores: Stores, layer: str, level: int | None) -> Layer | None:
    """Return the area layer of a code, None for the layers every district has; refuse a level it lacks."""
    if layer in BUILT_IN:
        return None
    area = stores.layers.get(layer)
    if level is not None and level > area.leaf_level:
        raise InvalidInput(
            N_("Layer {layer} has no level {level}."),
            mend=N_("Its levels are 0 (the top) to {leaf}."),
            where={"parameter": "level"},
            layer=layer,
            level=level,
            leaf=area.leaf_level,
        )
    return area


def _fields(area: Layer | None) -> dict[str, str]:
    return dict(_AREA_FIELDS) if area else {"code": "String", "name": "String"}


def _root(request: Request) -> str:
    """Return the address of the service: the configured one, else as it was asked."""
    configured: str | None = request.app.state.settings.public_url
    return (configured or str(request.base_url)).rstrip("/")


def _json(request: Request, value: Any) -> Response:
    body = orjson.dumps(value)
    etag = hashlib.sha256(body).hexdigest()[:24]
    return respond(request, body, "application/json", etag, delivery.REVALIDATE)
