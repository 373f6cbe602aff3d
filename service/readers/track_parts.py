"""Track files of any size in parts of a bounded number of fixes, the same parts whenever they are read.

GPX, CSV, Arrow and Parquet are read piece by piece. The other formats are read as a whole, so their size is
limited. A part ends inside a recording, never where one ends: what belongs together is joined again by time.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from geo.errors import N_
from geo.track import Mode
from service.errors import ContentTooLarge, InvalidInput, MalformedBody
from service.readers import tracks
from service.readers.arrow_tables import ARROW_FILE, readable
from service.readers.geojson_parts import begins_collection, geojson_parts
from service.readers.gpx import gpx_parts
from service.readers.kml import kml_parts
from service.readers.track_columns import track_of_table
from service.readers.track_csv import csv_parts, encoding_of
from service.readers.track_file import TrackBuilder, TrackFile

PART = 100_000
"""So many fixes are stored at once."""
LARGE = 32 << 20
"""Larger files are stored in parts, whether that was asked for or not."""
MOST_WHOLE = 256 << 20
"""So many bytes of a format that is read as a whole."""
MOST_AT_ONCE = 4_000_000
"""So many fixes of such a format."""
_CHUNK = 1 << 16
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Options:
    """How the files of one load are read."""

    zone: str | None = None
    mode: Mode = Mode.FOOT
    salvage: bool = False
    size: int = field(default_factory=lambda: PART)
    day_first: bool | None = None
    clock_behind_s: int | None = None


def is_large(path: Path) -> bool:
    """Say whether a file is too large to be stored at once; what is in gzip is about eight times larger."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return path.stat().st_size > (LARGE // 8 if packed else LARGE)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of what a file holds, unpacked."""
    found = hashlib.sha256()
    with _opened(path) as file:
        while chunk := file.read(1 << 20):
            found.update(chunk)
    return found.hexdigest()


def parts_of(path: Path, name: str, options: Options) -> Iterator[TrackFile]:
    """Yield the fixes of a file in parts, in their order.

    Raises
    ------
    UnsupportedFormat, MalformedBody, InvalidInput, ContentTooLarge
        See the reader of each format; parts that were yielded before are good.
    """
    try:
        with _opened(path) as file:
            yield from _parts(file, name, options)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise MalformedBody(
            N_("What is sent packed is not gzip: {reason}."),
            mend=N_("Pack it with gzip as a whole, or send it unpacked."),
            where={"file": name},
            reason=str(error),
        ) from error
    except (InvalidInput, MalformedBody, ContentTooLarge) as error:
        error.where.setdefault("file", name)
        raise


def _parts(file: IO[bytes], name: str, options: Options) -> Iterator[TrackFile]:
    begins = file.read(_CHUNK)
    file.seek(0)
    zone = tracks.zone_of(options.zone)
    kind = tracks.format_of(name, "", begins)
    if not begins.strip():
        raise InvalidInput(N_("The file is empty."), mend=N_("Export the track again."))
    if kind == "gpx":
        chunks = iter(lambda: file.read(_CHUNK), b"")
        yield from gpx_parts(chunks, _builder(kind, zone, options), options.size, salvage=options.salvage)
    elif kind == "csv":
        with io.TextIOWrapper(file, encoding_of(begins), errors="replace", newline="") as lines:
            yield from csv_parts(lines, _builder(kind, zone, options), options.size)
    elif kind in ("kml", "tcx"):
        chunks, builder = iter(lambda: file.read(_CHUNK), b""), _builder(kind, zone, options)
        builder.most = MOST_AT_ONCE
        yield from kml_parts(chunks, kind, builder, options.size)
    elif kind == "geojson" and begins_collection(begins):
        chunks = iter(lambda: file.read(_CHUNK), b"")
        yield from geojson_parts(chunks, _builder(kind, zone, options), options.size)
    elif kind in ("arrow", "parquet"):
        yield from _tables(file, kind, zone, options)
    else:
        yield from _sliced(_whole(file, kind, name, options), options.size)


def _builder(kind: str, zone: tzinfo | None, options: Options) -> TrackBuilder:
    return TrackBuilder(kind, zone, options.mode, most=1 << 62, day_first=options.day_first)


def _tables(file: IO[bytes], kind: str, zone: tzinfo | None, options: Options) -> Iterator[TrackFile]:
    first = 1
    with readable(kind):
        for batch in _batches(file, kind, options.size):
            for start in range(0, batch.num_rows, options.size):
                table = pa.Table.from_batches([batch.slice(start, options.size)])
                yield track_of_table(table, _builder(kind, zone, options), first)
                first += table.num_rows


def _batches(file: IO[bytes], kind: str, size: int) -> Iterator[pa.RecordBatch]:
    if kind == "parquet":
        yield from pa.parquet.ParquetFile(file).iter_batches(batch_size=size)
        return
    if file.read(len(ARROW_FILE)) == ARROW_FILE:
        reader = pa.ipc.open_file(file)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)
        return
    file.seek(0)
    yield from pa.ipc.open_stream(file)


def _whole(file: IO[bytes], kind: tracks.Format, name: str, options: Options) -> TrackFile:
    content = file.read(MOST_WHOLE + 1)
    if len(content) > MOST_WHOLE:
        raise ContentTooLarge(
            N_("{file} is larger than {most} MB unpacked, and its format is read as a whole."),
            mend=N_("Save it as CSV, Parquet or GPX, which are read in parts."),
            where={"file": name},
            file=name,
            most=MOST_WHOLE >> 20,
        )
    return tracks.read(
        content,
        kind,
        filename=name,
        zone=options.zone,
        mode=options.mode,
        most=MOST_AT_ONCE,
        salvage=options.salvage,
        day_first=options.day_first,
    )


def _sliced(whole: TrackFile, size: int) -> Iterator[TrackFile]:
    """Yield a file that was read as a whole in parts, each cut inside a recording."""
    start, part = 0, whole.fixes.part
    inside = np.flatnonzero(part[1:] == part[:-1]) + 1
    while len(whole) - start > size:
        before = inside[
            np.searchsorted(inside, start, side="right") : np.searchsorted(inside, start + size + 1)
        ]
        stop = int(before[-1]) if len(before) else start + size
        yield whole.between(start, stop)
        start = stop
    yield whole.between(start, len(whole))


def _opened(path: Path) -> IO[bytes]:
    """Open a file, or what a file in gzip holds."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]
