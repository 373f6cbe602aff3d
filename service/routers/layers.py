"""Layers: which a district has, and their items as GeoJSON."""

import json
from typing import Annotated, Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import Path, Query, Request, Response

from geo.errors import N_
from layers.catalog import BUILT_IN
from layers.errors import NotFound
from service import i18n
from service.dependencies import BoxDep, Cursor, DayDep, KnownAt, LayerStoresDep, Limit, StoresDep
from service.dependencies import router as make_router
from service.schemas.layers import LayersOut

router = make_router("layers")

GEOJSON = "application/geo+json"
_NAMES = {
    "border": ("line", N_("Border")),
    "cover": ("polygon", N_("Ground cover")),
    "dwellings": ("point", N_("Dwellings")),
    "incidents": ("point", N_("Incidents")),
    "lines": ("line", N_("Roads and rivers")),
    "markers": ("point", N_("Markers")),
    "representatives": ("point", N_("Representatives")),
    "stations": ("point", N_("Service stations")),
}

LayerPath = Annotated[str, Path(max_length=64)]
Level = Annotated[
    int | None, Query(ge=0, le=9, description="Of an area layer: 0 is the top; else the leaves.")
]


@router.get("/layers", response_model=LayersOut)
def get_layers(stores: StoresDep) -> dict[str, Any]:
    """Return the district's layers: its area layers first, then those every district has."""
    areas = [
        {
            "code": one.code,
            "kind": one.kind,
            "name": one.name,
            "name_en": one.name_en,
            "levels": list(one.level_names),
            "priority": one.priority,
            "classes": list(one.classes),
            "items": f"/api/v1/layers/{one.code}/items",
        }
        for one in stores.layers.all()
    ]
    chinese = i18n.translator("zh")
    plain = [
        {
            "code": code,
            "kind": _NAMES[code][0],
            "name": chinese(_NAMES[code][1]),
            "name_en": _NAMES[code][1],
            "levels": [],
            "priority": 0,
            "classes": [],
            "items": f"/api/v1/layers/{code}/items",
        }
        for code in BUILT_IN
    ]
    return {"items": areas + plain}


@router.get("/layers/{layer}/items", response_class=Response, responses={200: {"content": {GEOJSON: {}}}})
def get_items(
    request: Request,
    layer: LayerPath,
    stores: LayerStoresDep,
    day: DayDep,
    bbox: BoxDep,
    known_at: KnownAt = None,
    level: Level = None,
    kind: Annotated[
        str | None, Query(max_length=64, description="Of markers, lines and cover: their kind.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return a page of a layer's features; ``links`` and the ``Link`` header lead to the next."""
    page = stores.items.page(
        layer, day, known_at=known_at, bbox=bbox, level=level, kind=kind, limit=limit, cursor=cursor
    )
    members = [f'"numberReturned":{len(page.features)}']
    headers = {}
    if page.cursor is not None:
        query = {name: value for name, value in request.query_params.items() if name != "cursor"}
        address = f"{quote(request.url.path)}?{urlencode({**query, 'cursor': page.cursor})}"
        link = {"rel": "next", "type": GEOJSON, "href": address}
        members += [f'"cursor":{json.dumps(page.cursor)}', f'"links":{json.dumps([link])}']
        headers["Link"] = f'<{address}>; rel="next"'
    return Response(page.collection(*members), headers=headers, media_type=GEOJSON)


@router.get(
    "/layers/{layer}/items/{item}", response_class=Response, responses={200: {"content": {GEOJSON: {}}}}
)
def get_item(
    layer: LayerPath,
    item: UUID,
    stores: LayerStoresDep,
    day: DayDep,
    known_at: KnownAt = None,
    level: Level = None,
) -> Response:
    """Return one feature of a layer by its id; of an area layer of any level where none is given."""
    found = stores.items.feature(layer, item, day, level=level, known_at=known_at)
    if found is None and level is None and layer not in BUILT_IN:
        levels = range(stores.layers.get(layer).leaf_level)
        texts = (stores.items.feature(layer, item, day, level=upper, known_at=known_at) for upper in levels)
        found = next((text for text in texts if text is not None), None)
    if found is None:
        raise NotFound(
            N_("Layer {layer} has no item {item} on {day}."),
            mend=N_("Check the id and the day."),
            where={"parameter": "item"},
            layer=layer,
            item=str(item),
            day=day.isoformat(),
        )
    return Response(found.encode(), media_type=GEOJSON)
