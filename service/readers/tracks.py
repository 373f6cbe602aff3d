"""Track files: which format a file is in, and one way to read them all."""

from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import PurePath
from typing import Literal
from zoneinfo import ZoneInfo

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput, UnsupportedFormat
from service.hardening.inflation import inflate
from service.readers import arrow_tables, fit
from service.readers.fit import read_fit
from service.readers.gpx import read_gpx
from service.readers.track_columns import read_arrow, read_parquet
from service.readers.track_csv import has_head, read_csv
from service.readers.track_file import MOST_FIXES, TrackFile
from service.readers.track_geojson import read_geojson

Format = Literal["gpx", "geojson", "csv", "fit", "arrow", "parquet"]

_GZIP = b"\x1f\x8b"
_SUFFIXES: dict[str, Format] = {
    ".gpx": "gpx",
    ".geojson": "geojson",
    ".json": "geojson",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".fit": "fit",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".parquet": "parquet",
}
CONTENT_TYPES: dict[str, Format] = {
    "application/gpx+xml": "gpx",
    "application/xml": "gpx",
    "text/xml": "gpx",
    "application/geo+json": "geojson",
    "application/json": "geojson",
    "text/csv": "csv",
    "application/vnd.ant.fit": "fit",
    "application/vnd.apache.arrow.stream": "arrow",
    "application/vnd.apache.arrow.file": "arrow",
    "application/vnd.apache.parquet": "parquet",
}
_BEGINNINGS: tuple[tuple[int, bytes, Format], ...] = (
    (0, arrow_tables.PARQUET, "parquet"),
    (0, arrow_tables.ARROW_FILE, "arrow"),
    (0, arrow_tables.STREAM, "arrow"),
    (fit.MARK_AT, fit.MARK, "fit"),
)
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_READERS: Mapping[Format, Callable[..., TrackFile]] = {
    "gpx": read_gpx,
    "geojson": read_geojson,
    "csv": read_csv,
    "fit": read_fit,
    "arrow": read_arrow,
    "parquet": read_parquet,
}
_SALVAGED: tuple[Format, ...] = ("gpx", "fit")


def unpacked(content: bytes, most: int) -> bytes:
    """Return what a gzip file holds, at most so many bytes; any other content as it is.

    Raises
    ------
    MalformedBody, ContentTooLarge
        See :func:`service.hardening.inflation.inflate`.
    """
    return inflate(content, most) if content.startswith(_GZIP) else content


def format_of(filename: str, content_type: str, content: bytes) -> Format:
    """Return the format of a file: by how it begins, else by its content type, else by its suffix.

    ``content`` is unpacked already where the file was packed, or the first of it.

    Raises
    ------
    UnsupportedFormat
        It is no track file.
    """
    kind = content_type.partition(";")[0].strip().lower()
    suffix = PurePath(filename.lower().removesuffix(".gz")).suffix
    found = _begins_as(content) or CONTENT_TYPES.get(kind) or _SUFFIXES.get(suffix)
    if found is not None:
        return found
    raise UnsupportedFormat(
        N_("“{file}” is not a track file."),
        mend=N_("Tracks come as GPX, FIT, GeoJSON, JSON in columns, CSV, Arrow or Parquet."),
        where={"file": filename},
        file=filename or kind,
    )


def _begins_as(content: bytes) -> Format | None:
    """Return the format that content begins as; None where that says nothing."""
    for place, mark, kind in _BEGINNINGS:
        if content[place : place + len(mark)] == mark:
            return kind
    encoding = _UTF16.get(content[:2], "utf-8")
    begins = content[:256].decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if begins.startswith("<"):
        return "gpx"
    if begins.startswith("{"):
        return "geojson"
    return "csv" if has_head(content) else None


def read(
    content: bytes,
    kind: Format,
    *,
    filename: str = "",
    zone: str | None = None,
    mode: Mode = Mode.FOOT,
    most: int = MOST_FIXES,
    salvage: bool = False,
) -> TrackFile:
    """Read a track file; every refusal names the file.

    Parameters
    ----------
    zone
        IANA name of the time zone of times that name none, such as Asia/Shanghai.
    mode
        How the patrol moved, where the file does not say.
    most
        How many fixes are accepted.
    salvage
        Take the whole fixes of a GPX or FIT file that is cut off.

    Raises
    ------
    MalformedBody, InvalidInput, ContentTooLarge
        See the reader of each format; an empty file is ``InvalidInput``.
    """
    where = {"file": filename} if filename else {}
    if not content.strip():
        raise InvalidInput(N_("The file is empty."), mend=N_("Export the track again."), where=where)
    given = zone_of(zone)
    try:
        options = {"salvage": salvage} if kind in _SALVAGED else {}
        return _READERS[kind](content, zone=given, mode=mode, most=most, **options)
    except Exception as error:
        place = getattr(error, "where", None)
        if isinstance(place, dict):
            place.update(where)
        raise


def zone_of(name: str | None) -> tzinfo | None:
    """Return the time zone of an IANA name, None for none.

    Raises
    ------
    InvalidInput
        There is no such time zone.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise InvalidInput(
            N_("There is no time zone “{zone}”."),
            mend=N_("Name one such as Asia/Shanghai or UTC."),
            where={"parameter": "timezone"},
            zone=name[:64],
        ) from error


def mode_of(text: str) -> Mode:
    """Return the mode of a name.

    Raises
    ------
    InvalidInput
        There is no such mode; names those that are.
    """
    found = Mode.__members__.get(text.upper())
    if found is None:
        raise InvalidInput(
            N_("There is no mode “{mode}”."),
            mend=N_("Use one of {known}."),
            where={"parameter": "mode"},
            mode=text[:32],
            known=", ".join(one.label for one in Mode),
        )
    return found
