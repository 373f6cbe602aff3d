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
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from geo.lattice import to_lattice
from layers.columns import pack, to_microseconds
from layers.errors import translated
from layers.fixes import FixCounts, FixTable, fix, instant, late_fix, months_of
from layers.record_tables import fix_horizon
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


def kept_from(session: Session, district: str) -> datetime | None:
    """Return the instant from which on a district keeps positions, None where nobody said so yet."""
    query = select(fix_horizon.c.before).where(fix_horizon.c.district == district)
    return session.execute(query).scalar()


class Ingest(Store):
    """Stores fixes of one district."""

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
            period = instant(float(part.t.min())), instant(float(part.t.max()))
            columns = _once(part)
            if self._has_any(table, device, period):
                added = self._add_absent(table, device, patrol, columns, period)
            else:
                self._add_all(table, device, patrol, columns)
                added = len(columns["at"])
            created += added
            late += 0 if table is fix else added
        return FixCounts(created, len(fixes) - created, late)

    def store_numbered(self, device: str, patrol: UUID, fixes: FixTable) -> None:
        """Store fixes that the device numbered, all of them: whoever asks knows that the numbers are new.

        Those whose days are over wait apart, as in :meth:`store`.

        Raises
        ------
        NotFinite, OutOfRange
            A position is not on the globe.
        OutsideArchive
            A time lies outside the years that are stored.
        """
        self._lock(f"fixes of {device}")
        for table, part in self._by_age(fixes):
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
        months = [date(year, month, 1) for year, month in months_of(t)]
        # The service may not change the schema itself: see layers/sql/row_security.sql.
        self._driver().execute("SELECT ensure_fix_months(%s::date[])", (months,))

    def _by_age(self, fixes: FixTable) -> list[tuple[Table, FixTable]]:
        """Return the fixes that are kept and those whose days are over, with the table that each go into."""
        months_of(fixes.t)  # both refuse the same times
        before = kept_from(self._session, self.district)
        if before is None:
            return [(fix, fixes)]
        late = fixes.t < before.timestamp()
        parts = [(fix, fixes.take(~late)), (late_fix, fixes.take(late))]
        return [(table, part) for table, part in parts if len(part)]

    def _has_any(self, table: Table, device: str, period: tuple[datetime, datetime]) -> bool:
        statement = select(table.c.device).where(
            table.c.district == self.district, table.c.device == device, table.c.at.between(*period)
        )
        return self._first(statement.limit(1)) is not None

    def _add_all(self, table: Table, device: str, patrol: UUID, columns: Columns) -> None:
        """Store fixes none of which is stored."""
        self._stage(columns)
        parameters = {"district": self.district, "device": device, "patrol": patrol}
        with translated(), self._driver().cursor() as cursor:
            cursor.execute(read_sql("fix_insert_all").format(table=table.name).encode(), parameters)

    def _add_absent(
        self, table: Table, device: str, patrol: UUID, columns: Columns, period: tuple[datetime, datetime]
    ) -> int:
        """Store what is absent among fixes of a period of which some are stored; return how many."""
        self._stage(columns)
        with translated(), self._driver().cursor() as cursor:
            parameters = {"district": self.district, "device": device, "patrol": patrol}
            parameters |= {"first": period[0], "last": period[1]}
            statement = read_sql("fix_insert").format(table=table.name)
            return cursor.execute(statement.encode(), parameters).rowcount

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
