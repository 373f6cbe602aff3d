"""A table of points: every column as it came, with the points checked as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, InvalidRows

Format = Literal["csv", "arrow", "parquet", "gpkg"]
Floats = npt.NDArray[np.float64]

MOST_ROWS = 5_000_000
MOST_BYTES = 2 << 30
MOST_COLUMNS = 2_000
"""A column costs its reader a buffer of its own, however short it is."""
MOST_RATIO = 100
"""Coordinates hardly shrink; what unpacks to more than this many times its size is a bomb."""
_RATIO_FROM = 16 << 20
SHOWN_ROWS = 10

LON_NAMES = ("lon", "lng", "long", "longitude", "x", "经度")
LAT_NAMES = ("lat", "latitude", "y", "纬度")


@dataclass(frozen=True, slots=True, eq=False)
class PointTable:
    """A table with its points: ``lon``, ``lat`` (n,) in degrees of the declared datum, checked.

    ``answers`` are the columns that were added: what each answers, and the name it has in the table.
    """

    table: pa.Table
    lon: Floats
    lat: Floats
    geometry: str | None = None
    crs: str | None = None
    delimiter: str = ","
    answers: Mapping[str, str] = field(default_factory=dict)

    def with_columns(self, columns: dict[str, pa.Array]) -> "PointTable":
        """Return the table with answer columns at its end; a name that is taken gets a suffix."""
        table = self.table
        added = {}
        for name, values in columns.items():
            free = name
            while free in table.column_names:
                free += "_wardline"
            table = table.append_column(free, values)
            added[name] = free
        return replace(self, table=table, answers=added)

    def with_joined_lists(self) -> "PointTable":
        """Return the table with each list of texts or numbers as one text, for formats without lists."""
        table = self.table
        for position, one in enumerate(table.schema):
            if pa.types.is_list(one.type) and not pa.types.is_nested(one.type.value_type):
                texts = table.column(position).cast(pa.list_(pa.string()))
                table = table.set_column(position, one.name, pc.binary_join(texts, ";"))
        return replace(self, table=table)


def check(lon: Floats, lat: Floats, lon_name: str = "lon", lat_name: str = "lat") -> None:
    """Refuse a table with rows that are no points; the first ten are named by row and column.

    Raises
    ------
    InvalidRows
        A coordinate is missing, not a number or not on the globe.
    """
    bad: list[tuple[int, str, float]] = []
    for values, name, most in ((lon, lon_name, 180.0), (lat, lat_name, 90.0)):
        with np.errstate(invalid="ignore"):
            wrong = np.flatnonzero(~(np.abs(values) <= most))
        bad += [(int(row), name, float(values[row])) for row in wrong[:SHOWN_ROWS]]
    if not bad:
        return
    count = int((~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))).sum())
    shown = sorted(bad)[:SHOWN_ROWS]
    rows = [
        {"row": row + 1, "column": name, "value": None if not np.isfinite(value) else value}
        for row, name, value in shown
    ]
    raise InvalidRows(
        N_("{count} rows have no point on the globe; the first is row {row}, column {column}."),
        mend=N_("Correct or remove them and send the table again; nothing was done."),
        where={"row": rows[0]["row"], "column": rows[0]["column"]},
        extra={"rows": rows},
        count=count,
        row=rows[0]["row"],
        column=rows[0]["column"],
    )


def column(table: pa.Table, named: str | None, usual: tuple[str, ...], role: str) -> str:
    """Return the name of a coordinate's column: the named one, else the first usual name.

    Raises
    ------
    InvalidInput
        There is none, or it comes twice; the message lists the columns.
    """
    return column_of(list(table.column_names), usual, role, named)


def column_of(names: Sequence[str], usual: tuple[str, ...], role: str, named: str | None = None) -> str:
    """Return the name among some that is a coordinate's, as for ``column``.

    Raises
    ------
    InvalidInput
        There is none, or it comes twice; the message lists the columns.
    """
    found = [name for name in names if (name == named if named else name.strip().lower() in usual)]
    if len(found) == 1:
        return str(found[0])
    raise InvalidInput(
        N_("The table has no single column for {role} (looked for {wanted}); it has: {known}."),
        mend=N_("Name the columns with longitude and latitude."),
        where={"column": named or role},
        role=role,
        wanted=named or ", ".join(usual),
        known=", ".join(names[:30]),
    )


def require_rows(rows: int, size: int = 0, *, packed: int | None = None) -> None:
    """Refuse a table without rows, or with more rows or bytes than are taken at once.

    ``size`` is what its ``packed`` bytes unpack to.
    """
    if rows == 0:
        raise InvalidInput(N_("The table has no rows."), mend=N_("Send at least one point."))
    bomb = packed is not None and size > max(_RATIO_FROM, MOST_RATIO * packed)
    if rows > MOST_ROWS or size > MOST_BYTES or bomb:
        raise ContentTooLarge(
            N_("The table has {rows} rows and unpacks to {size} MB; {most} rows are taken at once."),
            mend=N_("Send it in parts, or use ./wardline locate on the file's parts."),
            where={"part": "body"},
            size=size >> 20,
            rows=rows,
            most=MOST_ROWS,
        )


def numbers(values: pa.ChunkedArray) -> Floats:
    """Return a column as doubles; what is missing or is no number becomes NaN and is named by the check."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        trimmed = pc.utf8_trim_whitespace(values)
        try:
            values = pc.cast(trimmed, pa.float64())
        except pa.ArrowInvalid:
            return np.array([_number(text) for text in trimmed.to_pylist()], dtype=np.float64)
    elif not (
        pa.types.is_floating(values.type)
        or pa.types.is_integer(values.type)
        or pa.types.is_decimal(values.type)
    ):
        return np.full(len(values), np.nan)
    return np.asarray(pc.fill_null(values.cast(pa.float64(), safe=False), np.nan), dtype=np.float64)


def _number(text: str | None) -> float:
    try:
        return float(text) if text and "_" not in text else float("nan")
    except ValueError:
        return float("nan")
