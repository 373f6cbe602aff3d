"""Tables of points: CSV, Arrow, Parquet, GeoParquet and GeoPackage in, the same with answers out.

A table keeps every column it came with. Its points are checked as a whole: the first ten bad rows are named
by row (the first data row is 1) and column, and nothing of the table is done.
"""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, UnsupportedFormat
from service.hardening.cells import FORMULA, NUMBER
from service.readers.arrow_tables import read_arrow, read_parquet, readable
from service.readers.point_geometry import (
    for_format,
    from_wkb,
    geometry_of,
    read_geopackage,
    write_geopackage,
)
from service.readers.point_table import (
    LAT_NAMES,
    LON_NAMES,
    MOST_COLUMNS,
    Format,
    PointTable,
    check,
    column,
    numbers,
    require_rows,
)
from service.readers.whole_file import whole_file

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".parquet": "parquet",
    ".geoparquet": "parquet",
    ".gpkg": "gpkg",
}


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
        return read_geopackage(path, lon, lat)
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
    with readable(kind):
        if kind == "csv":
            delimiter = _delimiter(data)
            table = _read_csv(data, delimiter)
        elif kind == "arrow":
            table = read_arrow(data)
        elif kind == "parquet":
            table = read_parquet(data)
        else:
            raise UnsupportedFormat(N_("{format} is read from files only."), format=kind)
    require_rows(table.num_rows)
    geometry = geometry_of(table)
    if geometry is not None and lon is None and lat is None:
        name, crs = geometry
        x, y = from_wkb(table.column(name), name, crs)
        return PointTable(table, x, y, name, crs, delimiter)
    lon_name, lat_name = column(table, lon, LON_NAMES, "lon"), column(table, lat, LAT_NAMES, "lat")
    x, y = numbers(table.column(lon_name)), numbers(table.column(lat_name))
    check(x, y, lon_name, lat_name)
    return PointTable(table, x, y, delimiter=delimiter)


def write(table: PointTable, kind: Format) -> bytes:
    """Return a table in the bytes of a format."""
    sink = io.BytesIO()
    if kind == "csv":
        _write_csv(_inert_answers(table.with_joined_lists()), table.delimiter, sink)
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
    table = for_format(table, kind)
    with whole_file(path) as temporary:
        if kind == "gpkg":
            write_geopackage(table.with_joined_lists(), temporary, path.stem)
        else:
            temporary.write_bytes(write(table, kind))


def _inert_answers(table: PointTable) -> pa.Table:
    """Return the table with our own texts made inert; the sender's columns stay as they were sent."""
    written = table.table
    for name in table.answers.values():
        position = written.column_names.index(name)
        values = written.column(position)
        if pa.types.is_string(values.type):
            number = pc.match_substring_regex(values, NUMBER)
            risky = pc.and_not(pc.match_substring_regex(values, FORMULA), number)
            marked = pc.binary_join_element_wise("", "'", values, "")
            written = written.set_column(position, name, pc.if_else(risky, marked, values))
    return written


def _write_csv(table: pa.Table, delimiter: str, sink: io.BytesIO) -> None:
    """Write a CSV with quotes only where a value or name of the table needs them."""
    bare = not any(set(name) & {delimiter, '"', "\n", "\r"} for name in table.column_names)
    for style in ("none", "needed") if bare else ("needed",):
        try:
            options = pa.csv.WriteOptions(
                delimiter=delimiter, quoting_style=style, quoting_header="none" if bare else "needed"
            )
            pa.csv.write_csv(table, sink, options)
        except pa.ArrowInvalid:
            if style == "needed":
                raise
            sink.seek(0)
            sink.truncate()
        else:
            return


def _delimiter(data: bytes) -> str:
    """Return the delimiter of a CSV by its header: the most frequent of comma, semicolon and tab."""
    header = data[:65536].splitlines()[0] if data.strip() else b""
    return max((",", ";", "\t"), key=lambda one: header.count(one.encode()))


def _read_csv(data: bytes, delimiter: str) -> pa.Table:
    # Everything is kept as text, so that the columns come back exactly as they were sent.
    if not data.strip():
        raise InvalidInput(N_("The table is empty."), mend=N_("Send a header and at least one row."))
    if data[: data.find(b"\n") + 1 or len(data)].count(delimiter.encode()) >= MOST_COLUMNS:
        raise ContentTooLarge(
            N_("The table has more than {most} columns."),
            mend=N_("Send the columns with longitude and latitude, and those you need beside the answers."),
            where={"row": 0},
            most=MOST_COLUMNS,
        )
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
