"""Times as the rota and volunteers tell them, and what they mean."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from geo.errors import N_
from layers.rota import Duty
from layers.stations import Station
from service.errors import InvalidInput
from service.rules.hours import is_holiday
from service.rules.rota import DAYS, MINUTES, Pattern
from service.schemas.rota import HoursIn

WEEKDAYS: Mapping[str, str] = {
    "mo": N_("Monday"),
    "tu": N_("Tuesday"),
    "we": N_("Wednesday"),
    "th": N_("Thursday"),
    "fr": N_("Friday"),
    "sa": N_("Saturday"),
    "su": N_("Sunday"),
    "ph": N_("public holidays"),
}


def minutes_of(given: HoursIn, pointer: str = "") -> tuple[int, int]:
    """Return the first minute of hours after midnight, and the one at which they are over.

    Raises
    ------
    InvalidInput
        They end before they begin, begin on the next day, or last longer than a day.
    """
    begin, end = minutes_of_texts(given.begin, given.end)
    if begin >= MINUTES:
        raise InvalidInput(
            N_("{begin} is no time of a day."),
            mend=N_("Begin at 00:00 to 23:59."),
            where={"pointer": f"{pointer}/begin"},
            begin=given.begin,
        )
    if not begin < end <= begin + MINUTES:
        raise InvalidInput(
            N_("From {begin} to {end} is no time: it ends before it begins, or lasts longer than a day."),
            mend=N_("Give a later end; what ends at six the next morning ends at 30:00."),
            where={"pointer": f"{pointer}/end"},
            begin=given.begin,
            end=given.end,
        )
    return begin, end


def minutes_of_texts(begin: str, end: str) -> tuple[int, int]:
    """Return two times of the wall clock as minutes after midnight."""
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (begin, end))
    return first, last


def clock(minute: int) -> str:
    """Return minutes after midnight as a clock shows them, beyond 24:00 where that is the next day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def bits(days: list[Any]) -> int:
    """Return weekdays as bits."""
    return sum(1 << DAYS.index(one) for one in set(days))


def named(days: int) -> list[str]:
    """Return the weekdays of bits."""
    return [one for place, one in enumerate(DAYS) if days >> place & 1]


def pattern_of(duty: Duty) -> Pattern:
    """Return when a duty is."""
    return Pattern(
        duty.begin_minute,
        duty.end_minute,
        frozenset(named(duty.days)),
        duty.on_day,
        duty.valid_from if duty.on_day is None else None,
        duty.valid_to,
        frozenset(duty.away),
    )


def holidays_at(station: Station | None, timezone: str) -> Callable[[date], bool]:
    """Return what knows the public holidays where a station is, none where it is gone."""
    if station is None:
        return lambda _: False
    return lambda day: is_holiday(timezone, station.lon, station.lat, day)
