"""Signing in with an OpenID provider, where the settings name one, and linking people with it."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from geo.errors import WardlineError
from layers.errors import translated
from layers.people import People, Person
from layers.row_security import SYSTEM_SCOPE, enter
from maps import plain
from service.access.oidc import FLOW_S, Finished, Provider
from service.account_dependencies import AccountsDep, open_session, set_cookie
from service.dependencies import GuardedRoute, IdentityDep, RuleDep, Service, ServiceDep
from service.dependencies import router as make_router
from service.errors import status_of
from service.hardening.origins import local_address
from service.page_dependencies import ReaderDep
from service.use_cases.provider_sign_in import person_of

_pages = APIRouter(tags=["pages"], include_in_schema=False, route_class=GuardedRoute)
_linking = make_router("people")

START = "/signin/oidc"
CALLBACK = "/signin/oidc/callback"
_SEE = 303
_NOT_FOUND = 404


class SubjectIn(BaseModel):
    """Who a person is to the provider."""

    model_config = ConfigDict(extra="forbid")

    subject: str = Field(min_length=1, max_length=255)


def _provider(request: Request) -> Provider:
    """Return the provider of the settings, one for each process because it remembers keys."""
    state = request.app.state
    if state.settings.oidc_issuer is None:
        raise HTTPException(_NOT_FOUND)
    if not hasattr(state, "oidc"):
        state.oidc = Provider(state.settings)
    provider: Provider = state.oidc
    return provider


def _cookie(request: Request) -> tuple[str, bool]:
    secure = request.app.state.service.access.is_secure(request.scope)
    return ("__Host-wardline_flow" if secure else "wardline_flow"), secure


@_pages.get(START)
async def get_start(
    request: Request,
    next: Annotated[str, Query(max_length=2048)] = "/",  # noqa: A002 - what such a parameter is called
) -> Response:
    """Send the browser to the provider."""
    root = (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")
    begun = await _provider(request).begin(root + CALLBACK, local_address(next))
    response = RedirectResponse(begun.address, _SEE)
    name, secure = _cookie(request)
    response.set_cookie(name, begun.cookie, FLOW_S, path="/", secure=secure, httponly=True, samesite="lax")
    return response


@_pages.get(CALLBACK, response_class=HTMLResponse)
async def get_callback(
    request: Request, reader: ReaderDep, service: ServiceDep, identity: IdentityDep
) -> Response:
    """Take the provider's answer, begin a session and lead to where the reader wanted to go."""
    provider = _provider(request)
    name, secure = _cookie(request)
    response: Response
    try:
        finished = await provider.finish(dict(request.query_params), request.cookies.get(name))
        person = await run_sync(_person, service, provider.issuer, finished)
        token = await run_sync(open_session, service, identity, person)
    except WardlineError as error:
        text = plain.page("oidc", reader, problem=error.text(reader.translate), kept="")
        response = HTMLResponse(text, status_of(type(error)), headers={"Content-Language": reader.lang})
    else:
        response = RedirectResponse(finished.next, _SEE)
        set_cookie(request, response, token)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
    return response


def _person(service: Service, issuer: str, finished: Finished) -> Person:
    with service.sessions() as session:
        enter(session, SYSTEM_SCOPE)
        person = person_of(People(session), service.settings, issuer, finished.claims, datetime.now(UTC))
        with translated():
            session.commit()
    service.access.forget()
    return person


@_linking.put("/people/{person}/provider", status_code=204, summary="Link a person with the provider")
def put_provider(
    request: Request, accounts: AccountsDep, rule: RuleDep, person: UUID, given: SubjectIn
) -> Response:
    """Let whom the provider knows as this subject sign in as this person."""
    accounts.authority(rule.roles).require_over(person)
    accounts.people.link(person, _provider(request).issuer, given.subject)
    return Response(status_code=204)


router = APIRouter()
router.include_router(_pages)
router.include_router(_linking)
