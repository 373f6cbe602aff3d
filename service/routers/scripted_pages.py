"""The pages of quarantine, notices and reports: their shells; what they show has routes of its own."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from geo.errors import N_
from layers import districts
from layers.errors import UnknownDistrict
from maps import figures, scripted, shell
from service.access.guard import visible
from service.access.identity import Identity
from service.access.policy import KEEPERS, LEADS, OFFICE, PEOPLE, PLANNING, SIGNING, STAFF, STAFFING
from service.dependencies import GuardedRoute, IdentityDep, ServiceDep, SessionDep
from service.hardening.headers import nonce
from service.page_dependencies import ReaderDep, account_of, may_open, page_headers, remember_language

router = APIRouter(tags=["pages"], include_in_schema=False, route_class=GuardedRoute)


@router.get("/quarantine", response_class=HTMLResponse)
def get_quarantine(
    request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep, service: ServiceDep
) -> Response:
    """Return the page for the district that is named, the default, or the first that the reader leads."""
    place = _place(request, identity, session, service.settings.district, LEADS)
    decides = place is not None and bool(identity.roles(place.code) & KEEPERS)
    return _page("quarantine", request, reader, identity, place, decides=decides)


@router.get("/notices", response_class=HTMLResponse)
def get_notices(
    request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep, service: ServiceDep
) -> Response:
    """Return the page for the district that is named, the default, or the reader's first."""
    place = _place(request, identity, session, service.settings.district, PEOPLE)
    redraws = place is not None and bool(identity.roles(place.code) & OFFICE)
    return _page("notices", request, reader, identity, place, redraws=redraws)


@router.get("/reports", response_class=HTMLResponse)
def get_reports(
    request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep, service: ServiceDep
) -> Response:
    """Return the page for the district that is named, the default, or the first that the reader leads."""
    place = _place(request, identity, session, service.settings.district, LEADS)
    held = frozenset() if place is None else identity.roles(place.code)
    return _page(
        "reports",
        request,
        reader,
        identity,
        place,
        keeps=bool(held & KEEPERS),
        submits=bool(held & SIGNING),
        words=figures.document(reader.translate),
    )


@router.get("/stations/rota", response_class=HTMLResponse)
def get_rota(
    request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep, service: ServiceDep
) -> Response:
    """Return the page for the district that is named, the default, or the first that the reader works in."""
    place = _place(request, identity, session, service.settings.district, STAFF)
    roles = frozenset() if place is None else identity.roles(place.code)
    return _page(
        "rota",
        request,
        reader,
        identity,
        place,
        keeps=bool(roles & KEEPERS),
        leads=bool(roles & LEADS),
    )


@router.get("/chain", response_class=HTMLResponse)
def get_chain(
    request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep, service: ServiceDep
) -> Response:
    """Return the page for the district that is named, the default, or the first that the reader works in."""
    place = _place(request, identity, session, service.settings.district, STAFF)
    county = "" if place is None else place.called(reader.lang)
    keeps = place is not None and bool(identity.roles(place.code) & STAFFING)
    return _page("chain", request, reader, identity, place, county=county, keeps=keeps)


@router.get("/staffing", response_class=HTMLResponse)
def get_staffing(
    request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep, service: ServiceDep
) -> Response:
    """Return the page for the district that is named, the default, or the reader's first office."""
    place = _place(request, identity, session, service.settings.district, OFFICE)
    held = frozenset() if place is None else identity.roles(place.code)
    return _page(
        "staffing",
        request,
        reader,
        identity,
        place,
        proposes=bool(held & (STAFFING | PLANNING)),
        decides=bool(held & STAFFING),
    )


@router.get("/teams", response_class=HTMLResponse)
def get_teams(
    request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep, service: ServiceDep
) -> Response:
    """Return the page for the district that is named, the default, or the reader's first office."""
    place = _place(request, identity, session, service.settings.district, OFFICE)
    keeps = place is not None and bool(identity.roles(place.code) & KEEPERS)
    return _page("teams", request, reader, identity, place, keeps=keeps)


def _place(
    request: Request, identity: Identity, session: SessionDep, default: str | None, roles: frozenset[str]
) -> shell.Place | None:
    """Return the district of a page among those in which the reader holds one of some roles."""
    known = {one.code: one for one in districts.every(session)}
    mine = [code for code in visible(identity, list(known)) if identity.roles(code) & roles]
    named = request.query_params.get("district") or (default if default in mine else next(iter(mine), None))
    if named is None:
        return None
    if named not in mine:
        raise UnknownDistrict(
            N_("There is no district {district} here."),
            mend=N_("Name a district in which you hold a role."),
            where={"parameter": "district"},
            district=named[:64],
        )
    chosen = known[named]
    return shell.Place(chosen.code, chosen.name, chosen.timezone, None, chosen.name_en)


def _page(
    view: str,
    request: Request,
    reader: shell.Reader,
    identity: Identity,
    place: shell.Place | None,
    **facts: Any,
) -> Response:
    key = nonce(request.scope)
    offered = may_open(identity, None if place is None else place.code)
    text = scripted.page(view, reader, key, place, offered, account_of(request), **facts)
    response = HTMLResponse(text, headers=page_headers(key, reader))
    remember_language(request, response, reader)
    return response
