"""Track files: which format a file is in, and one way to read them all."""

import re
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
from service.readers.kml import read_kml, read_tcx
from service.readers.track_columns import read_arrow, read_parquet
from service.readers.track_csv import has_head, read_csv
from service.readers.track_file import MOST_FIXES, TrackFile
from service.readers.track_geojson import read_geojson
from service.readers.track_zip import MARK, unzipped

Format = Literal["gpx", "kml", "tcx", "geojson", "csv", "fit", "arrow", "parquet"]

_GZIP = b"\x1f\x8b"
_SUFFIXES: dict[str, Format] = {
    ".gpx": "gpx",
    ".kml": "kml",
    ".kmz": "kml",
    ".tcx": "tcx",
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
    "application/vnd.google-earth.kml+xml": "kml",
    "application/vnd.google-earth.kmz": "kml",
    "application/vnd.garmin.tcx+xml": "tcx",
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
    "kml": read_kml,
    "tcx": read_tcx,
    "geojson": read_geojson,
    "csv": read_csv,
    "fit": read_fit,
    "arrow": read_arrow,
    "parquet": read_parquet,
}
_ROOT = re.compile(r"<(?:[\w.-]{1,20}:)?(kml|TrainingCenterDatabase)[\s>]")
_ROOTS: dict[str, Format] = {"kml": "kml", "TrainingCenterDatabase": "tcx"}
_PROLOGUE = 2_048
_LIST = re.compile(r"\[\s*\{")
_CLOCK = re.compile(r"([+-]?\d{1,9})([smhdw]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SALVAGED: tuple[Format, ...] = ("gpx", "fit")


def unpacked(content: bytes, most: int) -> bytes:
    """Return what a gzip file, or a zip of one track, holds, at most so many bytes; other content as it is.

    Raises
    ------
    MalformedBody, ContentTooLarge, InvalidInput, UnsupportedFormat
        See :func:`service.hardening.inflation.inflate` and :func:`service.readers.track_zip.unzipped`.
    """
    if content.startswith(MARK):
        return unzipped(content, most)
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
        mend=N_("Tracks come as GPX, KML, TCX, FIT, GeoJSON, JSON in columns, CSV, Arrow or Parquet."),
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
        root = _ROOT.search(content[:_PROLOGUE].decode(encoding, "replace"))
        return "gpx" if root is None else _ROOTS[root[1]]
    if begins.startswith("{") or _LIST.match(begins):
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
    day_first: bool | None = None,
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
    day_first
        Whether 06/07/2025 is in July, where a table does not say.

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
        if kind == "csv" and day_first is not None:
            options["day_first"] = day_first
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


DATE_ORDERS = {"day-first": True, "month-first": False}


def day_first_of(name: str | None) -> bool | None:
    """Return whether the day comes first in dates such as 06/07/2025, by the name of their order.

    Raises
    ------
    InvalidInput
        There is no such order.
    """
    if name is None or name in DATE_ORDERS:
        return None if name is None else DATE_ORDERS[name]
    raise InvalidInput(
        N_("There is no order of dates “{order}”."),
        mend=N_("Use one of {known}."),
        where={"parameter": "dates"},
        order=name[:32],
        known=", ".join(DATE_ORDERS),
    )


def clock_of(text: str | None) -> int | None:
    """Return by how many seconds a clock was behind, of a text such as 1024w, 2h, -90s or 0.

    Raises
    ------
    InvalidInput
        It is no such text.
    """
    if text is None:
        return None
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(
            N_("“{clock}” does not say by how much a clock was behind."),
            mend=N_("Write 1024w, 2h, 30m or 90s, with a minus where it was ahead, or 0 where it was right."),
            where={"parameter": "clock_behind"},
            clock=text[:32],
        )
    return int(found[1]) * _SECONDS[found[2]]


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
