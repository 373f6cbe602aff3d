"""The web application: routers by name, one error shape, one life.

``create_app(settings)`` reads nothing at import. Every module of ``service.routers`` that has a ``router`` is
included. ``settings.database_url`` must be set: whoever serves opens the database first.
"""

import asyncio
import importlib
import logging
import pkgutil
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo.errors import N_, WardlineError
from layers.errors import NotFound
from layers.row_security import SYSTEM_SCOPE
from service import database, errors, heap, i18n, openapi, refused_pages, routers
from service.access.authenticator import Authenticator
from service.access.policy import POLICY, key_of, without_row
from service.database import Patience
from service.dependencies import MIB, GuardedRoute, Service
from service.errors import InvalidInput, NotReady, SignInRequired, Translate
from service.hardening.inflation import Inflation
from service.hardening.limits import Limits
from service.hardening.shield import Shield
from service.indexes.compiling import Compiling
from service.indexes.drafts import Drafts
from service.indexes.snapshots import Indexes
from service.jobs import begin_plans, dispatch_help, forget_daily, remind_of_cases
from service.problems import problem_response, refusal
from service.readers.strict_json import pointer
from service.routers.locate import QuickLocate
from service.settings import Settings
from service.use_cases.coverage import warm_up as warm_up_coverage
from service.use_cases.plans.balancing import warm_up

LARGEST_BODY = 2 * MIB
POOL_SIZE, OWN_SIZE = 20, 2
TOO_LARGE = 413
BASIC = 'Basic realm="Wardline", charset="UTF-8"'
_DRIVER = (psycopg.OperationalError, psycopg.InterfaceError)
_log = logging.getLogger("wardline")

_CODES: Mapping[int, str] = {
    400: "request-malformed",
    404: "route-unknown",
    405: "method-not-allowed",
    413: "content-too-large",
}
_DETAILS: Mapping[int, str] = {
    400: N_("The body cannot be read. Send it as the content type says."),
    404: N_("There is nothing at this address. /docs lists the routes."),
    405: N_("This address does not take {method}; it takes {allowed}."),
    413: N_("The body is larger than this route takes. Send it in parts."),
}
_TOO_LARGE: Mapping[str, str] = {
    "/api/v1/tracks": N_(
        "The file is larger than the 32 MB of a track over HTTP. Split it into several files, or load it "
        "with ./wardline tracks FILE --parts."
    ),
}
"""What is said instead, by path, where there is another way."""


class Application(FastAPI):
    """FastAPI with layers outside of its own: the shield, quick answers, packed bodies, the shape of 413."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers, ours outermost: FastAPI's limit of bodies lies outside of what can be added."""
        inner = Inflation(ProblemForTooLarge(super().build_middleware_stack()))
        return Shield(QuickLocate(inner), self.state.settings, self.state.limits)

    def openapi(self) -> dict[str, Any]:
        """Return the document of the API, with what every route may refuse."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.complete(super().openapi())
        return self.openapi_schema


def create_app(settings: Settings) -> FastAPI:
    """Return the application; its database and indexes open when it starts."""
    app = Application(
        title="Wardline",
        version="0.1.0",
        description="Who owns this point, was the ground walked, where is help nearest.",
        lifespan=_life,
        docs_url=None,
        redoc_url=None,
        max_body_size=LARGEST_BODY,
    )
    bind(app, settings)
    app.router.route_class = GuardedRoute
    app.add_exception_handler(WardlineError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unknown)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(psycopg.Error, _database)  # of COPY and of what begins a transaction
    app.add_exception_handler(PoolTimeout, _database)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _fault)
    for module in pkgutil.iter_modules(routers.__path__):
        app.include_router(importlib.import_module(f"{routers.__name__}.{module.name}").router)
    app.add_api_route("/docs", _docs, include_in_schema=False, response_class=HTMLResponse)
    _require_policy(app)
    return app


def bind(app: FastAPI, settings: Settings) -> None:
    """Let an application that does not run serve by other settings; nothing of what it was before is left."""
    app.state = State({"settings": settings, "limits": Limits(settings)})
    app.middleware_stack = None  # it knows the settings, and is built again with the next start


def _require_policy(app: FastAPI) -> None:
    """Refuse to serve a route that the policy has no row for, or that does not ask it."""
    routes = {
        key_of(method, str(context.path)): context.original_route
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
    }
    missing = without_row(routes)
    if missing:
        raise ValueError(f"service/access/policy.py has no row for {', '.join(missing)}")
    unguarded = [
        key for key, route in routes.items() if not isinstance(route, GuardedRoute) and not POLICY[key].public
    ]
    if unguarded:
        raise ValueError(f"the policy is not asked at {', '.join(unguarded)}")


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    if settings.database_url is None:
        raise ValueError("settings.database_url is not set: open the database before the application")
    addresses = settings.database_url, settings.web_database_url
    patience = Patience(settings.statement_seconds, settings.lock_seconds, settings.idle_seconds)
    engine = database.web_engine(*addresses, pool_size=POOL_SIZE, patience=patience)
    # What the service does for itself reads and forgets whole districts, which may take as long as it takes.
    own = database.web_engine(*addresses, pool_size=OWN_SIZE, patience=Patience(lock_s=settings.lock_seconds))
    sessions = database.session_factory(engine)
    system = database.session_factory(engine, SYSTEM_SCOPE)
    at_leisure = database.session_factory(own, SYSTEM_SCOPE)
    indexes = Indexes(at_leisure, settings.district)
    access = Authenticator(system, settings)
    balance = Compiling(warm_up)
    app.state.service = Service(settings, engine, sessions, indexes, access, Drafts(), balance)
    watching = [asyncio.create_task(one.watch()) for one in (indexes, access)]
    watching.append(asyncio.create_task(balance.begin_after(lambda: indexes.ready)))
    watching.append(asyncio.create_task(Compiling(warm_up_coverage).begin_after(lambda: indexes.ready)))
    watching.append(asyncio.create_task(heap.settle_after(lambda: indexes.ready)))
    watching.append(asyncio.create_task(forget_daily(at_leisure, settings)))
    watching.append(asyncio.create_task(begin_plans(at_leisure)))
    watching.append(asyncio.create_task(remind_of_cases(at_leisure)))
    watching.append(asyncio.create_task(dispatch_help(at_leisure, indexes)))
    try:
        yield
    finally:
        for one in watching:
            one.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        # A cancelled task does not end the thread that it waits for.
        for part in (indexes, access):
            await asyncio.to_thread(part.close)
        for opened in (engine, own):
            await asyncio.to_thread(opened.dispose)


def _language(request: Request) -> str:
    settings: Settings = request.app.state.settings
    return i18n.negotiate(request.headers.get("accept-language", ""), settings.language)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, WardlineError)  # noqa: S101 - registered for this class
    page = refused_pages.of_refusal(request, error)
    if page is not None:
        return page
    response = refusal(error, _language(request))
    if isinstance(error, SignInRequired):
        # Programs are told to send a name and a password; a page's script is not, or the browser would ask.
        by_script = "sec-fetch-mode" in request.headers
        response.headers["WWW-Authenticate"] = 'Session realm="Wardline"' if by_script else BASIC
    return response


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    language = _language(request)
    translate = i18n.translator(language)
    faults = [_fault_of(fault, translate) for fault in error.errors()[:20]]
    # What an address names by a value that nothing has is not there, whatever else is wrong.
    nothing = next((k for k, fault in enumerate(error.errors()[:20]) if fault["loc"][:1] == ("path",)), None)
    first = faults[nothing or 0]
    place = next(iter(first["where"].values()), "")
    detail = f"{place}: {first['detail']}" if place else first["detail"]
    status, code = (422, InvalidInput.code) if nothing is None else (404, NotFound.code)
    body = errors.plain_problem(status, code, detail, translate)
    return problem_response({**body, "where": first["where"], "errors": faults}, None, language)


def _fault_of(fault: Mapping[str, Any], translate: Translate) -> dict[str, Any]:
    source, *path = fault["loc"] or ("body",)
    names = {"query": "parameter", "path": "parameter", "header": "header", "cookie": "cookie"}
    where = {names[source]: str(path[0])} if source in names and path else {"pointer": _pointer(path)}
    context = {name: str(value) for name, value in (fault.get("ctx") or {}).items()}
    return {
        "detail": errors.fault_text(fault["type"], fault["msg"], context, translate),
        "code": fault["type"].replace("_", "-"),
        "where": where,
    }


def _pointer(path: Sequence[Any]) -> str:
    return pointer(tuple(path))


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    if error.status_code == HTTPStatus.NOT_FOUND and refused_pages.wants_page(request):
        return await refused_pages.of_nothing(request)
    return _http(request, error)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    language = _language(request)
    translate = i18n.translator(language)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(openapi.methods_of(request.url.path)) or headers.get("Allow", "")
    text = _DETAILS.get(error.status_code)
    if error.status_code == TOO_LARGE:
        text = _TOO_LARGE.get(request.url.path, text)
    detail = (
        str(error.detail)
        if text is None
        else translate(text).format(method=request.method, allowed=headers.get("Allow", "–"))
    )
    code = _CODES.get(error.status_code, HTTPStatus(error.status_code).phrase.lower().replace(" ", "-"))
    body = errors.plain_problem(error.status_code, code, detail, translate)
    where = {"part": "body"} if error.status_code in (400, TOO_LARGE) else {"path": request.url.path[:200]}
    return problem_response({**body, "where": where}, headers, language)


def _database(request: Request, error: Exception) -> Response:
    refusal = database.given_up(error)
    if refusal is not None:
        _log.warning("%s %s: the database gave up: %s", request.method, request.url.path, refusal.code)
        return _refused(request, refusal)
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout, *_DRIVER)):
        _log.warning("database not available: %s", error)
        return _refused(
            request,
            NotReady(N_("The database does not answer at the moment."), mend=N_("Try again in a second.")),
        )
    return _fault(request, error)


def _gone(_request: Request, _error: Exception) -> Response:
    """Answer a caller who went away in the middle of the body: nobody hears it, and nothing is wrong here."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


def _fault(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    language = _language(request)
    translate = i18n.translator(language)
    detail = translate(N_("The service made a mistake. It is logged; nothing was changed."))
    return problem_response(errors.plain_problem(500, "internal-error", detail, translate), None, language)


class ProblemForTooLarge:
    """Gives the 413 of the body limit, which is plain text, the shape of all other refusals."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and replace a plain 413."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        replaced = False

        async def sending(message: Message) -> None:
            nonlocal replaced
            if (
                message["type"] == "http.response.start"
                and message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            ):
                kind = dict(message["headers"]).get(b"content-type", b"")
                replaced = kind.startswith(b"text/plain")
            if not replaced:
                await send(message)

        await self.app(scope, receive, sending)
        if replaced:
            refusal = _http(Request(scope), HTTPException(TOO_LARGE))
            refusal.headers["Connection"] = "close"
            await refusal(scope, receive, send)


_DOCS = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Wardline API</title>
<link rel="stylesheet" href="/assets/npm/swagger-ui-dist/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/assets/npm/swagger-ui-dist/swagger-ui-bundle.js"></script>
<script nonce="{nonce}">SwaggerUIBundle({{url: "/openapi.json", dom_id: "#swagger-ui"}})</script>
</body></html>
"""


def _docs() -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return HTMLResponse(_DOCS.format(nonce=nonce), headers={"Content-Security-Policy": policy})
