"""``--unused FILE``: each fix of a track that is not used, by its row and why, as CSV."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from geo.errors import N_
from service.cli.language import translator
from service.errors import InvalidInput
from service.hardening.cells import inert_row
from service.readers.track_file import TrackFile
from service.use_cases.tracks import Receipt, named, unused

_HEAD = ("file", "row", "segment", "reason", "why")


class Unused:
    """Writes fixes that are not used; without a file nothing."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self._out = out

    def add(self, name: str, receipt: Receipt, file: TrackFile) -> None:
        """Write those of a file or of a part of one."""
        self._write(name, unused(receipt, file, translator()))

    def add_refused(self, name: str, reasons: Mapping[int, str], file: TrackFile) -> None:
        """Write those of a part of which no fix can be used."""
        self._write(name, named(reasons.items(), file, translator()))

    def _write(self, name: str, rows: Iterable[tuple[int, str, str, str]]) -> None:
        """Write rows for good, so that a kill takes none of those of a part that is stored."""
        if self._out is not None:
            csv.writer(self._out).writerows(inert_row((name, *one)) for one in rows)
            self._out.flush()


@contextmanager
def listed(path: Path | None) -> Iterator[Unused]:
    """Yield what writes to the end of a file, so that a load that goes on adds to what it listed before.

    Raises
    ------
    InvalidInput
        The file cannot be written.
    """
    if path is None:
        yield Unused()
        return
    try:
        with path.open("a", encoding="utf-8", newline="") as out:
            if out.tell() == 0:
                csv.writer(out).writerow(_HEAD)
            yield Unused(out)
    except OSError as error:
        raise InvalidInput(
            N_("{file} cannot be written: {reason}."),
            mend=N_("Name a file in a folder that exists and that you may write to."),
            where={"file": str(path)},
            file=path,
            reason=error.strerror or str(error),
        ) from error
