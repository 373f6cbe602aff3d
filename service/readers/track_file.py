"""What a track file held: fixes in columns, where each stood in the file, what could not be read."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import N_
from geo.track import EARLIEST_S, Fixes, Mode
from service.errors import ContentTooLarge, InvalidInput
from service.readers.moments import (
    AmbiguousDate,
    day_comes_first,
    from_wall_clock,
    iso_seconds,
    read_time,
    unix_seconds,
    wall_seconds,
)
from service.readers.track_values import METRES_PER_HDOP, Reading, numbers

Floats = npt.NDArray[np.float64]

MOST_FIXES = 1_000_000
_PLACES = ("lon", "lat")
_MEASURES = ("accuracy", "speed", "course")
_COLUMNS = ("time", *_PLACES, *_MEASURES, "hdop")

_TOGETHER_S = 60.0

GPX_ZONE = UTC
"""GPX 1.0 and 1.1 define times to be in UTC; a file whose times name no zone means that."""


class TrackRefused(InvalidInput):
    """No fix of a track file can be used; names the file and the first fault."""

    code = "track-refused"


class ReadFault(StrEnum):
    """Why a value of a fix could not be read; such a fix goes to quarantine with this reason."""

    TIME_UNREADABLE = "time-unreadable"
    TIME_WITHOUT_ZONE = "time-without-zone"
    TIME_AMBIGUOUS = "time-ambiguous"
    NUMBER_UNREADABLE = "number-unreadable"
    MODE_UNKNOWN = "mode-unknown"
    POSITION_SWAPPED = "position-swapped"
    CELLS_DIFFER = "cells-differ"
    POSITION_INVALID = "position-invalid"
    DATUM_SHIFTED = "datum-shifted"


@dataclass(frozen=True, slots=True, eq=False)
class TrackFile:
    """The fixes of a file, in its order.

    ``row`` (n,) is where each stood: the line of a GPX file, the data row of a table (the first is 1), the
    number of a position in GeoJSON or of a record in FIT (the first is 1). ``segments`` names each part.
    ``faults`` maps positions of fixes to what could not be read; ``raw`` returns a fix as it was delivered.
    ``devices`` are the devices that the file itself names, ``device`` (n,) which of them made a fix.
    """

    format: str
    name: str
    fixes: Fixes
    row: npt.NDArray[np.int64]
    segments: tuple[str, ...]
    faults: dict[int, ReadFault]
    raw: Callable[[int], dict[str, object]]
    notes: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    device: npt.NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.fixes)

    def by_device(self) -> list[tuple[str, "TrackFile"]]:
        """Return the fixes of each device that the file names, by its name."""
        if self.device is None:
            return []
        places = [np.flatnonzero(self.device == code) for code in range(len(self.devices))]
        named = zip(self.devices, places, strict=True)
        return [(name, self._take(mine)) for name, mine in named if len(mine)]

    def between(self, start: int, stop: int) -> "TrackFile":
        """Return the fixes from one position to another, as a part of the file."""
        device = None if self.device is None else self.device[start:stop]
        return replace(self._take(np.arange(start, stop)), devices=self.devices, device=device)

    def _take(self, places: npt.NDArray[np.int64]) -> "TrackFile":
        back = places.tolist()
        faults = {k: self.faults[place] for k, place in enumerate(back) if place in self.faults}
        return replace(
            self,
            fixes=self.fixes.take(places),
            row=self.row[places],
            faults=faults,
            raw=lambda position: self.raw(back[position]),
            devices=(),
            device=None,
        )


@dataclass(slots=True)
class TrackBuilder:
    """Collects fixes in columns while a file is read.

    ``zone`` is the time zone of times that name none; None makes such a time a fault. ``columns`` holds a
    list for each of time, lon, lat, accuracy, speed, course and hdop, all of one length; ``starts`` says at
    which fix each part begins. Times that are numbers already are an array, of wall clocks where ``wall``
    is set. ``before`` is how many fixes of the file came before these.
    """

    format: str
    zone: tzinfo | None = None
    mode: Mode = Mode.FOOT
    most: int = MOST_FIXES
    name: str = ""
    notes: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    rows: Any = field(default_factory=list)
    before: int = 0
    columns: dict[str, Any] = field(default_factory=lambda: {name: [] for name in _COLUMNS})
    modes: Sequence[Any] | None = None
    devices: Sequence[Any] | None = None
    faults: dict[int, ReadFault] = field(default_factory=dict)
    wall: bool = False
    zone_of_format: tuple[tzinfo, str] | None = None
    day_first: bool | None = None
    reading: Reading = field(default_factory=Reading)

    def segment(self, name: str) -> None:
        """Begin a part; the fixes added from now on belong to it."""
        self.segments.append(name)
        self.starts.append(len(self.rows))

    def add(self, row: int, **values: Any) -> None:
        """Add a fix as it stands in the file, by the names of ``columns``; what is not given is not known.

        Raises
        ------
        ContentTooLarge
            There are more than ``most``.
        """
        self.rows.append(row)
        for name in _COLUMNS:
            self.columns[name].append(values.get(name))
        if len(self.rows) > self.most:
            raise too_many(self.most, row)

    def fault(self, reason: ReadFault) -> None:
        """Mark the fix that was added last."""
        self.faults.setdefault(len(self.rows) - 1, reason)

    def read_naive_as(self, zone: tzinfo, note: str) -> None:
        """Take times without a zone to be in this one, and say so, unless they are mixed with others."""
        self.zone_of_format = (zone, note)

    def cut(self, size: int) -> "TrackBuilder":
        """Take all but the first fixes, about so many, into a builder for the next part of the file.

        The cut lies between two fixes of one recording, which are joined again by their times; where a
        recording ends is where its builder must still know it.
        """
        begins = set(self.starts)
        place = next((k for k in range(min(size, len(self.rows) - 1), 0, -1) if k not in begins), size)
        rest = replace(self, notes=[], faults={}, reading=self.reading.cut(place), columns={})
        rest.rows, self.rows = self.rows[place:], self.rows[:place]
        rest.before = self.before + place
        for name, values in self.columns.items():
            rest.columns[name], self.columns[name] = values[place:], values[:place]
        for name in ("modes", "devices"):
            values = getattr(self, name)
            if values is not None:
                setattr(rest, name, values[place:])
                setattr(self, name, values[:place])
        rest.faults = {k - place: reason for k, reason in self.faults.items() if k >= place}
        self.faults = {k: reason for k, reason in self.faults.items() if k < place}
        open_part = bisect_right(self.starts, place) - 1
        if open_part >= 0:
            rest.segments, rest.starts = self.segments[open_part:], self.starts[open_part:]
            rest.starts = [max(0, start - place) for start in rest.starts]
            self.segments, self.starts = self.segments[: open_part + 1], self.starts[: open_part + 1]
        return rest

    def file(self) -> TrackFile:
        """Return what was read."""
        self._count_rows()
        lon, lat, accuracy, speed, course, hdop = (self._numbers(name) for name in _COLUMNS[1:])
        with np.errstate(invalid="ignore"):
            accuracy = np.where(accuracy >= 0, accuracy, np.nan)  # some devices write −1 for unknown
            metres = np.where((hdop > 0.0) & (hdop < 100.0), hdop * METRES_PER_HDOP, np.nan)
            swapped = (np.abs(lat) > 90.0) & (np.abs(lat) <= 180.0) & (np.abs(lon) <= 90.0)
            fixes = Fixes.of(
                self._instants(),
                np.where(np.abs(lon) < 1e9, lon, np.nan),
                np.where(np.abs(lat) < 1e9, lat, np.nan),
                accuracy_m=np.where(np.isnan(accuracy), metres, accuracy),
                part=self._parts(),
                mode=self._modes(),
                speed_ms=speed,
                course_deg=course,
            )
        self._mark(swapped, ReadFault.POSITION_SWAPPED)
        self._note_order(fixes.t, fixes.part)
        devices, codes = self._devices()
        return TrackFile(
            self.format,
            self.name.strip()[:200],
            fixes,
            np.array(self.rows, dtype=np.int64),
            tuple(self.segments),
            self.faults,
            self._raw(fixes.part),
            tuple(self.notes),
            devices,
            codes,
        )

    def _count_rows(self) -> None:
        """Tell fixes by their number where most of them share a line with the one before."""
        rows = np.asarray(self.rows, dtype=np.int64)
        if len(rows) > 1 and 2 * np.count_nonzero(np.diff(rows) == 0) > len(rows):
            self.rows = np.arange(self.before + 1, self.before + 1 + len(rows))
            self.notes.append(N_("Many fixes stand on one line of the file; rows are the numbers of fixes."))

    def _raw(self, parts: npt.NDArray[np.int32]) -> Callable[[int], dict[str, object]]:
        rows, columns, segments = self.rows, self.columns, self.segments

        def raw(position: int) -> dict[str, object]:
            place: dict[str, object] = {"row": int(rows[position])}
            if segments:
                place["segment"] = segments[parts[position]]
            place["time"] = _plain(columns["time"][position] if len(columns["time"]) else None) or ""
            for name in _COLUMNS[1:]:
                value = columns[name][position] if len(columns[name]) else None
                if value is not None and value != "":
                    place[name] = _plain(value)
            return place

        return raw

    def _mark(self, wrong: npt.NDArray[np.bool_], reason: ReadFault) -> None:
        for place in np.flatnonzero(wrong).tolist():
            self.faults.setdefault(place, reason)

    def _parts(self) -> npt.NDArray[np.int32]:
        count = len(self.rows)
        if not self.starts:
            return np.zeros(count, dtype=np.int32)
        ends = [*self.starts[1:], count]
        sizes = [end - start for start, end in zip(self.starts, ends, strict=True)]
        return np.repeat(np.arange(len(self.starts), dtype=np.int32), sizes)

    def _modes(self) -> npt.NDArray[np.int8] | Mode:
        if self.modes is None:
            return self.mode
        texts = [str(one).strip().upper() if one is not None else "" for one in self.modes]
        known = {text: Mode.__members__.get(text) for text in set(texts)} | {"": self.mode}
        unknown = {text for text, mode in known.items() if mode is None}
        if unknown:
            self._mark(np.array([text in unknown for text in texts]), ReadFault.MODE_UNKNOWN)
        codes = {text: int(self.mode if mode is None else mode) for text, mode in known.items()}
        return np.array([codes[text] for text in texts], dtype=np.int8)

    def _devices(self) -> tuple[tuple[str, ...], npt.NDArray[np.int32] | None]:
        if self.devices is None:
            return (), None
        names = ["" if one is None else str(one).strip()[:64] for one in self.devices]
        codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
        return tuple(codes), np.array([codes[name] for name in names], dtype=np.int32)

    def _numbers(self, name: str) -> Floats:
        values = self.columns[name]
        if len(values) == 0:
            return np.full(len(self.rows), np.nan)
        found, unreadable = numbers(values, name, self.reading)
        self._mark(unreadable, ReadFault.NUMBER_UNREADABLE)
        return found

    def _instants(self) -> Floats:
        """Return Unix seconds of the times, NaN for those missing or unreadable, which become faults."""
        values = self.columns["time"]
        if isinstance(values, np.ndarray):
            t = values.astype(np.float64)
            self._set_zone(t, np.isfinite(t) & self.wall)
            return t
        texts = ["" if one is None else one for one in values]
        t, read, naive = iso_seconds(texts)
        if not read.all():
            counted, others_read = unix_seconds(texts)
            t[others_read], read = counted[others_read], read | others_read
        others = np.flatnonzero(~read).tolist()
        day_first = self.day_first
        if day_first is None:
            day_first = day_comes_first([texts[place] for place in others])
        for place in others:
            self._one_time(place, texts[place], day_first, t, naive)
        self._set_zone(t, naive)
        return t

    def _one_time(
        self, place: int, text: str, day_first: bool | None, t: Floats, naive: npt.NDArray[np.bool_]
    ) -> None:
        if not text.strip():
            return
        try:
            moment = read_time(text, day_first=day_first)
            if isinstance(moment, datetime):
                naive[place] = moment.tzinfo is None
                t[place] = wall_seconds(moment) if naive[place] else moment.timestamp()
            else:
                t[place] = moment
        except AmbiguousDate:
            self.faults[place] = ReadFault.TIME_AMBIGUOUS
        except (ValueError, OverflowError):
            self.faults[place] = ReadFault.TIME_UNREADABLE

    def _set_zone(self, t: Floats, naive: npt.NDArray[np.bool_]) -> None:
        """Make instants of wall clocks, where it is known what zone they show."""
        if not naive.any():
            return
        zone = self.zone
        if zone is None and self.zone_of_format is not None and not (np.isfinite(t) & ~naive).any():
            zone, note = self.zone_of_format
            self.notes.append(note)
        if zone is None:
            t[naive] = np.nan
            self._mark(naive, ReadFault.TIME_WITHOUT_ZONE)
            return
        t[naive], odd = from_wall_clock(t[naive], zone)
        doubtful = np.zeros(len(t), dtype=bool)
        doubtful[np.flatnonzero(naive)[odd]] = True
        self._mark(doubtful, ReadFault.TIME_AMBIGUOUS)

    def _note_order(self, t: Floats, parts: npt.NDArray[np.int32]) -> None:
        known = np.flatnonzero(t >= EARLIEST_S)  # NaN is not
        if (np.diff(t[known]) < 0).any():
            self.notes.append(N_("Times go backwards in places; the fixes were put in order of time."))
        if len(self.segments) > 1 and _overlap(t[known], parts[known]):
            self.notes.append(
                N_("Parts of the file overlap in time: are they of several devices, or copies?")
            )


def _overlap(t: Floats, parts: npt.NDArray[np.int32]) -> bool:
    """Say whether parts of a file, in order, were recorded at the same time for longer than a minute."""
    if len(t) == 0:
        return False
    begins = np.flatnonzero(np.diff(parts, prepend=-1))
    first, last = np.minimum.reduceat(t, begins), np.maximum.reduceat(t, begins)
    order = np.argsort(first, kind="stable")
    until = np.maximum.accumulate(last[order])
    both = np.minimum(until[:-1], last[order][1:]) - first[order][1:]
    return bool((both > _TOGETHER_S).any())


def too_many(most: int, row: int | None = None) -> ContentTooLarge:
    """Return the refusal of a track with more fixes than are accepted, seen at a row or before reading."""
    return ContentTooLarge(
        N_("The track has more than {most} fixes."),
        mend=N_("Split it into several files, or load it with ./wardline tracks FILE --parts."),
        where={"part": "file"} if row is None else {"row": row},
        most=most,
    )


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: what is not finite becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value[:100].replace("\0", "")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int | float):
        return value if np.isfinite(value) and abs(value) < 1e300 else str(value)[:100]
    return str(value)[:100].replace("\0", "")
