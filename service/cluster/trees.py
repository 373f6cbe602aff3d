"""Folders as a whole: their size, the digests of their files, owner, and what is safe on the disk."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from service.cluster.account import Account
from service.durable import sync

_BLOCK = 1 << 20


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the regular files below a folder in a fixed order; none where it is absent."""
    for inside, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(inside) / name
            if path.is_file() and not path.is_symlink():
                yield path


def tree_bytes(folder: Path) -> int:
    """Return the size of the files below a folder."""
    return sum(path.stat().st_size for path in files_of(folder))


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file below a folder by its relative path."""
    found = {}
    for path in files_of(folder):
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        found[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return found


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder with modes and times; shares blocks where the file system can."""
    cp = shutil.which("cp", path="/usr/bin:/bin") or "cp"
    sharing = ["--reflink=auto"] if sys.platform == "linux" else []
    subprocess.run([cp, "-a", *sharing, "--", str(source), str(target)], check=True, capture_output=True)  # noqa: S603 - a fixed program


def give(folder: Path, account: Account) -> None:
    """Give a folder and everything in it to an account, where we are root."""
    account.own(folder)
    for inside, folders, names in os.walk(folder):
        for name in (*folders, *names):
            account.own(Path(inside) / name)


def sync_tree(folder: Path) -> None:
    """Wait until a folder and everything in it are on the disk; an absent one is."""
    for path in files_of(folder):
        sync(path)
    for inside, _, _ in os.walk(folder):
        sync(Path(inside))
