"""The ledger of ground: which cells of the ground were in sight of a device on a day, packed by the hour.

As those of the other ledgers its rows are additive: any period is a union of cells. It is finer than the
others, so that it would tell a way when the fixes are gone: then nothing is left of who it was, and of when
but the day.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from sqlalchemy import Column, Date, DateTime, Index, LargeBinary, Text

from geo.visits import Cells
from layers.base import identifier, in_district, shard_table
from layers.errors import translated
from layers.storage import Store, read_sql

_RUN = np.dtype([("row", ">i4"), ("first", ">i4"), ("count", ">i4")])

coverage_area = shard_table(
    "coverage_area",
    identifier(),
    Column("device", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("from_at", DateTime(timezone=True), nullable=False),
    Column("to_at", DateTime(timezone=True), nullable=False),
    Column("cells", LargeBinary, nullable=False),
    # Within V - 2 sigma and V + 2 sigma; nothing where an earlier version recorded it.
    Column("sure", LargeBinary),
    Column("possible", LargeBinary),
    in_district(),
    Index(None, "district", "day", "device"),
)


@dataclass(frozen=True, slots=True)
class AreaSight:
    """Cells of the ground, packed, in sight of a device between two instants: within V, V − 2σ and V + 2σ.

    These are less than an hour apart, but for a stay.
    """

    from_at: datetime
    to_at: datetime
    cells: bytes
    sure: bytes
    possible: bytes


@dataclass(frozen=True, slots=True, eq=False)
class CellsSeen:
    """Cells of the ground that were in sight in a period: within V, surely, and possibly.

    Surely is what was within V − 2σ and packed together with nothing beyond the period; possibly what was
    within V + 2σ and packed together with something of the period.
    """

    likely: Cells
    sure: Cells
    possible: Cells


def packed(cells: Cells) -> bytes:
    """Return cells as they are stored: row, first column and number of each run."""
    runs = np.empty(len(cells.row), dtype=_RUN)
    for name in _RUN.names or ():
        runs[name] = getattr(cells, name)
    return runs.tobytes()


class CoverageAreas(Store):
    """The ledger of ground of one district."""

    def within(self, from_day: date, to_day: date, from_at: datetime, to_at: datetime) -> CellsSeen:
        """Return the cells that were in sight in [from_at, to_at), which lies in the days [from_day, to_day).

        What is packed together belongs to its middle: to one of two periods that meet, and never to both.
        """
        parameters = {
            "district": self.district,
            "from_day": from_day,
            "to_day": to_day,
            "from_at": from_at,
            "to_at": to_at,
        }
        with translated(), self._driver().cursor(binary=True) as cursor:
            found = cursor.execute(read_sql("coverage_areas").encode(), parameters).fetchone()
        return CellsSeen(*(_unpacked(each) for each in found or (None,) * 3))


def _unpacked(packed: bytes | None) -> Cells:
    runs = np.frombuffer(packed or b"", dtype=_RUN)
    return Cells.of(runs["row"], runs["first"], runs["count"])
