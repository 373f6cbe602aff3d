"""Points of phones read in columns, where all of a body are as phones write them.

What is read here is what would be read point by point; whatever is unusual in a single point leaves the whole
body to that.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, overload
from uuid import NAMESPACE_OID, uuid5

import numpy as np
import numpy.typing as npt
import orjson

from geo.track import Fixes, Mode
from service.readers.field_points import MOST_KEPT, TrackPart

DAY_S = 86_400
ROWS = 11
_NUMBERS = frozenset((float, int, type(None)))
_LEAST_PLAIN, _MOST_PLAIN = 1e-3, 1e9
"""Numbers of that size are written without an exponent."""

Floats = npt.NDArray[np.float64]
Point = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Points in columns of n; ``given`` are what they were read from, ``modes`` that of each, or of all."""

    given: Sequence[Any]
    modes: Sequence[str]
    at: Sequence[str]
    t: Floats
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    speed_ms: Floats
    course: Floats


class _Points(Sequence[dict[str, Any]]):
    """Points as they would be read one by one, made when somebody asks for them."""

    def __init__(
        self, given: Sequence[Any], places: Sequence[int], numbers: Sequence[int], point: Point
    ) -> None:
        self._given, self._places, self._numbers, self._point = given, places, numbers, point

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[dict[str, Any]]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return _Points(self._given, self._places[place], self._numbers[place], self._point)
        numbered = {"seq": self._numbers[place], **self._point(self._given[self._places[place]])}
        return {name: value for name, value in numbered.items() if value is not None}


def member(several: Sequence[dict[str, Any]], name: str) -> list[Any]:
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
    points = list(zip(columns.at, columns.lon.tolist(), columns.lat.tolist(), strict=True))
    if _written_alike(columns.lon) and _written_alike(columns.lat):
        texts = orjson.dumps(points)[1:-1].replace(b"],[", b"]\n[").split(b"\n")
    else:
        texts = [f'["{at}",{lon!r},{lat!r}]'.encode() for at, lon, lat in points]
    return np.fromiter(map(zlib.crc32, texts), dtype=np.int64, count=len(texts))


def _written_alike(values: Floats) -> bool:
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
    known = Mode[mode.upper()]
    fixes = Fixes.of(
        columns.t[here],
        columns.lon[here],
        columns.lat[here],
        accuracy_m=kept["accuracy_m"],
        mode=known,
        speed_ms=kept["speed_ms"],
        course_deg=kept["course"],
    )
    points = _Points(columns.given, here.tolist(), seq[here].tolist(), point)
    head = {"track": str(track), "mode": mode, "name": app}
    return TrackPart(
        track, known, app, head, points, seq[here], fixes, {}, np.zeros(len(here), dtype=bool), None
    )


def are_placed(values: Sequence[Any]) -> bool:
    """Return whether all are numbers with a fraction, and finite; others have other names as points."""
    return set(map(type, values)) == {float} and bool(np.isfinite(values).all())


def numbers(columns: Sequence[Sequence[Any]]) -> list[Floats] | None:
    """Return columns of numbers, NaN where nothing is said; None where anything else stands in them."""
    if not all(set(map(type, column)) <= _NUMBERS for column in columns):
        return None
    try:
        return [np.array(column, dtype=np.float64) for column in columns]
    except OverflowError:
        return None
