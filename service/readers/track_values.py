"""Numbers of a track as tables write them: decimal commas, units, degrees and minutes, hemispheres.

A column of plain numbers is read at once. A value that is written otherwise is read by itself, and only in
ways that have one meaning.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

METRES_PER_HDOP = 5.0
"""What one unit of horizontal dilution of precision means for a single-frequency receiver."""

FACTORS = {
    "m/s": 1.0,
    "mps": 1.0,
    "ms": 1.0,
    "km/h": 1 / 3.6,
    "kmh": 1 / 3.6,
    "kph": 1 / 3.6,
    "公里/小时": 1 / 3.6,
    "千米/时": 1 / 3.6,
    "米/秒": 1.0,
    "mph": 0.44704,
    "kn": 1852 / 3600,
    "kt": 1852 / 3600,
    "knots": 1852 / 3600,
    "m": 1.0,
    "米": 1.0,
    "ft": 0.3048,
    "°": 1.0,
    "deg": 1.0,
    "度": 1.0,
}
"""Units that a value or the head of its column may name, and what to multiply by for ours."""

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_COMMA = re.compile(r"[+-]?\d*,\d+")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}(\s*[^\d\s.,+-]\S{0,8})?")
"""A number of thousands, or one with three decimals: the rest of its column tells, where it does."""
_WITH_UNIT = re.compile(r"([+-]?[\d.,]+)\s*([^\d\s.,+-]\S{0,8})")
_DEGREES = re.compile(
    r"([NSEW北南东西])?\s*([+-])?\s*(\d{1,3})(?:[.,](\d+))?\s*(?:[°º度d:]\s*|\s+|$|(?=[NSEW北南东西]))"
    r"(?:(\d{1,2})(?:[.,](\d+))?\s*(?:['′’分m:]\s*|\s+|$|(?=[NSEW北南东西])))?"
    r"(?:(\d{1,2})(?:[.,](\d+))?\s*(?:[\"″”秒s]|''|′′)?\s*)?([NSEW北南东西])?",
    re.IGNORECASE,
)
_LONGEST = 40
_SIGNS = {"N": 1, "E": 1, "北": 1, "东": 1, "S": -1, "W": -1, "南": -1, "西": -1}
_SIDES = {"lat": "NS北南", "lon": "EW东西"}


@dataclass(slots=True)
class Reading:
    """How the columns of a table are to be read.

    ``factors`` maps a column to what its unit multiplies by. ``sides`` maps lon and lat to a column of N, S,
    E, W beside it.
    """

    factors: dict[str, float] = field(default_factory=dict)
    sides: dict[str, Sequence[str]] = field(default_factory=dict)

    def cut(self, place: int) -> "Reading":
        """Take the values beside all but the first so many fixes away, for the next part of a table."""
        rest = Reading(dict(self.factors), {name: side[place:] for name, side in self.sides.items()})
        self.sides = {name: side[:place] for name, side in self.sides.items()}
        return rest


def numbers(values: Any, name: str, reading: Reading) -> tuple[Floats, Flags]:
    """Return a column as doubles, NaN where nothing is given, and which values (n,) are no numbers."""
    found, unreadable = _column(values, name)
    side = reading.sides.get(name)
    if side is not None:
        found = _on_side(found, side, name, unreadable)
    return found * reading.factors.get(name, 1.0), unreadable


def _column(values: Any, name: str) -> tuple[Floats, Flags]:
    if isinstance(values, np.ndarray):
        return values.astype(np.float64), np.zeros(len(values), dtype=bool)
    if not any(values) and set(values) <= {"", None}:
        return np.full(len(values), np.nan), np.zeros(len(values), dtype=bool)
    kinds = set(map(type, values))
    try:
        if kinds <= {float, int, type(None)}:
            return np.array(values, dtype=np.float64), np.zeros(len(values), dtype=bool)
        if kinds == {str} and "_" not in "".join(values):
            given = [one or "nan" for one in values] if "" in values else values
            return np.fromiter(map(float, given), np.float64, len(values)), np.zeros(len(values), dtype=bool)
    except (ValueError, OverflowError):
        pass
    found = np.full(len(values), np.nan)
    unreadable = np.zeros(len(values), dtype=bool)
    doubtful = name not in _SIDES and _in_thousands(values)
    for place, value in enumerate(values):
        try:
            if doubtful and _GROUPED.fullmatch(str(value).strip()):
                raise ValueError(value)
            found[place] = number(value, name)
        except (ValueError, OverflowError):
            unreadable[place] = True
    return found, unreadable


def _in_thousands(values: Sequence[Any]) -> bool:
    """Say whether 1,200 of a column may be twelve hundred: where other numbers of it have no such comma."""
    texts = [str(one).strip() for one in values if one not in (None, "")]
    marked = [one for one in texts if "," in one]
    if any(not _GROUPED.fullmatch(one) for one in marked):  # 12,5 or 0,845: commas are decimal
        return any("." in one and _GROUPED.fullmatch(one) for one in texts)
    return len(marked) < len(texts)


def number(value: Any, name: str) -> float:
    """Return a value of a column as a number, NaN for none.

    Raises
    ------
    ValueError
        It is no number, or one with several meanings.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = "" if value is None else str(value).strip()
    if not text:
        return float("nan")
    if len(text) > _LONGEST or "_" in text:
        raise ValueError(text[:_LONGEST])
    if _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if _PLAIN.fullmatch(text):
        return float(text)
    if name in _SIDES:
        return _degrees(text, name)
    with_unit = _WITH_UNIT.fullmatch(text)
    factor = None if with_unit is None else FACTORS.get(with_unit[2].lower())
    return float(text) if with_unit is None or factor is None else number(with_unit[1], name) * factor


def _degrees(text: str, name: str) -> float:
    """Return an angle as people and charts write it: 46°30.5'N, 46 30 30 N, N46.5, E 115°."""
    found = _DEGREES.fullmatch(text)
    if found is None:
        return float(text)
    before, sign, degrees, more_degrees, minutes, more_minutes, seconds, more_seconds, after = found.groups()
    side = (before or after or "").upper()
    twice = before and after
    fractions = [one for one in (more_degrees, more_minutes, more_seconds) if one]
    finest = more_seconds if seconds else more_minutes if minutes else more_degrees
    if twice or (side and (sign == "-" or side not in _SIDES[name])) or fractions not in ([], [finest]):
        raise ValueError(text)
    if float(minutes or 0) >= 60 or float(seconds or 0) >= 60:
        raise ValueError(text)
    value = float(f"{degrees}.{more_degrees or 0}")
    value += float(f"{minutes or 0}.{more_minutes or 0}") / 60
    value += float(f"{seconds or 0}.{more_seconds or 0}") / 3600
    return value * _SIGNS.get(side, 1) * (-1 if sign == "-" else 1)


def _on_side(found: Floats, side: Sequence[str], name: str, unreadable: Flags) -> Floats:
    """Return positions with the sign of their hemisphere; where none fits as degrees, 4630.5 is 46°30.5'."""
    signs = np.array([_SIGNS.get(one.strip().upper()[:1], 0) if one else 0 for one in side], dtype=np.float64)
    known = np.isfinite(found)
    fits = np.array([not one or one.strip().upper()[:1] in _SIDES[name] for one in side], dtype=bool)
    unreadable |= known & (~fits | (found < 0) | (signs == 0))
    most = 90.0 if name == "lat" else 180.0
    given = found[known]
    degrees, minutes = np.divmod(np.abs(given), 100.0)
    if len(given) and (np.abs(given) > most).any() and (minutes < 60.0).all():
        found = found.copy()
        found[known] = degrees + minutes / 60.0
    return found * np.where(signs == 0, 1.0, signs)
