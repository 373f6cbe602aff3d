"""What the routes of accounts share: their session, what the caller may administer, and the cookie.

Accounts span districts, and who may change whom depends on what both hold: that is decided in
``service.access.authority``. So their transactions work for the service itself, whoever asks.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session

from layers.area import units_below
from layers.audit import act_as
from layers.errors import translated
from layers.people import People, Person
from layers.row_security import SYSTEM_SCOPE, enter
from layers.sign_ins import Devices, SignIns
from layers.stores import Stores
from service.access.authority import Authority
from service.access.credentials import cookie_name
from service.access.identity import Identity
from service.dependencies import IdentityDep, Service, ServiceDep, actor_of
from service.use_cases import sessions


@dataclass(frozen=True, slots=True)
class Accounts:
    """The stores of accounts in one transaction, and the instant it is."""

    session: Session
    identity: Identity
    people: People
    sign_ins: SignIns
    devices: Devices
    now: datetime

    def authority(self, roles: Collection[str]) -> Authority:
        """Return what the caller may do with the grants of some roles."""

        def below(code: str, roots: Collection[UUID]) -> frozenset[UUID]:
            return units_below(self.session, code, roots)

        return Authority(self.identity, self.people, below, self.now, frozenset(roles))

    def stores(self, district: str) -> Stores:
        """Return the stores of a district."""
        return Stores(self.session, district)

    def today(self, district: str | None) -> date:
        """Return the day it is in a district, in UTC for all of them."""
        if district is None:
            return self.now.date()
        return self.stores(district).districts.current().today(self.now)


def get_accounts(service: ServiceDep, identity: IdentityDep) -> Iterator[Accounts]:
    """Open a transaction on the accounts and commit it when the route has returned."""
    with service.sessions() as session:
        enter(session, SYSTEM_SCOPE)
        act_as(session, actor_of(identity))
        yield Accounts(
            session, identity, People(session), SignIns(session), Devices(session), datetime.now(UTC)
        )
        with translated():
            session.commit()
    service.access.forget()


AccountsDep = Annotated[Accounts, Depends(get_accounts, scope="function")]


def open_session(service: Service, identity: Identity, person: Person) -> str:
    """Store a new session of a person, end the one there was, and return the new token."""
    now = datetime.now(UTC)
    with service.sessions() as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        act_as(session, actor_of(identity))
        sign_ins = SignIns(session)
        # Whoever had signed in on this browser before is signed out: a session is never taken over.
        sessions.end(sign_ins, identity, now)
        token = sessions.begin(sign_ins, person.id, now)
    service.access.forget()
    return token


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Give a browser the token of a session."""
    service: Service = request.app.state.service
    secure = service.access.is_secure(request.scope)
    response.set_cookie(
        cookie_name(secure=secure),
        token,
        max_age=service.settings.session_hours * 3600,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response) -> None:
    """Let a browser forget its session."""
    service: Service = request.app.state.service
    secure = service.access.is_secure(request.scope)
    response.delete_cookie(cookie_name(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")
