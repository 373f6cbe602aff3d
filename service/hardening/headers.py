"""What every answer tells browsers and caches.

An answer that says nothing gets the strictest word: nothing may be loaded, framed or kept. A page asks for a
``nonce`` and gets the policy of pages; a route that needs another policy sets it, and only the frames are
taken from it. What depends on who asks is never for a shared cache.
"""

import secrets
from collections.abc import Iterable, MutableMapping
from typing import Any

from maps import shell

Headers = list[tuple[bytes, bytes]]

_NONCE = "wardline.nonce"
_FRAMES = b"frame-ancestors 'none'"
_NOTHING = b"default-src 'none'; base-uri 'none'; form-action 'none'; " + _FRAMES
# A script that becomes a worker is under the policy it came with.
_SCRIPT = b"default-src 'self'; base-uri 'none'; form-action 'none'; " + _FRAMES

_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
_DEPENDS = ("Cookie", "Authorization")
# The same for everybody, and asked for again and again.
_SHARED = ("/assets/", "/favicon.ico")


def nonce(scope: MutableMapping[str, Any]) -> str:
    """Return the nonce of a request's page: its answer has the policy of pages, with this nonce."""
    made: str = scope.setdefault(_NONCE, secrets.token_urlsafe(18))
    return made


def armoured(headers: Iterable[tuple[bytes, bytes]], scope: MutableMapping[str, Any]) -> Headers:
    """Return the headers of an answer with everything that it must tell a browser or a cache."""
    said = dict(headers)
    kept = [one for one in headers if one[0] not in _REWRITTEN]
    kept += [one for one in _ALWAYS if one[0] not in said]
    if scope["scheme"] == "https":
        kept.append(_STRICT_TRANSPORT)
    kept.append((b"content-security-policy", _policy(said, scope)))
    kept += _caching(said, scope)
    return kept


_REWRITTEN = {b"content-security-policy", b"cache-control", b"vary"}


def _policy(said: dict[bytes, bytes], scope: MutableMapping[str, Any]) -> bytes:
    own = said.get(b"content-security-policy")
    if own is not None:
        return own if b"frame-ancestors" in own else own + b"; " + _FRAMES
    kind = said.get(b"content-type", b"")
    if kind.startswith(b"text/html") and _NONCE in scope:
        return shell.policy(scope[_NONCE]).encode()
    return _SCRIPT if kind.startswith(b"text/javascript") else _NOTHING


def _caching(said: dict[bytes, bytes], scope: MutableMapping[str, Any]) -> Headers:
    vary = said.get(b"vary", b"")
    cache = said.get(b"cache-control")
    if cache is None or b"no-store" in cache:
        return [(b"cache-control", b"no-store"), *([(b"vary", vary)] if vary else [])]
    if not scope["path"].startswith(_SHARED):
        cache = b"private, " + cache.replace(b"public, ", b"").replace(b"private, ", b"")
        named = vary.decode("latin-1")
        vary = ", ".join(
            [*([named] if named else []), *(one for one in _DEPENDS if one not in named)]
        ).encode()
    return [(b"cache-control", cache), *([(b"vary", vary)] if vary else [])]
