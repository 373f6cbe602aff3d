"""Archives of track files: zip and tar, each member copied out by itself, none of them trusted."""

import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, MalformedBody
from service.readers.archives import DAMAGES, suspicion
from service.readers.track_zip import require_no_document, tracks_in

MOST_BYTES = 64 << 30
MOST_RATIO = 200
_RATIO_FROM = 256 << 20
_CHUNK = 1 << 20
_REPACK = N_("Pack the files anew, plainly, without folders, links or passwords.")


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name there, and where its copy lies until the next is asked for."""

    name: str
    path: Path


def is_archive(path: Path) -> bool:
    """Say whether a file is a zip or a tar, packed or not; an Arrow or Parquet file is none."""
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            return True
    try:
        return tarfile.is_tarfile(path)
    except (OSError, EOFError):
        return False


def members(path: Path, folder: Path) -> Iterator[Member]:
    """Yield the files of an archive one after another, each copied into a folder and removed afterwards.

    Raises
    ------
    MalformedBody
        It is damaged.
    InvalidInput
        A name leaves the folder, or a member is a link, a device or encrypted.
    UnsupportedFormat
        It is a document of an office program.
    ContentTooLarge
        It unpacks out of proportion.
    """
    copy, written = folder / "member", 0
    most = min(MOST_BYTES, max(_RATIO_FROM, MOST_RATIO * path.stat().st_size))
    try:
        for name, source in _zipped(path) if zipfile.is_zipfile(path) else _tarred(path):
            pure = PurePosixPath(name)
            if pure.name.startswith(".") or pure.parts[0] == "__MACOSX":
                continue
            written += _copy(source, copy, most - written, path.name)
            yield Member(name, copy)
    except (*DAMAGES, tarfile.TarError) as error:
        raise MalformedBody(
            N_("{file} is not a readable archive: {reason}."),
            mend=_REPACK,
            where={"file": path.name},
            file=path.name,
            reason=str(error) or type(error).__name__,
        ) from error
    finally:
        copy.unlink(missing_ok=True)


def _zipped(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        require_no_document(names)
        if any(PurePosixPath(name).name.lower() == "doc.kml" for name in names):  # KMZ, with its pictures
            infos = [info for info in infos if info.filename in tracks_in(names)]
        for info in infos:
            reason = suspicion(info)
            if reason:
                raise _suspicious(path.name, info.filename, reason)
            if not info.is_dir():
                with archive.open(info) as source:
                    yield info.filename, source


def _tarred(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(path, "r|*") as archive:
        for info in archive:
            outside = info.name.startswith("/") or ".." in PurePosixPath(info.name).parts
            if outside:
                raise _suspicious(path.name, info.name, "whose name leaves the folder")
            if info.isdir():
                continue
            source = archive.extractfile(info) if info.isreg() else None
            if source is None:
                raise _suspicious(path.name, info.name, "which is a link or a device")
            yield info.name, source


def _copy(source: IO[bytes], target: Path, most: int, file: str) -> int:
    written = 0
    with target.open("wb") as out:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > most:
                raise ContentTooLarge(
                    N_("{file} unpacks to {size} MB or more, out of proportion."),
                    mend=N_("Pack at most {most} MB, or give the file unpacked."),
                    where={"file": file},
                    file=file,
                    size=written >> 20,
                    most=most >> 20,
                )
            out.write(chunk)
    return written


def _suspicious(file: str, member: str, reason: str) -> InvalidInput:
    return InvalidInput(
        N_("{file} holds “{member}”, {reason}."),
        mend=_REPACK,
        where={"file": file, "member": member[:200]},
        file=file,
        member=member[:80],
        reason=reason,
    )
