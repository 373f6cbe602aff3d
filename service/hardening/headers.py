"""What every answer tells browsers and caches.

An answer that says nothing gets the strictest word: nothing may be loaded, framed or kept. A page asks for a
``nonce`` and gets the policy of pages; a route that needs another policy sets it, and only the frames are
taken from it. What depends on who asks is never for a shared cache.
"""

import secrets
from collections.abc import Iterable, MutableMapping
from functools import lru_cache
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
    (b"cross-origin-resource-policy", b"same-origin"),
]
# What can refer to others, use sensors or be opened by others. Data cannot, and each header costs a
# microsecond to write.
_DOCUMENT: Headers = [
    *_ALWAYS,
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_DATA = (b"application/json", b"application/geo+json", b"application/vnd.mapbox-vector-tile")
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
    kept = list(headers)
    if not said.keys().isdisjoint(_REWRITTEN):
        kept = [one for one in kept if one[0] not in _REWRITTEN]
    kind = said.get(b"content-type", b"")
    added = _ALWAYS if kind in _DATA else _DOCUMENT
    kept += added if said.keys().isdisjoint(_NAMES) else [one for one in added if one[0] not in said]
    if scope["scheme"] == "https":
        kept.append(_STRICT_TRANSPORT)
    own = said.get(b"content-security-policy")
    if own is None and _NONCE in scope and kind.startswith(b"text/html"):
        own = shell.policy(scope[_NONCE]).encode()
    kept.append((b"content-security-policy", _policy(own, kind)))
    shared = scope["path"].startswith(_SHARED)
    kept += _caching(said.get(b"cache-control"), said.get(b"vary", b""), shared=shared)
    return kept


_REWRITTEN = frozenset({b"content-security-policy", b"cache-control", b"vary"})
_NAMES = frozenset(name for name, _ in _DOCUMENT)


def _policy(own: bytes | None, kind: bytes) -> bytes:
    if own is not None:
        return own if b"frame-ancestors" in own else own + b"; " + _FRAMES
    return _SCRIPT if kind.startswith(b"text/javascript") else _NOTHING


@lru_cache(maxsize=256)
def _caching(cache: bytes | None, vary: bytes, *, shared: bool) -> tuple[tuple[bytes, bytes], ...]:
    if cache is None or b"no-store" in cache:
        cache = b"no-store"
    elif not shared:
        cache = b"private, " + cache.replace(b"public, ", b"").replace(b"private, ", b"")
        named = vary.decode("latin-1")
        missing = [one for one in _DEPENDS if one not in named]
        vary = ", ".join([named, *missing] if named else missing).encode()
    said = (b"cache-control", cache)
    return (said, (b"vary", vary)) if vary else (said,)
