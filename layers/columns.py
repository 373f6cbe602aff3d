"""Millions of rows to and from PostgreSQL as whole NumPy arrays, no row touched by Python.

Values go in and come out as one binary array a column. Every value is preceded by its length; where none is
NULL and none varies in length, the bytes are a structured array. For a thousand rows that takes half as long
as COPY into a temporary table, which row security would ask for, and for a million no longer.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.abc import DumperKey
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

# Name and NumPy type of each field; big-endian, as on the wire.
Fields = Sequence[tuple[str, str]]

# Element type, array type and NumPy type of the types that are sent; the numbers are PostgreSQL's own.
_TYPES = {
    "int4": (23, 1007, ">i4"),
    "float4": (700, 1021, ">f4"),
    "float8": (701, 1022, ">f8"),
    "timestamptz": (1184, 1185, ">i8"),
}
# Dimensions, a flag for NULL, the type, length and first index of the one dimension.
_ARRAY_HEADER = struct.Struct(">iiIii")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_S = 946_684_800
EPOCH_US = _EPOCH_S * 1_000_000
"""PostgreSQL counts microseconds from 2000-01-01."""


@dataclass(frozen=True, slots=True)
class Packed:
    """An array of a type as PostgreSQL reads it, to be bound as it is."""

    oid: int
    data: bytes


class _PackedDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Packed) -> bytes:
        return obj.data

    def get_key(self, obj: Packed, format: PyFormat) -> DumperKey:  # noqa: A002, ARG002 - as it is called
        return (_PackedDumper, _OF_OID[obj.oid])

    def upgrade(self, obj: Packed, format: PyFormat) -> Dumper:  # noqa: A002, ARG002 - as it is called
        dumper = _PackedDumper(Packed)
        dumper.oid = obj.oid
        return dumper


# What tells dumpers apart has to be types.
_OF_OID = {array: type(name, (), {}) for name, (_, array, _) in _TYPES.items()}


def accept_packed(cursor: psycopg.Cursor[Any]) -> None:
    """Let a cursor bind packed arrays."""
    cursor.adapters.register_dumper(Packed, _PackedDumper)


def pack(kind: str, values: NDArray[Any]) -> Packed:
    """Return values as an array of a PostgreSQL type; none of them is NULL."""
    element, array, wire = _TYPES[kind]
    rows = np.empty(len(values), dtype=[("length", ">i4"), ("value", wire)])
    rows["length"] = np.dtype(wire).itemsize
    rows["value"] = values
    return Packed(array, _ARRAY_HEADER.pack(1, 0, element, len(values), 1) + rows.tobytes())


def unpack(kind: str, data: bytes | None) -> NDArray[Any]:
    """Return the values of an array in PostgreSQL's binary format; empty for NULL.

    Raises
    ------
    ValueError
        The values are not all of the width of ``kind``.
    """
    layout = np.dtype([("length", ">i4"), ("value", kind)])
    if data is None:
        return np.empty(0, dtype=kind)
    if (len(data) - _ARRAY_HEADER.size) % layout.itemsize:
        raise ValueError(f"the values are not of the width of {kind}")
    values = np.frombuffer(data, dtype=layout, offset=_ARRAY_HEADER.size)
    if (values["length"] != layout["value"].itemsize).any():
        raise ValueError(f"the values are not of the width of {kind}")
    return values["value"]


def to_microseconds(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return times in seconds since 1970 as PostgreSQL sends timestamps."""
    return np.rint((t - _EPOCH_S) * 1e6)


def span(t: NDArray[np.float64]) -> tuple[datetime, datetime]:
    """Return the first and last of some times (seconds since 1970) exactly as they are stored.

    Rounded in another way, one that is finer than microseconds would lie outside of its own span.
    """
    ends = to_microseconds(np.array([t.min(), t.max()])).tolist()
    first, last = map(stored_instant, ends)
    return first, last


def stored_instant(microseconds: float) -> datetime:
    """Return the instant of whole microseconds as PostgreSQL counts them."""
    return _EPOCH + timedelta(microseconds=microseconds)


def stored_microseconds(instant: datetime) -> int:
    """Return an instant as PostgreSQL counts it."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def to_seconds(at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return timestamps as PostgreSQL sends them as seconds since 1970."""
    return (at.astype(np.int64) + EPOCH_US) / 1e6
