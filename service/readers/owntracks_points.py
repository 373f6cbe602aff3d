"""Messages of OwnTracks read in columns, where all of a body are plain locations."""

from collections.abc import Sequence
from functools import lru_cache
from types import GenericAlias
from typing import Any, Literal

import msgspec
import numpy as np

from geo.track import Mode
from service.readers import strict_json
from service.readers.alike import UNREADABLE, Later, column, floats, kind_of, names_of_first
from service.readers.field_points import MOST_NUMBER
from service.readers.plain_points import Columns, Floats, are_placed, member, numbers

_LAST_S = 253_402_300_800
"""The year 10,000."""
_KMH = 3.6
_NEEDED = ("_type", "tst", "lon", "lat")
_NUMBERS = ("acc", "vel", "cog")
_KINDS: dict[str, Any] = {
    "_type": Literal["location"],
    "tst": int,
    "lon": Any,
    "lat": Any,
    **dict.fromkeys(_NUMBERS, float | None),
}


def columns(body: bytes, mode: str) -> Columns | None:
    """Return a list of messages in columns, None where they do not all tell the same of plain locations."""
    most = strict_json.plain_marks(body)
    if most is None or most.parts < 2:
        return None
    try:
        names = names_of_first(body)
        decoder = _decoder(names)
        told = [] if decoder is None else decoder.decode(body)
    except UNREADABLE:
        return None
    if not told or strict_json.Count(len(told) * len(names), len(told) + 1) != most:
        return None
    given = Later(len(told), lambda: strict_json.parse(body))
    place = [column(told, name) for name in ("tst", "lon", "lat")]
    return _columns(given, mode, place, [floats(told, name) for name in _NUMBERS])


@lru_cache(maxsize=64)
def _decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[Any] | None:
    """Return what reads lists of locations that have all of some names."""
    kind = kind_of(names, _KINDS, _NEEDED)
    return None if kind is None else msgspec.json.Decoder(GenericAlias(list, (kind,)))


def columns_of(messages: Sequence[Any], mode: str) -> Columns | None:
    """Return messages in columns, None where not all are plain locations."""
    if set(map(type, messages)) != {dict} or member(messages, "_type").count("location") != len(messages):
        return None
    place = [member(messages, name) for name in ("tst", "lon", "lat")]
    told = numbers([member(messages, name) for name in _NUMBERS])
    if told is None or set(map(type, place[0])) != {int}:
        return None
    return _columns(messages, mode, place, told)


def _columns(
    given: Sequence[Any], mode: str, place: Sequence[Sequence[Any]], told: Sequence[Floats]
) -> Columns | None:
    tst, lon, lat = place
    if not 0 <= min(tst) <= max(tst) < _LAST_S or mode.upper() not in Mode.__members__:
        return None
    if not are_placed(lon) or not are_placed(lat):
        return None
    accuracy, speed, course = told
    speed[speed < 0] = np.nan
    speed = np.where(np.abs(speed) < MOST_NUMBER, speed * (1 / _KMH), speed)
    at = [f"{one}+00:00" for one in np.array(tst, dtype="datetime64[s]").astype(str).tolist()]
    t = np.array(tst, dtype=np.float64)
    return Columns(given, [mode], at, t, np.array(lon), np.array(lat), accuracy, speed, course)
