"""Fixes: what devices recorded, in columns and in monthly partitions.

Each fix is of a patrol, by which it is found; those of a device are those of its patrols.

A fix of a file is known by its device, time and place, so a file that overlaps another adds only what is
new. A fix of a device that numbers its own is known by its recording and number, never by time: a frozen
clock loses nothing. Lon and lat are kept as lattice counts (1e-7 degrees), which makes places exact.
"""

from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import Column, DateTime, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB, REAL

from geo.errors import N_
from layers.base import identifier, shard_table
from layers.errors import InvalidAttribute, OutsideArchive

FIRST_YEAR = 1990
LAST_YEAR = 2100

# No foreign keys: each would be looked up once per fix, at a third of the speed of ingest, and a month
# can only be dropped by retention when nothing refers to it. The patrol is stored in the same transaction.
fix = shard_table(
    "fix",
    Column("device", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("lon_e7", Integer, nullable=False),
    Column("lat_e7", Integer, nullable=False),
    identifier("patrol"),
    Column("part", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("accuracy_m", REAL),
    Column("speed_ms", REAL),
    Column("course", REAL),
    # Texts at the head of the key would double what a fix costs to store; ids of patrols begin with their
    # time, so that what is written now lies together. See docs/adr/0042-fixes-by-patrol.md.
    key=("patrol", "at", "lon_e7", "lat_e7", "seq", "district"),
    postgresql_partition_by="RANGE (at)",
)

# Fixes that came when their days were over, until the next run of retention takes them: a track comes in
# parts, and what was walked is computed from all of them. Unlogged, so neither the archived log nor a base
# backup nor a replica ever holds one. After a crash it is empty, and the ledger has what was known by then.
late_fix = shard_table(
    "late_fix",
    *(Column(one.name, one.type, nullable=one.nullable) for one in fix.columns if one.name != "district"),
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

    def take(self, chosen: NDArray[np.bool_] | slice) -> "FixTable":
        """Return the fixes under a mask or of a slice."""
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
    month = t.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
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


def month_bounds(year: int, month: int) -> tuple[datetime, datetime]:
    """Return the first instant of a month in UTC and that of the next."""
    first = datetime(year, month, 1, tzinfo=UTC)
    return first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def instant(seconds: float) -> datetime:
    """Return the UTC instant of seconds since 1970, to the microsecond."""
    return EPOCH + timedelta(microseconds=round(seconds * 1e6))
