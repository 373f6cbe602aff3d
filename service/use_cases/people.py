"""People and what they are granted, within what the caller may give."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from geo.errors import N_
from layers.accounts import ADMINISTRATOR
from layers.errors import NotFound
from layers.ids import new_id
from layers.paging import Page
from layers.people import Grant, People, Person
from layers.sign_ins import SignIns
from layers.stores import Stores
from service.access import passwords
from service.access.authority import Authority
from service.errors import InvalidInput, NotAllowed
from service.schemas.accounts import GrantIn, PersonIn, PersonPatch

FIRST = ADMINISTRATOR


def page(
    authority: Authority, limit: int, cursor: str | None, holding: str | None = None
) -> tuple[Page[Person], tuple[Grant, ...]]:
    """Return a page of the people who exist for the caller, and all grants of those on it.

    ``holding`` is a text that their login or name holds.
    """
    people = authority.people
    only = (
        None
        if authority.everywhere
        else people.near({one.district for one in authority.mine if one.district})
    )
    found = people.page(only=only, holding=holding, limit=limit, cursor=cursor)
    grants = people.grants([one.id for one in found.items])
    mine = tuple(
        one for one in found.items if authority.sees([each for each in grants if each.person == one.id])
    )
    return Page(mine, found.cursor), grants


def add(authority: Authority, given: PersonIn) -> tuple[Person, str]:
    """Store a new person who holds nothing yet; return them and a password to hand over.

    Raises
    ------
    Conflict
        Somebody has the login.
    """
    password = passwords.made_up()
    person = Person(new_id(), given.login, given.name, authority.now, has_password=True, must_change=True)
    authority.people.add(person, passwords.hashed(password))
    return person, password


def change(authority: Authority, sign_ins: SignIns, identifier: UUID, patch: PersonPatch) -> Person:
    """Rename a person, or let them sign in no more or again.

    Raises
    ------
    NotFound, NotAllowed
        They do not exist for the caller, hold more than the caller, or are the last administrator.
    """
    people = authority.people
    people.lock()
    before = people.administrators(authority.now)
    person = authority.require_over(identifier)
    if patch.name is not None:
        people.rename(identifier, patch.name)
    if patch.disabled is not None and patch.disabled != (person.disabled_at is not None):
        people.disable(identifier, authority.now if patch.disabled else None)
        if patch.disabled:
            sign_ins.end_all(identifier, authority.now)
            authority.require_administrator(before)
    return people.get(identifier)


def reset_password(authority: Authority, sign_ins: SignIns, identifier: UUID) -> str:
    """Give a person a password to hand over, and end their sessions.

    Raises
    ------
    NotFound, NotAllowed
        They do not exist for the caller, hold more than the caller, or are the caller.
    """
    person = authority.require_over(identifier)
    if person.id == authority.identity.id:
        raise NotAllowed(
            N_("Your own password is not reset but changed."),
            mend=N_("Change it with the current one: POST /api/v1/me/password."),
        )
    password = passwords.made_up()
    authority.people.set_password(identifier, passwords.hashed(password), must_change=True)
    sign_ins.end_all(identifier, authority.now)
    return password


def grant(authority: Authority, identifier: UUID, given: GrantIn, unit: UUID | None, today: date) -> Grant:
    """Grant a person a role in an area.

    Raises
    ------
    NotFound, NotAllowed
        The person does not exist for the caller, or the right would reach beyond the caller's own.
    """
    people = authority.people
    people.lock()
    authority.require_person(identifier)
    authority.require_grant(identifier, given.district, unit, given.valid_to)
    value = Grant(
        new_id(),
        identifier,
        given.role,
        given.district,
        unit,
        given.valid_from or today,
        given.valid_to,
        authority.identity.id,
        authority.now,
    )
    people.add_grant(value)
    return value


def withdraw(
    authority: Authority, identifier: UUID, wanted: UUID, today: Callable[[str | None], date]
) -> None:
    """End a grant as of today, which then no longer holds.

    Raises
    ------
    NotFound, NotAllowed
        There is none for the caller, it reaches beyond the caller's own, or it is the last of its kind.
    """
    people = authority.people
    people.lock()
    before = people.administrators(authority.now)
    authority.require_person(identifier)
    found = people.grant(wanted)
    if found.person != identifier:
        raise NotFound(N_("There is no grant {grant}."), mend=N_("Load the person again."), grant=str(wanted))
    if not authority.covers(found.district, found.unit, date.min):
        raise NotAllowed(
            N_("This right reaches farther than your own."), mend=N_("Ask an administrator of a larger area.")
        )
    people.end_grant(found, today(found.district))
    authority.require_administrator(before)


def unit_of(stores: Stores | None, named: str | None, today: date) -> UUID | None:
    """Return the id of the unit of a partition that a grant names by its id or its code.

    Raises
    ------
    InvalidInput
        A unit is named without its district, or none of the district is called that.
    """
    if named is None:
        return None
    if stores is not None:
        for layer in stores.layers.all("partition"):
            for one in stores.grids.tree(layer.code, today).units.values():
                if named in (one.code, str(one.id)):
                    return one.id
    raise InvalidInput(
        N_("There is no unit {unit} on {day}."),
        mend=N_("Give the id or the code of a unit, and the district it lies in."),
        where={"pointer": "/unit"},
        unit=named,
        day=today.isoformat(),
    )


def ensure_administrator(people: People, now: datetime) -> tuple[str, str] | None:
    """Make an administrator where there never was one; return the login and the password to print once.

    Processes that start together make one between them.
    """
    if people.ever_administered():
        return None
    people.lock()
    if people.ever_administered():
        return None
    login = FIRST if people.find(FIRST) is None else f"{FIRST}-{now:%Y%m%d%H%M%S}"
    return login, add_administrator(people, login, now)


def add_administrator(people: People, login: str, now: datetime) -> str:
    """Store an administrator of every district and return the password to hand over."""
    password = passwords.made_up()
    person = Person(new_id(), login.lower(), login, now, has_password=True, must_change=True)
    people.add(person, passwords.hashed(password))
    people.add_grant(Grant(new_id(), person.id, ADMINISTRATOR, None, None, now.date(), None, None, now))
    return password
