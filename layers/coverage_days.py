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
from psycopg.types.numeric import Int4BinaryLoader, Int8BinaryLoader
from sqlalchemy import Column, Date, DateTime, LargeBinary, Text

from geo.coverage import Doubts, Intervals, Sights, Twice, one_at_a_time
from geo.evidence import Evidence
from layers.base import in_district, shard_table
from layers.columns import EPOCH_US, to_seconds
from layers.errors import translated
from layers.fixes import instant
from layers.line_intervals import in_time
from layers.packed_kernels import SIGHT, WALK, read_sights, read_walks
from layers.storage import Store, read_sql

_SIGHT = np.dtype([("place", ">i2"), ("band", ">i2"), ("low", ">f8"), ("high", ">f8")])
_TIMES = np.dtype([("from_t", ">i8"), ("to_t", ">i8")])
_UUID = "S16"
_AS_SENT = (("date", Int4BinaryLoader), ("timestamptz", Int8BinaryLoader))
"""Days and times are taken as the numbers they are sent as."""
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
            for kind, loader in _AS_SENT:
                cursor.adapters.register_loader(kind, loader)
            cursor.execute(read_sql("coverage_day_read").encode(), parameters)
            columns: list[Any] = list(zip(*cursor.fetchall(), strict=True)) or [()] * 8
        rows = _Rows.of(columns, segments)
        known, doubts, places = rows.walks(columns)
        sights, across = rows.sights(columns[_SIGHTS], periods, places >= 0)
        if len(across):
            names = [[columns[c][k] for k in across] for c in (_DEVICE, _HOLDER)]
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


def warm_up() -> None:
    """Read nothing, so that all the time goes into compiling, or loading what was."""
    columns: list[tuple[Any, ...]] = [()] * 8
    rows = _Rows.of(columns, [UUID(int=0)])
    _, _, places = rows.walks(columns)
    rows.sights(columns[_SIGHTS], Periods.never(date.min, date.max, 1), places >= 0)


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
    def of(cls, columns: Sequence[Sequence[Any]], segments: Sequence[UUID]) -> "_Rows":
        """Return the rows of the columns of a query."""
        line, base = _lines(columns[_SEGMENTS], segments)
        times = [to_seconds(np.array(columns[c], dtype=np.int64)) for c in (_FROM, _TO)]
        return cls(line, base, np.array(columns[_DAY], dtype=np.int64) + _DAYS_OF_POSTGRES, *times)

    def walks(self, columns: Sequence[Sequence[Any]]) -> tuple[KnownLines, Doubts, NDArray[np.int64]]:
        """Return the rows that are not only seen, doubts about devices, and which of these each row has."""
        holders, codes = _coded(columns[_HOLDER])
        _, devices = _coded(columns[_DEVICE])
        both = self._several(codes, columns[_DEVICE])
        # Where a person has two devices it matters what they say of other lines, too.
        words = _words(columns[_WALKS], WALK)
        rows, line, evidence, from_m, to_m, from_t, to_t = read_walks(
            *words, self.base, self.line, both, EPOCH_US
        )
        walks = Intervals(line, from_m, to_m, from_t, to_t, evidence, codes[rows], devices[rows])
        known, doubts = at_one_place(tuple(holders), walks, self.day[rows], both[rows])
        places = np.full(len(both), -1)
        places[both] = doubts.places(codes[both], devices[both], self.day[both])
        # One device after another is no matter for what either of them saw.
        return known, doubts, doubts.meanwhile(places, self.from_t, self.to_t)

    def _several(self, holder: NDArray[np.int32], device: Sequence[str]) -> NDArray[np.bool_]:
        """Return which rows are of somebody with several devices on that day; what is declared is of none."""
        key = self.day * (int(holder.max(initial=0)) + 1) + holder
        real = np.array(device, dtype=bool)
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
        begin, end, words = periods.begin, periods.end, _words(packed, SIGHT)
        line, band, low, high, across = read_sights(
            *words, self.base, self.line, begin, end, self.from_t, self.to_t, doubted
        )
        return Sights(line, band, low, high), np.flatnonzero(across)


def _words(packed: Sequence[bytes], size: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return packed values as words, and how many values of so many words each row has."""
    return np.frombuffer(b"".join(packed), np.uint32), _lengths(packed, 4 * size)


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


def _coded(names: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
    """Return the distinct names in order and the position of each among them."""
    distinct = sorted(set(names))
    place = {name: k for k, name in enumerate(distinct)}
    return distinct, np.fromiter(map(place.__getitem__, names), dtype=np.int32, count=len(names))


def _lengths(packed: Sequence[bytes], size: int) -> NDArray[np.int64]:
    return np.fromiter(map(len, packed), dtype=np.int64, count=len(packed)) // size
