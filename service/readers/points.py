"""Tables of points: CSV, Arrow, Parquet, GeoParquet and GeoPackage in, the same with answers out.

A table keeps every column it came with. Its points are checked as a whole: the first ten bad rows are named
by row (the first data row is 1) and column, and nothing of the table is done.
"""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pyogrio
import shapely
from pyproj import CRS

from geo.crs import STORAGE_CRS, transformer
from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, InvalidRows, MalformedBody, UnsupportedFormat

Format = Literal["csv", "arrow", "parquet", "gpkg"]
Floats = npt.NDArray[np.float64]

MOST_ROWS = 5_000_000
MOST_BYTES = 2 << 30
SHOWN_ROWS = 10

_LON_NAMES = ("lon", "lng", "long", "longitude", "x", "经度")
_LAT_NAMES = ("lat", "latitude", "y", "纬度")
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".gpkg": "gpkg",
}
# A spreadsheet runs a cell that begins with one of these; an apostrophe in front makes it text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, eq=False)
class PointTable:
    """A table with its points: ``lon``, ``lat`` (n,) in degrees of the declared datum, checked."""

    table: pa.Table
    lon: Floats
    lat: Floats
    geometry: str | None = None
    crs: str | None = None
    delimiter: str = ","
    answers: tuple[str, ...] = ()

    def with_columns(self, columns: dict[str, pa.Array]) -> "PointTable":
        """Return the table with answer columns at its end; a name that is taken gets a suffix."""
        table = self.table
        added = []
        for name, values in columns.items():
            free = name
            while free in table.column_names:
                free += "_wardline"
            table = table.append_column(free, values)
            added.append(free)
        return replace(self, table=table, answers=tuple(added))


def format_of(path: Path) -> Format:
    """Return the format of a file by its suffix.

    Raises
    ------
    UnsupportedFormat
        The suffix is not one of a table of points.
    """
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise UnsupportedFormat(
            N_("“{file}” is not a table of points."),
            mend=N_("Use one of {known}."),
            where={"file": str(path)},
            file=path.name,
            known=", ".join(_SUFFIXES),
        )
    return found


def read_file(path: Path, lon: str | None = None, lat: str | None = None) -> PointTable:
    """Read a table of points from a file.

    Raises
    ------
    UnsupportedFormat, MalformedBody, InvalidInput, InvalidRows, ContentTooLarge
        See :func:`read`; a missing file is ``InvalidInput``.
    """
    kind = format_of(path)
    if not path.is_file():
        raise InvalidInput(
            N_("There is no file {file}."),
            mend=N_("Check the path."),
            where={"file": str(path)},
            file=path,
        )
    if kind == "gpkg":
        return _read_geopackage(path, lon, lat)
    return read(path.read_bytes(), kind, lon, lat)


def read(data: bytes, kind: Format, lon: str | None = None, lat: str | None = None) -> PointTable:
    """Read a table of points from bytes; ``lon`` and ``lat`` name the columns where they are not usual.

    Raises
    ------
    MalformedBody
        The bytes are not of that format.
    InvalidInput
        There is no such column, or the table is empty.
    InvalidRows
        Rows without a finite point on the globe; the first ten are named.
    ContentTooLarge
        More than five million rows.
    """
    delimiter = ","
    try:
        if kind == "csv":
            delimiter = _delimiter(data)
            table = _read_csv(data, delimiter)
        elif kind == "arrow":
            table = _read_arrow(data)
        elif kind == "parquet":
            table = _read_parquet(data)
        else:
            raise UnsupportedFormat(N_("{format} is read from files only."), format=kind)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MalformedBody(
            N_("The table cannot be read as {format}: {reason}."),
            mend=N_("Send it in UTF-8, and in the format that its content type or suffix says."),
            format=kind,
            reason=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
        ) from error
    _require_rows(table.num_rows)
    geometry = _geometry_of(table)
    if geometry is not None and lon is None and lat is None:
        name, crs = geometry
        x, y = _from_wkb(table.column(name), name, crs)
        return PointTable(table, x, y, name, crs, delimiter)
    lon_name, lat_name = column(table, lon, _LON_NAMES, "lon"), column(table, lat, _LAT_NAMES, "lat")
    x, y = _numbers(table.column(lon_name)), _numbers(table.column(lat_name))
    check(x, y, lon_name, lat_name)
    return PointTable(table, x, y, delimiter=delimiter)


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
    names = list(table.column_names)
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


def write(table: PointTable, kind: Format) -> bytes:
    """Return a table in the bytes of a format."""
    sink = io.BytesIO()
    if kind == "csv":
        options = pa.csv.WriteOptions(delimiter=table.delimiter, quoting_style="needed")
        pa.csv.write_csv(_inert_answers(table), sink, options)
    elif kind == "arrow":
        with pa.ipc.new_stream(sink, table.table.schema) as stream:
            stream.write_table(table.table)
    elif kind == "parquet":
        pa.parquet.write_table(table.table, sink, compression="zstd")
    else:
        raise UnsupportedFormat(N_("{format} is written to files only."), format=kind)
    return sink.getvalue()


def write_file(table: PointTable, path: Path) -> None:
    """Write a table to a file in the format of its suffix; the file appears whole or not at all."""
    kind = format_of(path)
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        if kind == "gpkg":
            _write_geopackage(table, temporary, path.stem)
        else:
            temporary.write_bytes(write(table, kind))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _inert_answers(table: PointTable) -> pa.Table:
    """Return the table with our own texts made inert; the sender's columns stay as they were sent."""
    written = table.table
    for name in table.answers:
        position = written.column_names.index(name)
        values = written.column(position)
        if pa.types.is_string(values.type):
            risky = pc.match_substring_regex(values, r"^[=+\-@\t\r]")
            marked = pc.binary_join_element_wise("", "'", values, "")
            written = written.set_column(position, name, pc.if_else(risky, marked, values))
    return written


def inert(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _require_rows(rows: int, size: int = 0) -> None:
    if rows == 0:
        raise InvalidInput(N_("The table has no rows."), mend=N_("Send at least one point."))
    if rows > MOST_ROWS or size > MOST_BYTES:
        raise ContentTooLarge(
            N_("The table has {rows} rows; {most} are taken at once."),
            mend=N_("Send it in parts, or use ./wardline locate on the file's parts."),
            rows=rows,
            most=MOST_ROWS,
        )


def _delimiter(data: bytes) -> str:
    """Return the delimiter of a CSV by its header: the most frequent of comma, semicolon and tab."""
    header = data[:65536].splitlines()[0] if data.strip() else b""
    return max((",", ";", "\t"), key=lambda one: header.count(one.encode()))


def _read_csv(data: bytes, delimiter: str) -> pa.Table:
    # Everything is kept as text, so that the columns come back exactly as they were sent.
    if not data.strip():
        raise InvalidInput(N_("The table is empty."), mend=N_("Send a header and at least one row."))
    first = pa.csv.open_csv(
        io.BytesIO(data[: data.find(b"\n", 0) + 1 or len(data)]),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter),
    )
    names = first.schema.names
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InvalidInput(
            N_("The column {column} comes twice."),
            mend=N_("Give every column a name of its own."),
            where={"column": twice[0]},
            column=twice[0],
        )
    return pa.csv.read_csv(
        io.BytesIO(data),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=False
        ),
    )


def _read_arrow(data: bytes) -> pa.Table:
    """Read an Arrow stream batch by batch, so that a small file that unpacks to a huge one is stopped."""
    if data[:6] == b"ARROW1":
        return pa.ipc.open_file(pa.BufferReader(data)).read_all()
    batches = []
    rows = size = 0
    with pa.ipc.open_stream(pa.BufferReader(data)) as stream:
        for batch in stream:
            rows, size = rows + batch.num_rows, size + batch.nbytes
            if rows > MOST_ROWS or size > MOST_BYTES:
                _require_rows(rows, size)
            batches.append(batch)
        return pa.Table.from_batches(batches, stream.schema)


def _read_parquet(data: bytes) -> pa.Table:
    file = pa.parquet.ParquetFile(pa.BufferReader(data))
    groups = range(file.metadata.num_row_groups)
    _require_rows(
        max(file.metadata.num_rows, 1), sum(file.metadata.row_group(one).total_byte_size for one in groups)
    )
    return file.read()


def _numbers(values: pa.ChunkedArray) -> Floats:
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


def _geometry_of(table: pa.Table) -> tuple[str, str | None] | None:
    """Return name and CRS of the primary geometry column of GeoParquet, None for a plain table."""
    raw = (table.schema.metadata or {}).get(b"geo")
    if raw is None:
        return None
    try:
        meta = json.loads(raw)
        name = meta["primary_column"]
        described = meta["columns"][name]
        if described.get("encoding", "WKB") != "WKB" or name not in table.column_names:
            raise ValueError(name)
        written = described.get("crs", "OGC:CRS84")
        crs = None if written is None else CRS.from_user_input(written).to_string()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedBody(
            N_("The geometry column of the GeoParquet file cannot be read."),
            mend=N_("Write it with WKB geometries and a CRS."),
        ) from error
    return str(name), crs


def _from_wkb(values: pa.ChunkedArray, name: str, crs: str | None) -> tuple[Floats, Floats]:
    raw = np.array(values.to_pylist(), dtype=object)
    points = shapely.from_wkb(raw, on_invalid="ignore")
    wrong = np.flatnonzero((shapely.get_type_id(points) != 0) | shapely.is_empty(points))
    if len(wrong):
        rows = [{"row": int(row) + 1, "column": name, "value": None} for row in wrong[:SHOWN_ROWS]]
        raise InvalidRows(
            N_("{count} rows have no point on the globe; the first is row {row}, column {column}."),
            mend=N_("Correct or remove them and send the table again; nothing was done."),
            where={"row": rows[0]["row"], "column": name},
            extra={"rows": rows},
            count=len(wrong),
            row=rows[0]["row"],
            column=name,
        )
    x, y = shapely.get_x(points), shapely.get_y(points)
    if crs is not None and not _is_storage(crs):
        x, y = transformer(crs, STORAGE_CRS).transform(x, y)
    check(x, y, name, name)
    return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)


def _is_storage(crs: str) -> bool:
    return crs.upper() in {"OGC:CRS84", "EPSG:4326", "EPSG:4490"}


def _read_geopackage(path: Path, lon: str | None, lat: str | None) -> PointTable:
    try:
        meta, table = pyogrio.read_arrow(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise MalformedBody(
            N_("{file} cannot be read: {reason}."),
            mend=N_("Check that it is a GeoPackage with a layer of points."),
            where={"file": str(path)},
            file=path.name,
            reason=str(error)[:200],
        ) from error
    _require_rows(table.num_rows)
    name = meta["geometry_name"] or "wkb_geometry"
    if lon or lat or name not in table.column_names:
        lon_name, lat_name = column(table, lon, _LON_NAMES, "lon"), column(table, lat, _LAT_NAMES, "lat")
        x, y = _numbers(table.column(lon_name)), _numbers(table.column(lat_name))
        check(x, y, lon_name, lat_name)
    else:
        x, y = _from_wkb(table.column(name), name, meta["crs"])
    return PointTable(table, x, y, name, meta["crs"])


def _write_geopackage(table: PointTable, path: Path, layer: str) -> None:
    written = table.table
    name = table.geometry
    crs = table.crs
    if name is None or name not in written.column_names:
        name, crs = "geometry", STORAGE_CRS
        shapes = shapely.to_wkb(shapely.points(table.lon, table.lat))
        written = written.append_column(name, pa.array(shapes.tolist(), pa.binary()))
    options: dict[str, Any] = {"driver": "GPKG", "layer": layer, "geometry_type": "Point"}
    pyogrio.write_arrow(written, path, geometry_name=name, crs=crs or STORAGE_CRS, **options)
