"""The pages people see, and the same views as one self-contained file."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from geo.errors import N_
from layers import districts
from layers.errors import UnknownDistrict
from layers.stores import Stores
from maps import assets, delivery, field, shell
from maps.errors import UnknownView
from service.access.guard import admit_there, visible
from service.access.identity import Identity
from service.access.policy import POLICY
from service.dependencies import GuardedRoute, IdentityDep, RuleDep, ServiceDep, SessionDep, respond
from service.indexes.snapshots import choose_district
from service.page_dependencies import ReaderDep, account_of, may_open, page_headers, remember_language
from service.use_cases import due
from service.use_cases.coverage import coverage, period_of, segments_of
from service.use_cases.coverage_map import coverage_map, days_of
from service.use_cases.coverage_timeline import strips_of
from service.use_cases.field import sender_without_device
from service.use_cases.map_context import MapContext, map_context

router = APIRouter(tags=["pages"], include_in_schema=False, route_class=GuardedRoute)

_KEPT = ("district", "lang")
# What pages show besides their own subject, and the route they ask for that.
_PARTS = {
    "outlines": "GET /tiles/{layer}/{z}/{x}/{y}.mvt",
    "coverage": "GET /api/v1/coverage/segments",
    "stations": "GET /api/v1/stations",
    "plan": "POST /api/v1/plans",
    "rota": "GET /api/v1/rota",
    "patrols": "GET /api/v1/patrols",
    "clocks": "PUT /api/v1/devices/{device}/clocks/{day}",
    "tasks": "GET /api/v1/coverage/tasks",
    "give": "POST /api/v1/coverage/tasks",
    "withdraw_track": "POST /api/v1/patrols/{patrol}/withdrawals",
    "declare": "POST /api/v1/coverage/declarations",
    "act": "POST /api/v1/coverage/markers/{code}/actions",
    "live": "GET /api/v1/coverage/live",
    "record": "POST /api/v1/outreach",
    "handle": "POST /api/v1/incidents/{incident}/events",
    "sign": "POST /api/v1/incidents/{incident}/merge",
    "answer": "POST /api/v1/outreach/requests/{request}/answer",
}
# What can be taken away of a plan, as far as it is served.
_DOCUMENTS = ("document.html", "document.pdf", "exchange.gpkg")


def get_context(
    request: Request, session: SessionDep, service: ServiceDep, identity: IdentityDep, rule: RuleDep
) -> MapContext | None:
    """Return the district of a page: the one named, the default, else the first; None before there is any."""
    known = [value.code for value in districts.every(session)]
    mine = visible(identity, known) if identity.kind == "person" else known
    known = known if rule.public else mine
    if not known:
        return None
    named = request.query_params.get("district")
    usual = service.settings.district
    usual = usual if usual in (mine or known) else (mine or known)[0]
    code = choose_district(known, named, usual)
    admit_there(identity, rule, code)
    return map_context(Stores(session, code), tuple(known))


ContextDep = Annotated[MapContext | None, Depends(get_context, scope="function")]


@router.get("/", response_class=HTMLResponse)
def get_home(request: Request, reader: ReaderDep, context: ContextDep) -> Response:
    """Return the start page."""
    return _page(request, "home", reader, context)


@router.get("/grids", response_class=HTMLResponse)
def get_grids(request: Request, reader: ReaderDep, context: ContextDep) -> Response:
    """Return the map of units and owners."""
    return _page(request, "grids", reader, context, me=_me(request))


@router.get("/redraw", response_class=HTMLResponse)
def get_redraw(request: Request, reader: ReaderDep, context: ContextDep) -> Response:
    """Return the workspace of plans that redraw units."""
    documents = [name for name in _DOCUMENTS if f"GET /api/v1/plans/{{plan}}/{name}" in POLICY]
    return _page(request, "redraw", reader, context, me=_me(request), documents=documents)


def _me(request: Request) -> str | None:
    """Return the id of who is signed in."""
    identity: Identity = request.state.identity
    return None if identity.person is None else str(identity.person)


@router.get("/coverage", response_class=HTMLResponse)
def get_coverage(request: Request, reader: ReaderDep, context: ContextDep) -> Response:
    """Return the map of border coverage."""
    sender = sender_without_device(request.state.identity, datetime.now(UTC)).device
    return _page(request, "coverage", reader, context, sender=sender)


@router.get("/stations", response_class=HTMLResponse)
def get_stations(request: Request, reader: ReaderDep, context: ContextDep) -> Response:
    """Return the finder of service stations."""
    return _page(request, "stations", reader, context)


@router.get("/meetings", response_class=HTMLResponse)
def get_meetings(request: Request, reader: ReaderDep, context: ContextDep) -> Response:
    """Return the page of meetings and visits, and of what came of them."""
    choices = {"duties": field.DUTIES, "kinds": (*field.MEETINGS, ("visit", field.PAGES["visit"]))}
    named = {name: {code: reader.translate(label) for code, label in some} for name, some in choices.items()}
    return _page(request, "meetings", reader, context, **named)


@router.get("/incidents", response_class=HTMLResponse)
def get_incidents(request: Request, reader: ReaderDep, context: ContextDep) -> Response:
    """Return the board of incidents."""
    return _page(request, "incidents", reader, context, me=_me(request))


@router.get("/favicon.ico")
def get_icon(request: Request) -> Response:
    """Return our sign where browsers look for one by themselves."""
    sign = assets.read("web/mark.svg")
    return respond(request, sign.body, sign.media_type, sign.digest, delivery.REVALIDATE)


@router.get("/maps/{view}.html", response_class=HTMLResponse)
def get_export(
    view: str,
    reader: ReaderDep,
    context: ContextDep,
    session: SessionDep,
    first: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    last: Annotated[str | None, Query(alias="to", max_length=40)] = None,
) -> Response:
    """Return a view with its data as one file; the coverage of a period, so far."""
    if view != "coverage":
        raise UnknownView(
            N_("There is no map view “{view}” as a file."),
            mend=N_("There is: coverage."),
            view=view[:64],
        )
    if context is None:
        raise UnknownDistrict(
            N_("There is no district yet."), mend=N_("Load one with ./wardline demo or ./wardline import.")
        )
    stores = Stores(session, context.place.code)
    period = period_of(first, last, context.place.timezone, datetime.now(UTC))
    found = coverage(stores, segments_of(stores, period), period)
    found = due.with_rules(stores, found, period)
    days = days_of(period, context.place.timezone)
    strips = strips_of(stores, *days, datetime.now(UTC))
    text = coverage_map(stores, reader, context.place, found, period, strips)
    # The file brings its own policy; opened here it has no more rights than opened from disk.
    headers = page_headers("", reader) | {"Content-Security-Policy": "sandbox allow-scripts"}
    return HTMLResponse(text, headers=headers)


def _page(
    request: Request, view: str, reader: shell.Reader, context: MapContext | None, **others: Any
) -> Response:
    identity: Identity = request.state.identity
    roles = identity.roles(context.place.code) if context else frozenset()
    others["may"] = [part for part, key in _PARTS.items() if roles & POLICY[key].roles]
    others["account"] = account_of(request)
    nonce = secrets.token_urlsafe(18)
    kept: Mapping[str, str] = {
        name: value for name in _KEPT if (value := request.query_params.get(name)) is not None
    }
    facts: dict[str, Any] = others if context is None else context.facts() | others
    place = context.place if context else None
    offered = may_open(identity, place.code if place else None)
    text = shell.page(view, reader, nonce, place, kept, offered, **facts)
    response = HTMLResponse(text, headers=page_headers(nonce, reader))
    remember_language(request, response, reader)
    return response
