"""What a request brings to say who it comes from: a cookie, a bearer token, or a name and password."""

import base64
import binascii
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Literal

from geo.errors import N_
from service.access import tokens
from service.errors import CredentialsRefused
from service.settings import is_local

SECURE_COOKIE = "__Host-wardline"
PLAIN_COOKIE = "wardline_session"
_LONGEST = 1024

Kind = Literal["cookie", "bearer", "basic"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, or a name and password, that a request brings; neither is ever shown."""

    kind: Kind
    secret: str = field(repr=False)
    login: str = ""


def cookie_name(*, secure: bool) -> str:
    """Return the name of the session's cookie: with the browser's own protection where there is TLS."""
    return SECURE_COOKIE if secure else PLAIN_COOKIE


def read(scope: MutableMapping[str, Any], *, secure: bool) -> Credentials | None:
    """Return what an ASGI request brings, None where it brings nothing.

    ``secure`` says whether the browser reached us over TLS.

    Raises
    ------
    CredentialsRefused
        The ``Authorization`` header cannot be read.
    """
    cookies = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return _authorization(value)
        if name == b"cookie":
            cookies += value + b";"
    if not cookies:
        return None
    token = _cookie(cookies, cookie_name(secure=secure).encode())
    return None if token is None else Credentials("cookie", token)


def _cookie(header: bytes, wanted: bytes) -> str | None:
    for part in header.split(b";"):
        name, _, value = part.strip().partition(b"=")
        if name == wanted and 0 < len(value) <= _LONGEST:
            return value.decode("latin-1")
    return None


def _authorization(header: bytes) -> Credentials:
    scheme, _, value = header.partition(b" ")
    text = value.strip()
    if 0 < len(text) <= _LONGEST:
        if scheme.lower() == b"bearer":
            return Credentials("bearer", text.decode("latin-1"))
        if scheme.lower() == b"basic":
            return _basic(text)
    raise unreadable()


def _basic(text: bytes) -> Credentials:
    try:
        login, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise unreadable() from error
    if not colon or "\0" in login:
        raise unreadable()
    if tokens.is_device(password):
        # OwnTracks and its like know no other way to send the token of a device.
        return Credentials("bearer", password)
    return Credentials("basic", password, login)


def unreadable() -> CredentialsRefused:
    """Return the refusal of a header that says nothing we understand."""
    return CredentialsRefused(
        N_("The Authorization header cannot be read."),
        mend=N_("Send Basic with a name and a password, or Bearer with a device's token."),
        where={"header": "Authorization"},
    )


def is_loopback(hosts: Iterable[str]) -> bool:
    """Say whether every address is one of this machine's own."""
    return all(map(is_local, hosts))


def from_this_machine(scope: MutableMapping[str, Any]) -> bool:
    """Say whether a request came to a loopback address from one, and through no proxy."""
    ends = (scope.get("client"), scope.get("server"))
    forwarded = any(name in (b"x-forwarded-for", b"forwarded") for name, _ in scope["headers"])
    return not forwarded and all(ends) and is_loopback(str(end[0]) for end in ends if end)
