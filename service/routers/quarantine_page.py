"""The page of quarantine: its shell; what waits is asked for at its own route."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from geo.errors import N_
from layers import districts
from layers.errors import UnknownDistrict
from maps import quarantine, shell
from service.access.guard import visible
from service.access.policy import KEEPERS, LEADS
from service.dependencies import GuardedRoute, IdentityDep, ServiceDep, SessionDep
from service.hardening.headers import nonce
from service.page_dependencies import ReaderDep, account_of, may_open, page_headers, remember_language

router = APIRouter(tags=["pages"], include_in_schema=False, route_class=GuardedRoute)


@router.get("/quarantine", response_class=HTMLResponse)
def get_page(
    request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep, service: ServiceDep
) -> Response:
    """Return the page for the district that is named, the default, or the first that the reader leads."""
    known = {one.code: one for one in districts.every(session)}
    mine = [code for code in visible(identity, list(known)) if identity.roles(code) & LEADS]
    default = service.settings.district
    named = request.query_params.get("district") or (default if default in mine else next(iter(mine), None))
    if named is not None and named not in mine:
        raise UnknownDistrict(
            N_("There is no district {district} here."),
            mend=N_("Name a district in which you hold a role."),
            where={"parameter": "district"},
            district=named[:64],
        )
    chosen = None if named is None else known[named]
    place = (
        None
        if chosen is None
        else shell.Place(chosen.code, chosen.name, chosen.timezone, None, chosen.name_en)
    )
    decides = named is not None and bool(identity.roles(named) & KEEPERS)
    key = nonce(request.scope)
    offered = may_open(identity, named)
    text = quarantine.page(reader, key, place, offered, account_of(request), decides=decides)
    response = HTMLResponse(text, headers=page_headers(key, reader))
    remember_language(request, response, reader)
    return response
