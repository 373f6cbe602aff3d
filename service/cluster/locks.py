"""File locks: who starts and stops, who uses, and whether a server still lives.

All three are ``flock`` locks, so the kernel frees them when their holders die, however they die.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.errors import N_
from service.cluster.errors import ClusterBusy, ClusterForeign

_PAUSE = 0.02


def open_lock(path: Path) -> int:
    """Return a descriptor of the lock file ``path``, made if absent; child processes do not inherit it.

    Raises
    ------
    ClusterForeign
        It belongs to another account.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ClusterForeign(
            N_("The lock file {path} cannot be opened: {reason}."),
            mend=N_("Run as the account that owns it, or set WARDLINE_HOME to a folder of your own."),
            path=path,
            reason=error.strerror,
        ) from error
    if os.geteuid() == 0:
        # Root may help out in a user's home, and must not lock the user out by it.
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def try_exclusive(descriptor: int) -> bool:
    """Take the lock alone if nobody else holds it, and say whether it worked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def share(descriptor: int) -> None:
    """Take the lock together with others."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def is_held(path: Path) -> bool:
    """Whether any process holds the lock file ``path``."""
    if not path.exists():
        return False
    descriptor = open_lock(path)
    try:
        return not try_exclusive(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold the lock file ``path`` alone for the length of the block.

    Raises
    ------
    ClusterBusy
        Another program held it for longer than ``timeout_s`` seconds.
    """
    descriptor = open_lock(path)
    try:
        deadline = time.monotonic() + timeout_s
        while not try_exclusive(descriptor):
            if time.monotonic() > deadline:
                raise ClusterBusy(
                    N_("Another program has been starting or stopping the cluster for {seconds} s ({path})."),
                    mend=N_("End it (fuser {path} names it) and try again."),
                    seconds=round(timeout_s),
                    path=path,
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)
