"""People and their grants, for administrators."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from layers.people import Grant, Person
from service.access.policy import ADMINISTRATION, OVERSIGHT
from service.account_dependencies import Accounts, AccountsDep
from service.dependencies import Cursor, Limit
from service.dependencies import router as make_router
from service.schemas.accounts import (
    GrantIn,
    GrantOut,
    PasswordOut,
    PeoplePage,
    PersonIn,
    PersonOut,
    PersonPatch,
    PersonWithPassword,
    grant_json,
    person_json,
)
from service.use_cases import people

router = make_router("people")

Text = Annotated[
    str | None, Query(max_length=200, description="A text that the login or the name holds, in any case.")
]


@router.get("/people", response_model=PeoplePage)
def get_people(
    accounts: AccountsDep, q: Text = None, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """Return a page of the people in the caller's area, with their grants.

    A page may be empty and still have a cursor.
    """
    page, grants = people.page(accounts.authority(OVERSIGHT), limit, cursor, q)
    return {"items": [person_json(one, grants) for one in page.items], "cursor": page.cursor}


@router.get("/people/{person}", response_model=PersonOut)
def get_person(person: UUID, accounts: AccountsDep) -> dict[str, Any]:
    """Return a person with their grants."""
    return person_json(*accounts.authority(OVERSIGHT).require_person(person))


@router.post("/people", response_model=PersonWithPassword, status_code=201)
def post_person(given: PersonIn, accounts: AccountsDep, response: Response) -> dict[str, Any]:
    """Add a person who holds nothing yet; the password in the answer is shown this once."""
    person, password = people.add(accounts.authority(ADMINISTRATION), given)
    _fresh(response, person)
    return {**person_json(person, ()), "password": password}


@router.patch("/people/{person}", response_model=PersonOut)
def patch_person(person: UUID, patch: PersonPatch, accounts: AccountsDep) -> dict[str, Any]:
    """Rename a person, or disable or enable them; disabling ends their sessions and stops their devices."""
    changed = people.change(accounts.authority(ADMINISTRATION), accounts.sign_ins, person, patch)
    return person_json(changed, accounts.people.grants([person]))


@router.post("/people/{person}/password", response_model=PasswordOut, summary="Reset a password")
def post_reset(person: UUID, accounts: AccountsDep, response: Response) -> dict[str, str]:
    """Make up a password, shown this once and to be changed at the first sign-in; ends their sessions."""
    response.headers["Cache-Control"] = "no-store"
    return {"password": people.reset_password(accounts.authority(ADMINISTRATION), accounts.sign_ins, person)}


@router.post("/people/{person}/grants", response_model=GrantOut, status_code=201)
def post_grant(person: UUID, given: GrantIn, accounts: AccountsDep) -> dict[str, Any]:
    """Grant a role in an area, within what the caller holds."""
    return grant_json(_grant(accounts, person, given))


@router.delete("/people/{person}/grants/{grant}", status_code=204)
def delete_grant(person: UUID, grant: UUID, accounts: AccountsDep) -> Response:
    """End a grant as of today."""
    people.withdraw(accounts.authority(ADMINISTRATION), person, grant, accounts.today)
    return Response(status_code=204)


def _grant(accounts: Accounts, person: UUID, given: GrantIn) -> Grant:
    today = accounts.today(given.district)
    stores = None if given.district is None else accounts.stores(given.district)
    unit = people.unit_of(stores, given.unit, today)
    return people.grant(accounts.authority(ADMINISTRATION), person, given, unit, today)


def _fresh(response: Response, person: Person) -> None:
    response.headers["Location"] = f"/api/v1/people/{person.id}"
    response.headers["Cache-Control"] = "no-store"
