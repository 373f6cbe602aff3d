"""Ingest: fixes into their monthly partitions, each once, at hundreds of thousands a second.

All writers of one device wait for one another, so what is found absent stays absent until the transaction
ends. Fixes are sent as one array a column and inserted from there, of a period of which something is stored
already only those that are not known.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table

from geo.lattice import to_lattice
from layers.columns import accept_packed, pack, span, to_microseconds
from layers.errors import translated
from layers.fixes import FixCounts, FixTable, fix, late_fix, months_of
from layers.storage import Store, read_sql

Columns = dict[str, NDArray[Any]]

_KINDS = {
    "at": "timestamptz",
    "lon_e7": "int4",
    "lat_e7": "int4",
    "part": "int4",
    "seq": "int4",
    "accuracy_m": "float4",
    "speed_ms": "float4",
    "course": "float4",
}


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
        created, late = 0, 0
        for table, part in self._by_age(fixes):
            if table is fix:
                self.ensure_months(part.t)
            period = span(part.t)
            columns = _once(part)
            if self._has_any(table, device, period):
                added = self._add_absent(table, device, patrol, columns, period)
            else:
                self._add_all(table, device, patrol, columns)
                added = len(columns["at"])
            created += added
            late += 0 if table is fix else added
        return FixCounts(created, len(fixes) - created, late)

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
        months_of(fixes.t)  # of both the same times are refused
        for table, part in _apart(fixes, late):
            if table is fix:
                self.ensure_months(part.t)
            self._add_all(table, device, patrol, _columns(part))

    @staticmethod
    def keys(fixes: FixTable) -> Columns:
        """Return what fixes are compared by: ``at`` in microseconds as PostgreSQL counts, and the lattice."""
        columns = _columns(fixes)
        return {name: columns[name] for name in ("at", "lon_e7", "lat_e7")}

    def ensure_months(self, t: NDArray[np.float64]) -> None:
        """Make the partitions of the months that times (seconds since 1970) fall in."""
        months = months_of(t)
        # To look for tables by name is six times as fast as to look whether a district's are in several.
        tables = [f"{fix.name}_{year}_{month:02}" for year, month in months]
        if not self._asked("fix_months", {"tables": tables})[0][0]:
            days = [date(year, month, 1) for year, month in months]
            # The service may not change the schema itself: see layers/sql/row_security.sql.
            self._driver().execute("SELECT ensure_fix_months(%s::date[])", (days,))

    def _by_age(self, fixes: FixTable) -> list[tuple[Table, FixTable]]:
        """Return the fixes that are kept and those whose days are over, with the table that each go into."""
        months_of(fixes.t)  # both refuse the same times
        before = self.kept_from()
        if before is None:
            return [(fix, fixes)]
        return _apart(fixes, fixes.t < before.timestamp())

    def _has_any(self, table: Table, device: str, period: tuple[datetime, datetime]) -> bool:
        asked = {"district": self.district, "device": device, "first": period[0], "last": period[1]}
        return bool(self._asked("fix_any", asked, table))

    def _add_all(self, table: Table, device: str, patrol: UUID, columns: Columns) -> None:
        """Store fixes none of which is stored."""
        self._add("fix_insert_all", table, columns, {"device": device, "patrol": patrol})

    def _add_absent(
        self, table: Table, device: str, patrol: UUID, columns: Columns, period: tuple[datetime, datetime]
    ) -> int:
        """Store what is absent among fixes of a period of which some are stored; return how many."""
        known = {"device": device, "patrol": patrol, "first": period[0], "last": period[1]}
        return self._add("fix_insert", table, columns, known)

    def _add(self, query: str, table: Table, columns: Columns, known: dict[str, Any]) -> int:
        """Store fixes by a query; return how many. COPY is refused into a table with row security."""
        packed = {name: pack(kind, columns[name]) for name, kind in _KINDS.items()}
        with translated(), self._driver().cursor() as cursor:
            accept_packed(cursor)
            statement = read_sql(query).format(table=table.name).encode()
            return cursor.execute(statement, {"district": self.district, **known, **packed}).rowcount


def _apart(fixes: FixTable, late: NDArray[np.bool_]) -> list[tuple[Table, FixTable]]:
    """Return the fixes that are kept and those that are ``late``, with the table that each go into."""
    if not late.any():
        return [(fix, fixes)]
    parts = [(fix, fixes.take(~late)), (late_fix, fixes.take(late))]
    return [(table, part) for table, part in parts if len(part)]


def _once(fixes: FixTable) -> Columns:
    """Return the columns in the order of the primary key, each fix once: the first of the source."""
    columns = _columns(fixes)
    at, lon, lat = columns["at"], columns["lon_e7"], columns["lat_e7"]
    if (np.diff(at) > 0.0).all():  # as a device records them
        return columns
    order = np.lexsort((lat, lon, at))
    key = np.column_stack((at[order], lon[order], lat[order]))
    order = order[np.r_[True, (key[1:] != key[:-1]).any(axis=1)]]
    return {name: column[order] for name, column in columns.items()}


def _columns(fixes: FixTable) -> Columns:
    lattice = to_lattice(np.column_stack((fixes.lon, fixes.lat)))
    return {
        "at": to_microseconds(fixes.t),
        "lon_e7": lattice[:, 0],
        "lat_e7": lattice[:, 1],
        "part": fixes.part,
        "seq": fixes.seq,
        "accuracy_m": fixes.accuracy_m,
        "speed_ms": fixes.speed_ms,
        "course": fixes.course,
    }
