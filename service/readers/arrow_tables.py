"""Tables of Arrow and Parquet from bytes, measured before anything of them is unpacked."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from geo.errors import N_
from service.errors import MalformedBody
from service.readers.arrow_sizes import unpacked_size
from service.readers.point_table import require_rows

ARROW_FILE, STREAM, PARQUET = b"ARROW1", b"\xff\xff\xff\xff", b"PAR1"
"""How a file of each kind begins."""
_ARROW_HEAD = 8


@contextmanager
def readable(kind: str) -> Iterator[None]:
    """Refuse what a reader of tables cannot read.

    Raises
    ------
    MalformedBody
        The bytes are not of that format.
    """
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise MalformedBody(
            N_("The table cannot be read as {format}: {reason}."),
            mend=N_("Send it in UTF-8, and in the format that its content type or suffix says."),
            where={"part": "body"},
            format=kind,
            reason=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
        ) from error


def read_arrow(data: bytes) -> pa.Table:
    """Read an Arrow stream, or file, whose batches do not unpack out of proportion.

    Raises
    ------
    MalformedBody, InvalidInput, ContentTooLarge
        See :func:`readable` and :func:`service.readers.point_table.require_rows`.
    """
    with readable("arrow"):
        # A file is a stream between two marks; its list of batches could name others than were measured.
        stream = pa.py_buffer(data)[_ARROW_HEAD if data[:6] == ARROW_FILE else 0 :]
        rows, size = unpacked_size(pa.BufferReader(stream))
        require_rows(max(rows, 1), size, packed=len(data))
        with pa.ipc.open_stream(pa.BufferReader(stream)) as batches:
            table = batches.read_all()
            table.validate(full=True)
            return table


def read_parquet(data: bytes) -> pa.Table:
    """Read a Parquet file whose pages do not unpack out of proportion.

    Raises
    ------
    MalformedBody, InvalidInput, ContentTooLarge
        As :func:`read_arrow`.
    """
    with readable("parquet"):
        file = pa.parquet.ParquetFile(pa.BufferReader(data))
        groups = range(file.metadata.num_row_groups)
        size = sum(file.metadata.row_group(one).total_byte_size for one in groups)
        require_rows(max(file.metadata.num_rows, 1), size, packed=len(data))
        return file.read()
