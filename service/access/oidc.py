"""Signing in with an OpenID provider: authorization code with PKCE, and every check on what comes back.

Only the configured issuer is ever asked, over https (plain http on loopback alone), and no redirect of it is
followed, so nothing that a caller sends decides which address the service fetches. What belongs to one
attempt (state, nonce, PKCE verifier, where to go afterwards) travels in a cookie that only this service can
read or make; so an answer counts only in the browser that began, once, and within ten minutes.

After OpenID Connect Core 1.0 section 3.1.3.7, RFC 7636 (PKCE), RFC 9207 (issuer in the answer) and RFC 8725
(JSON Web Tokens: best practice).
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import orjson
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from geo.errors import N_
from service.access.credentials import is_loopback
from service.access.id_tokens import Keys, KeyUnknown, read_id_token
from service.errors import CredentialsRefused, NotReady
from service.hardening.limits import Seen
from service.settings import Settings

FLOW_S = 600
_METADATA_S = 3600.0
_KEYS_AGAIN_S = 10.0
_TIMEOUT_S = 10.0
_LARGEST = 1 << 20
_SEAL = {"alg": "dir", "enc": "A256GCM"}
_OK = 200


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that has begun: where the browser goes, and the cookie it takes along."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Who somebody is to the provider, and where they wanted to go."""

    subject: str
    claims: Mapping[str, Any]
    next: str


@dataclass(frozen=True, slots=True)
class _Flow:
    state: str
    nonce: str
    verifier: str
    callback: str
    next: str
    until: float


class Provider:
    """The OpenID provider of the settings."""

    def __init__(self, settings: Settings) -> None:
        if settings.oidc_issuer is None:
            raise ValueError("settings.oidc_issuer is not set")
        self.issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id or ""
        self._secret = settings.oidc_client_secret or ""
        # All processes of a service know this secret, so any of them can finish what another began.
        self._seal = OctKey.import_key(hashlib.sha256(b"wardline sign-in\0" + self._secret.encode()).digest())
        self._used = Seen()
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Keys] | None = None

    async def begin(self, callback: str, next_: str) -> Begun:
        """Return where to send a browser that signs in; ``next_`` is an address of ours.

        Raises
        ------
        NotReady
            The provider does not answer.
        """
        metadata = await self._described()
        flow = _Flow(
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(32),
            secrets.token_urlsafe(48),
            callback,
            next_,
            time.time() + FLOW_S,
        )
        address = prepare_grant_uri(
            metadata["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=callback,
            scope="openid profile email",
            state=flow.state,
            nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier),
            code_challenge_method="S256",
        )
        cookie = jwe.encrypt_compact(_SEAL, json.dumps(asdict(flow)).encode(), self._seal)
        return Begun(address, cookie)

    async def finish(self, answer: Mapping[str, str], cookie: str | None) -> Finished:
        """Return who has signed in, from the query of the provider's answer and the cookie of the attempt.

        Raises
        ------
        CredentialsRefused
            The answer belongs to no attempt of this browser, or does not hold.
        NotReady
            The provider does not answer.
        """
        flow = self._opened(cookie)
        state = answer.get("state", "")
        used = hashlib.sha256(flow.state.encode()).digest()
        if not hmac.compare_digest(state.encode(), flow.state.encode()) or used in self._used:
            raise refused("state")
        self._used.add(used)
        metadata = await self._described()
        announced = metadata.get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", None if announced else self.issuer) != self.issuer:
            raise refused("iss")
        if "error" in answer or not answer.get("code"):
            raise refused("error" if "error" in answer else "code")
        token = await self._token(metadata, flow, answer["code"])
        claims = await self._claims(metadata, token, flow.nonce)
        return Finished(claims["sub"], claims, flow.next)

    def _opened(self, cookie: str | None) -> _Flow:
        try:
            found = jwe.decrypt_compact(cookie or "", self._seal, algorithms=[*_SEAL.values()])
            flow = _Flow(**json.loads(found.plaintext or b""))
        except (JoseError, ValueError, TypeError) as error:
            raise refused("cookie") from error
        if flow.until < time.time():
            raise refused("too late")
        return flow

    async def _described(self) -> Mapping[str, Any]:
        """Return what the provider says of itself; it must be the issuer it was asked as."""
        now = time.monotonic()
        if self._metadata is not None and now - self._metadata[0] < _METADATA_S:
            return self._metadata[1]
        found = await self._fetch(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise unreachable("it calls itself another issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            require_endpoint(found.get(name), self.issuer)
        self._metadata = (now, found)
        return found

    async def _token(self, metadata: Mapping[str, Any], flow: _Flow, code: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.callback,
            "code_verifier": flow.verifier,
        }
        basic = (quote(self._client_id, safe=""), quote(self._secret, safe=""))
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in methods:
            return await self._fetch(metadata["token_endpoint"], form, basic)
        named = {"client_id": self._client_id, "client_secret": self._secret}
        return await self._fetch(metadata["token_endpoint"], form | named)

    async def _claims(
        self, metadata: Mapping[str, Any], token: Mapping[str, Any], nonce: str
    ) -> Mapping[str, Any]:
        for again in (False, True):
            keys = await self._signing_keys(metadata, again=again)
            try:
                return read_id_token(token, keys, self.issuer, self._client_id, nonce)
            except KeyUnknown as error:
                # Keys are renewed without notice: one look more, and no more than that.
                if again:
                    raise refused("kid") from error
            except (JoseError, ValueError, RecursionError) as error:
                raise refused(getattr(error, "error", "") or "id_token") from error
        raise AssertionError

    async def _signing_keys(self, metadata: Mapping[str, Any], *, again: bool) -> Keys:
        now = time.monotonic()
        limit = _KEYS_AGAIN_S if again else _METADATA_S
        if self._keys is None or now - self._keys[0] >= limit:
            found = await self._fetch(metadata["jwks_uri"])
            self._keys = (now, Keys.of(found))
        return self._keys[1]

    async def _fetch(
        self, address: str, form: Mapping[str, str] | None = None, auth: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the JSON object at an address of the provider; a form is posted."""
        body = b""
        try:
            async with (
                httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client,
                client.stream(
                    "GET" if form is None else "POST",
                    address,
                    data=form,
                    auth=auth or httpx.USE_CLIENT_DEFAULT,
                    headers={"Accept": "application/json"},
                ) as answer,
            ):
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > _LARGEST:
                        raise unreachable("its answer is too large")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(type(error).__name__) from error
        if form is not None and answer.is_client_error:
            raise refused("code")
        try:
            found = orjson.loads(body)
        except ValueError as error:
            raise unreachable("its answer is no JSON") from error
        if answer.status_code != _OK or not isinstance(found, dict):
            raise unreachable(f"it answers {answer.status_code}")
        return found


def require_endpoint(address: Any, issuer: str) -> None:
    """Refuse an address over plain http, unless provider and address are on this machine."""
    parts = urlsplit(address if isinstance(address, str) else "")
    local = all(is_loopback([urlsplit(one).hostname or ""]) for one in (issuer, parts.geturl()))
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and local)):
        raise unreachable("it names an address that is not https")


def refused(reason: str) -> CredentialsRefused:
    """Return the refusal of an answer; the reason is for administrators, not for attackers' forms."""
    return CredentialsRefused(
        N_("Signing in with the provider did not succeed ({reason})."),
        mend=N_("Begin anew at /signin, in the same browser and within ten minutes."),
        reason=reason[:60],
    )


def unreachable(reason: str) -> NotReady:
    """Return the refusal while the provider cannot be used."""
    return NotReady(
        N_("The provider that signs you in cannot be used at the moment: {reason}."),
        mend=N_("Try again in a minute, or sign in with a password."),
        reason=reason,
    )
