"""Files of keys: made once, whole or not at all, and never readable by anybody else."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geo.errors import N_
from service.durable import make_folder, sync
from service.errors import NotReady

FOLDER = "keys"
_CLOSED = 0o600
_OTHERS = 0o077


class KeyFileUnusable(NotReady):
    """A file of keys can be read by others, cannot be read by us, or does not hold keys."""

    code = "key-file-unusable"


def folder_of(home: Path) -> Path:
    """Return the folder of the keys below a home, made where it is absent."""
    folder = home / FOLDER
    make_folder(folder, 0o700)
    return folder


def read(path: Path) -> Mapping[str, Any]:
    """Return the content of a file of keys.

    Raises
    ------
    FileNotFoundError
        There is none.
    KeyFileUnusable
        Others can read it, or it is not one of ours.
    """
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_mode & _OTHERS:
            raise KeyFileUnusable(
                N_("The key file {file} can be read or changed by other accounts."),
                mend=N_("Find out who could read it; then make it private: chmod 600 {file}"),
                file=path,
            )
        try:
            return dict(json.loads(file.read()))
        except (ValueError, TypeError) as error:
            raise KeyFileUnusable(
                N_("The key file {file} does not hold keys."),
                mend=N_("Bring it back from the backup of your keys."),
                file=path,
            ) from error


def ensure(path: Path, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the content of a file of keys, made first where it is absent; processes that race agree."""
    try:
        return read(path)
    except FileNotFoundError:
        made = _write_aside(path, make())
    try:
        # A link is made only where nothing is: whoever comes second takes the file of the first.
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
    # Before anything is sealed with a key, a power cut can no longer take it; nor the key of who came first.
    sync(path.parent)
    return read(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let no other process change the files of a folder: what they read could be old when it is written."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace(path: Path, content: Mapping[str, Any]) -> None:
    """Put another content in place of a file of keys, at once for every reader."""
    _write_aside(path, content).replace(path)
    sync(path.parent)


def _write_aside(path: Path, content: Mapping[str, Any]) -> Path:
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _CLOSED)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return aside
