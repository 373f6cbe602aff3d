"""Fixes: what devices recorded, in blocks of columns and in monthly partitions.

Fixes of one patrol and one month are stored as one row, each of their columns as an array; the view ``fix``
shows them one by one. Each is of a patrol, by which it is found; those of a device are those of its patrols.

A fix of a file is known by its device, time and place, so a file that overlaps another adds only what is
new. A fix of a device that numbers its own is known by its recording and number, never by time: a frozen
clock loses nothing. Lon and lat are kept as lattice counts (1e-7 degrees), which makes places exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import CheckConstraint, Column, DateTime, Integer, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL
from sqlalchemy.types import TypeEngine

from geo.errors import N_
from layers.base import identifier, shard_table
from layers.errors import InvalidAttribute, OutsideArchive

FIRST_YEAR = 1990
LAST_YEAR = 2100

_COLUMNS: Mapping[str, TypeEngine[Any]] = {
    "at": DateTime(timezone=True),
    "lon_e7": Integer(),
    "lat_e7": Integer(),
    "part": Integer(),
    "seq": Integer(),
    "accuracy_m": REAL(),
    "speed_ms": REAL(),
    "course": REAL(),
}
MEASURED = frozenset({"accuracy_m", "speed_ms", "course"})
"""What a device need not tell: NaN where it told it of other fixes of a block, NULL where of none."""

# No foreign keys: a month can only be dropped by retention when nothing refers to it, and the patrol is
# stored in the same transaction. Rows of one fix each would cost several times as much to store, and to keep;
# ids of patrols begin with their time, so that what is written now lies together in the key. See
# docs/adr/0043-fixes-in-blocks.md.
fix_block = shard_table(
    "fix_block",
    identifier("patrol"),
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
    identifier(),
    Column("device", Text, nullable=False),
    Column("fixes", Integer, nullable=False),
    # What all places and numbers lie within.
    *(Column(one, Integer, nullable=False) for one in ("west", "south", "east", "north")),
    *(Column(one, Integer, nullable=False) for one in ("first_seq", "last_seq")),
    *(Column(name, ARRAY(kind), nullable=name in MEASURED) for name, kind in _COLUMNS.items()),
    CheckConstraint(
        "fixes > 0 AND " + " AND ".join(f"cardinality({name}) = fixes" for name in _COLUMNS), name="fixes"
    ),
    key=("patrol", "first_at", "id", "district"),
    postgresql_partition_by="RANGE (first_at)",
)

# The view, of no metadata that makes tables; see layers/sql/fix_view.sql.
fix = Table(
    "fix",
    MetaData(),
    Column("district", Text),
    Column("device", Text),
    Column("patrol", Uuid),
    Column("block", Uuid),
    Column("block_from", DateTime(timezone=True)),
    Column("block_to", DateTime(timezone=True)),
    *(Column(name, kind) for name, kind in _COLUMNS.items()),
)

# Fixes that came when their days were over, until the next run of retention takes them: a track comes in
# parts, and what was walked is computed from all of them. Unlogged, so neither the archived log nor a base
# backup nor a replica ever holds one. After a crash it is empty, and the ledger has what was known by then.
late_fix = shard_table(
    "late_fix",
    Column("device", Text, nullable=False),
    *(Column(name, _COLUMNS[name], nullable=False) for name in ("at", "lon_e7", "lat_e7")),
    identifier("patrol"),
    *(Column(name, _COLUMNS[name], nullable=name in MEASURED) for name in list(_COLUMNS)[3:]),
    key=("device", "at", "lon_e7", "lat_e7", "patrol", "seq"),
    prefixes=["UNLOGGED"],
)

fix_quarantine = shard_table(
    "fix_quarantine",
    identifier(),
    identifier("patrol"),
    Column("seq", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", JSONB, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class FixTable:
    """Fixes in columns, all of the same length n.

    ``t`` seconds since 1970 in UTC (float64, exact to the microsecond); ``lon``, ``lat`` degrees
    (float64, exactly ``int / 1e7`` when read); ``accuracy_m`` metres, ``speed_ms`` metres a second and
    ``course`` degrees from north (float64, NaN where not known); ``part`` counts the recording's own
    pieces; ``seq`` is the row in the source; ``patrol`` the position in ``patrols``.
    """

    t: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    accuracy_m: NDArray[np.float64]
    speed_ms: NDArray[np.float64]
    course: NDArray[np.float64]
    part: NDArray[np.int32]
    seq: NDArray[np.int32]
    patrol: NDArray[np.int32]
    patrols: tuple[UUID, ...] = ()

    def __len__(self) -> int:
        return len(self.t)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "FixTable":
        """Return the fixes under a mask, at some positions or of a slice."""
        columns = {one.name: getattr(self, one.name) for one in dataclass_fields(self)}
        return FixTable(
            **{name: value if name == "patrols" else value[chosen] for name, value in columns.items()}
        )

    @classmethod
    def of(
        cls,
        t: ArrayLike,
        lon: ArrayLike,
        lat: ArrayLike,
        *,
        accuracy_m: ArrayLike | None = None,
        speed_ms: ArrayLike | None = None,
        course: ArrayLike | None = None,
        part: ArrayLike | None = None,
        seq: ArrayLike | None = None,
    ) -> "FixTable":
        """Return a table from the columns that are known; the rest is NaN, part 0 and the row number."""
        times = np.asarray(t, dtype=np.float64)
        count = len(times)
        unknown = np.full(count, np.nan)
        zeros = np.zeros(count, dtype=np.int32)
        return cls(
            times,
            np.asarray(lon, dtype=np.float64),
            np.asarray(lat, dtype=np.float64),
            unknown if accuracy_m is None else np.asarray(accuracy_m, dtype=np.float64),
            unknown if speed_ms is None else np.asarray(speed_ms, dtype=np.float64),
            unknown if course is None else np.asarray(course, dtype=np.float64),
            zeros if part is None else np.asarray(part, dtype=np.int32),
            np.arange(count, dtype=np.int32) if seq is None else np.asarray(seq, dtype=np.int32),
            zeros,
        )


@dataclass(frozen=True, slots=True)
class FixCounts:
    """How many fixes of a delivery were new and how many were stored before.

    Of the new ones, ``late`` came when their days were over: they count for coverage and are not kept.
    """

    created: int
    duplicate: int
    late: int = 0

    def __add__(self, other: "FixCounts") -> "FixCounts":
        """Return the counts of both deliveries."""
        return FixCounts(
            self.created + other.created, self.duplicate + other.duplicate, self.late + other.late
        )


@dataclass(frozen=True, slots=True)
class QuarantinedFix:
    """A fix that could not be stored, as it was delivered, and the code of the reason."""

    seq: int
    reason: str
    raw: dict[str, object]


def months_of(t: NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
    """Return the (year, month) pairs in UTC that times in seconds fall in, in order.

    Raises
    ------
    OutsideArchive
        A time lies before 1990 or after 2100: such a fix belongs in quarantine.
    """
    if len(t) == 0:
        return ()
    if not np.isfinite(t).all():
        raise InvalidAttribute(
            N_("Fix {row} has no time."),
            mend=N_("Put fixes without a time into quarantine."),
            where={"row": int(np.flatnonzero(~np.isfinite(t))[0])},
            row=int(np.flatnonzero(~np.isfinite(t))[0]),
        )
    month = _months(np.array([t.min(), t.max()]))
    if month[0] != month[1]:  # fixes of a delivery are mostly of one month
        month = _months(t)
    first, last = (FIRST_YEAR - 1970) * 12, (LAST_YEAR - 1970) * 12 + 11
    outside = np.flatnonzero((month < first) | (month > last))
    if len(outside):
        row = int(outside[0])
        raise OutsideArchive(
            N_("Fix {row} is dated {year}; fixes are stored from {first} to {last}."),
            mend=N_("Set the device's clock, or put the fix into quarantine with the reason."),
            where={"row": row},
            row=row,
            year=int(month[row]) // 12 + 1970,
            first=FIRST_YEAR,
            last=LAST_YEAR,
        )
    # fixes of a month mostly follow one another
    found = np.unique(month[np.diff(month, prepend=month[0] - 1) != 0])
    return tuple((int(value) // 12 + 1970, int(value) % 12 + 1) for value in found)


def _months(t: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return times in seconds as months since January 1970."""
    return t.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)


def month_bounds(year: int, month: int) -> tuple[datetime, datetime]:
    """Return the first instant of a month in UTC and that of the next."""
    first = datetime(year, month, 1, tzinfo=UTC)
    return first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def instant(seconds: float) -> datetime:
    """Return the UTC instant of seconds since 1970, to the microsecond."""
    return EPOCH + timedelta(microseconds=round(seconds * 1e6))
