"""Backups of the private cluster: whole, verified, made while it serves.

FOLDER/20260601T013000Z/
├── backup.json     what this is; written last, and the folder gets its name last
├── data/           a base backup with PostgreSQL's own manifest (SHA-256 of every file)
└── files/          uploaded files, listed with their digests in backup.json

Together with the archived log (see ``archive``) a backup leads to every instant after it. What becomes of it
later is in ``kept``.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geo.errors import N_
from service.cluster import archive, databases, locks
from service.cluster.account import Account, current_name, server_account
from service.cluster.archive import Segment
from service.cluster.binaries import Binaries
from service.cluster.configuration import ADMIN_ROLE
from service.cluster.errors import BackupDamaged, BackupRefused, NoRoom
from service.cluster.launcher import Cluster
from service.cluster.layout import PORT
from service.cluster.trees import digests, sync_tree, tree_bytes
from service.durable import make_folder, sync

FORMAT = 1
MAKING = ".making-"
STAMP = "%Y%m%dT%H%M%SZ"
REGISTER = "backups.json"
_OLDEST_FIXES = {
    "public.fix_block": "SELECT district, min(first_at) FROM public.fix_block GROUP BY district",
    # A copy may be of a database that is yet to be migrated to blocks.
    "public.fix": "SELECT district, min(at) FROM public.fix GROUP BY district",
}
_RECORD = "backup.json"
_SPARE = 1.1

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup.

    ``finished_at`` is the first instant that it can be restored to; ``first`` and ``first_timeline`` name the
    oldest segment of the log that it needs; ``archive`` is where later ones are, None where the server keeps
    none. ``databases`` maps each database to the revision of its schema, ``oldest`` each to when the oldest
    raw position of a district in it was taken; None where an earlier version of ours did not ask.
    """

    folder: Path
    finished_at: datetime
    system_identifier: str
    major: int
    first: Segment
    archive: Path | None
    databases: Mapping[str, str | None]
    files: Mapping[str, str]
    bytes: int
    oldest: Mapping[str, Mapping[str, datetime]] | None = None

    @property
    def data(self) -> Path:
        """The copy of the data directory."""
        return self.folder / "data"


def ourselves() -> Account:
    """Return the account that this program runs under."""
    return Account(current_name(), os.geteuid(), os.getegid(), drop=False)


def take(cluster: Cluster, folder: Path | None, tell: Tell) -> Backup:
    """Make a backup of a running cluster below ``folder``, prove that it is whole, and register it.

    Raises
    ------
    NoRoom
        The disk of the folder has too little room.
    BackupRefused
        The folder cannot be written, or PostgreSQL refused; its words are in the message.
    BackupDamaged
        What was written is not what was read.
    """
    place = Path(os.path.abspath(folder or cluster.layout.backups))  # noqa: PTH100 - resolve() would follow links into closed folders
    with alone(cluster):
        making = _make_folder(place, archive.system_identifier(cluster.layout.data))
        try:
            return _take(cluster, place, making, tell)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise


@contextmanager
def alone(cluster: Cluster) -> Iterator[None]:
    """Let nobody else make or remove backups of a cluster for the length of the block.

    Raises
    ------
    BackupRefused
        Somebody does.
    """
    lock = locks.open_lock(cluster.layout.home / "backup.lock")
    try:
        if not locks.try_exclusive(lock):
            raise BackupRefused(
                N_("Another backup of {home} is under way."),
                mend=N_("Wait until it has ended."),
                home=cluster.layout.home,
            )
        yield
    finally:
        os.close(lock)


def _take(cluster: Cluster, place: Path, making: Path, tell: Tell) -> Backup:
    layout, binaries = cluster.layout, cluster.programs
    with databases.connect(cluster.socket_folder) as server:
        keeps = _value(server, "SHOW archive_mode") != "off"
        size = int(str(_value(server, "SELECT sum(pg_database_size(oid)) FROM pg_database")))
    require_room(place, int(size * _SPARE) + tree_bytes(layout.files) + 2 * archive.SEGMENT_BYTES)
    if keeps:
        archive.begin(layout, server_account(layout.data))
    tell("Copying the database")
    before = _oldest_fixes(cluster)
    _copy_data(cluster, binaries, making / "data")
    with databases.connect(cluster.socket_folder) as server:
        finished_at = datetime.fromisoformat(str(_value(server, "SELECT clock_timestamp()::text")))
    tell("Verifying the copy")
    verify_data(binaries, making / "data")
    if layout.files.is_dir():
        tell("Copying uploaded files")
        shutil.copytree(layout.files, making / "files")
    backup = _describe(cluster, making, finished_at.astimezone(UTC), keeps=keeps)
    # Asked on both sides of the copy: what was removed meanwhile, or came late, is in it or is not.
    backup = replace(backup, oldest=_older(before, _oldest_fixes(cluster)))
    return _finish(backup, place)


def _make_folder(place: Path, identifier: str) -> Path:
    try:
        make_folder(place, 0o700)
        prefix = f"{MAKING}{identifier}-"  # the folder may be shared with other clusters
        for left_over in place.glob(prefix + "*"):
            shutil.rmtree(left_over, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    except OSError as error:
        raise BackupRefused(
            N_("The folder {folder} cannot be written: {reason}."),
            mend=N_("Name another folder with -o."),
            folder=place,
            reason=error.strerror or str(error),
        ) from error


def require_room(place: Path, needed: int) -> None:
    """Refuse where the disk of ``place`` has less than ``needed`` bytes.

    Raises
    ------
    NoRoom
        Names both figures.
    """
    free = shutil.disk_usage(place).free
    if free < needed:
        raise NoRoom(
            N_("{folder} has {free} MB free, and {needed} MB are needed."),
            mend=N_("Make room there, or name a folder on another disk."),
            folder=place,
            free=free >> 20,
            needed=-(-needed >> 20),
        )


def _copy_data(cluster: Cluster, binaries: Binaries, target: Path) -> None:
    # Fast: a checkpoint at leisure would make the backup wait for minutes. The log that the copy itself needs
    # is streamed into it, so that it is whole without the archive. Page checksums are checked on the way.
    options = ["--checkpoint=fast", "--wal-method=stream", "--manifest-checksums=SHA256", "--no-password"]
    made = ourselves().run(
        [
            binaries.program("pg_basebackup"),
            f"--pgdata={target}",
            f"--host={cluster.socket_folder}",
            f"--port={PORT}",
            f"--username={ADMIN_ROLE}",
            "--label=wardline",
            *options,
        ],
        capture_output=True,
    )
    if made.returncode:
        raise BackupRefused(
            N_("PostgreSQL could not copy the database: {reason}."),
            mend=N_("Mend what it names and try again; nothing was left behind."),
            reason=last_line(made.stderr),
        )


def verify_data(binaries: Binaries, data: Path) -> None:
    """Prove that a base backup is what its manifest says, its log included.

    Raises
    ------
    BackupDamaged
        It is not; PostgreSQL's words are in the message.
    """
    seen = ourselves().run([binaries.program("pg_verifybackup"), "--quiet", str(data)], capture_output=True)
    if seen.returncode:
        raise BackupDamaged(
            N_("The backup {folder} is damaged: {reason}."),
            mend=N_("Use another backup; check the disk that this one lies on."),
            folder=data.parent,
            reason=last_line(seen.stderr),
        )


def last_line(words: str) -> str:
    """Return the first complaint of one of PostgreSQL's programs, without the program's name."""
    lines = [line for line in words.strip().splitlines() if "error:" in line or "FATAL" in line]
    return (
        (lines or words.strip().splitlines() or ["it gave no reason"])[0].split("error: ", 1)[-1].rstrip(".")
    )


def _describe(cluster: Cluster, making: Path, finished_at: datetime, *, keeps: bool) -> Backup:
    manifest = json.loads((making / "data" / "backup_manifest").read_text(encoding="utf-8"))
    first = manifest["WAL-Ranges"][0]
    return Backup(
        folder=making,
        finished_at=finished_at,
        system_identifier=archive.system_identifier(cluster.layout.data),
        major=cluster.programs.major,
        first=Segment.holding(int(first["Timeline"]), first["Start-LSN"]),
        archive=archive.folder(cluster.layout) if keeps else None,
        databases={name: _revision(cluster, name) for name in cluster.database_names()},
        files=digests(making / "files"),
        bytes=tree_bytes(making),
    )


def _finish(backup: Backup, place: Path) -> Backup:
    """Write the record, give the folder its name and register it."""
    name = backup.finished_at.strftime(STAMP)
    number = 1
    while (place / name).exists():  # two within a second
        number += 1
        name = f"{backup.finished_at.strftime(STAMP)}-{number}"
    record = backup.folder / _RECORD
    record.write_text(json.dumps(_to_json(backup), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sync_tree(backup.folder / "files")  # pg_basebackup synced its own
    for path in (record, backup.folder):
        sync(path)
    backup.folder.rename(place / name)
    sync(place)
    named = read(place / name)
    if named.archive is not None:
        register(named.archive, [*registered(named.archive), named])
    return named


def _oldest_fixes(cluster: Cluster) -> dict[str, dict[str, datetime]]:
    found: dict[str, dict[str, datetime]] = {}
    for name in cluster.database_names():
        with databases.connect(cluster.socket_folder, name) as inside:
            found[name] = oldest_fixes(inside)
    return found


def oldest_fixes(server: Any) -> dict[str, datetime]:
    """Return the time of each district's oldest fix; a database that is not ours has none."""
    for table, query in _OLDEST_FIXES.items():
        if server.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,):
            return dict(server.execute(query).fetchall())
    return {}


def _older(
    one: Mapping[str, Mapping[str, datetime]], other: Mapping[str, Mapping[str, datetime]]
) -> dict[str, dict[str, datetime]]:
    return {name: older(one.get(name, {}), other.get(name, {})) for name in one.keys() | other.keys()}


def older(one: Mapping[str, datetime], other: Mapping[str, datetime]) -> dict[str, datetime]:
    """Return the earlier instant of each district."""
    return {**one, **{key: min(at, one.get(key, at)) for key, at in other.items()}}


def _to_json(backup: Backup) -> dict[str, Any]:
    body = asdict(backup)
    del body["folder"]
    return body | {
        "format": FORMAT,
        "made_by": "wardline",
        "finished_at": backup.finished_at.isoformat(),
        "first": [backup.first.timeline, backup.first.number],
        "archive": None if backup.archive is None else str(backup.archive),
        "oldest": None
        if backup.oldest is None
        else {name: instants_json(found) for name, found in backup.oldest.items()},
    }


def instants_json(found: Mapping[str, datetime]) -> dict[str, str]:
    """Return instants as JSON."""
    return {key: at.astimezone(UTC).isoformat() for key, at in found.items()}


def read_instants(found: Mapping[str, str]) -> dict[str, datetime]:
    """Return instants from JSON."""
    return {key: datetime.fromisoformat(at) for key, at in found.items()}


def _from_json(folder: Path, body: Mapping[str, Any]) -> Backup:
    return Backup(
        folder=folder,
        finished_at=datetime.fromisoformat(body["finished_at"]),
        system_identifier=str(body["system_identifier"]),
        major=int(body["major"]),
        first=Segment(*(int(part) for part in body["first"])),
        archive=None if body["archive"] is None else Path(body["archive"]),
        databases=dict(body["databases"]),
        files=dict(body["files"]),
        bytes=int(body["bytes"]),
        oldest=None
        if body.get("oldest") is None
        else {name: read_instants(found) for name, found in body["oldest"].items()},
    )


def read(folder: Path) -> Backup:
    """Return the backup in a folder.

    Raises
    ------
    BackupDamaged
        There is none, or its record cannot be read.
    """
    try:
        body = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        if body["made_by"] == "wardline" and body["format"] == FORMAT and (folder / "data").is_dir():
            return _from_json(folder, body)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise BackupDamaged(
        N_("{folder} holds no whole backup of a private cluster."),
        mend=N_("Name a folder that ./wardline backup made, or the folder that it lies in."),
        folder=folder,
    )


def registered(archive_folder: Path) -> list[Backup]:
    """Return the backups that were made of a cluster, the oldest first, wherever they lie."""
    try:
        known = json.loads((archive_folder / REGISTER).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [_from_json(Path(body["folder"]), body) for body in known]


def register(archive_folder: Path, backups: list[Backup]) -> None:
    """Write which backups need the log, at once for every reader."""
    bodies = [_to_json(one) | {"folder": str(one.folder), "files": {}} for one in backups]
    fresh = archive_folder / (REGISTER + ".new")
    fresh.write_text(json.dumps(bodies, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sync(fresh)
    fresh.replace(archive_folder / REGISTER)
    sync(archive_folder)


def _value(server: Any, query: str) -> object:
    row = server.execute(query).fetchone()
    return row[0] if row else None


def _revision(cluster: Cluster, database: str) -> str | None:
    with databases.connect(cluster.socket_folder, database) as inside:
        if _value(inside, "SELECT to_regclass('public.alembic_version')") is None:
            return None
        return str(_value(inside, "SELECT version_num FROM public.alembic_version"))
