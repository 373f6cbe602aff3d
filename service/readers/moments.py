"""Times as texts and numbers, read by the column: ISO 8601 at once, whatever else one by one.

The usual spelling, ``2025-06-15T08:00:00.250+08:00``, is read from the bytes of all texts together. A text
that is spelled otherwise is read by itself, so what a text means never depends on its neighbours; only of
``06/07/2025`` do they say whether the day or the month comes first.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Letters = npt.NDArray[np.uint8]

_BLOCK = 65_536
_DATE_TIME = 19
_SEPARATORS = ((4, b"-"), (7, b"-"), (13, b":"), (16, b":"))
_DIGITS = np.array([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18])
_ZERO = ord("0")
_QUARTER_S = 900
_EXACT = 2**53

_NUMBER = re.compile(r"-?[0-9]{1,19}([.,][0-9]+)?")
_COUNT = re.compile(r"[0-9]{9,13}(\.[0-9]{1,9})?")
"""A count that is neither a day nor a date and time without marks."""
_DAY = re.compile(r"(19|20)[0-9]{6}")
_COMPACT = re.compile(r"(19|20)[0-9]{12}")
"""A date and time without marks, as 20250615080000; as a count of anything it would lie after 2600."""
_DATE_ONLY = 10
"""So short a text is a day at most, and a day is not when a fix was made."""
_LONGEST = 64
"""No way to write a time is longer, and what looks for blanks before a zone looks again from each blank."""
_MILLI, _MICRO, _NANO = 1e11, 1e14, 1e17
"""Larger numbers of seconds would lie after the year 5000: they count milliseconds, and so on."""
_SERIAL = (32_874.0, 73_051.0)
"""Days since 1899-12-30 as spreadsheets count, from 1990 to 2099; so many seconds are a day in 1970."""
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - it is the wall clock of whoever filled the sheet
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the zero of wall clocks
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\b[, T]*(.*)", re.DOTALL)
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b[, T]*(.*)", re.DOTALL)
_YEAR_FIRST = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?!\d)[, T]*(.*)", re.DOTALL
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_FIRST = re.compile(
    r"(?:[a-z]{3,9},?\s+)?([a-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})\b[, T]*(.*)", re.I | re.S
)
_MONTH_NAMED = re.compile(
    r"(?:[a-z]{3,9},?\s+)?(\d{1,2})[-. ]\s*([a-z]{3,9})\.?[-, ]\s*(\d{4})\b[, T]*(.*)", re.I | re.S
)
_CLOCK = re.compile(
    r"(AM|PM|上午|下午)?\s*(\d{1,2})(?:[:时](\d{1,2}))?(?:分|[:分](\d{1,2})([.,]\d{1,9})?秒?)?\s*(AM|PM)?\s*"
    r"(Z|UTC|GMT|[+-]\d\d:?\d\d|[+-]\d\d)?",
    re.IGNORECASE,
)
_ZONES = ("Z", "UTC", "GMT")


class AmbiguousDate(ValueError):
    """The text is a date that means two days, as 06/07/2025 does."""


def iso_seconds(texts: Sequence[Any]) -> tuple[Floats, Flags, Flags]:
    """Read texts of ISO 8601 in its usual spelling; the others are left.

    Returns
    -------
    Seconds (n,), of the wall clock where no zone is named; which were read (n,); which name no zone (n,).
    """
    seconds = np.full(len(texts), np.nan)
    read, naive = np.zeros(len(texts), dtype=bool), np.zeros(len(texts), dtype=bool)
    for start in range(0, len(texts), _BLOCK):
        block = texts[start : start + _BLOCK]
        if not set(map(type, block)) <= {str}:
            block = [one if isinstance(one, str) else "" for one in block]
        joined = "".join(block)
        if not joined.isascii():
            block = [one if one.isascii() else "" for one in block]
            joined = "".join(block)
        sizes = np.fromiter(map(len, block), dtype=np.int64, count=len(block))
        letters = np.frombuffer(joined.encode("ascii"), dtype=np.uint8)
        begins = np.cumsum(sizes) - sizes
        for size in np.unique(sizes[(sizes >= _DATE_TIME) & (sizes <= 32)]).tolist():
            places = np.flatnonzero(sizes == size)
            alike = len(places) == len(block)
            rows = letters if alike else letters[begins[places][:, None] + np.arange(size)]
            found, good, lacks = _iso(rows.reshape(-1, size).T)
            seconds[start + places[good]] = found[good]
            read[start + places] = good
            naive[start + places] = good & lacks
    return seconds, read, naive


def _iso(letters: Letters) -> tuple[Floats, Flags, Flags]:
    """Read texts of one length from 19; the first axis of the letters is that of their places."""
    value = np.ascontiguousarray(letters) - _ZERO  # what is less than “0” wraps round
    good = (value[_DIGITS] <= 9).all(axis=0)
    for place, mark in _SEPARATORS:
        good &= letters[place] == mark[0]
    good &= (letters[10] == ord("T")) | (letters[10] == ord(" "))
    year = _number(value, 0, 2) * 100 + _number(value, 2, 2)
    month, day, hour, minute, second = (_number(value, place, 2) for place in (5, 8, 11, 14, 17))
    good &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (hour <= 23) & (minute <= 59) & (second <= 59)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    good &= day <= ((months + 1).astype("datetime64[D]") - first).astype(np.int64)
    whole = (first.astype(np.int64) + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    micro, offset, fits, naive = _tails(letters[_DATE_TIME:], value[_DATE_TIME:])
    total = (whole - offset) * 1_000_000 + micro
    return total / 1e6, good & fits & (np.abs(total) < _EXACT), naive


def _number(value: Letters, place: int, count: int) -> Ints:
    """Return the numbers that so many digits from a place on are."""
    number: Ints = value[place].astype(np.int64)
    for digit in value[place + 1 : place + count]:
        number = number * 10 + digit
    return number


def _tails(letters: Letters, value: Letters) -> tuple[Ints, Ints, Flags, Flags]:
    """Read what follows the seconds: microseconds, the offset in seconds, whether it fits and is naive."""
    size, count = letters.shape
    micro, offset = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    fits, naive = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    digit = value <= 9
    nothing, never = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
    for digits in (0, 3, 6):  # the only fractions that every version of ISO 8601 readers takes
        point = digits + 1 if digits else 0
        fraction = np.ones(count, dtype=bool)
        if point > size:
            continue
        if digits:
            fraction = (letters[0] == ord(".")) & digit[1:point].all(axis=0)
        left = size - point
        if left == 0:
            zone, naive_here, shift = fraction, fraction, nothing
        elif left == 1:
            zone, naive_here, shift = fraction & (letters[point] == ord("Z")), never, nothing
        elif left in (5, 6):
            sign, last = letters[point], point + left - 2
            signed = (sign == ord("+")) | (sign == ord("-"))
            zone = fraction & signed & ((left == 5) | (letters[point + 3] == ord(":")))
            zone &= digit[[point + 1, point + 2, last, last + 1]].all(axis=0)
            hours, minutes = _number(value, point + 1, 2), _number(value, last, 2)
            zone &= (hours <= 23) & (minutes <= 59)
            shift = np.where(sign == ord("-"), -1, 1) * (hours * 3_600 + minutes * 60)
            naive_here = never
        else:
            continue
        part = _number(value, 1, digits) * 10 ** (6 - digits) if digits else nothing
        micro, offset = np.where(zone, part, micro), np.where(zone, shift, offset)
        fits, naive = fits | zone, np.where(zone, naive_here, naive)
    return micro, offset, fits, naive


def unix_seconds(texts: Sequence[Any]) -> tuple[Floats, Flags]:
    """Read texts that count seconds since 1970, or thousandths and so on of them; the others are left.

    Returns
    -------
    Seconds (n,), NaN where nothing was read; which were read (n,).
    """
    read = np.fromiter(
        (isinstance(one, str) and _COUNT.fullmatch(one) is not None for one in texts), bool, len(texts)
    )
    seconds = np.full(len(texts), np.nan)
    seconds[read] = seconds_of(np.array([float(one) for one in compress(texts, read)], dtype=np.float64))
    return seconds, read


def read_time(text: str, *, day_first: bool | None = None) -> datetime | float:
    """Return a time: an instant or a wall clock of ISO 8601 and other spellings, or Unix seconds.

    Parameters
    ----------
    day_first
        Whether 06/07/2025 is in July; None where that is not known.

    Raises
    ------
    AmbiguousDate
        It is a date of two meanings.
    ValueError
        It is no time.
    """
    if len(text) > _LONGEST:
        raise ValueError(text[:_LONGEST])
    text = text.strip()
    if _NUMBER.fullmatch(text):  # before all else: ISO 8601 takes 1711120100000 for a day in 1711
        return _of_digits(text)
    if len(text) <= _DATE_ONLY:
        raise ValueError(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    dated = _dated(text, day_first)
    if dated is not None:
        return dated
    text = re.sub(r"\s*(UTC|GMT|Z)$", "+00:00", text.replace("/", "-"))
    text = re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", text)
    return datetime.fromisoformat(text)


def _of_digits(text: str) -> datetime | float:
    if _COMPACT.fullmatch(text):
        return datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - a wall clock
    if _DAY.fullmatch(text):  # as a count of seconds it would be a day in 1970, before GPS
        raise ValueError(text)
    value = float(text.replace(",", "."))
    if _SERIAL[0] <= value < _SERIAL[1]:
        return _SERIAL_ZERO + timedelta(milliseconds=round(value * 86_400_000))
    return float(seconds_of(np.array([value]))[0])


def seconds_of(numbers: Floats) -> Floats:
    """Return Unix seconds of numbers that count seconds, or thousandths, millionths or billionths of one."""
    size = np.abs(numbers)
    with np.errstate(invalid="ignore"):
        scale = np.select([size >= _NANO, size >= _MICRO, size >= _MILLI], [1e9, 1e6, 1e3], 1.0)
    return np.asarray(numbers / scale, dtype=np.float64)


def _dated(text: str, day_first: bool | None) -> datetime | None:
    """Return a time that is spelled as people do; None where it is not."""
    found = _YEAR_FIRST.fullmatch(text)
    if found is not None:
        year, month, day, clock = found.groups()
        return _clock(int(year), int(month), int(day), clock)
    found = _DAY_FIRST.fullmatch(text)
    if found is not None:
        day, month, year, clock = found.groups()
        return _clock(int(year), int(month), int(day), clock)
    found = _SLASHED.fullmatch(text)
    if found is None:
        return _of_named_month(text)
    first, second, year, clock = found.groups()
    if day_first is None and int(first) <= 12 and int(second) <= 12 and int(first) != int(second):
        raise AmbiguousDate(text)
    leads = int(first) > 12 if day_first is None else day_first
    day, month = (first, second) if leads else (second, first)
    return _clock(int(year), int(month), int(day), clock)


def _of_named_month(text: str) -> datetime | None:
    """Return a time whose month is a word, as Nov 3, 2026 8:05 AM or Tue, 03 Nov 2026 08:05:00 GMT."""
    found = _MONTH_FIRST.fullmatch(text)
    if found is not None:
        word, day, year, clock = found.groups()
    else:
        found = _MONTH_NAMED.fullmatch(text)
        if found is None:
            return None
        day, word, year, clock = found.groups()
    word = word.lower()
    month = next((k for k, name in enumerate(_MONTHS, 1) if word in (name, name[:3], name[:4])), None)
    return None if month is None else _clock(int(year), month, int(day), clock)


def _clock(year: int, month: int, day: int, text: str) -> datetime:
    """Return the time of a day that a clock shows, as 8:05, 8:05:00 PM or 下午8时5分."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    before, hours, minutes, seconds, fraction, after, zone = found.groups()
    hour = int(hours)
    half = (before or after or "").upper()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if half in ("PM", "下午") else 0)
    micro = round(float("0." + fraction[1:]) * 1e6) if fraction else 0
    moment = datetime(year, month, day, hour, int(minutes or 0), int(seconds or 0))  # noqa: DTZ001
    moment += timedelta(microseconds=micro)
    if zone is None:
        return moment
    if zone.upper() in _ZONES:
        return moment.replace(tzinfo=UTC)
    return moment.replace(tzinfo=datetime.strptime(zone.ljust(5, "0"), "%z").tzinfo)


def day_comes_first(texts: Sequence[str]) -> bool | None:
    """Say of dates as 15/06/2025 whether the day comes first; None where they do not say, or contradict."""
    firsts, seconds = False, False
    for text in texts:
        found = _SLASHED.match(text)
        if found is not None:
            firsts |= int(found[1]) > 12
            seconds |= int(found[2]) > 12
    return firsts if firsts != seconds else None


def wall_seconds(moment: datetime) -> float:
    """Return the seconds since 1970 of a wall clock."""
    return (moment - _EPOCH) / timedelta(seconds=1)


def from_wall_clock(seconds: Floats, zone: tzinfo) -> tuple[Floats, Flags]:
    """Return Unix seconds of wall clocks in a zone, and which of them the clock shows twice or never."""
    found = np.full(len(seconds), np.nan)
    odd = np.zeros(len(seconds), dtype=bool)
    known = np.flatnonzero(np.isfinite(seconds) & (np.abs(seconds) < 6e10))
    quarters, which = np.unique(np.floor(seconds[known] / _QUARTER_S), return_inverse=True)
    offsets, doubts = np.zeros(len(quarters)), np.zeros(len(quarters), dtype=bool)
    for place, quarter in enumerate(quarters.tolist()):
        moment = (_EPOCH + timedelta(seconds=quarter * _QUARTER_S)).replace(tzinfo=zone)
        early, late = moment.utcoffset(), moment.replace(fold=1).utcoffset()
        offsets[place] = early.total_seconds() if early is not None else 0.0
        doubts[place] = early != late
    found[known] = seconds[known] - offsets[which]
    odd[known] = doubts[which]
    return found, odd
