"""Days and instants as the API takes them: ISO 8601 texts only.

The validator's own reader also takes numbers, with or without quotes, as seconds or milliseconds by their
size: a misplaced 0 would be New Year of 1970.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt _][0-9:.,]{4,18}([Zz]|[+-][0-9:]{2,6})?", re.ASCII)


def _day(value: Any) -> Any:
    if isinstance(value, date) or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_type", "Input should be a valid date")


def _instant(value: Any) -> Any:
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime_type", "Input should be a valid datetime")


Day = Annotated[date, BeforeValidator(_day)]
"""A day such as 2025-06-30."""
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
"""A time with its offset such as 2025-06-30T09:00:00+08:00."""

NearDay = Annotated[Day, Field(ge=date(1950, 1, 1), le=date(2200, 1, 1))]
"""A day that days can be added to and taken from, whatever the zone."""
NearInstant = Annotated[
    Instant, Field(ge=datetime(1950, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))
]
"""A time that days can be added to and taken from, whatever the zone."""
