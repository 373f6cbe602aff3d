"""Tracks in columns: a JSON object of lists, Arrow and Parquet; nothing of them is touched fix by fix."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput
from service.readers import arrow_tables
from service.readers.moments import seconds_of
from service.readers.track_file import MOST_FIXES, TrackBuilder, TrackFile, too_many
from service.readers.track_heads import Head, head_of, is_head
from service.readers.track_places import doubts, places_of

_VALUES = ("lon", "lat", "accuracy", "speed", "course", "hdop")
_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}


def is_columns(value: Any) -> bool:
    """Say whether a JSON value is a table in columns and no GeoJSON."""
    return isinstance(value, Mapping) and "type" not in value and is_head(list(value))


def read_columns(
    value: Mapping[str, Any], *, zone: tzinfo | None = None, mode: Mode = Mode.FOOT, most: int = MOST_FIXES
) -> TrackFile:
    """Read an object of lists, such as ``{"t": […], "lon": […], "lat": […]}``.

    Times are Unix seconds, or thousandths of them, or texts of ISO 8601; null is not known.

    Raises
    ------
    InvalidInput
        Its lists are not of one length, or a column that is needed is missing.
    ContentTooLarge
        More fixes than are accepted at once.
    """
    names = list(value)
    head = head_of(names)
    columns = {name: value[names[place]] for name, place in head.places.items()}
    places = value[names[_place_of(head)]]
    count = len(places) if isinstance(places, list) else 0
    for name, column in columns.items():
        if isinstance(column, str | None) and name in ("mode", "device", "segment"):
            continue
        if not isinstance(column, list) or len(column) != count:
            raise InvalidInput(
                N_("/{column} is not a list of one value for each fix."),
                mend=N_("Send lists of one length; null stands for what is not known."),
                where={"pointer": f"/{names[head.places[name]]}"},
                column=names[head.places[name]],
            )
    if count > most:
        raise too_many(most)
    for name in ("mode", "device", "segment"):
        if isinstance(columns.get(name), str):
            columns[name] = [columns[name]] * count
    return _track(columns, head, TrackBuilder("columns", zone, mode, most))


def read_arrow(
    content: bytes, *, zone: tzinfo | None = None, mode: Mode = Mode.FOOT, most: int = MOST_FIXES
) -> TrackFile:
    """Read an Arrow stream or file.

    Raises
    ------
    MalformedBody
        It is damaged.
    InvalidInput, ContentTooLarge
        As :func:`read_columns`.
    """
    return track_of_table(arrow_tables.read_arrow(content), TrackBuilder("arrow", zone, mode, most))


def read_parquet(
    content: bytes, *, zone: tzinfo | None = None, mode: Mode = Mode.FOOT, most: int = MOST_FIXES
) -> TrackFile:
    """Read a Parquet file.

    Raises
    ------
    MalformedBody, InvalidInput, ContentTooLarge
        As :func:`read_arrow`.
    """
    return track_of_table(arrow_tables.read_parquet(content), TrackBuilder("parquet", zone, mode, most))


def track_of_table(table: pa.Table, builder: TrackBuilder, first: int = 1) -> TrackFile:
    """Return the track that a table of Arrow is, whose rows are counted from ``first``."""
    if table.num_rows > builder.most:
        raise too_many(builder.most)
    head = head_of(table.column_names)
    columns: dict[str, Any] = {}
    for name, place in head.places.items():
        column = table.column(place)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if name in ("time", "date") and pa.types.is_timestamp(column.type):
            builder.wall = column.type.tz is None
            columns[name] = _seconds(column)
        elif name in ("time", *_VALUES) and _is_number(column.type):
            columns[name] = _floats(column)
        elif name == "position":
            columns[name] = column.to_pylist()
        else:
            columns[name] = [None if one is None else str(one) for one in column.to_pylist()]
    return _track(columns, head, builder, first)


def _track(columns: Mapping[str, Any], head: Head, builder: TrackBuilder, first: int = 1) -> TrackFile:
    if "position" in columns:
        columns = {**columns, **dict(zip(("lon", "lat"), places_of(columns["position"]), strict=True))}
    builder.faults.update(doubts(columns.get("valid") or (), columns.get("datum") or (), 0))
    if builder.zone is None:
        builder.zone = head.zone
    builder.rows = range(first, first + len(columns["lon"]))
    builder.columns = {name: columns.get(name, ()) for name in _VALUES} | {"time": _times(columns["time"])}
    builder.modes, builder.devices = columns.get("mode"), columns.get("device")
    builder.reading.factors |= head.factors
    for name in ("lon", "lat"):
        side = columns.get(f"{name}_side")
        if side is not None:
            builder.reading.sides[name] = ["" if one is None else str(one) for one in side]
    _set_parts(builder, columns.get("segment"))
    return builder.file()


def _place_of(head: Head) -> int:
    """Return the column that says how many fixes there are."""
    return head.places["lon" if "lon" in head.places else "position"]


def _times(values: Any) -> Any:
    """Return times as Unix seconds where all are numbers, else as texts."""
    if isinstance(values, np.ndarray):
        return seconds_of(values)
    if set(map(type, values)) <= {int, float, type(None)}:
        return seconds_of(np.array(values, dtype=np.float64))
    return [None if one is None else str(one) for one in values]


def _set_parts(builder: TrackBuilder, parts: Sequence[Any] | None) -> None:
    names = [] if parts is None else ["" if one is None else str(one) for one in parts]
    before: str | None = None
    for place, name in enumerate(names):
        if name != before:
            before = name
            builder.segments.append(name[:200] or "rows")
            builder.starts.append(place)
    if not builder.segments and len(builder.rows):
        builder.segments.append("rows")
        builder.starts.append(0)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return np.asarray(pc.fill_null(column.cast(pa.float64(), safe=False), np.nan), dtype=np.float64)


def _seconds(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    per_second = _PER_SECOND[column.type.unit]
    return _floats(column.cast(pa.int64())) / per_second
