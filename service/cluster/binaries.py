"""Where PostgreSQL's programs are, and whether PostGIS belongs to them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geo.errors import N_
from service.cluster.errors import ClusterVersion, PostgresMissing

OLDEST_MAJOR = 15
"""Older servers lack what the schema uses (``UNIQUE NULLS NOT DISTINCT``, ``MERGE``)."""

# Debian and Ubuntu, the PostgreSQL project's RPMs, Homebrew on both kinds of Mac.
_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL server: their ``folder`` and ``major`` version."""

    folder: Path
    major: int
    postgis: bool

    def program(self, name: str) -> str:
        """Return the path of the program called ``name``."""
        return str(self.folder / name)


def find(major: int | None = None, folder: Path | None = None, root: Path = Path("/")) -> Binaries:
    """Return the newest usable server, or the one of ``major`` where data of that version exist.

    Raises
    ------
    PostgresMissing
        No server of version 15 or later with PostGIS is installed.
    ClusterVersion
        There are servers, but none of the version that made the data.
    """
    found = [server for place in _candidates(folder, root) if (server := _inspect(place)) is not None]
    usable = sorted(
        (server for server in found if server.postgis and server.major >= OLDEST_MAJOR),
        key=lambda server: -server.major,
    )
    if major is not None:
        for server in usable:
            if server.major == major:
                return server
        if usable:
            raise ClusterVersion(
                N_("The data were made by PostgreSQL {major}, but only {installed} is installed."),
                mend=N_(
                    "Install postgresql-{major} and postgresql-{major}-postgis-3 beside it. To move to the "
                    "newer version: start with the old one, write a pg_dump, move the folder “cluster” "
                    "away and restore into the new one."
                ),
                major=major,
                installed=", ".join(str(server.major) for server in usable),
            )
    if usable:
        return usable[0]
    raise PostgresMissing(
        N_("No PostgreSQL {oldest} or later with PostGIS is installed ({found})."),
        mend=N_(
            "Run ./wardline, which installs it or prints the command, or set WARDLINE_DATABASE_URL "
            "to a database you have."
        ),
        oldest=OLDEST_MAJOR,
        found=", ".join(_describe(server) for server in found) or "none found",
    )


def _describe(server: Binaries) -> str:
    return f"{server.folder}: {server.major}{'' if server.postgis else ' without PostGIS'}"


def _candidates(folder: Path | None, root: Path) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    for pattern in _FOLDERS:
        yield from sorted(root.glob(pattern), reverse=True)
    if root == Path("/") and (on_path := shutil.which("initdb")):
        yield Path(os.path.realpath(on_path)).parent


def _inspect(folder: Path) -> Binaries | None:
    postgres = folder / "postgres"
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - a program of a fixed list of folders
    version = re.search(r"(\d+)(?:\.|devel|beta|rc|\s)", said)
    return Binaries(folder, int(version[1]), _has_postgis(folder, int(version[1]))) if version else None


def _has_postgis(folder: Path, major: int) -> bool:
    shares = [
        Path("/usr/share/postgresql") / str(major),  # Debian
        folder.parent / "share",  # RPMs of the PostgreSQL project
        folder.parent / "share" / "postgresql",
        Path(sys.prefix).anchor / Path("usr/share/pgsql"),  # Fedora
        *(folder.parent / "share").glob("postgresql@*"),  # Homebrew
    ]
    return any((share / "extension" / "postgis.control").exists() for share in shares)
