"""Millions of rows to and from PostgreSQL as whole NumPy arrays, no row touched by Python.

Values go in by COPY's binary format and come out as one binary array a column. In both every value is
preceded by its length; where none is NULL and none varies in length, the bytes are a structured array.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Name and NumPy type of each field; big-endian, as on the wire.
Fields = Sequence[tuple[str, str]]

_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
# Flags and the length of an extension, both 0.
_HEADER = _SIGNATURE + bytes(8)
_TRAILER = b"\xff\xff"
# Dimensions, a flag for NULL, the type, length and first index of the one dimension.
_ARRAY_HEADER = 20
# PostgreSQL counts microseconds from 2000-01-01.
_EPOCH_S = 946_684_800


def pack(fields: Fields, columns: Mapping[str, NDArray[Any]]) -> bytes:
    """Return rows for ``COPY … FROM STDIN (FORMAT BINARY)`` from columns of one length."""
    count = len(columns[fields[0][0]])
    layout = [("fields", ">i2")]
    for name, kind in fields:
        layout += [(f"{name}_length", ">i4"), (name, kind)]
    rows = np.zeros(count, dtype=layout)
    rows["fields"] = len(fields)
    for name, kind in fields:
        rows[f"{name}_length"] = np.dtype(kind).itemsize
        rows[name] = columns[name]
    return _HEADER + rows.tobytes() + _TRAILER


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
    if (len(data) - _ARRAY_HEADER) % layout.itemsize:
        raise ValueError(f"the values are not of the width of {kind}")
    values = np.frombuffer(data, dtype=layout, offset=_ARRAY_HEADER)
    if (values["length"] != layout["value"].itemsize).any():
        raise ValueError(f"the values are not of the width of {kind}")
    return values["value"]


def to_microseconds(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return times in seconds since 1970 as PostgreSQL sends timestamps."""
    return np.rint((t - _EPOCH_S) * 1e6)


def to_seconds(at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return timestamps as PostgreSQL sends them as seconds since 1970."""
    return (at.astype(np.int64) + _EPOCH_S * 1_000_000) / 1e6
