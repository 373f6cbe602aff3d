"""The pages for the field, and the service worker that keeps them on the phone."""

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from layers import districts
from maps import field
from service.dependencies import GuardedRoute, SessionDep
from service.hardening.headers import nonce
from service.page_dependencies import ReaderDep, page_headers, remember_language

router = APIRouter(tags=["pages"], include_in_schema=False, route_class=GuardedRoute)


@router.get("/patrol", response_class=HTMLResponse)
def get_patrol(request: Request, reader: ReaderDep, session: SessionDep) -> Response:
    """Return the page on which a patrol is recorded."""
    return _page(request, "patrol", reader, session)


@router.get("/report", response_class=HTMLResponse)
def get_report(request: Request, reader: ReaderDep, session: SessionDep) -> Response:
    """Return the page on which anybody reports an incident."""
    return _page(request, "report", reader, session)


@router.get("/visit", response_class=HTMLResponse)
def get_visit(request: Request, reader: ReaderDep, session: SessionDep) -> Response:
    """Return the page on which a representative records a visit."""
    return _page(request, "visit", reader, session)


@router.get("/meeting", response_class=HTMLResponse)
def get_meeting(request: Request, reader: ReaderDep, session: SessionDep) -> Response:
    """Return the page on which a bench meeting or a council is recorded."""
    return _page(request, "meeting", reader, session)


@router.get("/sw.js")
def get_worker() -> Response:
    """Return the service worker; browsers ask for it again and again, so that a new version comes through."""
    return Response(
        field.worker(),
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
        media_type="text/javascript",
    )


@router.get("/manifest.webmanifest")
def get_manifest(reader: ReaderDep) -> Response:
    """Return the web application manifest."""
    return Response(orjson.dumps(field.manifest(reader)), media_type="application/manifest+json")


def _page(request: Request, view: str, reader: ReaderDep, session: SessionDep) -> Response:
    known = [
        {"code": one.code, "name": (one.name_en or one.name) if reader.lang == "en" else one.name}
        for one in districts.every(session)
    ]
    key = nonce(request.scope)
    response = HTMLResponse(field.page(view, reader, key, known), headers=page_headers(key, reader))
    remember_language(request, response, reader)
    return response
