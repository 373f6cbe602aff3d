"""Restoring a backup: beside what is there, replayed to an instant, checked, and only then put in its place.

The restored cluster lives in ``home/restoring-…/`` until its caller has checked it; then one rename makes it
the home's cluster. What was there before is moved aside, not removed. A restore that fails, or is killed,
leaves everything as it was.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path

from geo.errors import N_
from service.cluster import archive as archives
from service.cluster import backup as backups
from service.cluster import creation, databases, locks
from service.cluster.account import Account, require_reach, server_account
from service.cluster.archive import Archive, Segment
from service.cluster.backup import Backup
from service.cluster.binaries import find
from service.cluster.errors import (
    BackupDamaged,
    BackupRefused,
    ClusterBusy,
    ClusterNotStarted,
    InstantUnreachable,
)
from service.cluster.launcher import Cluster
from service.cluster.layout import ASIDE, Layout, write_marker
from service.cluster.trees import copy_tree, digests, give, sync_tree
from service.durable import sync

RESTORING = "restoring-"
_LOCK_TIMEOUT_S = 5.0
_ARCHIVE_TIMEOUT_S = 60.0
_RESTORED = re.compile(r'restored log file "([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})" from archive')
_LAST_WRITE = re.compile(r"last completed transaction was at log time (\S+ \S+)")
_NOT_REACHED = "recovery ended before configured recovery target was reached"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to restore to.

    ``at`` None means the newest state that the log leads to. With ``inclusive`` what was committed exactly at
    the instant is there, else not. ``timeline`` None means the one that was served at the instant.
    """

    at: datetime | None = None
    inclusive: bool = True
    timeline: int | None = None


@dataclass(slots=True)
class Restored:
    """A restored cluster, running beside its place; ``last_write`` is its newest commit from the log."""

    cluster: Cluster
    backup: Backup
    last_write: datetime | None
    moved_to: Path | None = None


def choose(place: Path, at: datetime | None) -> Backup:
    """Return the backup in a folder, or of the backups in it the newest that an instant can be reached from.

    Raises
    ------
    BackupDamaged
        There is none.
    InstantUnreachable
        The instant lies before all of them.
    """
    if (place / "backup.json").exists() or not place.is_dir():
        return backups.read(place)
    found = [backups.read(path.parent) for path in sorted(place.glob("[0-9]*/backup.json"))]
    if not found:
        return backups.read(place)  # says what is wrong
    found.sort(key=lambda one: one.finished_at)
    fitting = [one for one in found if at is None or one.finished_at <= at]
    if not fitting:
        raise _too_early(found[0], at)
    return fitting[-1]


def _too_early(backup: Backup, at: datetime | None) -> InstantUnreachable:
    return InstantUnreachable(
        N_("{at} is before {backup}, which was finished at {finished}."),
        mend=N_("Name an older backup, or a later instant."),
        at=None if at is None else at.isoformat(),
        backup=backup.folder,
        finished=backup.finished_at.isoformat(),
    )


@contextmanager
def restored(
    backup: Backup,
    wanted: Wanted,
    into: Path,
    tell: Callable[[str], None],
    *,
    programs: Path | None = None,
    archive: Path | None = None,
) -> Iterator[Restored]:
    """Restore a backup and yield it running; the end of the block puts it into its place in ``into``.

    Parameters
    ----------
    programs
        The folder of PostgreSQL's programs, where not found by itself.
    archive
        The archive of the log, where it is no longer in its place.

    Raises
    ------
    BackupRefused
        One of its kinds, each naming the cure. An exception in the block leaves everything as it was.
    ClusterBusy
        The home's own server runs.
    """
    home = Layout(Path(os.path.abspath(into)))  # noqa: PTH100 - resolve() would follow links into closed folders
    require_possible(backup, wanted, datetime.now(UTC))
    creation.make_home(home.home)
    with locks.exclusive(home.changing, _LOCK_TIMEOUT_S):
        _require_idle(home)
        account = server_account(home.data)
        require_reach(home.home, account)
        backups.require_room(home.home, backup.bytes + 4 * archives.SEGMENT_BYTES)
        log = _Log.of(backup, archive)
        place = _make_place(home)
        try:
            tell("Verifying the backup")
            _verify(backup, programs)
            tell("Copying it")
            _fill(place, backup, account)
            tell("Replaying the log")
            timeline = wanted.timeline or log.archive.timeline_at(wanted.at, backup.first.timeline)
            log = replace(log, timeline=timeline)
            cluster = Cluster(place.home, _settings(place, wanted, log), programs, patience_s=inf)
            try:
                found = Restored(cluster, backup, _replay(cluster, backup, wanted, log))
                yield found
            finally:
                cluster.stop()
            found.moved_to = _put_in_place(place, home, backup, account)
        finally:
            shutil.rmtree(place.home, ignore_errors=True)


def require_possible(backup: Backup, wanted: Wanted, now: datetime) -> None:
    """Refuse an instant that lies before the backup or in the future.

    Raises
    ------
    InstantUnreachable
        Names the earliest or the latest instant.
    """
    if wanted.at is None:
        return
    if wanted.at < backup.finished_at:
        raise _too_early(backup, wanted.at)
    if wanted.at > now:
        raise InstantUnreachable(
            N_("{at} lies in the future; it is {now}."),
            mend=N_("Leave out --at to restore the newest state."),
            at=wanted.at.isoformat(),
            now=now.isoformat(timespec="seconds"),
        )


def _require_idle(home: Layout) -> None:
    cluster = Cluster(home.home)
    if cluster.exists() and (cluster.is_running() or locks.is_held(home.users)):
        raise ClusterBusy(
            N_("The service, or its database, in {home} runs."),
            mend=N_(
                "End it; ./wardline stop --force ends a database that was left over. "
                "Or restore beside it with --into FOLDER."
            ),
            home=home.home,
        )


@dataclass(frozen=True, slots=True)
class _Log:
    """Where the log after a backup is: the archive, and what a stopped cluster had not archived yet."""

    archive: Archive
    unarchived: Path | None = None
    timeline: int = 1

    @classmethod
    def of(cls, backup: Backup, moved: Path | None) -> "_Log":
        """Find the log; a running source is asked to archive what it has."""
        place = moved or backup.archive
        if place is None:
            return cls(Archive.read(backup.folder / "no-archive"))
        source = Layout(place.parent.parent) if moved is None else None
        if source is None or not _is_copy(source, backup):
            return cls(Archive.read(place))
        cluster = Cluster(source.home)
        if cluster.is_running():
            _archive_now(cluster, place)
            return cls(Archive.read(place))
        return cls(Archive.read(place), source.data / "pg_wal")


def _is_copy(layout: Layout, backup: Backup) -> bool:
    try:
        return archives.system_identifier(layout.data) == backup.system_identifier
    except OSError:
        return False


def _archive_now(cluster: Cluster, place: Path) -> None:
    """Let a running server archive what it wrote up to now."""
    with databases.connect(cluster.socket_folder) as server:
        row = server.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    assert row is not None  # noqa: S101 - a SELECT without FROM
    deadline = time.monotonic() + _ARCHIVE_TIMEOUT_S
    while not (place / (row[0] + archives.PACKED)).exists():
        if time.monotonic() > deadline:
            raise BackupRefused(
                N_("The running server does not archive its log into {archive}."),
                mend=N_("./wardline doctor says why; mend that, then restore."),
                archive=place,
            )
        time.sleep(0.1)


def _make_place(home: Layout) -> Layout:
    for left_over in home.home.glob(RESTORING + "*"):
        if not Cluster(left_over).is_running():
            shutil.rmtree(left_over, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=RESTORING, dir=home.home))
    place.chmod(0o755)
    return Layout(place)


def _verify(backup: Backup, programs: Path | None) -> None:
    backups.verify_data(find(backup.major, programs), backup.data)
    found = digests(backup.folder / "files")
    for name in sorted(backup.files.keys() | found.keys()):
        if backup.files.get(name) != found.get(name):
            raise BackupDamaged(
                N_("The uploaded file {name} in the backup {folder} is missing or damaged."),
                mend=N_("Use another backup; check the disk that this one lies on."),
                name=name,
                folder=backup.folder,
            )


def _fill(place: Layout, backup: Backup, account: Account) -> None:
    place.cluster.mkdir(mode=0o700)
    place.log.mkdir(mode=0o700)
    copy_tree(backup.data, place.data)
    (place.data / "recovery.signal").touch()
    write_marker(place.cluster, account)
    archives.install(place, account)
    give(place.cluster, account)
    place.data.chmod(0o700)


def _settings(place: Layout, wanted: Wanted, log: _Log) -> dict[str, str]:
    values = {
        "restore_command": archives.fetching(place, log.archive.folder, log.unarchived),
        "recovery_target_timeline": str(log.timeline),
        "recovery_target_action": "promote",
        # Nobody is let in before the end of the replay, so that a connection means that it is finished.
        "hot_standby": "off",
        # The new timeline waits in the log until the cluster is in its place.
        "archive_command": "",
    }
    if wanted.at is not None:
        values["recovery_target_time"] = wanted.at.astimezone(UTC).isoformat(sep=" ")
        values["recovery_target_inclusive"] = "on" if wanted.inclusive else "off"
    return values


def _replay(cluster: Cluster, backup: Backup, wanted: Wanted, log: _Log) -> datetime | None:
    """Start the restored server, which replays the log; return when its newest transaction was committed."""
    try:
        cluster.start()
    except ClusterNotStarted as error:
        said = _words(cluster)
        if _NOT_REACHED in said and wanted.at is not None:
            raise _too_late(wanted.at, said, backup, log) from error
        raise
    said = _words(cluster)
    if wanted.at is None and (fault := _fault(said, backup, log)):
        raise BackupDamaged(
            N_("{name} of the log in {archive} is missing or damaged; what follows cannot be replayed."),
            mend=N_("To do without it, add --at “{last}”, the last instant before."),
            name=fault,
            archive=log.archive.folder,
            last=_shown(_last_write(said) or backup.finished_at),
        )
    return _last_write(said)


def _too_late(at: datetime, said: str, backup: Backup, log: _Log) -> InstantUnreachable:
    last = _shown(_last_write(said) or backup.finished_at)
    if fault := _fault(said, backup, log):
        return InstantUnreachable(
            N_("{at} cannot be reached: {name} of the log in {archive} is missing or damaged."),
            mend=N_("The last instant before it is {last}."),
            at=at.isoformat(),
            name=fault,
            archive=log.archive.folder,
            last=last,
        )
    return InstantUnreachable(
        N_("{at} is after the end of the log, whose last write was at {last}."),
        mend=N_("Leave out --at to restore the newest state, which is that of {last}."),
        at=at.isoformat(),
        last=last,
    )


def _shown(instant: datetime) -> str:
    return instant.isoformat()


def _words(cluster: Cluster) -> str:
    return "\n".join(path.read_text(errors="replace") for path in cluster.layout.log.glob("*.log"))


def _last_write(said: str) -> datetime | None:
    found = _LAST_WRITE.findall(said)
    return datetime.fromisoformat(_whole_offset(found[-1])).astimezone(UTC) if found else None


def _whole_offset(text: str) -> str:
    return text + ":00" if re.search(r"[+-]\d\d$", text) else text


def _fault(said: str, backup: Backup, log: _Log) -> str | None:
    """Return the first file of the archive that the replay should have taken and did not."""
    per_log = 0x1_0000_0000 // archives.SEGMENT_BYTES
    taken = [int(high, 16) * per_log + int(low, 16) for _, high, low in _RESTORED.findall(said)]
    newest = max([backup.first.number - 1, *taken])
    missed = [one for one in log.archive.segments if one.timeline == log.timeline and one.number > newest]
    return Segment(log.timeline, newest + 1).name if missed else None


def _put_in_place(place: Layout, home: Layout, backup: Backup, account: Account) -> Path | None:
    """Make the restored cluster the home's own; return where the old one went."""
    if backup.archive is not None and archives.folder(place).name == backup.archive.name:
        own = home.archives / backup.archive.name
        if own.is_dir() and own.samefile(backup.archive):
            archives.mark(place, account)  # the log goes on in the same archive, on its new timeline
    restore_files(backup.folder / "files", home.files)
    moved = None
    if home.cluster.exists():
        stamp = datetime.now(UTC).strftime(backups.STAMP)
        moved = home.home / f"{ASIDE}{stamp}"
        home.cluster.rename(moved)
    place.cluster.rename(home.cluster)
    sync(home.home)
    return moved


def restore_files(source: Path, target: Path) -> None:
    """Add the uploaded files that are not there; what is there stays."""
    for name in digests(source):
        if not (target / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)
    if target.is_dir():
        sync_tree(target)
