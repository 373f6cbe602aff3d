"""Locate: one point from memory by ``GET``, many by ``POST`` in the format they were sent in."""

import logging
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import Depends, Query, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from geo.errors import N_, WardlineError
from layers.stores import Stores
from service.access.guard import admit_there
from service.access.identity import Identity
from service.access.policy import PEOPLE
from service.dependencies import (
    MIB,
    AsOf,
    DistrictParameter,
    IdentityDep,
    KnownAt,
    RuleDep,
    Service,
    ServiceDep,
    SessionDep,
)
from service.dependencies import router as make_router
from service.errors import MalformedBody, UnsupportedFormat
from service.indexes.ground import Ground
from service.indexes.locate import locate, to_storage
from service.readers import points, strict_json
from service.readers.point_table import Format
from service.schemas.locate import Accuracy, ColumnsOut, Datum, Lat, LocateOut, Lon
from service.use_cases.locate import locate_columns, locate_table
from service.use_cases.projects import near

router = make_router("locate")
_log = logging.getLogger("wardline.locate")

PATH = "/api/v1/locate"
LARGEST_TABLE = 512 * MIB

LayerParameter = Annotated[
    str | None, Query(max_length=64, description="The partition to answer by, where there are several.")
]
ClassParameter = Annotated[
    str | None,
    Query(alias="class", max_length=64, description="The incident's class, for overlays that claim it."),
]
DatumParameter = Annotated[Datum, Query(description="The datum of lon and lat.")]
SitesWithin = Annotated[
    float | None,
    Query(gt=0, le=20_000, allow_inf_nan=False, description="Also the sites of projects so near, in metres."),
]
ColumnParameter = Annotated[str | None, Query(max_length=128, description="Name of a table's column.")]

_TABLES: Mapping[str, Format] = {
    "text/csv": "csv",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.parquet": "parquet",
}


@router.get("/locate", response_model=LocateOut, summary="Who owns a point")
def get_locate(
    service: ServiceDep,
    session: SessionDep,
    identity: IdentityDep,
    lon: Lon,
    lat: Lat,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    accuracy_m: Accuracy = None,
    datum: DatumParameter = "wgs84",
    layer: LayerParameter = None,
    class_: ClassParameter = None,
    district: DistrictParameter = None,
    sites_within_m: SitesWithin = None,
) -> Response:
    """Answer the unit that owns a point, with its parents, overlays and place on the border.

    With ``sites_within_m`` also the sites of projects near it, and who is on site that day. Whoever holds
    nothing in the district learns of units alone.
    """
    code = service.indexes.find_district(district)
    ground = service.indexes.ground(code, as_of, known_at)
    allowed = service.settings.allow_datum_inverse
    x, y = to_storage(lon, lat, datum, allowed=allowed, reason="GET /locate")
    whole = sees_all(identity, code)
    body = _body(ground, x, y, accuracy_m=accuracy_m, layer=layer, class_=class_, whole=whole)
    if sites_within_m is not None:
        day = as_of or ground.day
        sites = near(Stores(session, code), x, y, sites_within_m, day) if whole else []
        body = orjson.dumps({**orjson.loads(body), "sites": sites})
    return Response(body, media_type="application/json")


async def raw_body(request: Request) -> bytes:
    """Return the body as it was sent."""
    return await request.body()


@router.post(
    "/locate",
    response_model=ColumnsOut,
    summary="Who owns each of many points",
    max_body_size=LARGEST_TABLE,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["lon", "lat"],
                        "additionalProperties": False,
                        "properties": {
                            **{
                                name: {"type": "array", "items": {"type": "number"}}
                                for name in ("lon", "lat")
                            },
                            "accuracy_m": {
                                "type": "array",
                                "items": {
                                    "type": ["number", "null"],
                                    "minimum": 0,
                                    "maximum": 10_000,
                                },
                                "description": "Metres each point is good for; null takes the parameter's.",
                            },
                        },
                    }
                },
                **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TABLES},
            },
        }
    },
)
def post_locate(
    request: Request,
    service: ServiceDep,
    identity: IdentityDep,
    rule: RuleDep,
    body: Annotated[bytes, Depends(raw_body)],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    accuracy_m: Accuracy = None,
    datum: DatumParameter = "wgs84",
    layer: LayerParameter = None,
    lon_column: ColumnParameter = None,
    lat_column: ColumnParameter = None,
    accuracy_column: ColumnParameter = None,
    district: DistrictParameter = None,
) -> Response:
    """Answer for JSON columns, CSV, an Arrow stream or Parquet; the format that was sent comes back."""
    code = service.indexes.find_district(district)
    admit_there(identity, rule, code)
    ground = service.indexes.ground(code, as_of, known_at)
    allowed = service.settings.allow_datum_inverse
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        answers = locate_columns(
            ground, _columns(body), datum=datum, allow_inverse=allowed, accuracy_m=accuracy_m, layer=layer
        )
        return Response(orjson.dumps(answers), media_type="application/json")
    if kind not in _TABLES:
        raise UnsupportedFormat(
            N_("Points do not come as “{type}” here; they come as {known}."),
            mend=N_("Set the Content-Type header to one of these."),
            where={"header": "Content-Type"},
            type=kind[:80],
            known=", ".join(("application/json", *_TABLES)),
        )
    table = points.read(body, _TABLES[kind], lon_column, lat_column)
    located = locate_table(
        ground,
        table,
        datum=datum,
        allow_inverse=allowed,
        accuracy_m=accuracy_m,
        accuracy_from=accuracy_column,
        layer=layer,
        reason="POST /locate",
    )
    return Response(points.write(located, _TABLES[kind]), media_type=kind)


def _columns(body: bytes) -> Any:
    # Millions of numbers are worth a reader that checks as strictly but is ten times as fast.
    for name in ("lon", "lat", "accuracy_m"):
        if body.count(f'"{name}"'.encode()) > 1:
            raise MalformedBody(
                N_("The body has the name “{name}” twice in one object."),
                mend=N_("Send every name once."),
                where={"name": name},
                name=name,
            )
    if b"\\" in body:
        # Numbers need no escapes; names that have some must be read before they can be compared.
        return strict_json.loads(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(
            N_("The body is not JSON: {reason} in line {line}, column {column}."),
            mend=N_("Send plain JSON in UTF-8 (RFC 8259)."),
            where={"line": error.lineno, "column": error.colno},
            reason=error.msg.partition(":")[0],
            line=error.lineno,
            column=error.colno,
        ) from error


def _body(
    ground: Ground,
    lon: float,
    lat: float,
    *,
    accuracy_m: float | None,
    layer: str | None,
    class_: str | None,
    whole: bool,
) -> bytes:
    # What claims a class is an overlay, and those are not for everybody.
    claims = class_ if whole else None
    answer = locate(ground, lon, lat, accuracy_m=accuracy_m, layer=layer, class_=claims).to_json()
    return orjson.dumps(answer if whole else {**answer, "overlays": [], "segment": None})


def sees_all(identity: Identity, district: str) -> bool:
    """Say whether a caller may know of overlays and the border of a district."""
    return not identity.must_change and not PEOPLE.isdisjoint(identity.roles(district))


_QUICK = {"lon", "lat", "accuracy_m", "as_of", "district", "layer", "class"}
_HEADERS = [(b"content-type", b"application/json")]


class QuickLocate:
    """Answers ``GET /locate`` from memory, before routing, where nothing is unusual.

    What it cannot answer at once (a fault in the parameters, a point outside, a day that is not in memory)
    passes on to the route, which answers or refuses it; so both have one meaning and one code path below.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET":
            service: Service = scope["app"].state.service
            identity = service.access.recall(scope)
            body = None if identity is None else quick_answer(service, scope["query_string"], identity)
            if body is not None:
                # The shield learns that what the request brought was right.
                scope.setdefault("state", {})["identity"] = identity
                headers = [*_HEADERS, (b"content-length", b"%d" % len(body))]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)


def quick_answer(service: Service, query: bytes, identity: Identity) -> bytes | None:
    """Return the answer to a plain query string, or None where the route must look at it."""
    if b"%" in query or b"+" in query:
        return None
    try:
        parts = [part.partition("=") for part in query.decode("ascii").split("&")]
        given = {name: value for name, _, value in parts}
        if len(given) < len(parts) or not given.keys() <= _QUICK or "_" in given["lon"] + given["lat"]:
            return None
        lon, lat = float(given["lon"]), float(given["lat"])
        accuracy = float(given["accuracy_m"]) if "accuracy_m" in given else None
        if accuracy is not None and not 0 <= accuracy <= 10_000:
            return None
        code = service.indexes.district(given.get("district"))
        if "as_of" in given:
            day = given["as_of"]
            ground = service.indexes.cached(code, date.fromisoformat(day)) if len(day) == 10 else None
        else:
            ground = service.indexes.current(code)
        if ground is None:
            return None
        return _body(
            ground,
            lon,
            lat,
            accuracy_m=accuracy,
            layer=given.get("layer"),
            class_=given.get("class"),
            whole=sees_all(identity, code),
        )
    except (ValueError, KeyError, WardlineError):
        return None
