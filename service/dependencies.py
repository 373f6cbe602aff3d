"""What the routes share: strict requests, the session of a request, the stores of its district, its language.

One request is one transaction, committed *before* the answer is sent (``scope="function"``): a commit that
fails answers with an error, never with success.
"""

import hashlib
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from geo.errors import N_
from layers import districts
from layers.audit import Actor, act_as
from layers.errors import InvalidBox, translated
from layers.geometry import Box
from layers.ids import new_id
from layers.paging import MAX_LIMIT
from layers.row_security import enter
from layers.stores import Stores
from maps.delivery import deliver
from service import i18n
from service.access.authenticator import Authenticator
from service.access.guard import admit, admit_layer, admit_there, visible
from service.access.identity import Identity
from service.access.policy import POLICY, Rule, key_of
from service.errors import InvalidInput, MalformedBody
from service.hardening.limits import address_of
from service.hardening.origins import SAFE
from service.indexes.compiling import Compiling
from service.indexes.drafts import Drafts
from service.indexes.ground import Ground
from service.indexes.snapshots import Indexes, choose_district
from service.readers import strict_json
from service.schemas.times import Day, Instant
from service.settings import Settings
from service.strict_requests import check_query, require_json, takes_json, takes_many

PREFIX = "/api/v1"
MIB = 1 << 20
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Service:
    """What a running service has (``app.state.service``), and who its callers are."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    indexes: Indexes
    access: Authenticator
    drafts: Drafts
    balance: Compiling


class _ReadRequest(Request):
    """A request whose JSON was read already."""

    value: Any

    async def json(self) -> Any:
        return self.value


class GuardedRoute(APIRoute):
    """A route that learns who asks and lets in only whom the policy allows, before anything is read."""

    def get_route_handler(self) -> Handler:
        """Return the handler behind the gate."""
        handle, template = self.handler(), self.path

        async def guarded(request: Request) -> Response:
            rule = POLICY[key_of(request.method, template)]
            service: Service = request.app.state.service
            identity = await service.access.identify(request.scope)
            if rule.page and not rule.public and (identity.kind == "public" or identity.must_change):
                return RedirectResponse(f"/signin?next={quote(_path(request))}", 303)
            request.state.identity, request.state.rule = identity, rule
            admit(identity, rule)
            if rule.area != "none" and request.method not in SAFE and not identity.signed_in:
                # Who reports without a name could report without end.
                request.app.state.limits.report(address_of(request.client.host if request.client else None))
            return await handle(request)

        return guarded

    def handler(self) -> Handler:
        """Return what handles a request that was let in."""
        return super().get_route_handler()


def _path(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


class StrictRoute(GuardedRoute):
    """A guarded route that refuses unknown or repeated parameters and JSON that is not what it seems."""

    def handler(self) -> Handler:
        """Return the handler, with our checks before FastAPI's own."""
        handle = super().handler()
        fields = [one for one in get_flat_params(self.dependant) if isinstance(one.field_info, params.Query)]
        known = {field.alias: takes_many(field.field_info.annotation) for field in fields}
        json_wanted = takes_json(self)

        async def strict(request: Request) -> Response:
            check_query(request.scope, known)
            if not json_wanted:
                return await handle(request)
            body = await request.body()
            if not body:
                return await handle(request)
            require_json(request)
            read = _ReadRequest(request.scope, request.receive)
            read._body = body  # noqa: SLF001 - Starlette keeps a body that was read here
            read.value = strict_json.loads(body)
            return await handle(read)

        return strict


def router(*tags: str, prefix: str = PREFIX) -> APIRouter:
    """Return a router whose routes are strict, below ``/api/v1`` unless said otherwise."""
    return APIRouter(prefix=prefix, tags=list(tags), route_class=StrictRoute)


def get_service(request: Request) -> Service:
    """Return what the running service has."""
    found: Service = request.app.state.service
    return found


ServiceDep = Annotated[Service, Depends(get_service)]


def get_language(request: Request) -> str:
    """Return the language the caller wants: ``zh`` or ``en``."""
    default = request.app.state.settings.language
    return i18n.negotiate(request.headers.get("accept-language", ""), default)


LanguageDep = Annotated[str, Depends(get_language)]


def get_identity(request: Request) -> Identity:
    """Return who asks."""
    found: Identity = request.state.identity
    return found


IdentityDep = Annotated[Identity, Depends(get_identity)]


def get_rule(request: Request) -> Rule:
    """Return what the policy says of the route."""
    found: Rule = request.state.rule
    return found


RuleDep = Annotated[Rule, Depends(get_rule)]


def actor_of(identity: Identity) -> Actor:
    """Return who the audit says acts in a request, which gets an id of its own there."""
    return Actor(identity.kind, identity.id, identity.name, str(new_id()))


def get_session(service: ServiceDep, identity: IdentityDep) -> Iterator[Session]:
    """Open the session of a request and commit it when the route has returned, before the answer is sent.

    The database is told whom it is for, and shows and takes what that caller may see and write.
    """
    with service.sessions() as session:
        enter(session, identity.scope())
        act_as(session, actor_of(identity))
        yield session
        with translated():
            session.commit()


SessionDep = Annotated[Session, Depends(get_session, scope="function")]

DistrictParameter = Annotated[
    str | None,
    Query(max_length=64, description="Code of the district; may be left out where there is only one."),
]


def get_stores(
    session: SessionDep,
    service: ServiceDep,
    identity: IdentityDep,
    rule: RuleDep,
    district: DistrictParameter = None,
) -> Stores:
    """Return the stores of the district that the request means, if the caller may there what it wants."""
    codes = [value.code for value in districts.every(session)]
    if not rule.public:
        codes = visible(identity, codes)
    default = service.settings.district if service.settings.district in codes else None
    code = choose_district(codes, district, default)
    admit_there(identity, rule, code)
    return Stores(session, code, identity.roots(code, rule.roles) if rule.area == "subtree" else None)


StoresDep = Annotated[Stores, Depends(get_stores, scope="function")]


def get_layer_stores(
    layer: Annotated[str, Path(max_length=64)], stores: StoresDep, identity: IdentityDep
) -> Stores:
    """Return the stores for a layer, if the caller may see it, showing what lies in the caller's area."""
    roles = admit_layer(identity, stores.district, layer)
    return stores.below(None if roles is None else identity.roots(stores.district, roles))


LayerStoresDep = Annotated[Stores, Depends(get_layer_stores, scope="function")]


def present_ground(service: Service, stores: Stores) -> Ground:
    """Return today's ground of the stores' district, with everything that was published up to now."""
    service.indexes.refresh()
    return service.indexes.ground(stores.district)


def get_box(
    bbox: Annotated[
        str | None,
        Query(max_length=120, description="West, south, east, north in degrees.", examples=["131,46,132,47"]),
    ] = None,
) -> Box | None:
    """Return the box of a ``bbox`` parameter; west > east crosses the antimeridian."""
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError as error:
        raise InvalidInput(
            N_("bbox must be four numbers with commas between them."),
            mend=N_("Give west, south, east, north in degrees, such as 131,46,132,47."),
            where={"parameter": "bbox"},
        ) from error
    try:
        return Box(west, south, east, north)
    except InvalidBox as error:
        error.where = {"parameter": "bbox"}
        raise


BoxDep = Annotated[Box | None, Depends(get_box)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items a page has at most.")]
Cursor = Annotated[str | None, Query(max_length=128, description="From the page before.")]
AsOf = Annotated[Day | None, Query(description="The day to answer for; today where none is given.")]


KnownAt = Annotated[
    Instant | None,
    Query(
        description="What was known of area layers at this instant; now where none is given.",
        examples=["2025-06-30T09:00:00+08:00"],
    ),
]


def get_day(stores: StoresDep, as_of: AsOf = None) -> date:
    """Return the day a request asks about: the given one, else today in the district."""
    return as_of or datetime.now(ZoneInfo(stores.districts.current().timezone)).date()


DayDep = Annotated[date, Depends(get_day)]


def get_version(request: Request) -> int | None:
    """Return the version that an ``If-Match`` header names, None where there is none or it is ``*``."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    text = header.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise MalformedBody(
            N_("If-Match is “{value}”, which is no version of ours."),
            mend=N_("Send the ETag that the thing was read with."),
            where={"header": "If-Match"},
            value=header[:64],
        )
    return int(text)


VersionDep = Annotated[int | None, Depends(get_version)]


def respond(request: Request, body: bytes, media_type: str, etag: str, cache: str) -> Response:
    """Answer with a body and its strong entity tag (without quotes), or with 304 where the caller has it."""
    made = deliver(
        body,
        media_type,
        etag,
        cache=cache,
        if_none_match=request.headers.get("if-none-match"),
        accept_encoding=request.headers.get("accept-encoding"),
    )
    return Response(made.body, made.status, dict(made.headers))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that can be given again: a status, a JSON body and headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, *, replayed: bool = False) -> Response:
        """Return the answer itself; a repeated one says so in ``Idempotency-Replayed``."""
        headers = {**self.headers, **({"Idempotency-Replayed": "true"} if replayed else {})}
        body = orjson.dumps(self.body, default=str)
        return Response(body, self.status, headers, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Once:
    """Does the work of a request once per ``Idempotency-Key`` and repeats the first answer afterwards."""

    key: str | None
    digest: str

    def __call__(self, stores: Stores, act: Callable[[], Reply]) -> Response:
        """Return the stored answer of the key, or act and store it in the same transaction."""
        if self.key is None:
            return act().response()
        known = stores.idempotency.claim(self.key, self.digest)
        if known is not None:
            return Reply(known.status, known.reply["body"], known.reply["headers"]).response(replayed=True)
        reply = act()
        body = orjson.loads(orjson.dumps(reply.body, default=str))
        stores.idempotency.finish(self.key, reply.status, {"body": body, "headers": dict(reply.headers)})
        return reply.response()


async def get_once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=128, pattern=r"^[!-~]+$", description="Repeat it to repeat a request safely."),
    ] = None,
) -> Once:
    """Return what makes a write happen once."""
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    return Once(idempotency_key, digest.hexdigest())


OnceDep = Annotated[Once, Depends(get_once)]
