"""Pages by keyset: a cursor holds the last id of a page, so deep pages cost what the first one costs."""

import base64
import binascii
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from geo.errors import N_
from layers.errors import InvalidAttribute, InvalidCursor

T = TypeVar("T")

MAX_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; ``cursor`` asks for the next, None where this is the last."""

    items: tuple[T, ...]
    cursor: str | None


def encode_cursor(last: UUID) -> str:
    """Return the cursor of the page after an id."""
    return base64.urlsafe_b64encode(last.bytes).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> UUID | None:
    """Return the id a cursor stands for.

    Raises
    ------
    InvalidCursor
        The text is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        return UUID(bytes=base64.b64decode(cursor + "==", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor(
            N_("“{cursor}” is not a cursor of this list."),
            mend=N_("Follow the link to the next page, or leave the cursor out to begin again."),
            where={"parameter": "cursor"},
            cursor=cursor[:64],
        ) from error


def checked_limit(limit: int) -> int:
    """Return a page size that is allowed.

    Raises
    ------
    InvalidAttribute
        The limit is below 1 or above 10,000.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidAttribute(
            N_("A page of {limit} items is not possible."),
            mend=N_("Ask for 1 to {most} and follow the cursor."),
            where={"parameter": "limit"},
            limit=limit,
            most=MAX_LIMIT,
        )
    return limit
