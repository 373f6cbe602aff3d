"""Tokens of sessions and devices: 256 random bits, of which only SHA-256 is kept."""

import hashlib
import secrets

DEVICE = "wld_"
"""What the token of a device begins with, so that it is recognised where it leaks."""

_BYTES = 32
_LENGTH = 43
"""So many letters are that many bytes."""


def new_token(prefix: str = "") -> str:
    """Return a new token."""
    return prefix + secrets.token_urlsafe(_BYTES)


def is_device(text: str) -> bool:
    """Say whether a text has the form of a device's token."""
    return text.startswith(DEVICE) and len(text) == len(DEVICE) + _LENGTH


def digest(token: str) -> bytes:
    """Return what is stored of a token; its 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
