"""Where everything of a private cluster lies below its home.

home/
├── cluster.lock     held while somebody makes, starts or stops
├── running.lock     held by the server's processes as long as one of them lives
├── users.lock       shared by the programs that use the server
├── run/             the socket (or a short path elsewhere where this one is too long)
├── archive/         the write-ahead log that backups need (see ``archive``); may be a mount of its own
├── backups/         where backups go unless said otherwise
├── files/           uploaded files
└── cluster/         made elsewhere and renamed, so it is whole or absent
    ├── wardline.json    says that it is ours
    ├── log/
    └── data/            a subdirectory, so that a mount's lost+found never disturbs
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from geo.errors import N_
from service.cluster.account import Account
from service.cluster.errors import ClusterForeign
from service.durable import sync

PORT = 5432
MAKING = "cluster.making-"
ASIDE = "cluster.before-"
_MAKER = "wardline"
_SOCKET_BYTES = 107  # sockaddr_un.sun_path holds 108 with the closing zero (104 on macOS, see below)
_SOCKET_BYTES_BSD = 103


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of a private cluster below ``home``."""

    home: Path

    @property
    def cluster(self) -> Path:
        """The folder that is made whole or not at all."""
        return self.home / "cluster"

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.cluster / "data"

    @property
    def log(self) -> Path:
        """The folder of the server's log files."""
        return self.cluster / "log"

    @property
    def archives(self) -> Path:
        """The folder of the archives of the write-ahead log, one for each cluster that lived here."""
        return self.home / "archive"

    @property
    def backups(self) -> Path:
        """The folder that backups go to unless another one is named."""
        return self.home / "backups"

    @property
    def files(self) -> Path:
        """The folder of uploaded files."""
        return self.home / "files"

    @property
    def changing(self) -> Path:
        """The lock of those who make, start or stop."""
        return self.home / "cluster.lock"

    @property
    def running(self) -> Path:
        """The lock that the server's own processes hold."""
        return self.home / "running.lock"

    @property
    def users(self) -> Path:
        """The lock that the users of the server share."""
        return self.home / "users.lock"

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: in the home, or a short one by digest where that one cannot be used."""
        inside = self.home / "run"
        limit = _SOCKET_BYTES if os.uname().sysname == "Linux" else _SOCKET_BYTES_BSD
        # A comma separates hosts in libpq and cannot be escaped.
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= limit and "," not in str(inside):
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"wardline-{digest}"
        return short if len(os.fsencode(short)) < limit - 20 else Path("/tmp") / short.name  # noqa: S108 - checked by open_socket_folder


def write_marker(folder: Path, account: Account) -> None:
    """Write the file that says the cluster in ``folder`` is ours."""
    marker = folder / "wardline.json"
    marker.write_text(json.dumps({"made_by": _MAKER, "layout": 1}) + "\n", encoding="utf-8")
    account.own(marker)
    # Without its marker a cluster is somebody else's, whatever was acknowledged from it.
    for path in (marker, folder):
        sync(path)


def require_ours(layout: Layout) -> bool:
    """Whether our cluster exists; never says yes to one that we did not make.

    Raises
    ------
    ClusterForeign
        Something else is in its place.
    """
    if not layout.cluster.exists() and not layout.cluster.is_symlink():
        return False
    try:
        marker = json.loads((layout.cluster / "wardline.json").read_text(encoding="utf-8"))
        if marker["made_by"] == _MAKER and (layout.data / "PG_VERSION").exists():
            return True
    except PermissionError as error:
        raise _foreign(layout) from error
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise _foreign(layout)


def _foreign(layout: Layout) -> ClusterForeign:
    return ClusterForeign(
        N_("{folder} was not made by Wardline for this account, so it is left alone."),
        mend=N_("Move it away or set WARDLINE_HOME to another folder."),
        folder=layout.cluster,
    )


def open_socket_folder(layout: Layout, account: Account) -> Path:
    """Make the folder of the socket, closed to others, and return it.

    Raises
    ------
    ClusterForeign
        Somebody else put something in its place (possible in a shared temporary folder).
    """
    folder = layout.socket_folder
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        account.own(folder)
    state = folder.lstat()
    if folder.is_symlink() or not folder.is_dir() or state.st_uid not in {account.uid, os.geteuid()}:
        raise ClusterForeign(
            N_("{folder}, the place of the database socket, belongs to somebody else."),
            mend=N_("Remove it or set WARDLINE_HOME to a folder with a shorter path."),
            folder=folder,
        )
    folder.chmod(0o700)
    account.own(folder)
    return folder
