"""Backups of a database on a server that is not ours: a dump, restored beside it, never into it.

The server itself is only read. Its log is its administrator's, so there is no way from a dump to a later
instant.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from geo.errors import N_
from service.cluster.backup import (
    FORMAT,
    STAMP,
    instants_json,
    last_line,
    older,
    oldest_fixes,
    read_instants,
)
from service.cluster.binaries import Binaries, find
from service.cluster.configuration import ADMIN_ROLE, SERVICE_ROLE
from service.cluster.errors import BackupDamaged, BackupRefused
from service.cluster.kept import remove_left_over, remove_tree
from service.cluster.launcher import Cluster
from service.cluster.layout import PORT
from service.cluster.trees import digests, sync_tree, tree_bytes
from service.durable import make_folder, sync

_RECORD = "dump.json"
_CONTENT = "database.dump"
_UNREADABLE = (OSError, ValueError, KeyError, TypeError)
# What the cluster has already; only its administrator could make it.
_MADE_BY_US = (
    " EXTENSION ",
    " COMMENT - EXTENSION ",
    " SCHEMA - public ",
    " COMMENT - SCHEMA public ",
    " public spatial_ref_sys ",
)


@dataclass(frozen=True, slots=True)
class Dump:
    """A dump with the uploaded files; ``source`` is the address without its password.

    ``oldest`` says when the oldest raw position of each district in it was taken; None where an earlier
    version of ours did not ask.
    """

    folder: Path
    made_at: datetime
    source: str
    digest: str
    files: Mapping[str, str]
    bytes: int
    oldest: Mapping[str, datetime] | None = None


def is_dump(folder: Path) -> bool:
    """Whether a folder holds a dump, and not a backup of a private cluster."""
    return (folder / _RECORD).exists()


def take(
    url: str,
    scope: str,
    files: Path,
    folder: Path,
    tell: Callable[[str], None],
    *,
    register: Path,
    programs: Path | None = None,
) -> Dump:
    """Dump a database into a folder below ``folder``, in PostgreSQL's custom format.

    Parameters
    ----------
    scope
        What row security is to be told, as JSON (``layers.row_security``), so that every row is seen.
    register
        The file that lists dumps, wherever they lie.

    Raises
    ------
    BackupRefused
        ``pg_dump`` refused; its words are in the message.
    """
    address = make_url(url)
    made_at = datetime.now(UTC)
    try:
        make_folder(folder, 0o700)
        making = Path(tempfile.mkdtemp(prefix=".making-dump-", dir=folder))
    except OSError as error:
        raise BackupRefused(
            N_("The folder {folder} cannot be written: {reason}."),
            mend=N_("Name another folder with -o."),
            folder=folder,
            reason=error.strerror or str(error),
        ) from error
    try:
        tell("Dumping the database")
        oldest = _oldest_fixes(address, scope)
        _dump(address, scope, making / _CONTENT, find(folder=programs))
        if files.is_dir():
            tell("Copying uploaded files")
            shutil.copytree(files, making / "files")
        found = digests(making)
        record = {
            "format": FORMAT,
            "made_by": "wardline",
            "made_at": made_at.isoformat(),
            "source": address.render_as_string(hide_password=True),
            "digest": found.pop(_CONTENT),
            "files": {name.removeprefix("files/"): digest for name, digest in found.items()},
            "bytes": tree_bytes(making),
            "oldest": instants_json(older(oldest, _oldest_fixes(address, scope))),
        }
        (making / _RECORD).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
        sync_tree(making)
        place = folder / f"{made_at.strftime(STAMP)}-dump"
        number = 1
        while place.exists():  # two within a second
            number += 1
            place = folder / f"{made_at.strftime(STAMP)}-dump-{number}"
        making.rename(place)
        sync(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    _write(register, [*_listed(register), place])
    return read(place)


def _oldest_fixes(address: URL, scope: str) -> dict[str, datetime]:
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(plain, autocommit=True) as server:
            server.execute("SELECT set_config('wardline.scope', %s, false)", (scope,))
            return oldest_fixes(server)
    except psycopg.Error as error:
        raise _refused(last_line(str(error))) from error


def _listed(register: Path) -> list[Path]:
    try:
        return [Path(folder) for folder in json.loads(register.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []


def _write(register: Path, folders: Collection[Path]) -> None:
    register.parent.mkdir(parents=True, exist_ok=True)
    fresh = register.with_name(register.name + ".new")
    fresh.write_text(json.dumps([str(one) for one in folders], indent=1) + "\n", encoding="utf-8")
    sync(fresh)
    fresh.replace(register)
    sync(register.parent)


def known(register: Path, place: Path) -> list[Dump]:
    """Return the dumps that are listed, or lie in a folder, the oldest first; none is proven."""
    folders = dict.fromkeys((*_listed(register), *place.glob(f"*/{_RECORD}")))
    found = []
    for folder in folders:
        try:
            found.append(_recorded(folder.parent if folder.name == _RECORD else folder))
        except _UNREADABLE:
            continue
    return sorted({one.folder: one for one in found}.values(), key=lambda one: one.made_at)


def remove(register: Path, dumps: Collection[Dump]) -> None:
    """Remove dumps, and those from the list that are no longer in their places."""
    for one in dumps:
        remove_tree(one.folder)
    for parent in {one.folder.parent for one in dumps}:
        remove_left_over(parent)
    if register.exists():
        _write(register, [one for one in _listed(register) if is_dump(one)])


def _dump(address: URL, scope: str, target: Path, binaries: Binaries) -> None:
    quoted = scope.replace("\\", "\\\\").replace(" ", "\\ ")
    options = ["--format=custom", "--no-owner", "--enable-row-security", "--no-password", f"--file={target}"]
    options.append("--no-unlogged-table-data")  # fixes that came when their days were over
    variables = {"PATH": os.environ.get("PATH", ""), "PGOPTIONS": f"-c wardline.scope={quoted}"}
    if address.password is not None:
        variables["PGPASSWORD"] = str(address.password)  # never on a command line, which others can read
    plain = address.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    made = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [binaries.program("pg_dump"), *options, f"--dbname={plain}"],
        env={name: value for name, value in os.environ.items() if name in _KEPT} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise _refused(last_line(made.stderr))


def _refused(reason: str) -> BackupRefused:
    return BackupRefused(
        N_("PostgreSQL could not dump the database: {reason}."),
        mend=N_("Mend what it names and try again; nothing was left behind."),
        reason=reason,
    )


_KEPT = ("HOME", "PGPASSFILE", "PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY")


def read(folder: Path) -> Dump:
    """Return the dump in a folder, proven to be what was written.

    Raises
    ------
    BackupDamaged
        There is none, or a file is missing or damaged.
    """
    try:
        dump = _recorded(folder)
        files = {f"files/{name}": digest for name, digest in dump.files.items()}
        found = digests(folder)
        if {**files, _CONTENT: dump.digest} == {n: d for n, d in found.items() if n != _RECORD}:
            return dump
    except _UNREADABLE:
        pass
    raise BackupDamaged(
        N_("The dump {folder} is damaged or not whole."),
        mend=N_("Use another backup; check the disk that this one lies on."),
        folder=folder,
    )


def _recorded(folder: Path) -> Dump:
    body = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    return Dump(
        folder,
        datetime.fromisoformat(body["made_at"]),
        body["source"],
        body["digest"],
        body["files"],
        int(body["bytes"]),
        None if body.get("oldest") is None else read_instants(body["oldest"]),
    )


def load(dump: Dump, cluster: Cluster, database: str) -> None:
    """Load a dump into a new database of a running private cluster.

    Raises
    ------
    BackupRefused
        The database exists, or ``pg_restore`` refused.
    """
    if database in cluster.database_names():
        raise BackupRefused(
            N_("The private cluster in {home} has a database {database} already."),
            mend=N_("Name another folder with --into, or another database with WARDLINE_DATABASE."),
            home=cluster.layout.home,
            database=database,
        )
    cluster.ensure_database(database)
    try:
        _load(dump, cluster, database)
    except BaseException:
        cluster.drop_database(database)
        raise


def _load(dump: Dump, cluster: Cluster, database: str) -> None:
    program = cluster.programs.program("pg_restore")
    content = str(dump.folder / _CONTENT)
    listed = subprocess.run([program, "--list", content], capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's own program
    wanted = [line for line in listed.stdout.splitlines() if not any(one in line for one in _MADE_BY_US)]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".list") as chosen:
        chosen.write("\n".join(wanted) + "\n")
        chosen.flush()
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
            [
                program,
                f"--host={cluster.socket_folder}",
                f"--port={PORT}",
                f"--username={ADMIN_ROLE}",
                f"--role={SERVICE_ROLE}",
                f"--dbname={database}",
                f"--use-list={chosen.name}",
                "--no-owner",
                "--single-transaction",
                "--no-password",
                content,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if listed.returncode or done.returncode:
        raise BackupRefused(
            N_("PostgreSQL could not load the dump {folder}: {reason}."),
            mend=N_("Mend what it names and try again; nothing was left behind."),
            folder=dump.folder,
            reason=last_line(listed.stderr + done.stderr),
        )
