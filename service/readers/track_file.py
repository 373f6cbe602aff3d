"""What a track file held: fixes in columns, where each stood in the file, what could not be read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import N_
from geo.track import Fixes, Mode
from service.errors import ContentTooLarge, InvalidInput

MOST_FIXES = 1_000_000
METRES_PER_HDOP = 5.0
"""What one unit of horizontal dilution of precision means for a single-frequency receiver."""


class TrackRefused(InvalidInput):
    """No fix of a track file can be used; names the file and the first fault."""

    code = "track-refused"


class ReadFault(StrEnum):
    """Why a value of a fix could not be read; such a fix goes to quarantine with this reason."""

    TIME_UNREADABLE = "time-unreadable"
    TIME_WITHOUT_ZONE = "time-without-zone"
    NUMBER_UNREADABLE = "number-unreadable"
    MODE_UNKNOWN = "mode-unknown"


@dataclass(frozen=True, slots=True, eq=False)
class TrackFile:
    """The fixes of a file, in its order.

    ``row`` (n,) is where each stood: the line of a GPX file, the data row of a table (the first is 1), the
    number of a position in GeoJSON (the first is 1). ``segments`` names each part. ``faults`` maps positions
    of fixes to what could not be read; ``raw`` returns a fix as it was delivered.
    """

    format: str
    name: str
    fixes: Fixes
    row: npt.NDArray[np.int64]
    segments: tuple[str, ...]
    faults: dict[int, ReadFault]
    raw: Callable[[int], dict[str, object]]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.fixes)


@dataclass(slots=True)
class TrackBuilder:
    """Collects fixes while a file is read.

    ``zone`` is the time zone of times that name none; None makes such a time a fault.
    """

    format: str
    zone: tzinfo | None = None
    mode: Mode = Mode.FOOT
    most: int = MOST_FIXES
    name: str = ""
    notes: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    columns: list[tuple[int, int, Any, Any, Any, Any, Any]] = field(default_factory=list)
    modes: list[int] = field(default_factory=list)
    faults: dict[int, ReadFault] = field(default_factory=dict)

    def segment(self, name: str) -> None:
        """Begin a part; the fixes added from now on belong to it."""
        self.segments.append(name)

    def add(
        self,
        row: int,
        time: str,
        lon: str | float | None,
        lat: str | float | None,
        accuracy: str | float | None = None,
        speed: str | float | None = None,
        course: str | float | None = None,
        mode: str | None = None,
    ) -> None:
        """Add a fix as it stands in the file.

        Raises
        ------
        ContentTooLarge
            There are more than ``most``.
        """
        if len(self.columns) >= self.most:
            raise too_many(self.most, row)
        self.times.append(time)
        self.columns.append((len(self.segments) - 1, row, lon, lat, accuracy, speed, course))
        self.modes.append(self._mode(mode))

    def file(self) -> TrackFile:
        """Return what was read."""
        count = len(self.columns)
        part, row, *values = zip(*self.columns, strict=True) if count else [()] * 7
        lon, lat, accuracy, speed, course = (self._numbers(column) for column in values)
        negative = accuracy < 0  # some devices write −1 for unknown
        accuracy[negative] = np.nan
        t = self._instants()
        with np.errstate(invalid="ignore"):
            fixes = Fixes.of(
                t,
                np.where(np.abs(lon) < 1e9, lon, np.nan),
                np.where(np.abs(lat) < 1e9, lat, np.nan),
                accuracy_m=accuracy,
                part=part,
                mode=self.modes,
                speed_ms=speed,
                course_deg=course,
            )
        times, columns, segments = self.times, self.columns, self.segments

        def raw(position: int) -> dict[str, object]:
            number, line, *rest = columns[position]
            names = ("lon", "lat", "accuracy", "speed", "course")
            given = {n: v for n, v in zip(names, rest, strict=True) if v not in (None, "")}
            place = {"row": line, "segment": segments[number]} if segments else {"row": line}
            return {**place, "time": times[position], **{n: _plain(v) for n, v in given.items()}}

        return TrackFile(
            self.format,
            self.name.strip()[:200],
            fixes,
            np.array(row, dtype=np.int64),
            tuple(self.segments),
            self.faults,
            raw,
            tuple(self.notes),
        )

    def _mode(self, text: str | None) -> int:
        if text is None or not text.strip():
            return self.mode
        known = Mode.__members__.get(text.strip().upper())
        if known is None:
            self.faults[len(self.columns) - 1] = ReadFault.MODE_UNKNOWN
            return self.mode
        return known

    def _numbers(self, texts: tuple[Any, ...]) -> npt.NDArray[np.float64]:
        try:
            return np.array([np.nan if v in (None, "") else v for v in texts], dtype=np.float64)
        except ValueError:
            return np.array([self._number(k, text) for k, text in enumerate(texts)], dtype=np.float64)

    def _number(self, position: int, text: Any) -> float:
        if text in (None, ""):
            return float("nan")
        try:
            return float(text)
        except ValueError:
            self.faults[position] = ReadFault.NUMBER_UNREADABLE
            return float("nan")

    def _instants(self) -> npt.NDArray[np.float64]:
        """Return Unix seconds of the times, NaN for those missing or unreadable, which become faults."""
        t = np.full(len(self.times), np.nan)
        zone = self.zone
        for k, text in enumerate(self.times):
            if not text:
                continue
            try:
                moment = read_time(text)
                if isinstance(moment, float):
                    t[k] = moment
                elif moment.tzinfo is not None:
                    t[k] = moment.timestamp()
                elif zone is not None:
                    t[k] = moment.replace(tzinfo=zone).timestamp()
                else:
                    self.faults[k] = ReadFault.TIME_WITHOUT_ZONE
            except (ValueError, OverflowError):
                self.faults[k] = ReadFault.TIME_UNREADABLE
        return t

    def mixed_zones(self) -> bool:
        """Return whether some times name their zone and some do not."""
        naive = sum(1 for text in self.times if text and _names_no_zone(text))
        return 0 < naive < sum(1 for text in self.times if text)

    def read_naive_as(self, zone: tzinfo, note: str) -> None:
        """Take times without a zone to be in this one, and say so, unless they are mixed with others."""
        if self.zone is not None or not any(map(_names_no_zone, filter(None, self.times))):
            return
        if not self.mixed_zones():
            self.zone = zone
            self.notes.append(note)


def too_many(most: int, row: int | None = None) -> ContentTooLarge:
    """Return the refusal of a track with more fixes than are accepted, seen at a row or before reading."""
    return ContentTooLarge(
        N_("The track has more than {most} fixes."),
        mend=N_("Split it into several files."),
        where={"part": "file"} if row is None else {"row": row},
        most=most,
    )


_NUMBER = re.compile(r"-?[0-9]{1,17}(\.[0-9]+)?")
_LONGEST_TIME = 64
"""No way to write a time is longer, and what looks for blanks before a zone looks again from each blank."""
_MILLISECONDS = 1e11
"""A larger number of seconds would lie after the year 5000, so it counts milliseconds."""


def read_time(text: str) -> datetime | float:
    """Return a time: an instant or naive time of ISO 8601 and its usual variants, or Unix seconds.

    Raises
    ------
    ValueError
        It is none of these.
    """
    if len(text) > _LONGEST_TIME:
        raise ValueError(text[:_LONGEST_TIME])
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    text = text.strip()
    if _NUMBER.fullmatch(text):
        value = float(text)
        return value / 1000.0 if abs(value) >= _MILLISECONDS else value
    text = re.sub(r"\s*(UTC|GMT|Z)$", "+00:00", text.replace("/", "-"))
    text = re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", text)
    return datetime.fromisoformat(text)


def _names_no_zone(text: str) -> bool:
    try:
        moment = read_time(text)
    except ValueError:
        return False
    return isinstance(moment, datetime) and moment.tzinfo is None


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: what is not finite becomes text."""
    if isinstance(value, str):
        return value[:100].replace("\0", "")
    return value if np.isfinite(value) else str(value)


GPX_ZONE = UTC
"""GPX 1.0 and 1.1 define times to be in UTC; a file whose times name no zone means that."""
