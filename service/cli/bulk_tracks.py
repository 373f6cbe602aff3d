"""Loads of many or large track files: part by part, each stored for good before the next is read.

Nothing is remembered beside what is stored: a part is known by the digest of its file and its number, so a
load that was killed goes on where it was when the same command is given again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.errors import WardlineError
from layers.stores import Stores
from service.cli.language import translator
from service.cli.unused import Unused
from service.readers.track_archives import is_archive, members
from service.readers.track_file import TrackFile, TrackRefused
from service.readers.track_parts import Options, digest_of, parts_of
from service.use_cases import due
from service.use_cases.tracks import (
    Delivery,
    of_each_device,
    of_one_device,
    on_time,
    refusals,
    seen_from,
    upload,
    with_clock,
)

Advance = Callable[[Path | None, str, "Total"], None]

_SHOWN = 20
_CREDITED = ("accepted", "supporting")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Target:
    """Where fixes go: database, district, the device, or those that a file names, and who carried it.

    ``unused`` takes the fixes that are not used.
    """

    engine: Engine
    district: str
    device: str | None
    person: str | None
    of_file: bool = False
    unused: Unused = field(default_factory=Unused)


@dataclass(slots=True)
class Total:
    """What became of a load."""

    files: int = 0
    parts: int = 0
    before: int = 0
    received: int = 0
    stored: int = 0
    duplicate: int = 0
    not_kept: int = 0
    unusable: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    aside: Counter[str] = field(default_factory=Counter)
    refused: list[dict[str, Any]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "files": self.files,
            "parts": self.parts,
            "parts_before": self.before,
            "fixes": {
                "received": self.received,
                "stored": self.stored,
                "duplicate": self.duplicate,
                "quarantined": self.reasons.total(),
                "not_kept": self.not_kept,
                "refused": self.unusable,
            },
            "reasons": dict(self.reasons),
            "set_aside": dict(self.aside),
            "notes": dict(self.notes),
            "refused": self.refused,
        }

    def lines(self) -> list[str]:
        """Return it for people."""
        said = [f"{self.files:,} files in {self.parts + self.before:,} parts: {self.stored:,} fixes stored"]
        if self.duplicate:
            said[0] += f", {self.duplicate:,} duplicate"
        if self.reasons:
            said[0] += f", {self.reasons.total():,} quarantined"
        if self.not_kept:
            said[0] += f", {self.not_kept:,} too late to be kept (what was walked counts)"
        if self.unusable:
            said[0] += f", {self.unusable:,} refused"
        if self.before:
            said.append(f"  {self.before:,} parts were stored before")
        said += [f"  quarantined: {number:,} {reason}" for reason, number in self.reasons.most_common()]
        said += [
            f"  stored without credit: {number:,} {reason}" for reason, number in self.aside.most_common()
        ]
        said += [f"  note: {note} ({number:,} parts)" for note, number in self.notes.most_common()]
        said += [f"  refused: {one['file']}: {one['detail']}" for one in self.refused[:_SHOWN]]
        if len(self.refused) > _SHOWN:
            said.append(f"  … and {len(self.refused) - _SHOWN:,} more, see --json")
        return said


def load(target: Target, files: Sequence[Path], options: Options, *, quiet: bool) -> Total:
    """Store files, and the files of archives, in parts; what is refused is listed and holds up nothing."""
    total = Total()
    with _progress(files, quiet=quiet) as advance:
        for file in files:
            try:
                for name, path in _files(file):
                    total.files += 1
                    _load_file(target, name, path, options, total, advance)
            except WardlineError as error:  # of the archive itself
                _refuse(total, file.name, error)
            advance(file, file.name, total)
    return total


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if not is_archive(path):
        yield path.name, path
        return
    with TemporaryDirectory(prefix="wardline-tracks-") as folder:
        for member in members(path, Path(folder)):
            yield member.name, member.path


def _load_file(
    target: Target, name: str, path: Path, options: Options, total: Total, advance: Advance
) -> None:
    try:
        digest = with_clock(digest_of(path), options.clock_behind_s)
        if not target.of_file and _is_known(target, str(target.device), digest):
            total.before += 1
            return
        for part_digest, part in _numbered(parts_of(path, name, options), digest):
            _store_part(target, name, part_digest, on_time(part, options.clock_behind_s), options, total)
            advance(None, name, total)
    except WardlineError as error:
        _refuse(total, name, error)


def _numbered(parts: Iterator[TrackFile], digest: str) -> Iterator[tuple[str, TrackFile]]:
    """Yield parts with their digests; that of a file in one part is the file's, as if it were uploaded."""
    first = next(parts, None)
    if first is None:
        return
    second = next(parts, None)
    yield (digest if second is None else f"{digest}/0"), first
    if second is not None:
        yield f"{digest}/1", second
    for number, part in enumerate(parts, 2):
        yield f"{digest}/{number}", part


def _store_part(
    target: Target, name: str, digest: str, part: TrackFile, options: Options, total: Total
) -> None:
    if target.of_file:
        pieces = of_each_device(part, target.device, name)
    else:
        pieces = [(str(target.device), of_one_device(part, name))]
    for device, piece in pieces:
        delivery = Delivery(
            device,
            name[-_LONGEST:],
            digest,
            datetime.now(UTC),
            target.person,
            clock_behind_s=options.clock_behind_s,
        )
        try:
            _store(target, delivery, piece, total)
        except TrackRefused as error:  # the next part may be better
            _refuse(total, name, error)
            total.received += len(piece)
            total.unusable += len(piece)
            target.unused.add_refused(name, refusals(piece, delivery), piece)


def _store(target: Target, delivery: Delivery, piece: TrackFile, total: Total) -> None:
    with Session(target.engine) as session:
        stores = Stores(session, target.district)
        if stores.patrols.has_delivery(delivery.device, delivery.digest):
            total.before += 1
            return
        file = seen_from(stores, piece, delivery.received_at)
        receipt = upload(stores, delivery, file)
        due.settle(stores, delivery.received_at)
        target.unused.add(delivery.source, receipt, file)  # twice after a kill rather than never
        session.commit()
    total.parts += 1
    total.received += len(file)
    total.stored += receipt.counts.created - receipt.counts.late
    total.not_kept += receipt.counts.late
    total.duplicate += receipt.counts.duplicate
    total.reasons.update(receipt.reasons.values())
    given = receipt.track.counts()
    total.aside.update({name: number for name, number in given.items() if name not in _CREDITED})
    total.notes.update(file.notes)


def _is_known(target: Target, device: str, digest: str) -> bool:
    with Session(target.engine) as session:
        return Stores(session, target.district).patrols.has_delivery(device, digest)


def _refuse(total: Total, name: str, error: WardlineError) -> None:
    translate = translator()
    reasons = getattr(error, "extra", {}).get("reasons")
    more = {} if reasons is None else {"reasons": reasons}
    total.refused.append(
        {"file": name, "code": error.code, "detail": error.text(translate), "where": error.where, **more}
    )


@contextmanager
def _progress(files: Sequence[Path], *, quiet: bool) -> Iterator[Advance]:
    """Yield what shows how far a load is: after a part with no file, after a file with that."""
    sizes = {file: file.stat().st_size for file in files}
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as shown:
        task = shown.add_task("", total=sum(sizes.values()))

        def advance(done: Path | None, name: str, total: Total) -> None:
            said = f"{name[-40:]}: {total.files:,} files, {total.stored:,} fixes stored"
            shown.update(task, description=said, advance=sizes[done] if done else 0)

        yield advance
