"""Signing in and out, and changing one's own password."""

from datetime import datetime
from uuid import UUID

from geo.errors import N_
from layers.ids import new_id
from layers.people import People
from layers.sign_ins import SignIn, SignIns
from service.access import passwords, tokens
from service.access.identity import Identity
from service.errors import CredentialsRefused, InvalidInput, NotAllowed


def begin(sign_ins: SignIns, person: UUID, now: datetime) -> str:
    """Store a new session of a person and return its token."""
    token = tokens.new_token()
    sign_ins.begin(SignIn(new_id(), person, now, now, None), tokens.digest(token))
    return token


def end(sign_ins: SignIns, identity: Identity, now: datetime) -> None:
    """End the session a request came with, if it came with one."""
    if identity.session is not None:
        sign_ins.end(identity.session, now)


def change_password(
    people: People, sign_ins: SignIns, identity: Identity, current: str, new: str, now: datetime
) -> str:
    """Give the caller a new password, end all their sessions and return the token of a new one.

    Raises
    ------
    NotAllowed
        The caller has no password of their own.
    CredentialsRefused
        The current password is wrong.
    InvalidInput
        The new one is too short, guessed first, or the same.
    """
    person = identity.person
    stored = None if person is None or identity.kind != "person" else people.password(person)
    if person is None or stored is None:
        raise NotAllowed(N_("You have no password here."), mend=N_("Sign in the way you do otherwise."))
    if not passwords.verify(current, stored)[0]:
        raise CredentialsRefused(
            N_("The current password is wrong."),
            mend=N_("Check it; an administrator can set a new one."),
            where={"pointer": "/current"},
        )
    if current == new:
        raise InvalidInput(
            N_("The new password is the current one."), mend=N_("Choose another."), where={"pointer": "/new"}
        )
    passwords.require_good(new, login=identity.name, pointer="/new")
    people.set_password(person, passwords.hashed(new), must_change=False)
    sign_ins.end_all(person, now)
    return begin(sign_ins, person, now)
