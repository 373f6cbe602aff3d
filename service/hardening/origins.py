"""Who a request says it is for, and where it says it comes from.

**Host.** A name that is not ours means a rebound DNS name or a forged link, and addresses in our answers
would carry it. Ours are the loopback names, the address the connection really reached, the listening address,
the host of the public address, and the names in ``WARDLINE_HOSTS``.

**Origin.** A browser sends cookies, and the Basic credentials it has cached, with whatever any page makes it
send. So a request that changes something must say that it comes from a page of ours: ``Origin``, else
``Sec-Fetch-Site``; with a cookie and neither, it is refused. A Bearer token is never sent by a browser on its
own, and a program that sends neither header nor cookie is no browser: both pass.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from geo.errors import N_
from service.errors import ForeignOrigin, HostUnknown, MalformedBody
from service.settings import Settings

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - read, not bound

Headers = Mapping[bytes, bytes]


class Origins:
    """The names and origins that are ours."""

    def __init__(self, settings: Settings) -> None:
        public = urlsplit(settings.public_url or "")
        named = {one.strip().lower() for one in settings.hosts.split(",") if one.strip()}
        listening = {settings.host.lower()} - _WILDCARDS
        self._names = frozenset(
            _LOOPBACK | named | listening | ({public.hostname} if public.hostname else set())
        )
        self._public = f"{public.scheme}://{public.netloc}".lower() if public.netloc else None
        self._known = lru_cache(maxsize=256)(self._judge)

    def require_host(self, scope: Mapping[str, Any], headers: Headers) -> None:
        """Refuse a request for somebody else.

        Raises
        ------
        HostUnknown
            The Host header is missing or names nobody of ours.
        MalformedBody
            There are several.
        """
        if len(headers) != len(scope["headers"]) and sum(name == b"host" for name, _ in scope["headers"]) > 1:
            raise MalformedBody(
                N_("The request has several Host headers."), mend=N_("Send one."), where={"header": "Host"}
            )
        server = scope.get("server")
        host = headers.get(b"host", b"")
        if not self._known(host, server[0] if server else None):
            raise HostUnknown(
                N_("This service is not called “{host}”."),
                mend=N_("Use its public address, or name the host in WARDLINE_HOSTS."),
                where={"header": "Host"},
                host=host.decode("latin-1")[:100],
            )

    def _judge(self, host: bytes, server: str | None) -> bool:
        found = _HOST.fullmatch(host.decode("latin-1").lower())
        if found is None:
            return False
        name = found["name"].strip("[]").rstrip(".")
        return name in self._names or (server is not None and name == server.lower())

    def require_origin(self, scope: Mapping[str, Any], headers: Headers) -> None:
        """Refuse a change that a page of somebody else makes a browser send.

        Raises
        ------
        ForeignOrigin
            It does not come from a page of ours, or carries a cookie and does not say where it comes from.
        """
        if scope["method"] in SAFE or _bearer_alone(headers):
            return
        origin = headers.get(b"origin")
        if origin is not None:
            named = origin.decode("latin-1").lower()
            own = f"{scope['scheme']}://{headers.get(b'host', b'').decode('latin-1').lower()}"
            if named not in (own, self._public):
                raise _foreign(named)
            return
        site = headers.get(b"sec-fetch-site")
        if site is None and b"cookie" not in headers:
            return
        if site != b"same-origin":
            raise _foreign((site or b"-").decode("latin-1"))


def local_address(address: str) -> str:
    """Return an address if it is a path of ours, else the start: nobody is led elsewhere from here."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if inside and address.isprintable() else "/"


def _bearer_alone(headers: Headers) -> bool:
    return b"cookie" not in headers and headers.get(b"authorization", b"")[:7].lower() == b"bearer "


def _foreign(origin: str) -> ForeignOrigin:
    return ForeignOrigin(
        N_("This change was sent by a page of another origin, or does not say by which: “{origin}”."),
        mend=N_("Send it from a page of this service, or with a token and without cookies."),
        where={"header": "Origin"},
        origin=origin[:100],
    )
