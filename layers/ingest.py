"""Ingest: fixes into blocks of their months, each once, at hundreds of thousands a second.

All writers of one device wait for one another, so what is found absent stays absent until the transaction
ends. What of a file is stored already is found by comparing whole columns.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from layers.columns import accept_packed, pack, stored_instant
from layers.errors import translated
from layers.fix_blocks import KEY, KINDS, SMALL, Columns, absent, by_key, columns_of, cut, once, unpacked
from layers.fixes import FixCounts, FixTable, fix_block, months_of
from layers.storage import Store, read_sql

_APART_US = 6 * 3_600 * 1_000_000
"""Blocks between fixes so far from one another, as one of a wrong year is from a walk, are not read."""


class Ingest(Store):
    """Stores fixes of one district."""

    def kept_from(self) -> datetime | None:
        """Return the instant from which on the district keeps positions, None where nobody said so yet."""
        rows = self._asked("fix_horizon", {"district": self.district})
        return rows[0][0] if rows else None

    def store(self, device: str, patrol: UUID, fixes: FixTable) -> FixCounts:
        """Store the fixes that are new to the device; return how many they are.

        Those whose days are over wait apart, see :data:`layers.fixes.late_fix`.

        Raises
        ------
        NotFinite, OutOfRange
            A position is not on the globe.
        OutsideArchive
            A time lies outside the years that are stored.
        """
        self._lock(f"fixes of {device}")
        months_of(fixes.t)  # of both parts the same times are refused
        before = self.kept_from()
        is_late = np.zeros(len(fixes), dtype=bool) if before is None else fixes.t < before.timestamp()
        kept = self._new(device, fixes.take(~is_late), "fix_known")
        late = self._new(device, fixes.take(is_late), "late_fix_known")
        self._add(device, patrol, kept, late)
        created = len(kept["at"]) + len(late["at"])
        return FixCounts(created, len(fixes) - created, len(late["at"]))

    def store_numbered(self, device: str, patrol: UUID, fixes: FixTable, late: NDArray[np.bool_]) -> None:
        """Store fixes that the device numbered, all of them: whoever marks numbers knows that they are new.

        Those whose days are over, which are ``late``, wait apart, as in :meth:`store`.

        Raises
        ------
        NotFinite, OutOfRange
            A position is not on the globe.
        OutsideArchive
            A time lies outside the years that are stored.
        """
        months_of(fixes.t)  # of both parts the same times are refused
        kept, waiting = (columns_of(fixes.take(chosen)) for chosen in (~late, late))
        self._add(device, patrol, by_key(kept), waiting)

    def ensure_months(self, t: NDArray[np.float64]) -> None:
        """Make the partitions of the months that times (seconds since 1970) fall in."""
        self._make_months(months_of(t))

    def _make_months(self, months: Collection[tuple[int, int]]) -> None:
        # To look for tables by name is six times as fast as to look whether a district's are in several.
        tables = [f"{fix_block.name}_{year}_{month:02}" for year, month in months]
        # The service may not change the schema itself: see layers/sql/row_security.sql.
        self._done("fix_months", {"tables": tables, "days": [date(*one, 1) for one in months]})

    def _new(self, device: str, fixes: FixTable, known: str) -> Columns:
        """Return the columns of those fixes, each once, that a query does not know of the device."""
        columns = once(columns_of(fixes))
        if len(fixes) == 0:
            return columns
        begins, ends = _spans(columns["at"])
        asked = {"device": device, "first": begins[0], "last": ends[-1], "begins": begins, "ends": ends}
        return absent(columns, unpacked(KEY, self._binary(known, {"district": self.district, **asked})))

    def _add(self, device: str, patrol: UUID, kept: Columns, late: Columns) -> None:
        """Store fixes by time, none of which is stored, and those that came when their days were over."""
        owner = {"district": self.district, "device": device, "patrol": patrol}
        if len(kept["at"]):
            blocks = list(cut(kept))
            self._make_months({(one["first_at"].year, one["first_at"].month) for one in blocks})
            self._packed("fix_block_add", [{**owner, **one} for one in blocks])
            if len(kept["at"]) < SMALL:
                self._done("fix_block_merge", {**owner, "small": SMALL})
        if len(late["at"]):
            row = {name: pack(kind, late[name]) for name, kind in KINDS.items()}
            self._packed("late_fix_add", [{**owner, **row}])

    def _packed(self, query: str, rows: list[dict[str, Any]]) -> None:
        """Execute a stored statement for each of some rows of packed columns.

        COPY is refused into a table with row security.
        """
        with translated(), self._driver().cursor() as cursor:
            accept_packed(cursor)
            cursor.executemany(read_sql(query).encode(), rows)


def _spans(at: NDArray[np.int64]) -> tuple[list[datetime], list[datetime]]:
    """Return the begins and ends of the spans that times, in order, lie in without long gaps."""
    cuts = np.flatnonzero(np.diff(at) > _APART_US)
    begins, ends = at[np.r_[0, cuts + 1]].tolist(), at[np.r_[cuts, -1]].tolist()
    return list(map(stored_instant, begins)), list(map(stored_instant, ends))
