"""The private PostGIS cluster: made, started, shared and stopped.

Three locks decide everything (see ``layout``). Whoever makes, starts or stops holds ``cluster.lock``. The
server's processes inherit a descriptor of ``running.lock``, so that the lock is held exactly as long as one
of them lives, whatever ``postmaster.pid`` says: across killed servers, zombies, reused process ids and
containers. Every program that uses the server shares ``users.lock``; the last one to leave stops the server.
"""

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from geo.errors import N_
from service.cluster import archive, configuration, creation, databases, locks, processes
from service.cluster import layout as places
from service.cluster.account import Account, server_account
from service.cluster.binaries import Binaries, find
from service.cluster.errors import ClusterBusy, ClusterNotStarted
from service.cluster.layout import Layout

_LOCK_TIMEOUT_S = 180.0
_START_TIMEOUT_S = 120.0
_STOP_TIMEOUT_S = 120.0
_ORPHANS_TIMEOUT_S = 20.0
_DETACH = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 &'


class Cluster:
    """A PostGIS cluster of our own below ``home``, reached over a Unix socket only.

    Parameters
    ----------
    home
        The folder that holds it (``WARDLINE_HOME``).
    overrides
        Server settings that differ from ours; the tests switch durability off with it.
    binaries
        The folder of PostgreSQL's programs, where not found by itself.
    patience_s
        How long a living server may take until it accepts connections; a restore can take hours.
    """

    def __init__(
        self,
        home: Path,
        overrides: Mapping[str, str] | None = None,
        binaries: Path | None = None,
        patience_s: float = _START_TIMEOUT_S,
    ) -> None:
        self.layout = Layout(Path(os.path.abspath(home)))  # noqa: PTH100 - resolve() would follow links into closed folders
        self._overrides = dict(overrides or {})
        self._binaries = binaries
        self._patience_s = patience_s

    @property
    def socket_folder(self) -> str:
        """The folder of the server's socket."""
        return str(self.layout.socket_folder)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of ``database``, for the role that owns it."""
        return databases.url(self.socket_folder, database)

    def web_url(self, database: str) -> str:
        """Return the SQLAlchemy address of ``database`` for the role that requests are served as."""
        return databases.url(self.socket_folder, database, configuration.WEB_ROLE)

    def admin_url(self, database: str) -> str:
        """Return the SQLAlchemy address of ``database`` for the administrator's role."""
        return databases.url(self.socket_folder, database, configuration.ADMIN_ROLE)

    def exists(self) -> bool:
        """Whether the cluster has been made; raises ``ClusterForeign`` where something else is there."""
        return places.require_ours(self.layout)

    def is_running(self) -> bool:
        """Whether a process of the server lives."""
        return locks.is_held(self.layout.running) or self._postmaster() is not None

    def start(self) -> None:
        """Make the cluster where absent and start it where it does not run.

        Raises
        ------
        ClusterError
            One of its kinds (see ``errors``), each naming the mend.
        """
        with self._changing():
            self._start()

    def stop(self, *, force: bool = True) -> bool:
        """Stop the server and say whether it ran; without ``force`` only if nobody uses it.

        Raises
        ------
        ClusterBusy
            Programs use it and ``force`` is False.
        """
        if not self.layout.home.is_dir() or not self.exists():
            return False
        with self._changing():
            if not force and locks.is_held(self.layout.users):
                raise ClusterBusy(
                    N_("Programs still use the database in {home}."),
                    mend=N_("End them (./wardline serve or demo), or add --force."),
                    home=self.layout.home,
                )
            return self._stop()

    @contextmanager
    def use(self) -> Iterator["Cluster"]:
        """Start the server for the length of the block; the last of all its users stops it."""
        with self._changing():
            self._start()
            users = locks.open_lock(self.layout.users)
            locks.share(users)
        try:
            yield self
        finally:
            try:
                with self._changing():
                    if locks.try_exclusive(users):
                        self._stop()
            finally:
                os.close(users)

    def ensure_database(self, name: str, template: str | None = None) -> bool:
        """Make the database ``name`` with our extensions, or as a copy; True if it was absent."""
        with self._changing():
            return databases.ensure(self.socket_folder, name, template)

    def drop_database(self, name: str) -> None:
        """Drop the database ``name`` if it exists, ending the sessions inside of it."""
        with self._changing():
            databases.drop(self.socket_folder, name)

    def rename_database(self, name: str, new_name: str) -> None:
        """Give the database ``name`` another name; nobody may be connected to it."""
        with self._changing():
            databases.rename(self.socket_folder, name, new_name)

    def database_names(self) -> list[str]:
        """Return the names of the databases in the cluster."""
        return databases.names(self.socket_folder)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        creation.make_home(self.layout.home)
        with locks.exclusive(self.layout.changing, _LOCK_TIMEOUT_S):
            yield

    def _postmaster(self) -> int | None:
        pid = processes.recorded_pid(self.layout.data) if self.layout.data.is_dir() else None
        return pid if pid is not None and processes.serves(pid, self.layout.data) else None

    def _start(self) -> None:
        exists = self.exists()
        account = server_account(self.layout.data)
        if not exists:
            creation.create(self.layout, account, find(folder=self._binaries))
        elif self.is_running() and self._becomes_ready():
            self._admit(account)
            return
        binaries = self.programs
        self._clear_stale()
        self._launch(account, binaries)
        with databases.connect(self.socket_folder) as server:
            databases.ensure_roles(server)

    @property
    def programs(self) -> Binaries:
        """PostgreSQL's programs of the version that made the data."""
        return find(self._major(), self._binaries)

    def _major(self) -> int:
        return int((self.layout.data / "PG_VERSION").read_text(encoding="ascii").strip())

    def _admit(self, account: Account) -> None:
        """Let in whom a server of an earlier version of ours does not know yet."""
        if configuration.admit(self.layout.data, account):
            with databases.connect(self.socket_folder) as server:
                databases.ensure_roles(server)
                server.execute("SELECT pg_reload_conf()")
            databases.wait_for_log_in(self.socket_folder, configuration.WEB_ROLE)

    def _becomes_ready(self) -> bool:
        """Wait for a living server to accept connections; False once all of its processes are gone."""
        orphaned_since: float | None = None
        deadline = time.monotonic() + self._patience_s
        while self.is_running():
            with suppress(psycopg.OperationalError):
                databases.connect(self.socket_folder, timeout_s=5).close()
                return True
            # Without its postmaster a killed server's other processes end by themselves, soon.
            orphaned_since = None if self._postmaster() else orphaned_since or time.monotonic()
            gone_for = time.monotonic() - orphaned_since if orphaned_since else 0.0
            if gone_for > _ORPHANS_TIMEOUT_S or time.monotonic() > deadline:
                raise ClusterNotStarted(
                    N_("Processes of the database server in {data} live but accept no connection ({pids})."),
                    mend=N_("End them with kill -QUIT and try again; the log is in {log}."),
                    data=self.layout.data,
                    pids=", ".join(map(str, processes.occupants(self.layout.data))) or "in another container",
                    log=self.layout.log,
                )
            time.sleep(0.05)
        return False

    def _clear_stale(self) -> None:
        """Remove what a dead server left behind; its process id may be somebody else's by now."""
        if self.is_running() or processes.occupants(self.layout.data):
            raise ClusterNotStarted(
                N_("Processes of another database server work in {data}."),
                mend=N_("End them and try again."),
                data=self.layout.data,
            )
        socket = self.layout.socket_folder / f".s.PGSQL.{places.PORT}"
        for left_over in (
            self.layout.data / "postmaster.pid",
            socket,
            socket.with_name(socket.name + ".lock"),
        ):
            left_over.unlink(missing_ok=True)

    def _launch(self, account: Account, binaries: Binaries) -> None:
        folder = places.open_socket_folder(self.layout, account)
        data = self.layout.data
        archiving = archive.settings(self.layout)
        archive.install(self.layout, account)
        values = configuration.settings(folder, self.layout.log, archiving | self._overrides)
        configuration.write(data, values, account)
        words = self.layout.log / "start.log"
        words.unlink(missing_ok=True)
        running = locks.open_lock(self.layout.running)
        try:
            locks.share(running)
            # The shell puts the server into the background and ends, so that init, not we, reaps it one day.
            # pg_ctl would do the same but builds a command line that some characters in a path break.
            account.run(
                ["/bin/sh", "-c", _DETACH, "sh", str(words), binaries.program("postgres"), "-D", str(data)],
                pass_fds=(running,),
                start_new_session=True,
            )
        finally:
            os.close(running)  # from here on only the server's own processes hold it
        if not self._becomes_ready():
            raise ClusterNotStarted(
                N_("The database server did not start: {reason}."),
                mend=N_("Mend what it names; the whole log is in {log}."),
                reason=self._last_words(words),
                log=self.layout.log,
            )

    def _last_words(self, start_log: Path) -> str:
        by_age = sorted(self.layout.log.glob("server-*.log"), key=lambda path: path.stat().st_mtime)
        for path in (start_log, *by_age[-1:]):
            lines = path.read_text(errors="replace").splitlines() if path.exists() else []
            if any("FATAL" in line or "PANIC" in line for line in lines):
                return " / ".join(re.sub(r"^.*?\[\d+\]\s+", "", line) for line in lines[-3:])
        return "no reason given"

    def _stop(self) -> bool:
        if not self.is_running():
            return False
        server_account(self.layout.data)  # refuses where the server is not ours to stop
        if (pid := self._postmaster()) is not None:
            os.kill(pid, signal.SIGINT)  # fast: ends the sessions, writes a checkpoint
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        while self.is_running():
            if time.monotonic() > deadline:
                raise ClusterNotStarted(
                    N_("The database server in {data} did not stop."),
                    mend=N_("Its log is in {log}."),
                    data=self.layout.data,
                    log=self.layout.log,
                )
            time.sleep(0.02)
        if (folder := self.layout.socket_folder).parent != self.layout.home:
            shutil.rmtree(folder, ignore_errors=True)
        return True
