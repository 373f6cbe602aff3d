"""The ledger of lines by device and day, packed: a year of a whole border is a few thousand rows.

A copy of ``coverage_line`` and never more than that: it is made from the rows of a device and day whenever
they change, in the same transaction. Times of what was only seen are left out, since most periods hold a day
whole; of one that lies across the edge of a period the rows themselves are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Date, DateTime, LargeBinary, Text

from geo.coverage import Intervals, Sights
from geo.evidence import Evidence
from layers.base import in_district, shard_table
from layers.columns import to_seconds
from layers.errors import translated
from layers.fixes import instant
from layers.line_intervals import in_time
from layers.storage import Store, read_sql

_WALK = np.dtype(
    [
        ("place", ">i2"), ("evidence", ">i2"), ("from_m", ">f8"), ("to_m", ">f8"), ("from_t", ">i8"),
        ("to_t", ">i8"),
    ]
)  # fmt: skip
_SIGHT = np.dtype([("place", ">i2"), ("band", ">i2"), ("low", ">f8"), ("high", ">f8")])
_SEEN = (
    ("place", ">i4"), ("band", ">i2"), ("from_m", ">f8"), ("to_m", ">f8"), ("from_t", ">i8"), ("to_t", ">i8"),
)  # fmt: skip
_UUID = "S16"
_DEVICE, _DAY, _HOLDER, _FROM, _TO, _SEGMENTS, _WALKS, _SIGHTS = range(8)

# The migration keeps rows of up to a page whole and uncompressed: measures and times do not shrink, and
# fetching each from beside its row would take longer than all else.
coverage_day = shard_table(
    "coverage_day",
    Column("device", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("holder", Text, nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("to_at", DateTime(timezone=True), nullable=False),
    Column("segments", LargeBinary, nullable=False),
    Column("walks", LargeBinary, nullable=False),
    Column("sights", LargeBinary, nullable=False),
    in_district(),
    key=("day", "device", "holder"),
)


@dataclass(frozen=True, slots=True, eq=False)
class KnownLines:
    """What is known of lines; ``line`` of a row is a position among those asked, ``holder`` in ``holders``.

    ``walks`` are all rows but what was only seen, in the order of time each, their source a number for each
    device: some may lie outside of the period. ``holders`` are people, or devices that nobody is named for,
    in order. ``sights`` are within the period.
    """

    holders: tuple[str, ...]
    walks: Intervals
    sights: Sights


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """The days to read, and within them the period [begin, end) of each segment in Unix seconds."""

    from_day: date
    to_day: date
    begin: NDArray[np.float64]
    end: float

    @classmethod
    def never(cls, from_day: date, to_day: date, segments: int) -> "Periods":
        """Return days of which nothing is asked that was only seen."""
        return cls(from_day, to_day, np.full(segments, np.inf), -np.inf)


class CoverageDays(Store):
    """The packed ledger of lines of one district."""

    def make(self, device: str, day: date) -> None:
        """Pack the rows of a device and day anew."""
        mine = {"district": self.district, "device": device, "day": day, "seen": int(Evidence.SEEN)}
        self._done("ledger_clear", mine, coverage_day)
        self._done("coverage_day_make", mine)

    def read(self, segments: Sequence[UUID], periods: Periods) -> KnownLines:
        """Return what is known of segments, all different, on some days."""
        first = float(periods.begin.min(initial=np.inf))
        parameters = {
            "district": self.district,
            "from_day": periods.from_day,
            "to_day": periods.to_day,
            # Where nothing is asked, what was seen is sent of no day.
            "begin": None if np.isinf(first) else instant(first),
            "end": None if np.isinf(periods.end) else instant(periods.end),
        }
        with translated(), self._driver().cursor(binary=True) as cursor:
            result = cursor.execute(read_sql("coverage_day_read").encode(), parameters).pgresult
        assert result is not None  # noqa: S101 - a query has a result
        columns = [[result.get_value(k, c) or b"" for k in range(result.ntuples)] for c in range(8)]
        rows = _Rows.of(columns, segments)
        holders, walks = rows.walks(columns[_DEVICE], columns[_HOLDER], columns[_WALKS])
        sights, across = rows.sights(columns[_SIGHTS], periods)
        if len(across):
            devices = [columns[_DEVICE][k].decode() for k in across]
            days = np.frombuffer(b"".join(columns[_DAY][k] for k in across), ">i4")
            sights = _joined(sights, self._sights(segments, periods, devices, days))
        return KnownLines(holders, walks, sights)

    def _sights(
        self, segments: Sequence[UUID], periods: Periods, devices: Sequence[str], days: NDArray[np.int32]
    ) -> Sights:
        """Return what some devices saw on some days, row by row and split at the edges of the period."""
        parameters = {
            "district": self.district,
            "segments": list(segments),
            "devices": devices,
            # PostgreSQL counts days from 2000-01-01.
            "days": [date.fromordinal(_DAYS_BEFORE + int(day)) for day in days],
            "seen": int(Evidence.SEEN),
        }
        found = self._arrays("coverage_day_sights", parameters, _SEEN)
        band = found["band"].astype(np.int8)
        seen = in_time(
            found["from_m"],
            found["to_m"],
            found["from_t"].astype(np.int64) / 1e6,
            found["to_t"].astype(np.int64) / 1e6,
            line=found["place"].astype(np.int32) - 1,
            source=band,
        )
        return sights_within(seen, periods)


_DAYS_BEFORE = date(2000, 1, 1).toordinal()


def sights_within(seen: Intervals, periods: Periods) -> Sights:
    """Return what was seen in the period of each line, of intervals whose source is their band."""
    parts = []
    begins = periods.begin[seen.line]
    for begin in np.unique(begins).tolist():
        part = seen.take(begins == begin).within(begin, periods.end)
        parts.append(Sights(part.line, part.source.astype(np.int8), part.low, part.high))
    return _joined(*parts)


def _joined(*several: Sights) -> Sights:
    if not several:
        return Sights(np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0), np.empty(0))
    names = ("line", "band", "low", "high")
    return Sights(*(np.concatenate([getattr(one, name) for one in several]) for name in names))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Packed rows, and the line of each of their segments, all one after another.

    ``line`` is a position among those asked about. ``base`` is where the segments of each row begin.
    """

    line: NDArray[np.int32]
    base: NDArray[np.int64]
    from_t: NDArray[np.float64]
    to_t: NDArray[np.float64]

    @classmethod
    def of(cls, columns: Sequence[Sequence[bytes]], segments: Sequence[UUID]) -> "_Rows":
        """Return the rows of the columns of a query."""
        asked = np.array([one.bytes for one in segments], dtype=_UUID)
        order = np.argsort(asked)
        here = np.frombuffer(b"".join(columns[_SEGMENTS]), dtype=_UUID)
        place = np.minimum(np.searchsorted(asked[order], here), len(asked) - 1)
        line = np.where(asked[order][place] == here, order[place], -1).astype(np.int32)
        base = np.concatenate([[0], np.cumsum(_lengths(columns[_SEGMENTS], 16))[:-1]]).astype(np.int64)
        times = [to_seconds(np.frombuffer(b"".join(columns[c]), ">i8")) for c in (_FROM, _TO)]
        return cls(line, base, *times)

    def walks(
        self, device: Sequence[bytes], holder: Sequence[bytes], packed: Sequence[bytes]
    ) -> tuple[tuple[str, ...], Intervals]:
        """Return who carried the devices, and the rows that are not only seen."""
        names, codes = _coded(holder)
        _, devices = _coded(device)
        rows, found, line = self._unpacked(packed, _WALK)
        kept = line >= 0
        rows, found, line = rows[kept], found[kept], line[kept]
        walks = in_time(
            found["from_m"],
            found["to_m"],
            to_seconds(found["from_t"]),
            to_seconds(found["to_t"]),
            line=line,
            evidence=found["evidence"],
            holder=codes[rows],
            source=devices[rows],
        )
        return tuple(name.decode() for name in names), walks

    def sights(self, packed: Sequence[bytes], periods: Periods) -> tuple[Sights, NDArray[np.int64]]:
        """Return what was seen by rows whose time is within the period, and the rows across its edges."""
        rows, found, line = self._unpacked(packed, _SIGHT)
        begin = np.append(periods.begin, np.inf)[line]  # of what was not asked about nothing is in the period
        from_t, to_t = self.from_t[rows], self.to_t[rows]
        # What ends with the period may be an instant that is no part of it.
        whole = (begin <= from_t) & (to_t < periods.end)
        across = ~whole & (to_t >= begin) & (from_t < periods.end)
        part = found[whole]
        band = part["band"].astype(np.int8)
        native = (part["low"].astype(np.float64), part["high"].astype(np.float64))
        return Sights(line[whole], band, *native), np.unique(rows[across])

    def _unpacked(
        self, packed: Sequence[bytes], kind: np.dtype[Any]
    ) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int32]]:
        """Return the values packed in a column: the row of each, the value, and its line."""
        found = np.frombuffer(b"".join(packed), kind)
        rows = np.repeat(np.arange(len(packed)), _lengths(packed, kind.itemsize))
        return rows, found, self.line[self.base[rows] + found["place"]]


def _coded(names: Sequence[bytes]) -> tuple[list[bytes], NDArray[np.int32]]:
    """Return the distinct names in order and the position of each among them."""
    distinct = sorted(set(names))
    place = {name: k for k, name in enumerate(distinct)}
    return distinct, np.fromiter(map(place.__getitem__, names), dtype=np.int32, count=len(names))


def _lengths(packed: Sequence[bytes], size: int) -> NDArray[np.int64]:
    return np.fromiter(map(len, packed), dtype=np.int64, count=len(packed)) // size
