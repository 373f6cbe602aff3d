"""Identifiers: UUIDv7 made by the application, never by the database.

Ids made in time order keep B-trees dense, and an id that exists before its row lets a batch link its
rows without asking the database.
"""

import uuid
from datetime import datetime

from uuid_utils.compat import uuid7

# The browser's numbers are exact below 2^53 and a vector tile's feature id is an integer: the last 13
# hexadecimal digits of a UUIDv7 are random, and 52 bits of chance keep ids apart within any one tile.
_FEATURE_BITS = (1 << 52) - 1


def new_id() -> uuid.UUID:
    """Return a new UUIDv7: ids made later sort later."""
    return uuid7()


def first_id_at(instant: datetime) -> uuid.UUID:
    """Return the lowest UUIDv7 of an instant: ids made before it sort before it."""
    milliseconds = int(instant.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)


def feature_id(identifier: uuid.UUID) -> int:
    """Return the integer that stands for an id in vector tiles: its last 52 bits."""
    return identifier.int & _FEATURE_BITS
