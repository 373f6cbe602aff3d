"""A zip with one track in it, such as KMZ: unpacked in memory, within limits and never out of proportion."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, MalformedBody, UnsupportedFormat
from service.hardening.inflation import MOST_RATIO, RATIO_FROM
from service.readers.archives import DAMAGES, MOST_MEMBERS, suspicion

MARK = b"PK\x03\x04"
SPREADSHEET = "[Content_Types].xml"
"""What every document of an office program has in it."""
_TRACKS = (".gpx", ".kml", ".tcx", ".fit", ".geojson", ".csv", ".parquet", ".arrow")
_PERHAPS = (".json", ".tsv", ".txt")
_REPACK = N_("Pack the files anew, plainly, without folders, links or passwords.")


def unzipped(content: bytes, most: int) -> bytes:
    """Return the one track of a zip.

    Raises
    ------
    MalformedBody
        It is damaged.
    UnsupportedFormat
        It is a document of an office program.
    InvalidInput
        There is not exactly one track in it, or it is encrypted.
    ContentTooLarge
        It is larger than ``most`` bytes unpacked, or shrank as only a bomb does.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            info = _one(archive.infolist()[: MOST_MEMBERS + 1])
            if info.file_size > most or info.file_size > max(RATIO_FROM, MOST_RATIO * info.compress_size):
                raise ContentTooLarge(
                    N_("The packed file is larger than {most} MB unpacked."),
                    mend=N_("Split it into several files; a command takes tracks of any size."),
                    where={"part": "file"},
                    most=most >> 20,
                )
            with archive.open(info) as source:
                return source.read(info.file_size + 1)
    except DAMAGES as error:
        raise MalformedBody(
            N_("The zip is damaged: {reason}."), mend=_REPACK, reason=str(error) or type(error).__name__
        ) from error


def require_no_document(names: Sequence[str]) -> None:
    """Refuse the files of a spreadsheet or another document of an office program.

    Raises
    ------
    UnsupportedFormat
        They are those.
    """
    if SPREADSHEET in names:
        raise UnsupportedFormat(
            N_("The file is a spreadsheet or another document, and no track."),
            mend=N_("Save its sheet as CSV in UTF-8, and send that."),
        )


def tracks_in(names: Sequence[str]) -> list[str]:
    """Return which files of a zip are tracks by their names; of KMZ the KML alone."""
    paths = [(name, PurePosixPath(name)) for name in names]
    shown = [(name, path) for name, path in paths if path.name[:1] != "." and "__MACOSX" not in path.parts]
    documents = [name for name, path in shown if path.name.lower() == "doc.kml"]
    sure = [name for name, path in shown if path.suffix.lower() in _TRACKS]
    return documents[:1] or sure or [name for name, path in shown if path.suffix.lower() in _PERHAPS]


def _one(infos: Sequence[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    names = [info.filename for info in infos]
    require_no_document(names)
    found = tracks_in(names)
    if len(found) != 1:
        raise InvalidInput(
            N_("The zip holds {count} track files: {found}."),
            mend=N_("Send one track at a time, or load the archive with ./wardline tracks FILE."),
            where={"part": "file"},
            count=len(found),
            found=", ".join(name[-80:] for name in found[:5]) or "–",
        )
    info = infos[names.index(found[0])]
    reason = suspicion(info)
    if reason:
        raise InvalidInput(
            N_("{file} holds “{member}”, {reason}."),
            mend=_REPACK,
            where={"member": info.filename[:200]},
            file="zip",
            member=info.filename[:80],
            reason=reason,
        )
    return info
