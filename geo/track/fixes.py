"""Fixes: positions of one device in columns, and the verdict each of them gets."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.geocentric import Floats

Ints = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int8]
Places = npt.NDArray[np.int64]


class Mode(IntEnum):
    """How a patrol moves; the number is the code in :class:`Fixes`."""

    FOOT = 0
    SKI = 1
    BICYCLE = 2
    HORSE = 3
    ATV = 4
    CAR = 5
    BOAT = 6

    @property
    def label(self) -> str:
        """The name in files and on the wire."""
        return self.name.lower()


SPEED_LIMIT_KMH = np.array([12.0, 45.0, 45.0, 35.0, 70.0, 130.0, 90.0])
"""Faster than this, between two fixes and beyond their errors, is an error of position; by mode."""

CUT_TIME_S = np.array([120.0, 120.0, 60.0, 120.0, 60.0, 60.0, 60.0])
CUT_DISTANCE_M = np.array([60.0, 60.0, 300.0, 60.0, 300.0, 300.0, 300.0])
"""A piece is cut where both are exceeded; walkers and riders, then wheels and boats."""


class Verdict(IntEnum):
    """What became of a fix. Nothing vanishes: what is not used says why."""

    ACCEPTED = 0
    SUPPORTING = 1
    INACCURATE = 2
    SPIKE = 3
    DUPLICATE = 4
    SAME_TIME = 5
    FROZEN_CLOCK = 6
    NULL_ISLAND = 7
    NO_POSITION = 8
    NO_TIME = 9
    BEFORE_GPS = 10
    IN_FUTURE = 11

    @property
    def reason(self) -> str:
        """The stable code on the wire, such as ``same-time``."""
        return self.name.lower().replace("_", "-")


INADMISSIBLE = frozenset(
    {Verdict.NULL_ISLAND, Verdict.NO_POSITION, Verdict.NO_TIME, Verdict.BEFORE_GPS, Verdict.IN_FUTURE}
)
"""Verdicts that a fix has by itself: it goes to quarantine instead of the track."""

EARLIEST_S = 631_152_000.0
"""1990-01-01: before it GPS was not complete and no handheld receiver made a track."""

FUTURE_ALLOWED_S = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Fixes:
    """Positions of one device, in columns of n.

    Attributes
    ----------
    t
        Unix seconds, UTC, to the millisecond; NaN where the fix has no time.
    lon, lat
        Degrees EPSG:4490, to 1e-7.
    accuracy_m
        Horizontal accuracy in metres; NaN where the device gave none.
    part
        Recording the fix belongs to within its source, as a ``<trkseg>``; a change cuts the piece.
    source
        File or batch it came in; ``part`` is compared only within one source.
    holder
        Who carried the device; a change cuts the piece.
    mode
        Code of a :class:`Mode`; a change cuts the piece.
    speed_ms, course_deg
        As the device gave them, NaN where it did not.
    """

    t: Floats
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    part: Ints
    source: Ints
    holder: Ints
    mode: Codes
    speed_ms: Floats
    course_deg: Floats

    @classmethod
    def of(
        cls,
        t: npt.ArrayLike,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        *,
        accuracy_m: npt.ArrayLike = np.nan,
        part: npt.ArrayLike = 0,
        source: npt.ArrayLike = 0,
        holder: npt.ArrayLike = 0,
        mode: npt.ArrayLike = Mode.FOOT,
        speed_ms: npt.ArrayLike = np.nan,
        course_deg: npt.ArrayLike = np.nan,
    ) -> "Fixes":
        """Make fixes of arrays of n or single values; times go to the millisecond, places to 1e-7°."""
        time = np.round(np.atleast_1d(np.asarray(t, dtype=np.float64)) * 1000.0) / 1000.0
        size = len(time)

        def column(value: npt.ArrayLike, kind: type) -> npt.NDArray[Any]:
            return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=kind), size))

        return cls(
            time,
            _on_lattice(column(lon, np.float64)),
            _on_lattice(column(lat, np.float64)),
            column(accuracy_m, np.float64),
            column(part, np.int32),
            column(source, np.int32),
            column(holder, np.int32),
            column(mode, np.int8),
            column(speed_ms, np.float64),
            column(course_deg, np.float64),
        )

    @classmethod
    def join(cls, several: Sequence["Fixes"]) -> "Fixes":
        """Return the fixes of several values one after another."""
        if not several:
            return cls.of([], [], [])
        return cls(*(np.concatenate([getattr(each, f.name) for each in several]) for f in fields(cls)))

    def take(self, chosen: npt.NDArray[np.generic]) -> "Fixes":
        """Return the fixes at positions or under a mask."""
        return Fixes(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def __len__(self) -> int:
        return len(self.t)


def _on_lattice(degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round degrees to 1e-7; what is too large for that becomes infinite, which is no place either."""
    with np.errstate(over="ignore"):
        return np.asarray(np.rint(degrees * 1e7) / 1e7, dtype=np.float64)
