"""Where photos are kept: one file for each content, named by its SHA-256, never changed once it is there.

A file that arrives in parts grows below ``incoming``, is synced to disk part by part, and moves to its name
only when its digest is right. A crash leaves at most a part that is continued or swept; see record 0017.
"""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from geo.errors import N_
from service.durable import make_folder, sync
from service.errors import ContentTooLarge, InvalidInput, ServiceError, StaleCopy
from service.photos.kinds import NEEDED, kind_of

LARGEST_FILE = 15_000_000
MOST_INCOMING = 50
"""So many files of one device may be under way at once."""
KEPT_S = 14 * 86_400
"""A part that nobody continued for so long is swept."""


class OffsetDiffers(StaleCopy):
    """A part does not begin where what is kept ends; ``extra["offset"]`` says where that is."""

    code = "offset-differs"


class DigestDiffers(InvalidInput):
    """The bytes that came do not have the digest that was announced; they are dropped."""

    code = "digest-differs"


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file from ``start``; the whole has ``size``."""

    start: int
    size: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Vault:
    """The files below a folder; ``sender`` below is a key of who sends, such as district and device."""

    folder: Path

    def path(self, sha256: str) -> Path:
        """Return where a whole file is, or would be."""
        return self.folder / sha256[:2] / sha256

    def offset(self, sender: str, sha256: str) -> int:
        """Return how many bytes of a file have been kept so far."""
        try:
            return self._incoming(sender, sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def receive(self, sender: str, sha256: str, part: Part) -> str | None:
        """Keep a part of a file; return the media type once it is whole, None before.

        Every sender proves that it has the bytes: that another sent the same file before spares nothing.

        Raises
        ------
        ContentTooLarge
            The file is larger than 15 MB, or too many are under way.
        OffsetDiffers
            The part begins beyond what is kept.
        DigestDiffers
            The whole has another digest; what was kept is dropped.
        UnsupportedFormat
            It is no photo; what was kept is dropped.
        """
        _check(part)
        with self._open(sender, sha256) as file:
            kept = os.fstat(file.fileno()).st_size
            if part.start > kept:
                raise _offset_differs(kept)
            if part.start == 0 and len(part.content) >= NEEDED:
                kind_of(part.content)
            file.seek(part.start)
            file.write(part.content)
            file.flush()
            os.fsync(file.fileno())
            if kept == 0:
                sync(self._incoming(sender, sha256).parent)  # its name, which is as new
            end = max(kept, part.start + len(part.content))
            return self._finish(file, sender, sha256) if end >= part.size else None

    def _finish(self, file: BinaryIO, sender: str, sha256: str) -> str:
        incoming = self._incoming(sender, sha256)
        file.seek(0)
        content = file.read(LARGEST_FILE + 1)
        if hashlib.sha256(content).hexdigest() != sha256:
            incoming.unlink()
            raise DigestDiffers(
                N_("The bytes do not have the SHA-256 {sha256}; they were dropped."),
                mend=N_("Send the file again from its beginning."),
                where={"parameter": "sha256"},
                sha256=sha256,
            )
        try:
            media_type = kind_of(content)
        except ServiceError:
            incoming.unlink()
            raise
        place = self.path(sha256)
        make_folder(place.parent, 0o700)
        incoming.replace(place)
        for folder in (place.parent, self.folder, incoming.parent):
            sync(folder)
        return media_type

    @contextmanager
    def _open(self, sender: str, sha256: str) -> Iterator[BinaryIO]:
        """Open what is kept of a file; a twin waits until this part is done."""
        path = self._incoming(sender, sha256)
        if not path.exists():
            self._make_room(path.parent)
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                # The twin may have moved the file away while this one waited for it.
                found = _stat(path)
                if found is not None and os.path.samestat(os.fstat(descriptor), found):
                    yield file
                    return

    def _make_room(self, folder: Path) -> None:
        make_folder(folder, 0o700)
        oldest = time.time() - KEPT_S
        under_way = 0
        for path in folder.iterdir():
            found = _stat(path)
            if found is None:
                continue
            if found.st_mtime < oldest:
                path.unlink(missing_ok=True)
            else:
                under_way += 1
        if under_way >= MOST_INCOMING:
            raise ContentTooLarge(
                N_("{most} files are under way already."),
                mend=N_("Finish those first."),
                most=MOST_INCOMING,
            )

    def _incoming(self, sender: str, sha256: str) -> Path:
        return self.folder / "incoming" / hashlib.sha256(sender.encode()).hexdigest()[:32] / sha256


def _stat(path: Path) -> os.stat_result | None:
    """Return what a file is like; None where a twin has moved it away."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _check(part: Part) -> None:
    if part.size > LARGEST_FILE:
        raise ContentTooLarge(
            N_("The file has {size} bytes; {most} are taken."),
            mend=N_("Make the photo smaller."),
            size=part.size,
            most=LARGEST_FILE,
        )
    if not part.content or part.start < 0 or part.start + len(part.content) > part.size:
        raise InvalidInput(
            N_("The part does not lie within the file, or is empty."),
            mend=N_("Send Content-Range: bytes FIRST-LAST/SIZE for the bytes of the body."),
            where={"header": "Content-Range"},
        )


def _offset_differs(kept: int) -> OffsetDiffers:
    return OffsetDiffers(
        N_("The part begins beyond the {offset} bytes that are kept."),
        mend=N_("Go on from there; HEAD tells the offset."),
        where={"header": "Content-Range"},
        extra={"offset": kept},
        offset=kept,
    )
