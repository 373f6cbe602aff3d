"""How bytes travel: entity tags, "not modified", and compression, for whatever web framework serves them."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

FOREVER = "public, max-age=31536000, immutable"
"""For addresses that carry the hash of their content."""

REVALIDATE = "no-cache"
"""Keep a copy, but ask with its entity tag before each use."""

_LEAST_TO_COMPRESS = 1024
_COMPRESSED_ALREADY = ("image/png",)
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer: status, body and headers; a 304 has no body."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def deliver(
    body: bytes,
    media_type: str,
    etag: str,
    *,
    cache: str = REVALIDATE,
    if_none_match: str | None = None,
    accept_encoding: str | None = None,
) -> Delivery:
    """Return the answer for a body with a strong entity tag (its content hash, without quotes).

    The compressed form is another representation and has a tag of its own (RFC 9110, section 8.8.3).
    ``if_none_match`` and ``accept_encoding`` are the request's headers.
    """
    squeeze = (
        len(body) >= _LEAST_TO_COMPRESS
        and media_type not in _COMPRESSED_ALREADY
        and _accepts_gzip(accept_encoding)
    )
    tag = f'"{etag}-gzip"' if squeeze else f'"{etag}"'
    headers = {
        "ETag": tag,
        "Cache-Control": cache,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match is not None and _matches(if_none_match, tag):
        return Delivery(304, b"", headers)
    headers["Content-Type"] = media_type
    if squeeze:
        return Delivery(200, _compressed(body), {**headers, "Content-Encoding": "gzip"})
    return Delivery(200, body, headers)


def _matches(if_none_match: str, tag: str) -> bool:
    """Compare weakly, as If-None-Match does (RFC 9110, section 13.1.2)."""
    held = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return "*" in held or tag in held


def _accepts_gzip(accept_encoding: str | None) -> bool:
    for part in (accept_encoding or "").split(","):
        name, _, weight = part.partition(";")
        if name.strip().lower() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


@lru_cache(maxsize=128)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)
