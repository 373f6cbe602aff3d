"""Points of Overland read in columns, where all of a body are as phones write them.

Most bodies tell the same of each point, and are read as such in two thirds of the time. Others are read into
dicts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from operator import contains
from types import GenericAlias
from typing import Any, Literal

import msgspec
import numpy as np

from service.readers import strict_json
from service.readers.alike import UNREADABLE, Later, column, floats, kind_of, names_of_first
from service.readers.moments import iso_seconds
from service.readers.plain_points import Columns, Floats, are_placed, member, numbers

_NAMES, _PARTS = 5, 5
"""Those of a feature and its geometry; a feature, its geometry, coordinates, properties and motion."""
_NUMBERS = ("horizontal_accuracy", "speed", "course")
# Texts that are known are not made anew for each point.
_Motion = Literal["walking", "running", "cycling", "driving", "stationary"]
_KINDS: dict[str, Any] = {
    "timestamp": str,
    "motion": tuple[_Motion, ...],
    **dict.fromkeys(_NUMBERS, float | None),
}


class Shape(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The geometry of a feature."""

    type: Any
    coordinates: list[Any]


class Feature(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A feature of Overland."""

    type: Any
    geometry: Shape
    properties: dict[str, Any]


class _Beside(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What Overland sends with the points: perhaps the trip that is under way, and where it is."""

    current: Any = msgspec.UNSET
    trip: Any = msgspec.UNSET


class _Batch(_Beside, forbid_unknown_fields=True):
    """What Overland sends."""

    locations: list[Feature]


class _Place(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: Literal["Point"]
    coordinates: tuple[Any, Any]


_BATCHES = msgspec.json.Decoder(_Batch)


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What points tell that goes into columns."""

    given: Sequence[Feature]
    at: list[str]
    lon: Floats
    lat: Floats
    motion: list[tuple[str, ...]]
    numbers: Sequence[Floats]


def columns(body: bytes, mode_of: Callable[[tuple[str, ...]], str]) -> Columns | None:
    """Return a body of Overland in columns, None where not all of it are plain points."""
    most = strict_json.plain_marks(body)
    if most is None:
        return None
    told = _read_alike(body, most) or _read_each(body, most)
    if told is None:
        return None
    t, read, naive = iso_seconds(told.at)
    if not read.all() or naive.any():
        return None
    accuracy, speed, course = told.numbers
    speed[speed < 0], course[course < 0] = np.nan, np.nan
    mode = {words: mode_of(words) for words in set(told.motion)}
    modes = list(map(mode.__getitem__, told.motion)) if len(mode) > 1 else list(mode.values())
    return Columns(told.given, modes, told.at, t, told.lon, told.lat, accuracy, speed, course)


def _read_alike(body: bytes, most: strict_json.Count) -> _Told | None:
    """Read points that have all the names of the first and no other."""
    try:
        names = names_of_first(body, b'"properties"')
        decoder = _decoder(names)
        batch = None if decoder is None else decoder.decode(body)
    except UNREADABLE:
        return None
    if batch is None or not _is_all(batch, most, len(names) * len(batch.locations)):
        return None
    points = [one.properties for one in batch.locations]
    places = list(chain.from_iterable([one.geometry.coordinates for one in batch.locations]))
    if not are_placed(places):
        return None
    lon, lat = np.array(places).reshape(-1, 2).T
    given = Later(len(points), lambda: _BATCHES.decode(body).locations)
    told = [floats(points, name) for name in _NUMBERS]
    return _Told(given, column(points, "timestamp"), lon, lat, column(points, "motion"), told)


@lru_cache(maxsize=64)
def _decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[Any] | None:
    """Return what reads points that have all of some names; None where such are no plain points."""
    told = None if "type" in names else kind_of(names, _KINDS, ("timestamp", "motion"))
    if told is None:
        return None
    strict: Any = {"gc": False, "forbid_unknown_fields": True}
    parts = [("type", Literal["Feature"]), ("geometry", _Place), ("properties", told)]
    features = GenericAlias(list, (msgspec.defstruct("Feature", parts, **strict),))
    batch = msgspec.defstruct("Batch", [("locations", features)], bases=(_Beside,), **strict)
    return msgspec.json.Decoder(batch)


def _read_each(body: bytes, most: strict_json.Count) -> _Told | None:
    """Read points of which each may have other names."""
    try:
        batch = _BATCHES.decode(body)
    except UNREADABLE:
        return None
    points = [one.properties for one in batch.locations]
    if not _is_all(batch, most, sum(map(len, points))) or any(map(contains, points, repeat("type"))):
        return None
    places, motion = [one.geometry.coordinates for one in batch.locations], member(points, "motion")
    if min(map(len, places)) < 2 or set(map(type, motion)) != {list}:
        return None
    motions = list(map(tuple, motion))
    if not set(map(type, chain.from_iterable(motions))) <= {str}:
        return None
    at, lon, lat = member(points, "timestamp"), [one[0] for one in places], [one[1] for one in places]
    told = numbers([member(points, name) for name in _NUMBERS])
    if told is None or set(map(type, at)) != {str} or not are_placed(lon) or not are_placed(lat):
        return None
    return _Told(batch.locations, at, np.array(lon), np.array(lat), motions, told)


def _is_all(batch: Any, most: strict_json.Count, names: int) -> bool:
    """Return whether nothing stands in a body beside what was read of it; points have so many names."""
    count = len(batch.locations)
    others = [one for one in (batch.current, batch.trip) if one is not msgspec.UNSET]
    beside = strict_json.count(others, most.parts)
    if beside is None or count == 0:
        return False
    names += 1 + len(others) + beside.names + _NAMES * count
    # The list that we put the others into counts as that of the locations.
    return strict_json.Count(names, 1 + beside.parts + _PARTS * count) == most
