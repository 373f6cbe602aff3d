"""Signing in and out, who the caller is, and the change of one's own password."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from layers.people import Person
from service.access.authenticator import identity_of
from service.account_dependencies import AccountsDep, drop_cookie, set_cookie
from service.dependencies import IdentityDep, ServiceDep
from service.dependencies import router as make_router
from service.schemas.accounts import MeOut, PasswordIn, SignInIn, me_json
from service.use_cases import sessions

router = make_router("session")


async def get_verified(request: Request, service: ServiceDep, given: SignInIn) -> Person:
    """Return the person whose name and password were sent."""
    return await service.access.check(given.login, given.password, request.scope)


@router.post("/session", response_model=MeOut, status_code=201, summary="Sign in")
def post_session(
    request: Request,
    response: Response,
    accounts: AccountsDep,
    person: Annotated[Person, Depends(get_verified)],
) -> dict[str, Any]:
    """Begin a session: the answer says who has signed in, and a cookie holds the session."""
    sessions.end(accounts.sign_ins, accounts.identity, accounts.now)
    set_cookie(request, response, sessions.begin(accounts.sign_ins, person.id, accounts.now))
    response.headers["Cache-Control"] = "no-store"
    return me_json(identity_of(accounts.people, person, accounts.now, None))


@router.get(
    "/session",
    response_model=MeOut,
    summary="Who is signed in",
    responses={204: {"description": "Nobody is."}},
)
def get_session(identity: IdentityDep, response: Response) -> Any:
    """Return who is signed in; nobody is no refusal, for pages that are open to everybody."""
    if not identity.signed_in:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    response.headers["Cache-Control"] = "no-store"
    return me_json(identity)


@router.delete("/session", status_code=204, summary="Sign out")
def delete_session(request: Request, accounts: AccountsDep) -> Response:
    """End the session for good; without one nothing happens."""
    sessions.end(accounts.sign_ins, accounts.identity, datetime.now(UTC))
    response = Response(status_code=204)
    drop_cookie(request, response)
    return response


@router.get("/me", response_model=MeOut, summary="Who the caller is")
def get_me(identity: IdentityDep, response: Response) -> dict[str, Any]:
    """Return who the caller is and what they hold today."""
    response.headers["Cache-Control"] = "no-store"
    return me_json(identity)


@router.post("/me/password", status_code=204, summary="Change one's own password")
def post_password(request: Request, accounts: AccountsDep, given: PasswordIn) -> Response:
    """Change the password, end all other sessions and begin a new one."""
    token = sessions.change_password(
        accounts.people, accounts.sign_ins, accounts.identity, given.current, given.new, accounts.now
    )
    response = Response(status_code=204)
    set_cookie(request, response, token)
    return response
