"""The ledger of lines by device and day, packed: a year of a whole border is a few thousand rows.

A copy of ``coverage_line`` and never more than that: it is made from the rows of a device and day whenever
they change, in the same transaction. Times of what was only seen are a column of their own, since most
periods hold a day whole: of days across the edge of a period they are read, and of people with two devices.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Date, DateTime, LargeBinary, Text

from geo.coverage import Doubts, Intervals, Sights, Twice, one_at_a_time
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
_TIMES = np.dtype([("from_t", ">i8"), ("to_t", ">i8")])
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
    Column("sight_times", LargeBinary, nullable=False),
    in_district(),
    key=("day", "device", "holder"),
)


@dataclass(frozen=True, slots=True, eq=False)
class KnownLines:
    """What is known of lines; ``line`` of a row is a position among those asked, ``holder`` in ``holders``.

    ``walks`` are all rows but what was only seen, in the order of time each, their source a number for each
    device: some may lie outside of the period. ``days`` are theirs, since 1970. ``holders`` are people, or
    devices that nobody is named for, in order. ``sights`` are within the period. A person with two devices is
    at one place at a time: what the lesser one says meanwhile is left out, and ``twice`` tells of it, also
    of lines that were not asked about (−1).
    """

    holders: tuple[str, ...]
    walks: Intervals
    days: NDArray[np.int64]
    sights: Sights
    twice: Twice = field(default_factory=Twice.never)


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
        known, doubts, places = rows.walks(columns)
        sights, across = rows.sights(columns[_SIGHTS], periods, places >= 0)
        if len(across):
            names = [[columns[c][k].decode() for k in across] for c in (_DEVICE, _HOLDER)]
            told = self._seen(segments, names, rows.day[across])
            told = doubts.without(told, places[across][told.holder])
            sights = _joined(sights, sights_within(told, periods))
        return replace(known, sights=sights)

    def _seen(
        self, segments: Sequence[UUID], names: Sequence[Sequence[str]], days: NDArray[np.int64]
    ) -> Intervals:
        """Return what some devices of some holders saw on some days, one of each; ``names`` are both.

        The source is the band, the holder the position among those asked. Whoever uploads meanwhile may have
        changed a row since the packed rows were read, so all of it is read again.
        """
        parameters = {
            "district": self.district,
            "devices": names[0],
            "holders": names[1],
            "days": [date.fromordinal(_DAYS_BEFORE + int(day)) for day in days],
        }
        with translated(), self._driver().cursor(binary=True) as cursor:
            result = cursor.execute(read_sql("coverage_day_seen").encode(), parameters).pgresult
        assert result is not None  # noqa: S101 - a query has a result
        columns = [[result.get_value(k, c) or b"" for k in range(result.ntuples)] for c in range(3)]
        line, base = _lines(columns[0], segments)
        rows, found = _unpacked(columns[1], _SIGHT)
        _, when = _unpacked(columns[2], _TIMES)
        seen = in_time(
            found["low"],
            found["high"],
            to_seconds(when["from_t"]),
            to_seconds(when["to_t"]),
            line=line[base[rows] + found["place"]],
            holder=rows,
            source=found["band"],
        )
        return seen.take(seen.line >= 0)


_DAYS_BEFORE = date(1970, 1, 1).toordinal()
_DAYS_OF_POSTGRES = date(2000, 1, 1).toordinal() - _DAYS_BEFORE
"""PostgreSQL counts days from 2000-01-01."""


def sights_within(seen: Intervals, periods: Periods) -> Sights:
    """Return what was seen in the period of each line, of intervals whose source is their band."""
    parts = []
    begins = periods.begin[seen.line]
    for begin in np.unique(begins).tolist():
        part = seen.take(begins == begin).within(begin, periods.end)
        parts.append(Sights(part.line, part.source.astype(np.int8), part.low, part.high))
    return _joined(*parts)


def at_one_place(
    holders: tuple[str, ...], walks: Intervals, days: NDArray[np.int64], asked: NDArray[np.bool_]
) -> tuple[KnownLines, Doubts]:
    """Return walks with each holder at one place at a time, and when which device is not believed.

    ``asked`` says of which rows that is a question; rows of lines that were not asked about are left out.
    """
    question = asked & (walks.evidence != Evidence.DECLARED)
    found = one_at_a_time(walks.take(question), days[question])
    every = Intervals.join([walks.take(~question), found.walks])
    day = np.concatenate([days[~question], found.day])
    here = every.line >= 0
    known = KnownLines(holders, every.take(here), day[here], sights_of_nothing(), found.twice)
    return known, found.doubts


def sights_of_nothing() -> Sights:
    """Return that nothing was seen."""
    return Sights(np.empty(0, np.int32), np.empty(0, np.int8), np.empty(0), np.empty(0))


def _joined(*several: Sights) -> Sights:
    if not several:
        return sights_of_nothing()
    names = ("line", "band", "low", "high")
    return Sights(*(np.concatenate([getattr(one, name) for one in several]) for name in names))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Packed rows, and the line of each of their segments, all one after another.

    ``line`` is a position among those asked about. ``base`` is where the segments of each row begin.
    """

    line: NDArray[np.int32]
    base: NDArray[np.int64]
    day: NDArray[np.int64]
    from_t: NDArray[np.float64]
    to_t: NDArray[np.float64]

    @classmethod
    def of(cls, columns: Sequence[Sequence[bytes]], segments: Sequence[UUID]) -> "_Rows":
        """Return the rows of the columns of a query."""
        line, base = _lines(columns[_SEGMENTS], segments)
        times = [to_seconds(np.frombuffer(b"".join(columns[c]), ">i8")) for c in (_FROM, _TO)]
        day = np.frombuffer(b"".join(columns[_DAY]), ">i4").astype(np.int64) + _DAYS_OF_POSTGRES
        return cls(line, base, day, *times)

    def walks(self, columns: Sequence[Sequence[bytes]]) -> tuple[KnownLines, Doubts, NDArray[np.int64]]:
        """Return the rows that are not only seen, doubts about devices, and which of these each row has."""
        names, codes = _coded(columns[_HOLDER])
        _, devices = _coded(columns[_DEVICE])
        rows, found, line = self._unpacked(columns[_WALKS], _WALK)
        both = self._several(codes, columns[_DEVICE])
        # Where a person has two devices it matters what they say of other lines, too.
        kept = (line >= 0) | both[rows]
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
        holders = tuple(name.decode() for name in names)
        known, doubts = at_one_place(holders, walks, self.day[rows], both[rows])
        places = np.full(len(both), -1)
        places[both] = doubts.places(codes[both], devices[both], self.day[both])
        # One device after another is no matter for what either of them saw.
        return known, doubts, doubts.meanwhile(places, self.from_t, self.to_t)

    def _several(self, holder: NDArray[np.int32], device: Sequence[bytes]) -> NDArray[np.bool_]:
        """Return which rows are of somebody with several devices on that day; what is declared is of none."""
        key = self.day * (int(holder.max(initial=0)) + 1) + holder
        real = np.fromiter(map(len, device), dtype=np.int64, count=len(device)) > 0
        _, place, often = np.unique(key[real], return_inverse=True, return_counts=True)
        found = np.zeros(len(key), dtype=bool)
        found[np.flatnonzero(real)[often[place] > 1]] = True
        return found

    def sights(
        self, packed: Sequence[bytes], periods: Periods, doubted: NDArray[np.bool_]
    ) -> tuple[Sights, NDArray[np.int64]]:
        """Return what was seen by rows whose time is within the period, and the rows whose times matter.

        These are those across its edges, and those whose device is ``doubted`` (n,).
        """
        rows, found, line = self._unpacked(packed, _SIGHT)
        begin = np.append(periods.begin, np.inf)[line]  # of what was not asked about nothing is in the period
        from_t, to_t = self.from_t[rows], self.to_t[rows]
        # What ends with the period may be an instant that is no part of it.
        whole = (begin <= from_t) & (to_t < periods.end) & ~doubted[rows]
        across = ~whole & (to_t >= begin) & (from_t < periods.end)
        part = found[whole]
        band = part["band"].astype(np.int8)
        native = (part["low"].astype(np.float64), part["high"].astype(np.float64))
        return Sights(line[whole], band, *native), np.unique(rows[across])

    def _unpacked(
        self, packed: Sequence[bytes], kind: np.dtype[Any]
    ) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.int32]]:
        """Return the values packed in a column: the row of each, the value, and its line."""
        rows, found = _unpacked(packed, kind)
        return rows, found, self.line[self.base[rows] + found["place"]]


def _lines(packed: Sequence[bytes], segments: Sequence[UUID]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the line of each segment of packed rows, −1 if not asked about, and where a row's begin."""
    asked = np.array([one.bytes for one in segments], dtype=_UUID)
    order = np.argsort(asked)
    here = np.frombuffer(b"".join(packed), dtype=_UUID)
    place = np.minimum(np.searchsorted(asked[order], here), len(asked) - 1)
    line = np.where(asked[order][place] == here, order[place], -1).astype(np.int32)
    return line, np.concatenate([[0], np.cumsum(_lengths(packed, 16))[:-1]]).astype(np.int64)


def _unpacked(packed: Sequence[bytes], kind: np.dtype[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the values packed in a column, and the row of each."""
    rows = np.repeat(np.arange(len(packed)), _lengths(packed, kind.itemsize))
    return rows, np.frombuffer(b"".join(packed), kind)


def _coded(names: Sequence[bytes]) -> tuple[list[bytes], NDArray[np.int32]]:
    """Return the distinct names in order and the position of each among them."""
    distinct = sorted(set(names))
    place = {name: k for k, name in enumerate(distinct)}
    return distinct, np.fromiter(map(place.__getitem__, names), dtype=np.int32, count=len(names))


def _lengths(packed: Sequence[bytes], size: int) -> NDArray[np.int64]:
    return np.fromiter(map(len, packed), dtype=np.int64, count=len(packed)) // size
