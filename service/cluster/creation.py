"""Making a private cluster: beside its place, then one rename, so an interrupted try leaves nothing."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from geo.errors import N_
from service.cluster import layout as places
from service.cluster.account import Account, require_reach
from service.cluster.binaries import Binaries
from service.cluster.configuration import ADMIN_ROLE
from service.cluster.errors import ClusterError, ClusterForeign, ClusterNotStarted
from service.cluster.layout import Layout
from service.durable import make_folder, sync


def make_home(home: Path) -> None:
    """Make the home folder; others may pass through it but the cluster inside is closed.

    Raises
    ------
    ClusterError
        The folder cannot be made or written.
    """
    try:
        make_folder(home, 0o755)
    except OSError as error:
        raise _unwritable(home, error) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise _unwritable(home, PermissionError("permission denied"))


def _unwritable(home: Path, error: OSError) -> ClusterError:
    return ClusterError(
        N_("The folder {home} cannot be written: {reason}."),
        mend=N_("Set WARDLINE_HOME to a folder that this account may write."),
        home=home,
        reason=error.strerror or str(error),
    )


def create(layout: Layout, account: Account, binaries: Binaries) -> None:
    """Make the cluster of ``layout``; the caller holds the lock.

    Raises
    ------
    ClusterForeign
        The place is a mount point, which cannot be replaced.
    ClusterUnreachable
        The server's account cannot enter the home.
    ClusterNotStarted
        ``initdb`` failed; its words are in the message.
    """
    if os.path.ismount(layout.cluster):
        raise ClusterForeign(
            N_("{folder} is a mount point; the cluster is a folder inside of its home."),
            mend=N_("Mount at {home} instead."),
            folder=layout.cluster,
            home=layout.home,
        )
    require_reach(layout.home, account)
    for left_over in layout.home.glob(places.MAKING + "*"):
        shutil.rmtree(left_over, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix=places.MAKING, dir=layout.home))
    try:
        _fill(making, account, binaries)
        making.rename(layout.cluster)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    sync(layout.home)


def _fill(making: Path, account: Account, binaries: Binaries) -> None:
    log = making / "log"
    log.mkdir(mode=0o700)
    for folder in (making, log):
        account.own(folder)
    locale = "C.UTF-8" if sys.platform == "linux" else "C"
    made = account.run(
        [
            binaries.program("initdb"),
            f"--pgdata={making / 'data'}",
            f"--username={ADMIN_ROLE}",
            "--encoding=UTF8",
            f"--locale={locale}",
            "--auth-local=peer",
            "--auth-host=reject",
            "--data-checksums",
        ],
        capture_output=True,
    )
    if made.returncode:
        raise ClusterNotStarted(
            N_("The private database cluster could not be made: {reason}"),
            mend=N_("Mend what PostgreSQL names and try again; nothing was left behind."),
            reason=made.stderr.strip() or made.stdout.strip(),
        )
    places.write_marker(making, account)
