"""How large an Arrow stream unpacks, told from its messages alone, before anything is unpacked.

A message is a flatbuffer and a body. Where bodies are compressed each of their buffers begins with its size
unpacked, as eight bytes, −1 for one that is not compressed (Arrow's columnar format, “Buffer compression”).
"""

import struct
from typing import Any

import pyarrow as pa
import pyarrow.ipc

_DICTIONARY, _RECORDS = 2, 3
_I32, _U16, _I64 = struct.Struct("<i"), struct.Struct("<H"), struct.Struct("<q")


def unpacked_size(data: Any) -> tuple[int, int]:
    """Return how many rows and bytes the batches of a stream say that they unpack to.

    Raises
    ------
    pyarrow.ArrowInvalid
        It is no stream, or a message points outside of itself.
    """
    rows = size = 0
    try:
        for message in pa.ipc.MessageReader.open_stream(data):
            if message.type in ("record batch", "dictionary"):
                length, unpacked = _batch(message)
                rows += length if message.type == "record batch" else 0
                size += unpacked
    except (struct.error, IndexError) as error:
        raise pa.ArrowInvalid("a message points outside of itself") from error
    return rows, size


def _batch(message: Any) -> tuple[int, int]:
    """Return rows and bytes of one message with a batch."""
    meta = bytes(message.metadata)
    body = memoryview(message.body) if message.body is not None else memoryview(b"")
    root = _I32.unpack_from(meta, 0)[0]
    kind = meta[_field(meta, root, 1)]
    batch = _follow(meta, _field(meta, root, 2))
    if kind == _DICTIONARY:
        batch = _follow(meta, _field(meta, batch, 1))
    rows_at, buffers_at, packed = _field(meta, batch, 0), _field(meta, batch, 2), _field(meta, batch, 3)
    rows = _I64.unpack_from(meta, rows_at)[0] if rows_at else 0
    if not packed or not buffers_at:
        return rows, len(body)
    vector = _follow(meta, buffers_at)
    count, size = _I32.unpack_from(meta, vector)[0], 0
    for number in range(count):
        offset, length = struct.unpack_from("<qq", meta, vector + 4 + 16 * number)
        if length >= _I64.size and 0 <= offset <= len(body) - _I64.size:
            said = _I64.unpack_from(body, offset)[0]
            size += length if said < 0 else said
    return rows, size


def _field(meta: bytes, table: int, number: int) -> int:
    """Return where a field of a flatbuffer's table stands, 0 where the table has none."""
    if table < 0:
        raise IndexError(table)
    described = table - _I32.unpack_from(meta, table)[0]
    slot = 4 + 2 * number
    if described < 0:
        raise IndexError(described)
    if slot >= _U16.unpack_from(meta, described)[0]:
        return 0
    offset = _U16.unpack_from(meta, described + slot)[0]
    return table + int(offset) if offset else 0


def _follow(meta: bytes, place: int) -> int:
    """Return where the offset at a place leads."""
    if not place:
        raise IndexError(place)
    return place + int(_I32.unpack_from(meta, place)[0])
