"""Points of phones read in columns, where all of a body are as phones write them.

What is read here is what would be read point by point; whatever is unusual in a single point leaves the whole
body to that.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, repeat
from operator import contains
from typing import Any, overload
from uuid import NAMESPACE_OID, uuid5

import msgspec
import numpy as np
import numpy.typing as npt
import orjson

from geo.track import Fixes, Mode
from service.readers import strict_json
from service.readers.field_points import MOST_KEPT, MOST_NUMBER, TrackPart
from service.readers.moments import iso_seconds

DAY_S = 86_400
ROWS = 11
_LAST_S = 253_402_300_800
"""The year 10,000."""
_TIMES = re.compile(r"[0-9T:.Z+-]+")
_LONGEST_TIME = 40
_NUMBERS = frozenset((float, int, type(None)))
_LEAST_PLAIN, _MOST_PLAIN = 1e-3, 1e9
"""Numbers of that size are written without an exponent."""

Floats = npt.NDArray[np.float64]
Point = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Points in columns of n; ``given`` are the values they were read from, ``modes`` the mode of each."""

    given: Sequence[Any]
    modes: Sequence[str]
    at: Sequence[str]
    t: Floats
    lon: Sequence[float]
    lat: Sequence[float]
    accuracy_m: Floats
    speed_ms: Floats
    course: Floats


class _Points(Sequence[dict[str, Any]]):
    """Points as they would be read one by one, made when somebody asks for them."""

    def __init__(self, given: Sequence[Any], numbers: Sequence[int], point: Point) -> None:
        self._given, self._numbers, self._point = given, numbers, point

    def __len__(self) -> int:
        return len(self._given)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[dict[str, Any]]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return _Points(self._given[place], self._numbers[place], self._point)
        numbered = {"seq": self._numbers[place], **self._point(self._given[place])}
        return {name: value for name, value in numbered.items() if value is not None}


def owntracks_columns(messages: Sequence[Any], mode: str, kmh: float) -> Columns | None:
    """Return messages of OwnTracks in columns, None where not all are plain locations."""
    if set(map(type, messages)) != {dict} or _member(messages, "_type").count("location") != len(messages):
        return None
    names = ("tst", "lon", "lat", "acc", "vel", "cog")
    tst, lon, lat, *others = (_member(messages, name) for name in names)
    if set(map(type, tst)) != {int} or not 0 <= min(tst) <= max(tst) < _LAST_S:
        return None
    numbers = _numbers(others)
    if numbers is None or not _placed(lon, lat) or mode.upper() not in Mode.__members__:
        return None
    accuracy, speed, course = numbers
    speed[speed < 0] = np.nan
    speed = np.where(np.abs(speed) < MOST_NUMBER, speed * (1 / kmh), speed)
    at = [f"{one}+00:00" for one in np.array(tst, dtype="datetime64[s]").astype(str).tolist()]
    t = np.array(tst, dtype=np.float64)
    return Columns(messages, [mode], at, t, lon, lat, accuracy, speed, course)


class Shape(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The geometry of a feature."""

    type: Any
    coordinates: list[Any]


class Feature(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A feature of Overland."""

    type: Any
    geometry: Shape
    properties: dict[str, Any]


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    """What Overland sends: with the points perhaps the trip that is under way, and where it is."""

    locations: list[Feature]
    current: Any = msgspec.UNSET
    trip: Any = msgspec.UNSET


_BATCHES = msgspec.json.Decoder(_Batch)
_FEATURE_NAMES, _FEATURE_PARTS = 5, 5
"""Those of a feature and its geometry; a feature, its geometry, coordinates, properties and motion."""


def _features(body: bytes) -> list[Feature] | None:
    """Return the features of a body; None where anything stands in it beside what phones write."""
    most = strict_json.plain_marks(body)
    if most is None:
        return None
    try:
        batch = _BATCHES.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    found = batch.locations
    others = [one for one in (batch.current, batch.trip) if one is not msgspec.UNSET]
    beside = strict_json.count(others, most.parts)
    if beside is None or not found:
        return None
    names = 1 + len(others) + beside.names + _FEATURE_NAMES * len(found)
    names += sum(map(len, [one.properties for one in found]))
    # The list that we put the others into counts as that of the locations.
    parts = 1 + beside.parts + _FEATURE_PARTS * len(found)
    return found if strict_json.Count(names, parts) == most else None


def overland_columns(body: bytes, mode_of: Callable[[tuple[str, ...]], str]) -> Columns | None:
    """Return a body of Overland in columns, None where not all of it are plain points."""
    features = _features(body)
    if features is None:
        return None
    told = [one.properties for one in features]
    if any(map(contains, told, repeat("type"))):
        return None
    places, motion = [one.geometry.coordinates for one in features], _member(told, "motion")
    if min(map(len, places)) < 2 or set(map(type, motion)) != {list}:
        return None
    motions = list(map(tuple, motion))
    if not set(map(type, chain.from_iterable(motions))) <= {str}:
        return None
    at = _member(told, "timestamp")
    if set(map(type, at)) != {str} or not 0 < min(map(len, at)) <= max(map(len, at)) <= _LONGEST_TIME:
        return None
    lon, lat = [one[0] for one in places], [one[1] for one in places]
    names = ("horizontal_accuracy", "speed", "course")
    numbers = _numbers([_member(told, name) for name in names])
    if numbers is None or not _TIMES.fullmatch("".join(at)) or not _placed(lon, lat):
        return None
    t, read, naive = iso_seconds(at)
    if not read.all() or naive.any():
        return None
    accuracy, speed, course = numbers
    speed[speed < 0], course[course < 0] = np.nan, np.nan
    mode = {words: mode_of(words) for words in set(motions)}
    modes = list(map(mode.__getitem__, motions))
    return Columns(features, modes, at, t, lon, lat, accuracy, speed, course)


def _member(several: Sequence[dict[str, Any]], name: str) -> list[Any]:
    """Return a member of each of several objects, None where it has none."""
    return list(map(dict.get, several, repeat(name)))


def tracks(app: str, device: str, columns: Columns, point: Point) -> Iterator[TrackPart]:
    """Yield the points of each mode and day as a part of a track, numbered; ``point`` reads a single one."""
    seq = _checksums(columns) % ROWS * DAY_S + columns.t.astype(np.int64) % DAY_S
    days = np.floor(columns.t / DAY_S)
    every = np.arange(len(columns.t))
    modes = sorted(set(columns.modes))
    for mode in modes:
        mine = every if len(modes) == 1 else every[np.array([one == mode for one in columns.modes])]
        for day in np.unique(days[mine]).tolist():
            here = mine[days[mine] == day]
            said = datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()
            name = uuid5(NAMESPACE_OID, "/".join((app, device, mode, said)))
            yield _part(app, mode, name, columns, seq, here, point)


def _checksums(columns: Columns) -> npt.NDArray[np.int64]:
    """Return a checksum of the time and place of each point, as JSON writes them."""
    points = list(zip(columns.at, columns.lon, columns.lat, strict=True))
    if _written_alike(columns.lon) and _written_alike(columns.lat):
        texts = orjson.dumps(points)[1:-1].replace(b"],[", b"]\n[").split(b"\n")
    else:
        texts = [f'["{at}",{lon!r},{lat!r}]'.encode() for at, lon, lat in points]
    return np.fromiter(map(zlib.crc32, texts), dtype=np.int64, count=len(texts))


def _written_alike(values: Sequence[float]) -> bool:
    """Return whether Python and the fast writer write numbers alike: none has an exponent."""
    size = np.abs(values)
    return bool(((size == 0) | ((size >= _LEAST_PLAIN) & (size < _MOST_PLAIN))).all())


def _part(
    app: str,
    mode: str,
    track: Any,
    columns: Columns,
    seq: npt.NDArray[np.int64],
    here: npt.NDArray[np.int64],
    point: Point,
) -> TrackPart:
    kept = {name: getattr(columns, name)[here] for name in ("accuracy_m", "speed_ms", "course")}
    for values in kept.values():
        values[~(np.abs(values) <= MOST_KEPT)] = np.nan
    kept["accuracy_m"][kept["accuracy_m"] < 0] = np.nan
    lon, lat = (np.array(values, dtype=np.float64)[here] for values in (columns.lon, columns.lat))
    known = Mode[mode.upper()]
    fixes = Fixes.of(
        columns.t[here],
        lon,
        lat,
        accuracy_m=kept["accuracy_m"],
        mode=known,
        speed_ms=kept["speed_ms"],
        course_deg=kept["course"],
    )
    whole = len(here) == len(columns.given)
    given = columns.given if whole else [columns.given[k] for k in here.tolist()]
    numbers = seq[here]
    points = _Points(given, numbers.tolist(), point)
    head = {"track": str(track), "mode": mode, "name": app}
    return TrackPart(
        track, known, app, head, points, numbers, fixes, {}, np.zeros(len(here), dtype=bool), None
    )


def _placed(lon: Sequence[Any], lat: Sequence[Any]) -> bool:
    """Return whether all places are numbers with a fraction, and finite."""
    if set(map(type, lon)) != {float} or set(map(type, lat)) != {float}:
        return False
    return bool(np.isfinite(lon).all() and np.isfinite(lat).all())


def _numbers(columns: Sequence[Sequence[Any]]) -> list[Floats] | None:
    """Return columns of numbers, NaN where nothing is said; None where anything else stands in them."""
    if not all(set(map(type, column)) <= _NUMBERS for column in columns):
        return None
    try:
        return [np.array(column, dtype=np.float64) for column in columns]
    except OverflowError:
        return None
