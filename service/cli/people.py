"""``./wardline people``: who may sign in, and the way back in for whoever has lost theirs."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer
from sqlalchemy.orm import Session

from geo.errors import N_
from layers.accounts import GRANTED
from layers.ids import new_id
from layers.people import Grant, People, Person, missing
from layers.row_security import SYSTEM_SCOPE
from layers.sign_ins import SignIns
from layers.stores import Stores
from service.access import passwords
from service.cli.common import Database, District, Json, open_engine
from service.database import session_factory
from service.errors import InvalidInput
from service.schemas.accounts import grant_json, person_json
from service.settings import Settings
from service.use_cases.people import unit_of

Action = Literal["list", "add", "grant", "reset-password", "disable", "enable"]
_MOST = 10_000


def command(
    action: Annotated[
        Action, typer.Argument(metavar="ACTION", help="list, add, grant, reset-password, disable or enable.")
    ],
    login: Annotated[str | None, typer.Argument(metavar="LOGIN", help="Whom, except for list.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of add: what they are called.")] = None,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help=f"To be granted: {', '.join(GRANTED)}.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="CODE", help="Only this unit and what lies below it.")
    ] = None,
    district: District = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """List who may sign in; add somebody, grant a role, set a new password, or let somebody in no more.

    A role without --district is granted in every district. A new password is shown once and must be changed
    at the first sign-in.
    """
    settings = Settings.load(database=database)
    with (
        open_engine(settings) as engine,
        session_factory(engine, SYSTEM_SCOPE)() as session,
        session.begin(),
    ):
        if action == "list":
            typer.echo(_list(People(session), as_json=as_json))
            return
        if login is None:
            raise InvalidInput(
                N_("Whom? {action} needs a login."),
                mend=N_("Say it after the action; ./wardline people list shows all."),
                where={"argument": "LOGIN"},
                action=action,
            )
        said = _act(session, action, login, name)
        if role is not None or action == "grant":
            _grant(session, login, role, district, unit)
    for line in said:
        typer.echo(line)


def _act(session: Session, action: Action, login: str, name: str | None) -> Sequence[str]:
    people, now = People(session), datetime.now(UTC)
    if action == "add":
        password = passwords.made_up()
        person = Person(new_id(), login.lower(), name or login, now, has_password=True, must_change=True)
        people.add(person, passwords.hashed(password))
        return _password(person.login, password)
    found = people.find(login)
    if found is None:
        raise missing(login)
    if action == "reset-password":
        password = passwords.made_up()
        people.set_password(found.id, passwords.hashed(password), must_change=True)
        SignIns(session).end_all(found.id, now)
        return _password(found.login, password)
    if action in ("disable", "enable"):
        people.disable(found.id, now if action == "disable" else None)
        SignIns(session).end_all(found.id, now)
    return (f"{found.login}: {action}",)


def _grant(session: Session, login: str, role: str | None, district: str | None, unit: str | None) -> None:
    people, now = People(session), datetime.now(UTC)
    person = people.find(login)
    if person is None:
        raise missing(login)
    if role not in GRANTED:
        raise InvalidInput(
            N_("There is no role {role}; there are: {known}."),
            mend=N_("Give one of these with --role."),
            where={"option": "--role"},
            role=role or "–",
            known=", ".join(GRANTED),
        )
    stores = None if district is None else Stores(session, district)
    today = now.date() if stores is None else stores.districts.current().today(now)
    where = unit_of(stores, unit, today)
    people.add_grant(Grant(new_id(), person.id, role, district, where, today, None, None, now))


def _list(people: People, *, as_json: bool) -> str:
    found = people.page(limit=_MOST).items
    grants = people.grants([one.id for one in found])
    if as_json:
        return json.dumps([person_json(one, grants) for one in found], default=str, ensure_ascii=False)
    lines = []
    for one in found:
        mine = [grant_json(each) for each in grants if each.person == one.id]
        held = ", ".join(
            f"{each['role']} ({each['district'] or 'every district'}{' in part' if each['unit'] else ''})"
            for each in mine
        )
        state = "disabled" if one.disabled_at else "must change the password" if one.must_change else "active"
        lines.append(f"{one.login:<20} {state:<25} {held or 'nothing granted'}")
    return "\n".join(lines) or "Nobody may sign in yet."


def _password(login: str, password: str) -> Sequence[str]:
    return (
        f"{login} signs in with the password {password}",
        "It is shown this once and must be changed then.",
    )
