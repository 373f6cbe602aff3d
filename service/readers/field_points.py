"""Points of a track as devices send them: columns, and what is wrong with single points."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from geo.shift import LONGEST_SHIFT_H
from geo.track import Fixes, Mode
from service.readers.field_faults import Fault, storable
from service.readers.moments import iso_seconds

MOST_NUMBER = 10_000_000
"""A track of a year at three fixes a second has fewer points."""

MOST_KEPT = 1e6
"""Accuracies, speeds and courses beyond this say nothing and are not kept."""

SHIFT_SLACK_S = 60.0
"""By so much the clock of positions and that of the phone, which begins and ends shifts, may differ."""

_NUMBERS = ("lon", "lat", "accuracy_m", "speed_ms", "course")
_MEMBERS = frozenset(("seq", "at", *_NUMBERS))
_HEAD = frozenset(("track", "mode", "started_at", "ended_at", "name", "points"))
_LONGEST_NAME = 200
_NOTHING: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class ShiftTold:
    """When a shift began and ended, in Unix seconds; ``ended`` also where it cannot be read when, NaN."""

    began_s: float
    ended_s: float
    ended: bool


@dataclass(frozen=True, slots=True, eq=False)
class TrackPart:
    """Some points of one track.

    ``seq`` (n,) are the numbers, −1 where unreadable; ``faults`` maps positions to what is wrong with them.
    ``track`` is None where the track cannot be told; then every point has a fault. ``head`` is what was said
    of the track, without when it began and ended: parts of one track may say that differently. ``outside``
    (n,) are the points outside the shift from its beginning to its end; none where it names no beginning.
    """

    track: UUID | None
    mode: Mode
    name: str
    head: dict[str, Any]
    points: Sequence[Any]
    seq: npt.NDArray[np.int64]
    fixes: Fixes
    faults: dict[int, Fault]
    outside: npt.NDArray[np.bool_]
    shift: ShiftTold | None

    def __len__(self) -> int:
        return len(self.points)

    def ref(self, position: int) -> str:
        """Return what a point is called: its track and number."""
        number = int(self.seq[position])
        return f"{self.track or '?'}/{number if number >= 0 else '?'}"

    def raw(self, position: int) -> dict[str, Any]:
        """Return a point alone, as a track of one point."""
        return {**self.head, "points": [self.points[position]]}


def read_track(value: dict[str, Any]) -> TrackPart:
    """Read a track whose ``points`` is a list; what is wrong with its head is wrong with every point."""
    points = value["points"]
    track, mode, name, fault = _head(value)
    faults: dict[int, Fault] = {}
    if set(map(type, points)) <= {dict}:
        known: Sequence[dict[str, Any]] = points
    else:
        faults = {k: Fault.of("not-an-object") for k, one in enumerate(points) if not isinstance(one, dict)}
        known = [one if isinstance(one, dict) else _NOTHING for one in points]
    seq = _sequence([point.get("seq") for point in known], faults)
    if not set().union(*known) <= _MEMBERS:
        for place, point in enumerate(known):
            if not point.keys() <= _MEMBERS:
                faults.setdefault(place, Fault.of("member-unknown", member=min(point.keys() - _MEMBERS)))
    t = read_moments([point.get("at") for point in known], faults)
    columns = {name: _numbers(known, name, faults) for name in _NUMBERS}
    for column in ("accuracy_m", "speed_ms", "course"):
        columns[column][~(np.abs(columns[column]) <= MOST_KEPT)] = np.nan
    columns["accuracy_m"][columns["accuracy_m"] < 0] = np.nan  # some devices write −1 for unknown
    fixes = Fixes.of(
        t,
        columns["lon"],
        columns["lat"],
        accuracy_m=columns["accuracy_m"],
        mode=mode,
        speed_ms=columns["speed_ms"],
        course_deg=columns["course"],
    )
    if fault is not None:
        faults = dict.fromkeys(range(len(points)), fault)
    head = {name: said for name, said in value.items() if name not in ("points", "started_at", "ended_at")}
    shift = _shift(value)
    return TrackPart(track, mode, name, head, points, seq, fixes, faults, _outside(shift, t), shift)


def read_moment(value: Any) -> float | Fault:
    """Return Unix seconds of a time of ISO 8601 with its offset, or what is wrong with it."""
    if value is None:
        return Fault.of("no-time")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            return Fault.of("time-without-zone")
        return moment.astimezone(UTC).timestamp()
    except (TypeError, ValueError, OverflowError):
        return Fault.of("time-unreadable")


def _shift(value: dict[str, Any]) -> ShiftTold | None:
    """Return what a track tells of its shift; None where it does not tell when it began."""
    began, ended = read_moment(value.get("started_at")), read_moment(value.get("ended_at"))
    if isinstance(began, Fault):
        return None
    told = value.get("ended_at") is not None
    return ShiftTold(began, math.nan if isinstance(ended, Fault) else ended, told)


def _outside(shift: ShiftTold | None, t: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which times lie outside a shift; one that cannot be told is no shift."""
    if shift is None:
        return np.zeros(len(t), dtype=bool)
    began = shift.began_s
    over = np.fmin(shift.ended_s, began + LONGEST_SHIFT_H * 3600.0)
    return np.asarray((t < began - SHIFT_SLACK_S) | (t > over + SHIFT_SLACK_S), dtype=bool)


def _head(value: dict[str, Any]) -> tuple[UUID | None, Mode, str, Fault | None]:
    """Return the track's id, mode and name, and what is wrong with them."""
    mode, name = value.get("mode", Mode.FOOT.label), value.get("name", "")
    known = Mode.__members__.get(mode.upper()) if isinstance(mode, str) else None
    try:
        track = UUID(value["track"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None, known or Mode.FOOT, "", Fault.of("track-invalid")
    named = isinstance(name, str) and len(name) <= _LONGEST_NAME and storable(name) == name
    if not value.keys() <= _HEAD:
        fault: Fault | None = Fault.of("member-unknown", member=min(value.keys() - _HEAD))
    elif known is None:
        fault = Fault.of("mode-unknown", mode=mode)
    else:
        fault = None if named else Fault.of("name-invalid")
    return track, known or Mode.FOOT, name if named else "", fault


def _sequence(given: Sequence[Any], faults: dict[int, Fault]) -> npt.NDArray[np.int64]:
    """Return the numbers of points, −1 where there is none, which is a fault."""
    if set(map(type, given)) <= {int} and (not given or (min(given) >= 0 and max(given) < MOST_NUMBER)):
        return np.array(given, dtype=np.int64)
    seq = np.full(len(given), -1, dtype=np.int64)
    for place, number in enumerate(given):
        if type(number) is int and 0 <= number < MOST_NUMBER:
            seq[place] = number
        else:
            faults.setdefault(place, Fault.of("number-missing", most=MOST_NUMBER - 1))
    return seq


def read_moments(given: Sequence[Any], faults: dict[int, Fault]) -> npt.NDArray[np.float64]:
    """Return Unix seconds of times of ISO 8601, NaN where one cannot be read, which is a fault."""
    t, read, naive = iso_seconds(given)
    t[naive] = np.nan
    for place in np.flatnonzero(~read | naive).tolist():
        moment = read_moment(given[place])
        if isinstance(moment, Fault):
            faults.setdefault(place, moment)
        else:
            t[place] = moment
    return t


def _numbers(
    points: Sequence[dict[str, Any]], name: str, faults: dict[int, Fault]
) -> npt.NDArray[np.float64]:
    given = [point.get(name) for point in points]
    kinds = set(map(type, given))
    try:
        if kinds <= {float, int, type(None)}:
            return np.array(given, dtype=np.float64)
    except OverflowError:
        pass
    found = np.full(len(points), np.nan)
    for place, value in enumerate(given):
        if value is None:
            continue
        number = _number(value)
        if number is None:
            faults.setdefault(place, Fault.of("number-unreadable", member=name))
        else:
            found[place] = number
    return found


def _number(value: Any) -> float | None:
    if type(value) not in (int, float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf
