"""``--unused FILE``: each fix of a track that is not used, by its row and why, as CSV."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geo.errors import N_
from service.cli.language import translator
from service.errors import InvalidInput
from service.hardening.cells import inert_row
from service.readers.track_file import TrackFile
from service.use_cases.tracks import Receipt, named, unused

_HEAD = ("file", "row", "segment", "reason", "why")


class Unused:
    """Writes fixes that are not used; without a file nothing."""

    def __init__(self, sheet: Any = None) -> None:
        self._sheet = sheet

    def add(self, name: str, receipt: Receipt, file: TrackFile) -> None:
        """Write those of a file or of a part of one."""
        if self._sheet is not None:
            self._sheet.writerows(inert_row((name, *one)) for one in unused(receipt, file, translator()))

    def add_refused(self, name: str, reasons: Mapping[int, str], file: TrackFile) -> None:
        """Write those of a part of which no fix can be used."""
        if self._sheet is not None:
            rows = named(reasons.items(), file, translator())
            self._sheet.writerows(inert_row((name, *one)) for one in rows)


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
            sheet = csv.writer(out)
            if out.tell() == 0:
                sheet.writerow(_HEAD)
            yield Unused(sheet)
    except OSError as error:
        raise InvalidInput(
            N_("{file} cannot be written: {reason}."),
            mend=N_("Name a file in a folder that exists and that you may write to."),
            where={"file": str(path)},
            file=path,
            reason=error.strerror or str(error),
        ) from error
