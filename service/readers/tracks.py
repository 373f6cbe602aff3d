"""Track files: which format a file is in, and one way to read them all."""

from datetime import tzinfo
from pathlib import PurePath
from typing import Literal
from zoneinfo import ZoneInfo

from geo.errors import N_
from geo.track import Mode
from service.errors import InvalidInput, UnsupportedFormat
from service.hardening.inflation import inflate
from service.readers.gpx import read_gpx
from service.readers.track_csv import read_csv
from service.readers.track_file import MOST_FIXES, TrackFile
from service.readers.track_geojson import read_geojson

Format = Literal["gpx", "geojson", "csv"]

_GZIP = b"\x1f\x8b"
_SUFFIXES: dict[str, Format] = {".gpx": "gpx", ".geojson": "geojson", ".json": "geojson", ".csv": "csv"}
CONTENT_TYPES: dict[str, Format] = {
    "application/gpx+xml": "gpx",
    "application/xml": "gpx",
    "text/xml": "gpx",
    "application/geo+json": "geojson",
    "application/json": "geojson",
    "text/csv": "csv",
}


def unpacked(content: bytes, most: int) -> bytes:
    """Return what a gzip file holds, at most so many bytes; any other content as it is.

    Raises
    ------
    MalformedBody, ContentTooLarge
        See :func:`service.hardening.inflation.inflate`.
    """
    return inflate(content, most) if content.startswith(_GZIP) else content


def format_of(filename: str, content_type: str, content: bytes) -> Format:
    """Return the format of a file: by its content type, else its suffix, else how it begins.

    ``content`` is unpacked already where the file was packed.

    Raises
    ------
    UnsupportedFormat
        It is no track file.
    """
    kind = content_type.partition(";")[0].strip().lower()
    suffix = PurePath(filename.lower().removesuffix(".gz")).suffix
    found = CONTENT_TYPES.get(kind) or _SUFFIXES.get(suffix)
    if found is not None:
        return found
    begins = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if begins.startswith(b"<"):
        return "gpx"
    if begins.startswith(b"{"):
        return "geojson"
    raise UnsupportedFormat(
        N_("“{file}” is not a track file."),
        mend=N_("Tracks come as GPX, GeoJSON or CSV; name the file so, or set its content type."),
        where={"file": filename},
        file=filename or kind,
    )


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
        Take the whole fixes of a GPX file that is cut off.

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
        if kind == "gpx":
            return read_gpx(content, zone=given, mode=mode, most=most, salvage=salvage)
        if kind == "geojson":
            return read_geojson(content, zone=given, mode=mode, most=most)
        return read_csv(content, zone=given, mode=mode, most=most)
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
