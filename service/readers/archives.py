"""Zipped data: unpacked by ourselves, by name and size, before any driver sees a byte of it.

Refused: names that leave the folder, links, encryption, more bytes than are declared or than are allowed, and
a compression that only a bomb has.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import TemporaryDirectory

from geo.errors import N_
from service.errors import ContentTooLarge, InvalidInput, MalformedBody

MOST_BYTES = 4 << 30
MOST_MEMBERS = 10_000
MOST_RATIO = 200
# Text repeats itself; only what is large as well is a bomb.
_RATIO_FROM = 64 << 20
_CHUNK = 1 << 20
# What Python's reader raises for damage of one kind or other; an offset before the file is an OSError.
DAMAGES = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
    zlib.error,
)

DATASETS = (".shp", ".gpkg", ".geojson", ".json", ".fgb")
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".cst")
_REPACK = N_("Pack the files anew, plainly, without folders, links or passwords.")


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Yield the one dataset of a zip file, unpacked to a folder that is removed afterwards.

    Raises
    ------
    MalformedBody
        It is not a zip file, or is damaged.
    InvalidInput
        A member's name leaves the folder, is a link or encrypted, or there is not exactly one dataset.
    ContentTooLarge
        Unpacked it is larger than is accepted, or than it says.
    """
    with TemporaryDirectory(prefix="wardline-import-") as folder:
        yield _unpacked(path, Path(folder))


def _unpacked(path: Path, folder: Path) -> Path:
    """Unpack a zip file into a folder and return its dataset there."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _checked(archive, path.name)
            _unpack(archive, members, folder, path.name)
            return _dataset(members, folder, path.name)
    except DAMAGES as error:
        raise MalformedBody(
            N_("{file} is not a readable zip file: {reason}."),
            mend=_REPACK,
            where={"file": path.name},
            file=path.name,
            reason=str(error) or type(error).__name__,
        ) from error


def _checked(archive: zipfile.ZipFile, file: str) -> list[zipfile.ZipInfo]:
    """Return the members that belong to datasets, or refuse the archive."""
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    bomb = total > _RATIO_FROM and total > MOST_RATIO * max(packed, 1)
    if len(infos) > MOST_MEMBERS or total > MOST_BYTES or bomb:
        raise _too_large(file, total)
    for info in infos:
        reason = suspicion(info)
        if reason:
            raise InvalidInput(
                N_("{file} holds “{member}”, {reason}."),
                mend=_REPACK,
                where={"file": file, "member": info.filename},
                file=file,
                member=info.filename[:80],
                reason=reason,
            )
    suffixes = DATASETS + _SIDECARS
    hidden = ("__MACOSX/", ".")
    return [
        info
        for info in infos
        if not info.is_dir()
        and PurePosixPath(info.filename).suffix.lower() in suffixes
        and not info.filename.startswith(hidden[0])
        and not PurePosixPath(info.filename).name.startswith(hidden[1])
    ]


def suspicion(info: zipfile.ZipInfo) -> str:
    """Return why a member cannot be unpacked safely, or nothing."""
    name = info.filename
    mode = info.external_attr >> 16
    outside = name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts
    if outside or PureWindowsPath(name).drive:
        return "whose name leaves the folder"
    if "\0" in info.orig_filename:
        return "whose name has a NUL"
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        return "which is a link or a device"
    if info.flag_bits & 0x1:
        return "which is encrypted"
    return ""


def _unpack(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, file: str) -> None:
    """Write the members flat into the folder; more bytes than a member declares are refused."""
    seen: set[str] = set()
    for info in members:
        name = _flat(info)
        if name.lower() in seen:
            raise InvalidInput(
                N_("{file} holds “{member}” twice."),
                mend=_REPACK,
                where={"file": file, "member": name},
                file=file,
                member=name,
            )
        seen.add(name.lower())
        written = 0
        with archive.open(info) as source, (folder / name).open("xb") as target:
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > info.file_size:
                    raise _too_large(file, written)
                target.write(chunk)


def _flat(info: zipfile.ZipInfo) -> str:
    """Return the name a member gets: its path joined, its suffix in small letters as the driver wants it."""
    path = PurePosixPath(info.filename)
    return "_".join((*path.parts[:-1], path.stem)) + path.suffix.lower()


def _dataset(members: list[zipfile.ZipInfo], folder: Path, file: str) -> Path:
    """Return the one dataset among the members."""
    names = [_flat(info) for info in members]
    found = [name for name in names if Path(name).suffix in DATASETS]
    if len(found) != 1:
        raise InvalidInput(
            N_("{file} holds {count} datasets: {found}."),
            mend=N_("Pack exactly one Shapefile (.shp, .shx, .dbf, .prj) or other dataset into a zip file."),
            where={"file": file},
            file=file,
            count=len(found),
            found=", ".join(found[:8]) or "–",
        )
    dataset = folder / found[0]
    if dataset.suffix == ".shp":
        lacking = [suffix for suffix in (".shx", ".dbf") if not dataset.with_suffix(suffix).exists()]
        if lacking:
            raise InvalidInput(
                N_("{file} holds {member} without its {lacking}."),
                mend=N_("Pack all its files: .shp, .shx, .dbf, .prj and, where there is one, .cpg."),
                where={"file": file, "member": found[0]},
                file=file,
                member=found[0],
                lacking=", ".join(lacking),
            )
    return dataset


def _too_large(file: str, size: int) -> ContentTooLarge:
    return ContentTooLarge(
        N_("{file} unpacks to {size} MB or more, out of proportion."),
        mend=N_("Pack at most {most} MB, or give the file unpacked."),
        where={"file": file},
        file=file,
        size=size >> 20,
        most=MOST_BYTES >> 20,
    )
