"""Dates and times of day that stand in two columns, as spreadsheets write them."""

import re
from datetime import date, timedelta

_CLOCK = re.compile(r"(AM|PM|上午|下午)?\s*\d{1,2}[:时].*", re.IGNORECASE)
_FRACTION = re.compile(r"0?[.,]\d+|0|0[.,]0+")
_SERIAL = re.compile(r"\d{5}([.,]0+)?")
_DIGITS = re.compile(r"\d{6}")
_MIDNIGHT = re.compile(r"(.+?)[ T]0{1,2}:00(:00([.,]0+)?)?")
_DAY_ZERO = re.compile(r"(?:1899-12-3[01]|1900-01-0[01])[ T](\d{1,2}:.*)")
"""A time of day that a spreadsheet took for an instant of its first day."""
_SERIAL_ZERO = date(1899, 12, 30)
_MOST_DAYS = 73_050


def joined(day: str, clock: str) -> str:
    """Return a date and a time of day as one text; a time that has a date of its own stays as it is."""
    day, clock = day.strip(), clock.strip()
    if not day or not clock or len(day) + len(clock) > 60:
        return clock or day
    known = _DAY_ZERO.fullmatch(clock)
    if known is not None:
        clock = known[1]
    if _FRACTION.fullmatch(clock):
        clock = _of_day(float(clock.replace(",", ".")))
    elif _DIGITS.fullmatch(clock):
        clock = f"{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    elif not _CLOCK.fullmatch(clock):
        return clock
    midnight = _MIDNIGHT.fullmatch(day)
    if midnight is not None:
        day = midnight[1]
    if _SERIAL.fullmatch(day) and int(day[:5]) <= _MOST_DAYS:
        day = (_SERIAL_ZERO + timedelta(days=int(day[:5]))).isoformat()
    elif day.isdecimal() and len(day) == 8:
        day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
    return f"{day} {clock}"


def _of_day(part: float) -> str:
    """Return the time of day that a part of a day is, to the millisecond."""
    milli = min(round(part * 86_400_000), 86_399_999)
    seconds, milli = divmod(milli, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milli:03}"
