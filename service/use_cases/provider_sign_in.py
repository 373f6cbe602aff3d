"""Who somebody that an OpenID provider vouches for is here.

A provider says who somebody is, never what they may do: grants are given here, by people. Somebody unknown
gets nothing until an administrator links them, unless the settings say more: which claim names the login of
an account that was made for them and that nobody has used yet, or that accounts without any grant are made.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from geo.errors import N_
from layers.ids import new_id
from layers.people import People, Person
from service.errors import CredentialsRefused, NotAllowed
from service.settings import Settings

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


def person_of(
    people: People, settings: Settings, issuer: str, claims: Mapping[str, Any], now: datetime
) -> Person:
    """Return the person of the claims of an ID token, linked or made where the settings allow it.

    Raises
    ------
    NotAllowed
        Nobody here is linked with the subject.
    CredentialsRefused
        The person is disabled.
    """
    subject = str(claims["sub"])
    found = people.find_subject(issuer, subject)
    if found is None:
        people.lock()
        found = people.find_subject(issuer, subject) or _prepared(people, settings, issuer, claims)
    if found is None and settings.oidc_create:
        found = _made(people, settings, issuer, claims, now)
    if found is None:
        raise NotAllowed(
            N_("Nobody here is linked with you: {subject} of {issuer}."),
            mend=N_("Give this to an administrator, who can link you with your account."),
            subject=subject,
            issuer=issuer,
        )
    if found.disabled_at is not None:
        raise CredentialsRefused(N_("This account is disabled."), mend=N_("Ask an administrator."))
    return found


def _login(settings: Settings, claims: Mapping[str, Any]) -> str | None:
    """Return the login that a claim names; an e-mail address only where the provider has verified it."""
    name = settings.oidc_login_claim
    value = claims.get(name) if name else None
    if not isinstance(value, str) or (name == "email" and claims.get("email_verified") is not True):
        return None
    login = value.strip().lower()
    return login if _LOGIN.fullmatch(login) else None


def _prepared(people: People, settings: Settings, issuer: str, claims: Mapping[str, Any]) -> Person | None:
    """Link the account of the claimed login, if it was made for somebody who has not used it yet."""
    login = _login(settings, claims)
    person = None if login is None else people.find(login)
    if person is None or person.subject is not None or (person.has_password and not person.must_change):
        return None
    # The password that was to be handed over is good no more.
    people.set_password(person.id, None, must_change=False)
    people.link(person.id, issuer, str(claims["sub"]))
    return people.get(person.id)


def _made(
    people: People, settings: Settings, issuer: str, claims: Mapping[str, Any], now: datetime
) -> Person:
    """Make an account without any grant."""
    subject = str(claims["sub"])
    login = _login(settings, claims)
    if login is None or people.find(login) is not None:
        login = "oidc-" + hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()[:16]
    called = claims.get("name")
    name = called if isinstance(called, str) and called.strip() and "\0" not in called else login
    person = Person(new_id(), login, name.strip()[:200], now, issuer=issuer, subject=subject)
    people.add(person)
    return person
