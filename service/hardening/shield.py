"""The outermost layer of the application: refuses early, and completes every answer."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo.errors import WardlineError
from service import i18n
from service.hardening.headers import armoured
from service.hardening.limits import Limits, Seen, address_of
from service.hardening.origins import SAFE, Origins
from service.problems import refusal
from service.settings import Settings

# Asked by the machinery around us, every few seconds and from anywhere.
_UNCOUNTED = frozenset({"/healthz", "/readyz"})
_UNAUTHORIZED = 401
_FAULT = 500

Headers = Mapping[bytes, bytes]


class Credential:
    """What a request carries in ``Authorization``, counted as a guess until it has proved right."""

    def __init__(self, header: bytes, address: str | None) -> None:
        # What is right for one address is a guess from another.
        self.digest = hashlib.sha256(f"{address}\0".encode() + header).digest()
        self.address = address
        self.login = _login(header)

    def count(self, limits: Limits) -> None:
        """Count it, before it is looked at."""
        try:
            limits.guess(self.address)
        finally:
            if self.login is not None:
                limits.sign_in(self.login, self.address)

    def give_back(self, limits: Limits, *, right: bool) -> None:
        """Count it no longer, because it was right or nobody looked at it."""
        limits.forget_guess(self.address)
        if self.login is not None:
            (limits.signed_in if right else limits.forget_sign_in)(self.login, self.address)


class Shield:
    """Host, origin and rate before anything is done; what browsers and caches must know on every answer."""

    def __init__(self, app: ASGIApp, settings: Settings, limits: Limits) -> None:
        self._app = app
        self._origins = Origins(settings)
        self._limits = limits
        self._right = Seen()
        self._language = settings.language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, and answer the rest."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: Headers = dict(scope["headers"])
        credential: Credential | None = None
        status = _FAULT

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = armoured(message.get("headers", []), scope)
            await send(message)

        try:
            self._origins.require_host(scope, headers)
            self._origins.require_origin(scope, headers)
            client = scope.get("client")
            address = address_of(client[0] if client else None)
            if scope["path"] not in _UNCOUNTED:
                self._limits.request(address)
            if b"authorization" in headers:
                credential = self._counted(scope, headers[b"authorization"], address)
        except WardlineError as error:
            accepted = headers.get(b"accept-language", b"").decode("latin-1")
            await refusal(error, i18n.negotiate(accepted, self._language))(scope, receive, sending)
            return
        if credential is None:
            await self._app(scope, receive, sending)
            return
        try:
            await self._app(scope, receive, sending)
        finally:
            self._judge(credential, scope, status)

    def _counted(self, scope: Scope, header: bytes, address: str | None) -> Credential:
        credential = Credential(header, address)
        if scope["method"] not in SAFE:
            self._limits.upload(header)
        if credential.digest not in self._right:
            credential.count(self._limits)
        elif credential.login is not None:
            # Where it were answered beyond the rate, trying could go on until an answer comes.
            self._limits.require_sign_in(credential.login, address)
        return credential

    def _judge(self, credential: Credential, scope: Scope, status: int) -> None:
        """Remember a credential that was found right; leave one that was refused counted."""
        known = credential.digest in self._right
        if status == _UNAUTHORIZED:
            self._right.discard(credential.digest)
        elif not known:
            right = _signed_in(scope)
            credential.give_back(self._limits, right=right)
            if right:
                self._right.add(credential.digest)


def _signed_in(scope: Scope) -> bool:
    """Say whether a route has established who asks; routes for everybody look at no credential."""
    identity: Any = scope.get("state", {}).get("identity")
    return identity is not None and bool(identity.signed_in)


def _login(header: bytes) -> str | None:
    """Return the login of a Basic header."""
    scheme, _, value = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[0].decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
