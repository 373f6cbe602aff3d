"""The page to sign in, as a form that works without any script, and signing out."""

import secrets
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from geo.errors import WardlineError
from maps import plain
from service.access import demo, passwords
from service.account_dependencies import AccountsDep, drop_cookie, open_session, set_cookie
from service.dependencies import GuardedRoute, IdentityDep, ServiceDep
from service.errors import CredentialsRefused, TooManyRequests, status_of
from service.page_dependencies import ReaderDep, page_headers, remember_language
from service.use_cases import sessions

router = APIRouter(tags=["pages"], include_in_schema=False, route_class=GuardedRoute)

_SEE = 303
Text = Annotated[str, Form(max_length=256)]
Next = Annotated[str, Form(max_length=2048)]


@router.get("/signin", response_class=HTMLResponse)
def get_signin(
    request: Request,
    reader: ReaderDep,
    identity: IdentityDep,
    next: Annotated[str, Query(max_length=2048)] = "/",  # noqa: A002 - what such a parameter is called
) -> Response:
    """Return the form to sign in, to choose one's own password, or who is signed in."""
    name = identity.name if identity.signed_in else ""
    response = _page(request, reader, next, name=name, must_change=identity.must_change)
    remember_language(request, response, reader)
    return response


@router.post("/signin", response_class=HTMLResponse)
async def post_signin(
    request: Request,
    reader: ReaderDep,
    service: ServiceDep,
    identity: IdentityDep,
    login: Text,
    password: Text,
    next: Next = "/",  # noqa: A002 - what such a field is called
) -> Response:
    """Begin a session and lead to where the reader wanted to go."""
    try:
        person = await service.access.check(login, password, request.scope)
    except (CredentialsRefused, TooManyRequests) as error:
        problem, status = error.text(reader.translate), status_of(type(error))
        return _page(request, reader, next, login=login, problem=problem, status=status)
    token = await run_sync(open_session, service, identity, person)
    there = f"/signin?next={quote(_local(next))}" if person.must_change else _local(next)
    response = RedirectResponse(there, _SEE)
    set_cookie(request, response, token)
    return response


@router.post("/signin/password", response_class=HTMLResponse)
def post_password(
    request: Request,
    reader: ReaderDep,
    accounts: AccountsDep,
    current: Text,
    new: Text,
    login: Text = "",  # noqa: ARG001 - for the browser's store of passwords
    next: Next = "/",  # noqa: A002 - what such a field is called
) -> Response:
    """Change the password and lead to where the reader wanted to go."""
    try:
        token = sessions.change_password(
            accounts.people, accounts.sign_ins, accounts.identity, current, new, accounts.now
        )
    except WardlineError as error:
        return _page(
            request,
            reader,
            next,
            name=accounts.identity.name,
            must_change=True,
            problem=error.text(reader.translate),
            status=status_of(type(error)),
        )
    response = RedirectResponse(_local(next), _SEE)
    set_cookie(request, response, token)
    return response


@router.post("/signout")
def post_signout(request: Request, accounts: AccountsDep) -> Response:
    """End the session and lead to the start."""
    sessions.end(accounts.sign_ins, accounts.identity, accounts.now)
    response = RedirectResponse("/", _SEE)
    drop_cookie(request, response)
    return response


def _page(
    request: Request, reader: ReaderDep, next_: str, *, status: int = 200, **facts: Any
) -> HTMLResponse:
    there = _local(next_)
    access = request.app.state.service.access
    given = {
        "next": there,
        "kept": f"&next={quote(there)}",
        "login": "",
        "name": "",
        "must_change": False,
        "problem": "",
        "provider": urlsplit(request.app.state.settings.oidc_issuer or "").hostname,
        "least": passwords.SHORTEST,
        "demo": tuple(demo.PEOPLE) if access.offers_demo(request.scope) else (),
        "demo_password": demo.PASSWORD,
    }
    text = plain.page("signin", reader, **(given | facts))
    return HTMLResponse(text, status, headers=page_headers(secrets.token_urlsafe(18), reader))


def _local(address: str) -> str:
    """Return an address if it is one of ours, else the start: nobody is led elsewhere from here."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if inside and address.isprintable() else "/"
