"""The account that the server runs under: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo.errors import N_
from service.cluster.errors import ClusterForeign, ClusterUnreachable, PostgresMissing

SYSTEM_ACCOUNT = "postgres"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the system. ``drop`` says that we are root and must step down to it."""

    name: str
    uid: int
    gid: int
    drop: bool

    def run(self, argv: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run ``argv`` under this account from ``/`` with a clean environment; the output is text."""
        if self.drop:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        # A fixed environment: a caller's PGPORT, PGOPTIONS or LD_PRELOAD must not reach the server.
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": _locale(), "TZ": "UTC"}
        return subprocess.run(  # noqa: S603 - programs that we name, never a shell
            argv, check=False, cwd="/", env=environment, text=True, stdin=subprocess.DEVNULL, **options
        )

    def own(self, path: Path) -> None:
        """Give ``path`` to this account, where we are root."""
        if self.drop:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def _locale() -> str:
    return "C.UTF-8" if sys.platform == "linux" else "C"


def current_name() -> str:
    """Return the name of the account that this program runs under."""
    return pwd.getpwuid(os.geteuid()).pw_name


def server_account(data: Path) -> Account:
    """Return the account for the server of ``data``: its owner where it exists, else ``postgres`` for root.

    Raises
    ------
    ClusterForeign
        The data belong to another account and we are not root.
    PostgresMissing
        We are root and there is no account to step down to.
    """
    root = os.geteuid() == 0
    if data.exists():
        owner = data.stat().st_uid
        if not root and owner != os.geteuid():
            raise ClusterForeign(
                N_("The private cluster in {home} belongs to the account {owner}, not to {account}."),
                mend=N_("Run as {owner} or as root, or set WARDLINE_HOME to a folder of your own."),
                home=data.parent.parent,
                owner=_name_of(owner),
                account=current_name(),
            )
        if root and owner != 0:
            return Account(_name_of(owner), owner, data.stat().st_gid, drop=True)
    if not root:
        return Account(current_name(), os.geteuid(), os.getegid(), drop=False)
    try:
        entry = pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError as error:
        raise PostgresMissing(
            N_("We run as root and there is no account “{account}” for the database server to run under."),
            mend=N_("Install PostgreSQL from your system's packages, or run as an ordinary user."),
            account=SYSTEM_ACCOUNT,
        ) from error
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, drop=True)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def require_reach(folder: Path, account: Account) -> None:
    """Prove that ``account`` can enter ``folder``, by entering it.

    Permissions, access lists and mounts all take part, so nothing less than trying is sure.

    Raises
    ------
    ClusterUnreachable
        A parent of the folder is closed to the account; names the first closed one.
    """
    shell = shutil.which("sh") or "/bin/sh"
    for step in (*reversed(folder.parents), folder):
        if account.run([shell, "-c", 'cd -- "$1"', "sh", str(step)], capture_output=True).returncode:
            raise ClusterUnreachable(
                N_("The account {account}, which runs the database server, cannot enter {folder}."),
                mend=N_("Set WARDLINE_HOME to a folder outside of it, such as /var/lib/wardline."),
                account=account.name,
                folder=step,
            )
