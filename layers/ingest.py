"""Ingest: fixes into their monthly partitions, each once, at hundreds of thousands a second.

All writers of one device wait for one another, so what is found absent stays absent until the transaction
ends. Fixes are copied into a staging table and inserted from there, of a period of which something is stored
already only those that are not known.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import select

from geo.lattice import to_lattice
from layers.columns import pack, to_microseconds
from layers.errors import translated
from layers.fixes import FixTable, fix, instant, months_of
from layers.storage import Store, read_sql

Columns = dict[str, NDArray[Any]]

_KINDS = {
    "at": ">i8",
    "lon_e7": ">i4",
    "lat_e7": ">i4",
    "part": ">i4",
    "seq": ">i4",
    "accuracy_m": ">f4",
    "speed_ms": ">f4",
    "course": ">f4",
}


class Ingest(Store):
    """Stores fixes of one district."""

    def store(self, device: str, patrol: UUID, fixes: FixTable) -> int:
        """Store the fixes that are new to the device; return how many they are.

        Raises
        ------
        NotFinite, OutOfRange
            A position is not on the globe.
        OutsideArchive
            A time lies outside the years that are stored.
        """
        columns = _once(fixes)
        self._lock(f"fixes of {device}")
        self.ensure_months(fixes.t)
        if self._has_any(device, float(fixes.t.min()), float(fixes.t.max())):
            period = instant(float(fixes.t.min())), instant(float(fixes.t.max()))
            return self._add_absent(device, patrol, columns, period)
        self._add_all(device, patrol, columns)
        return len(columns["at"])

    def store_numbered(self, device: str, patrol: UUID, fixes: FixTable) -> None:
        """Store fixes that the device numbered, all of them: whoever asks knows that the numbers are new.

        Raises
        ------
        NotFinite, OutOfRange
            A position is not on the globe.
        OutsideArchive
            A time lies outside the years that are stored.
        """
        self._lock(f"fixes of {device}")
        self.ensure_months(fixes.t)
        self._add_all(device, patrol, _columns(fixes))

    @staticmethod
    def keys(fixes: FixTable) -> Columns:
        """Return what fixes are compared by: ``at`` in microseconds as PostgreSQL counts, and the lattice."""
        columns = _columns(fixes)
        return {name: columns[name] for name in ("at", "lon_e7", "lat_e7")}

    def ensure_months(self, t: NDArray[np.float64]) -> None:
        """Make the partitions of the months that times (seconds since 1970) fall in."""
        months = [date(year, month, 1) for year, month in months_of(t)]
        # The service may not change the schema itself: see layers/sql/row_security.sql.
        self._driver().execute("SELECT ensure_fix_months(%s::date[])", (months,))

    def _has_any(self, device: str, first: float, last: float) -> bool:
        statement = select(fix.c.device).where(
            fix.c.district == self.district,
            fix.c.device == device,
            fix.c.at.between(instant(first), instant(last)),
        )
        return self._first(statement.limit(1)) is not None

    def _add_all(self, device: str, patrol: UUID, columns: Columns) -> None:
        """Store fixes none of which is stored."""
        self._stage(columns)
        parameters = {"district": self.district, "device": device, "patrol": patrol}
        with translated(), self._driver().cursor() as cursor:
            cursor.execute(read_sql("fix_insert_all").encode(), parameters)

    def _add_absent(
        self, device: str, patrol: UUID, columns: Columns, period: tuple[datetime, datetime]
    ) -> int:
        """Store what is absent among fixes of a period of which some are stored; return how many."""
        self._stage(columns)
        with translated(), self._driver().cursor() as cursor:
            parameters = {"district": self.district, "device": device, "patrol": patrol}
            parameters |= {"first": period[0], "last": period[1]}
            return cursor.execute(read_sql("fix_insert").encode(), parameters).rowcount

    def _stage(self, columns: Columns) -> None:
        """Copy fixes to where they are inserted from: into a table with row security COPY is refused."""
        with translated(), self._driver().cursor() as cursor:
            cursor.execute(read_sql("fix_stage").encode())
            cursor.execute("TRUNCATE pg_temp.fix_stage")
            names = sql.SQL(", ").join(map(sql.Identifier, _KINDS))
            statement = sql.SQL("COPY pg_temp.fix_stage ({}) FROM STDIN (FORMAT BINARY)").format(names)
            with cursor.copy(statement) as copy:
                copy.write(pack(list(_KINDS.items()), columns))


def _once(fixes: FixTable) -> Columns:
    """Return the columns in the order of the primary key, each fix once: the first of the source."""
    columns = _columns(fixes)
    at, lon, lat = columns["at"], columns["lon_e7"], columns["lat_e7"]
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
