"""The document of a plan: one HTML file, or the same as PDF."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from fastapi.responses import HTMLResponse

from maps.document import policy
from maps.document import require_pdf as pango_is_there
from service.dependencies import IdentityDep, ServiceDep, StoresDep
from service.dependencies import router as make_router
from service.page_dependencies import ReaderDep, page_headers
from service.use_cases.plans import document
from service.use_cases.plans.drafting import Planner

router = make_router("plans")

PDF = "application/pdf"
Language = Annotated[
    str | None, Query(alias="lang", max_length=8, description="zh or en; the browser's where it is left out.")
]


def get_planner(stores: StoresDep, identity: IdentityDep) -> Planner:
    """Return who reads plans in the district of the request."""
    return Planner.of(identity, stores.district)


PlannerDep = Annotated[Planner, Depends(get_planner)]


@router.get("/plans/{plan}/document.html", response_class=HTMLResponse)
def get_html(
    plan: UUID,
    stores: StoresDep,
    service: ServiceDep,
    planner: PlannerDep,
    reader: ReaderDep,
    _language: Language = None,
) -> Response:
    """Return the plan's document as one HTML file: maps, changed units, what changes hands, boundaries."""
    nonce = secrets.token_urlsafe(18)
    facts = document.gather(stores, service.drafts, planner, plan, reader)
    text = document.html(facts, reader, nonce)
    strict = f"{policy(nonce)}; frame-ancestors 'none'; sandbox"
    return HTMLResponse(text, headers=page_headers("", reader) | {"Content-Security-Policy": strict})


@router.get("/plans/{plan}/document.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
def get_pdf(
    plan: UUID,
    stores: StoresDep,
    service: ServiceDep,
    planner: PlannerDep,
    reader: ReaderDep,
    _language: Language = None,
) -> Response:
    """Return the plan's document as PDF, A4; 503 where Pango is not installed."""
    facts = document.gather(stores, service.drafts, planner, plan, reader)
    # Before the seconds that the maps take.
    pango_is_there()
    body = document.pdf(facts, reader)
    name = f"plan-{facts.plan['number']}.pdf"
    headers = page_headers("", reader) | {
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(body, media_type=PDF, headers=headers)
