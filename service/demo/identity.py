"""Ids of the demo that are the same on every load: UUIDv7 with a fixed instant and hashed randomness.

An id still sorts by its number within a kind, as ids made one after another do.
"""

import hashlib
import uuid

# 2020-01-01T00:00:00Z in milliseconds: before any id of real data, so demo rows are easy to tell apart.
_EPOCH_MS = 1_577_836_800_000
_SPAN = 1 << 24


def demo_id(kind: str, number: int) -> uuid.UUID:
    """Return the id of the ``number``-th thing of a kind (RFC 9562, section 5.7)."""
    digest = int.from_bytes(hashlib.sha256(f"{kind}:{number}".encode()).digest()[:10], "big")
    offset = int.from_bytes(hashlib.sha256(kind.encode()).digest()[:1], "big") * _SPAN
    value = ((_EPOCH_MS + offset + number) & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | (digest >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | digest & ((1 << 62) - 1)
    return uuid.UUID(int=value)
