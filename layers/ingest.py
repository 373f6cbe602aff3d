"""Ingest: fixes into their monthly partitions, each once, at hundreds of thousands a second.

All writers of one device wait for one another, so what is found absent stays absent until the transaction
ends. A period of which nothing is stored yet, the common case, is copied straight into its months; any
other goes by way of a staging table that leaves out what is known.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import select

from geo.lattice import to_lattice
from layers.columns import pack, to_microseconds
from layers.errors import translated
from layers.fixes import FixTable, fix, instant, month_bounds, months_of
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
_OPTIONAL = ("accuracy_m", "speed_ms", "course")


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
        """Make the partitions of the months that times (seconds since 1970) fall in.

        Safe beside others: a lock orders those who make months, and a month is made apart and then
        attached, which leaves readers and writers of the other months at work.
        """
        months = months_of(t)
        connection = self._driver()
        parents = [row[0] for row in connection.execute(read_sql("fix_parents").encode())]
        wanted = {
            f"{parent}_{year}_{month:02}": (parent, month_bounds(year, month))
            for parent in parents
            for year, month in months
        }
        if not self._absent(list(wanted)):
            return
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('fix months', 0))")
        for name in self._absent(list(wanted)):
            parent, (first, after) = wanted[name]
            connection.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(
                    sql.Identifier(name), sql.Identifier(parent)
                )
            )
            connection.execute(
                sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
                    sql.Identifier(parent), sql.Identifier(name), first.isoformat(), after.isoformat()
                )
            )

    def _absent(self, names: list[str]) -> list[str]:
        cursor = self._driver().execute(
            "SELECT name FROM unnest(%s::text[]) AS wanted (name) WHERE to_regclass(name) IS NULL", (names,)
        )
        return [row[0] for row in cursor]

    def _has_any(self, device: str, first: float, last: float) -> bool:
        statement = select(fix.c.device).where(
            fix.c.district == self.district,
            fix.c.device == device,
            fix.c.at.between(instant(first), instant(last)),
        )
        return self._first(statement.limit(1)) is not None

    def _add_all(self, device: str, patrol: UUID, columns: Columns) -> None:
        """Copy fixes none of which is stored; those that leave out the same values go together."""
        unknown = np.column_stack([np.isnan(columns[name]) for name in _OPTIONAL]) @ (1, 2, 4)
        same = {"district": self.district.encode(), "device": device.encode(), "patrol": patrol.bytes}
        for pattern in np.unique(unknown):
            rows = unknown == pattern
            left_out = {name for bit, name in enumerate(_OPTIONAL) if pattern >> bit & 1}
            fields = [(name, f"V{len(value)}") for name, value in same.items()]
            fields += [(name, kind) for name, kind in _KINDS.items() if name not in left_out]
            count = int(rows.sum())
            packed = pack(
                fields,
                {name: np.full(count, np.void(value)) for name, value in same.items()}
                | {name: column[rows] for name, column in columns.items()},
            )
            self._copy_packed("fix", [name for name, _ in fields], packed)

    def _add_absent(
        self, device: str, patrol: UUID, columns: Columns, period: tuple[datetime, datetime]
    ) -> int:
        """Store what is absent among fixes of a period of which some are stored; return how many."""
        with translated(), self._driver().cursor() as cursor:
            cursor.execute(read_sql("fix_stage").encode())
            cursor.execute("TRUNCATE fix_stage")
        self._copy_packed("fix_stage", list(_KINDS), pack(list(_KINDS.items()), columns))
        with translated(), self._driver().cursor() as cursor:
            parameters = {"district": self.district, "device": device, "patrol": patrol}
            parameters |= {"first": period[0], "last": period[1]}
            return cursor.execute(read_sql("fix_insert").encode(), parameters).rowcount

    def _copy_packed(self, table: str, names: list[str], packed: bytes) -> None:
        statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
        )
        with translated(), self._driver().cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(packed)


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
