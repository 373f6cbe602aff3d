"""How files of each format begin: a driver that is asked to guess also guesses formats that lead elsewhere.

A virtual format of GDAL, for example, is a small text that names another file, or an address to fetch.
"""

from pathlib import Path

from geo.errors import N_
from service.errors import MalformedBody

SIGNATURES = {
    ".gpkg": b"SQLite format 3\0",
    ".fgb": b"fgb\x03fgb",
    ".shp": b"\x00\x00\x27\x0a",
    ".shx": b"\x00\x00\x27\x0a",
}
"""What the files of a suffix begin with; a suffix that is not listed is read by readers of our own first."""


def require_signature(path: Path, file: str) -> None:
    """Refuse a file that does not begin as its suffix says; ``file`` is its name for the user.

    Raises
    ------
    MalformedBody
        It is of another format.
    """
    wanted = SIGNATURES.get(path.suffix.lower(), b"")
    with path.open("rb") as opened:
        found = opened.read(len(wanted))
    if found != wanted:
        raise MalformedBody(
            N_("{file} does not begin as a {suffix} file does."),
            mend=N_("Is it damaged, or another format than its suffix says?"),
            where={"file": file},
            file=file,
            suffix=path.suffix.lower(),
        )
