"""What all stores share: one session, one district, translated refusals and bulk writes by COPY."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import psycopg
from geoalchemy2 import Geometry, WKBElement
from numpy.typing import NDArray
from psycopg import sql
from psycopg.types.json import Jsonb
from psycopg.types.range import Range as PsycopgRange
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    CursorResult,
    Date,
    DateTime,
    Double,
    Executable,
    Integer,
    LargeBinary,
    Row,
    Select,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, REAL, TSTZRANGE, Range, insert
from sqlalchemy.orm import Session

from layers.columns import Fields, unpack
from layers.errors import translated
from layers.paging import Page, checked_limit, decode_cursor, encode_cursor

T = TypeVar("T")

SQL_FOLDER = Path(__file__).parent / "sql"

# The wire type of each column type. PostGIS reads EWKB from the bytes as they are, so a geometry is
# announced as bytea.
_WIRE_TYPES: tuple[tuple[type[Any], str], ...] = (
    (Uuid, "uuid"),
    (Geometry, "bytea"),
    (LargeBinary, "bytea"),
    (JSONB, "jsonb"),
    (DATERANGE, "daterange"),
    (TSTZRANGE, "tstzrange"),
    (BigInteger, "int8"),
    (SmallInteger, "int2"),
    (Integer, "int4"),
    (Boolean, "bool"),
    (DateTime, "timestamptz"),
    (Date, "date"),
    (REAL, "float4"),
    (Double, "float8"),
    (Text, "text"),
)


_STAGE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS {stage} (LIKE {target}) ON COMMIT DROP",
    "TRUNCATE pg_temp.{stage}",
)

_PLAN_ONCE = b"SET LOCAL plan_cache_mode = auto"
_PLAN_EACH = b"SET LOCAL plan_cache_mode = force_custom_plan"

# From here on COPY is faster than statements in a pipeline.
COPY_FROM = 100


def wire_type(column: Column[Any]) -> str:
    """Return the PostgreSQL type name that COPY sends for a column."""
    return next(name for kind, name in _WIRE_TYPES if isinstance(column.type, kind))


def _wire_value(value: Any) -> Any:
    """Return a value as COPY sends it, from the value a statement binds."""
    if isinstance(value, WKBElement):
        return bytes(value.data)
    if isinstance(value, Range):
        return PsycopgRange(value.lower, value.upper, value.bounds)
    return Jsonb(value) if isinstance(value, dict) else value


class Store:
    """A store bound to one session and one district.

    Every statement of a store says ``WHERE district = …`` itself, so a distributed engine can send it to
    the one shard that holds the district. ``roots`` are the units below which the caller may see things, None
    where it is the whole district; the stores of things that lie in units show no others.
    """

    def __init__(self, session: Session, district: str, roots: tuple[UUID, ...] | None = None) -> None:
        self._session = session
        self.district = district
        self.roots = roots

    def _all(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
        with translated():
            return self._session.execute(statement, parameters or {}).all()

    def _first(self, statement: Executable, parameters: dict[str, Any] | None = None) -> Row[Any] | None:
        with translated():
            return self._session.execute(statement, parameters or {}).first()

    def _asked(self, query: str, parameters: dict[str, Any]) -> list[Any]:
        """Return the rows of a stored query: to build one anew takes longer than to ask it."""
        with translated():
            return self._driver().execute(_stored(query, None), parameters).fetchall()

    def _ask(self, query: str, parameters: dict[str, Any]) -> psycopg.Cursor[Any]:
        """Ask a stored query whose rows are to be fetched later, where statements are :meth:`_pipelined`."""
        with translated():
            return self._driver().execute(_stored(query, None), parameters)

    def _done(self, query: str, parameters: dict[str, Any], table: Table | None = None) -> None:
        """Execute a stored statement in the same way; ``table`` takes the place of ``{table}`` in it."""
        with translated():
            self._driver().execute(_stored(query, table), parameters)

    @contextmanager
    def _pipelined(self) -> Iterator[None]:
        """Send stored statements without waiting for those that answer nothing, until the block ends.

        Each still sees what those before it did. Neither COPY nor SQLAlchemy's statements work within.
        """
        with translated(), self._driver().pipeline(), self._planned_once():
            yield

    @contextmanager
    def _planned_once(self) -> Iterator[None]:
        """Keep the plans of statements in a block that write rows by their keys.

        Such a plan is always the same, and so are those of the foreign keys, which would take longer to plan
        for each row than the row itself.
        """
        self._driver().execute(_PLAN_ONCE)
        yield
        self._driver().execute(_PLAN_EACH)

    def _page(
        self,
        statement: Select[Any],
        key: ColumnElement[UUID],
        read: Callable[[Row[Any]], T],
        limit: int,
        cursor: str | None,
        *,
        newest_first: bool = False,
    ) -> Page[T]:
        """Return a page of what a statement selects, by the ids in ``key``, each row made a value."""
        last = decode_cursor(cursor)
        if last is not None:
            statement = statement.where(key < last if newest_first else key > last)
        order = key.desc() if newest_first else key
        asked = statement.add_columns(key.label("page_key")).order_by(order)
        rows = self._all(asked.limit(checked_limit(limit) + 1))
        more = encode_cursor(rows[limit - 1].page_key) if len(rows) > limit else None
        return Page(tuple(read(row) for row in rows[:limit]), more)

    def _write(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        with translated():
            return cast("CursorResult[Any]", self._session.execute(statement, parameters))

    def _insert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows that all have the same columns, many of them by COPY; the district is added."""
        if not rows:
            return
        if len(rows) < COPY_FROM:
            self._write(table.insert(), [{"district": self.district, **row} for row in rows])
            return
        columns = list(rows[0])
        self._copy(table, columns, ([_wire_value(row[name]) for name in columns] for row in rows))

    def _insert_new(
        self, table: Table, rows: Sequence[dict[str, Any]], unique: Sequence[str], told: str = "id"
    ) -> frozenset[Any]:
        """Insert rows but for those whose ``unique`` columns another row has.

        Return what column ``told`` holds of the new ones, the id unless another is named.
        """
        if not rows:
            return frozenset()
        if len(rows) < COPY_FROM:
            statement = insert(table).on_conflict_do_nothing(index_elements=unique).returning(table.c[told])
            done = self._write(statement, [{"district": self.district, **row} for row in rows])
            return frozenset(done.scalars())
        columns = list(rows[0])
        values = ([self.district, *(_wire_value(row[name]) for name in columns)] for row in rows)
        with translated(), self._driver().cursor() as cursor:
            self._stage_rows(cursor, table, ("district", *columns), values)
            end = sql.SQL(" ON CONFLICT ({}) DO NOTHING RETURNING {}")
            statement_end = end.format(sql.SQL(", ").join(map(sql.Identifier, unique)), sql.Identifier(told))
            with self._planned_once():
                cursor.execute(_unstage(table, ("district", *columns)) + statement_end)
            return frozenset(row[0] for row in cursor)

    def _update_staged(
        self,
        table: Table,
        rows: Sequence[dict[str, Any]],
        *,
        same: Sequence[str],
        keep: Sequence[str],
        counted: str,
    ) -> frozenset[UUID]:
        """Update rows that have the values of ``same``; return the ids of those that were there.

        Rows are whole, as for an insert, since they go by way of a temporary table like the other. What is in
        ``keep`` stays as it is, but for ``counted``, which goes up by one.
        """
        if not rows:
            return frozenset()
        columns = list(rows[0])
        values = ([self.district, *(_wire_value(row[name]) for name in columns)] for row in rows)
        target, stage = sql.Identifier(table.name), sql.Identifier(f"{table.name}_stage")
        given = [
            sql.SQL("{0} = new.{0}").format(sql.Identifier(name)) for name in columns if name not in keep
        ]
        given.append(sql.SQL("{0} = old.{0} + 1").format(sql.Identifier(counted)))
        met = [sql.SQL("old.{0} = new.{0}").format(sql.Identifier(name)) for name in same]
        statement = sql.SQL(
            "UPDATE {} AS old SET {} FROM pg_temp.{} AS new WHERE old.district = {} AND {} RETURNING old.id"
        ).format(
            target, sql.SQL(", ").join(given), stage, sql.Literal(self.district), sql.SQL(" AND ").join(met)
        )
        with translated(), self._driver().cursor() as cursor:
            self._stage_rows(cursor, table, ("district", *columns), values)
            cursor.execute(statement)
            return frozenset(row[0] for row in cursor)

    def _driver(self) -> psycopg.Connection[Any]:
        connection = self._session.connection().connection.driver_connection
        return cast("psycopg.Connection[Any]", connection)

    def _copy(self, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows, many of them by binary COPY; ``columns`` without district, which is added to each.

        Values are Python's own, JSON as ``psycopg.types.json.Jsonb``, ranges as psycopg's, and geometries
        as EWKB bytes. PostgreSQL refuses COPY into a table with row security, so they go by way of a
        temporary one, and the policies judge them there.
        """
        names = ("district", *columns)
        every = [(self.district, *row) for row in rows]
        if not every:
            return
        with translated(), self._driver().cursor() as cursor:
            if len(every) < COPY_FROM:
                cursor.executemany(_row_of(table, names), every)
                return
            self._stage_rows(cursor, table, names, every)
            with self._planned_once():
                cursor.execute(_unstage(table, names))

    def _stage_rows(
        self,
        cursor: psycopg.Cursor[Any],
        table: Table,
        names: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Copy rows into a temporary table like another, emptied before."""
        target, stage = sql.Identifier(table.name), sql.Identifier(f"{table.name}_stage")
        for statement in _STAGE:
            cursor.execute(sql.SQL(statement).format(stage=stage, target=target))
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        copied = sql.SQL("COPY pg_temp.{} ({}) FROM STDIN (FORMAT BINARY)").format(stage, columns)
        with cursor.copy(copied) as copy:
            copy.set_types([wire_type(table.c[name]) for name in names])
            for row in rows:
                copy.write_row(row)

    def _arrays(self, query: str, parameters: dict[str, Any], fields: Fields) -> dict[str, NDArray[Any]]:
        """Return the one row of a stored query, whose columns are arrays of fixed-width values."""
        return self._arrays_and_text(query, parameters, fields)[0]

    def _arrays_and_text(
        self, query: str, parameters: dict[str, Any], fields: Fields
    ) -> tuple[dict[str, NDArray[Any]], str | None]:
        """Return the one row of a stored query like :meth:`_arrays`, and the text that may follow them."""
        with translated(), self._driver().cursor(binary=True) as cursor:
            result = cursor.execute(read_sql(query).encode(), parameters).pgresult
            if result is None or result.nfields not in {len(fields), len(fields) + 1}:
                raise ValueError(f"{query} does not answer {len(fields)} columns")
            arrays = {
                name: unpack(kind, result.get_value(0, place)) for place, (name, kind) in enumerate(fields)
            }
            told = result.get_value(0, len(fields)) if result.nfields > len(fields) else None
            return arrays, None if told is None else told.decode()

    def _binary(self, query: str, parameters: dict[str, Any]) -> list[tuple[bytes | None, ...]]:
        """Return the rows of a stored query as PostgreSQL sends them in its binary format."""
        with translated(), self._driver().cursor(binary=True) as cursor:
            result = cursor.execute(read_sql(query).encode(), parameters).pgresult
            if result is None:
                raise ValueError(f"{query} answers no rows")
            places = range(result.nfields)
            return [tuple(result.get_value(row, place) for place in places) for row in range(result.ntuples)]

    def _lock(self, subject: str) -> None:
        """Hold, until the transaction ends, the lock of one subject of this district."""
        subject = f"{subject}:{self.district}"
        self._done("lock", {"subject": subject})


def _into(table: Table, names: Sequence[str]) -> sql.Composed:
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    return sql.SQL("INSERT INTO {} ({})").format(sql.Identifier(table.name), columns)


@cache
def _row_of(table: Table, names: tuple[str, ...]) -> bytes:
    """Return the statement that inserts a row."""
    values = sql.SQL(", ").join([sql.Placeholder()] * len(names))
    return (_into(table, names) + sql.SQL(" VALUES ({})").format(values)).as_bytes()


def _unstage(table: Table, names: Sequence[str]) -> sql.Composed:
    """Return the statement that inserts what was staged of a table."""
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    stage = sql.Identifier(f"{table.name}_stage")
    return _into(table, names) + sql.SQL(" SELECT {} FROM pg_temp.{}").format(columns, stage)


@cache
def read_sql(name: str) -> str:
    """Return the text of ``layers/sql/<name>.sql``."""
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def _stored(query: str, table: Table | None) -> bytes:
    """Return a stored query as the driver takes it."""
    found = read_sql(query)
    return (found if table is None else found.format(table=table.name)).encode()
