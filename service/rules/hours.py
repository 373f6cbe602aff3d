"""Opening hours: texts after OpenStreetMap, with public holidays, seasons and the times of the sun."""

from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, State

from service.rules.rota import Span

# A year holds every season; a longer look ahead only costs time.
_LOOK_AHEAD_DAYS = 366

_COUNTRIES = {"Asia/Shanghai": "CN", "Asia/Urumqi": "CN"}
"""Time zones of one country; elsewhere the place tells it."""


@lru_cache(maxsize=4096)
def hours_of(text: str, timezone: str, lon: float, lat: float) -> OpeningHours:
    """Return the hours of a text at a place in degrees: of its country are the public holidays.

    Close to a border the place alone may be taken for the neighbour's; the time zone tells the two apart.
    """
    country = _COUNTRIES.get(timezone)
    return OpeningHours(
        text,
        timezone=ZoneInfo(timezone),
        country=country,
        coords=(lat, lon),
        auto_country=country is None,
        auto_timezone=False,
        max_interval_days=_LOOK_AHEAD_DAYS,
    )


def open_at(hours: OpeningHours, at: datetime) -> bool | None:
    """Say whether it is open at an instant; None where the hours themselves do not know."""
    state, _ = hours.state(at)
    return {State.OPEN: True, State.CLOSED: False}.get(state)


def open_spans(hours: OpeningHours, begin: datetime, end: datetime) -> Iterator[Span]:
    """Yield when it is open in [begin, end), which are in the zone of the hours."""
    for since, until, state, _ in hours.intervals(begin, end):
        if state == State.OPEN and since < until:
            yield Span.of(since, until)


def is_holiday(timezone: str, lon: float, lat: float, day: date) -> bool:
    """Say whether a day is a public holiday at a place: the same ones by which opening hours go."""
    noon = datetime.combine(day, time(12), ZoneInfo(timezone))
    return bool(hours_of("PH 00:00-24:00", timezone, lon, lat).is_open(noon))
