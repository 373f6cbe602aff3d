"""The administration page, for those who administer and, to read, for auditors."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from layers import districts
from layers.accounts import ADMINISTRATOR
from layers.districts import District
from maps import admin
from maps.shell import Reader
from service.access.guard import visible
from service.access.identity import Identity
from service.access.policy import OVERSIGHT
from service.dependencies import GuardedRoute, IdentityDep, SessionDep
from service.hardening.headers import nonce
from service.page_dependencies import ReaderDep, account_of, may_open, page_headers, remember_language

router = APIRouter(tags=["pages"], include_in_schema=False, route_class=GuardedRoute)


@router.get("/admin", response_class=HTMLResponse)
def get_admin(request: Request, reader: ReaderDep, identity: IdentityDep, session: SessionDep) -> Response:
    """Return the page; what it shows it asks for at its own routes."""
    key = nonce(request.scope)
    known = {one.code: one for one in districts.every(session)}
    overseen = {one.district for one in identity.held if one.role in OVERSIGHT}
    mine = [code for code in visible(identity, list(known)) if overseen & {None, code}]
    facts: dict[str, Any] = {
        "me": {"person": None if identity.person is None else str(identity.person), "name": identity.name},
        "everywhere": _administers(identity, None),
        "districts": [_told(known[code], reader) for code in mine],
        "may": {"change": ADMINISTRATOR in identity.every_role()},
    }
    text = admin.page(reader, key, may_open(identity, None), account_of(request), facts)
    response = HTMLResponse(text, headers=page_headers(key, reader))
    remember_language(request, response, reader)
    return response


def _told(district: District, reader: Reader) -> dict[str, str]:
    name = (district.name_en or district.name) if reader.lang == "en" else district.name
    return {"code": district.code, "name": name, "timezone": district.timezone}


def _administers(identity: Identity, district: str | None) -> bool:
    return any(one.role == ADMINISTRATOR and one.district == district for one in identity.held)
