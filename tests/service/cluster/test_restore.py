"""Backups are proven by restoring them: the drill of a wrong DELETE, and every refusal with its cure."""

import json
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from service.cluster import Cluster, archive, backup, databases, kept, restore
from service.cluster.backup import Backup
from service.cluster.errors import (
    BackupDamaged,
    BackupRefused,
    ClusterBusy,
    InstantUnreachable,
    NoRoom,
)
from service.cluster.restore import Restored, Wanted
from service.database import migrate
from tests.fixtures.clusters import QUICK
from tests.fixtures.county import publish

DATABASE = "wardline"
WITH_LOG = QUICK | {"archive_mode": "on"}


def silent(_: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Source:
    """A cluster with a county, a backup of it, and what happened afterwards, by name and instant."""

    cluster: Cluster
    backup: Backup
    before: datetime
    tables: dict[str, str]
    after: dict[str, str]


def ask(cluster: Cluster, query: str) -> object:
    with databases.connect(cluster.socket_folder, DATABASE) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def do(cluster: Cluster, statement: str) -> datetime:
    """Do something and return an instant after its commit and before any later one."""
    with databases.connect(cluster.socket_folder, DATABASE) as connection:
        connection.execute(statement)
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    assert row is not None
    time.sleep(0.01)
    return datetime.fromtimestamp(float(row[0]), UTC) + timedelta(milliseconds=5)


def contents(cluster: Cluster) -> dict[str, str]:
    """Return a digest of every row of each table."""
    listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    rows = "md5(coalesce(string_agg(each::text, E'\\n' ORDER BY each::text COLLATE \"C\"), ''))"
    with databases.connect(cluster.socket_folder, DATABASE) as connection:
        tables = [name for (name,) in connection.execute(listed)]
        found = {}
        for name in tables:
            row = connection.execute(f'SELECT {rows} FROM "{name}" AS each').fetchone()  # noqa: S608
            assert row is not None
            found[name] = row[0]
    return found


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="wardline restore "))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def source(folder: Path) -> Iterator[Source]:
    cluster = Cluster(folder / "home", overrides=WITH_LOG)
    cluster.start()
    try:
        cluster.ensure_database(DATABASE)
        engine = create_engine(cluster.admin_url(DATABASE))
        migrate(engine)
        with Session(engine) as session:
            publish(session)
            session.commit()
        engine.dispose()
        (cluster.layout.files / "ab").mkdir(parents=True)
        (cluster.layout.files / "ab" / "photo").write_bytes(b"a gate")
        made = backup.take(cluster, None, silent)
        before = do(cluster, "UPDATE marker SET name = name || ' (new)'")
        tables = contents(cluster)
        do(cluster, "DELETE FROM responsibility")
        do(cluster, "DELETE FROM representative")
        yield Source(cluster, made, before, tables, contents(cluster))
    finally:
        cluster.stop()


def restored(source: Source, wanted: Wanted, into: Path) -> Restored:
    with restore.restored(source.backup, wanted, into, silent) as found:
        pass
    return found


def test_the_drill_a_wrong_delete_is_undone_to_the_instant_before(source: Source, folder: Path) -> None:
    assert source.tables != source.after
    with restore.restored(source.backup, Wanted(source.before), folder / "drill", silent) as found:
        assert contents(found.cluster) == source.tables
        assert found.last_write is not None
        assert found.last_write <= source.before
        assert contents(source.cluster) == source.after, "the running data are untouched"
    assert found.moved_to is None
    assert (folder / "drill" / "files" / "ab" / "photo").read_bytes() == b"a gate"
    assert not list((folder / "drill").glob("restoring-*"))
    again = Cluster(folder / "drill", overrides=QUICK)
    with again.use():
        assert contents(again) == source.tables, "in its place, after an ordinary start"


def test_without_an_instant_the_newest_write_is_there(source: Source, folder: Path) -> None:
    do(source.cluster, "UPDATE marker SET name = 'a moment ago'")
    with restore.restored(source.backup, Wanted(), folder / "newest", silent) as found:
        assert ask(found.cluster, "SELECT count(*) FROM marker WHERE name = 'a moment ago'") == 4


def test_a_commit_at_the_very_instant_is_in_or_out_as_asked(source: Source, folder: Path) -> None:
    do(source.cluster, "CREATE TABLE edge (at timestamptz)")
    with databases.connect(source.cluster.socket_folder, DATABASE) as connection:
        connection.execute("SET track_commit_timestamp = off") if False else None
    after = do(source.cluster, "INSERT INTO edge VALUES (now())")
    do(source.cluster, "INSERT INTO edge VALUES (now())")
    with restore.restored(source.backup, Wanted(after), folder / "edge", silent) as found:
        assert ask(found.cluster, "SELECT count(*) FROM edge") == 1
        at = found.last_write
    assert at is not None
    with restore.restored(source.backup, Wanted(at), folder / "edge-in", silent) as found:
        assert ask(found.cluster, "SELECT count(*) FROM edge") == 1
    with restore.restored(source.backup, Wanted(at, inclusive=False), folder / "edge-out", silent) as found:
        assert ask(found.cluster, "SELECT count(*) FROM edge") == 0


def test_in_its_own_place_the_old_data_move_aside_and_the_log_goes_on(folder: Path) -> None:
    cluster = Cluster(folder / "own", overrides=WITH_LOG)
    cluster.start()
    try:
        cluster.ensure_database(DATABASE)
        do(cluster, "CREATE TABLE step (number int)")
        made = backup.take(cluster, None, silent)
        one = do(cluster, "INSERT INTO step VALUES (1)")
        do(cluster, "INSERT INTO step VALUES (2)")
        with pytest.raises(ClusterBusy, match=r"runs.*--into FOLDER"):
            restored_in(made, Wanted(one), cluster)
        cluster.stop()
        found = restored_in(made, Wanted(one), cluster)
        assert found.moved_to is not None
        assert (found.moved_to / "data" / "PG_VERSION").exists()
        cluster.start()
        assert numbers(cluster) == [1]
        three = do(cluster, "INSERT INTO step VALUES (3)")
        do(cluster, "INSERT INTO step VALUES (4)")
        cluster.stop()
        # On the second timeline now; the same backup still leads to every instant of both.
        restored_in(made, Wanted(three), cluster)
        cluster.start()
        assert numbers(cluster) == [1, 3]
        cluster.stop()
        restored_in(made, Wanted(timeline=1), cluster)
        cluster.start()
        assert numbers(cluster) == [1, 2]
    finally:
        cluster.stop()


def restored_in(made: Backup, wanted: Wanted, cluster: Cluster) -> Restored:
    with restore.restored(made, wanted, cluster.layout.home, silent) as found:
        pass
    return found


def numbers(cluster: Cluster) -> list[int]:
    with databases.connect(cluster.socket_folder, DATABASE) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM step ORDER BY number")]


def test_what_a_dead_server_had_not_archived_is_restored_too(folder: Path) -> None:
    cluster = Cluster(folder / "dead", overrides=WITH_LOG)
    cluster.start()
    cluster.ensure_database(DATABASE)
    made = backup.take(cluster, None, silent)
    do(cluster, "CREATE TABLE step AS SELECT 7 AS number")
    pid = int((cluster.layout.data / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    while cluster.is_running():
        time.sleep(0.02)
    restored_in(made, Wanted(), cluster)
    with cluster.use():
        assert numbers(cluster) == [7]


def test_a_check_that_fails_leaves_everything_as_it_was(source: Source, folder: Path) -> None:
    home = folder / "kept"
    with pytest.raises(RuntimeError), restore.restored(source.backup, Wanted(), home, silent):
        raise RuntimeError("not exact")
    assert {path.name for path in home.iterdir()} <= {"cluster.lock", "running.lock"}


def test_an_instant_out_of_reach_is_refused_with_the_nearest(source: Source, folder: Path) -> None:
    early = source.backup.finished_at - timedelta(seconds=1)
    with pytest.raises(InstantUnreachable, match=r"before .*finished at .*older backup"):
        restored(source, Wanted(early), folder / "x")
    with pytest.raises(InstantUnreachable, match="in the future"):
        restored(source, Wanted(datetime.now(UTC) + timedelta(hours=1)), folder / "x")
    last = do(source.cluster, "UPDATE marker SET name = 'last'")
    with pytest.raises(InstantUnreachable, match=r"after the end of the log.*Leave out --at"):
        restored(source, Wanted(last + timedelta(milliseconds=1)), folder / "x")
    with pytest.raises(InstantUnreachable, match="is before"):
        restore.choose(source.backup.folder.parent, early)
    assert restore.choose(source.backup.folder.parent, source.before).folder == source.backup.folder


def test_a_damaged_backup_is_refused(source: Source, folder: Path) -> None:
    copy = folder / "damaged"
    shutil.copytree(source.backup.folder, copy)
    made = replace(source.backup, folder=copy)
    control = next(path for path in (copy / "data" / "base").glob("*/PG_VERSION"))
    control.write_bytes(control.read_bytes() + b" ")
    with (
        pytest.raises(BackupDamaged, match=r"damaged.*PG_VERSION.*Use another backup"),
        restore.restored(made, Wanted(), folder / "x", silent),
    ):
        pass
    shutil.rmtree(copy / "data" / "base")
    with pytest.raises(BackupDamaged), restore.restored(made, Wanted(), folder / "x", silent):
        pass
    (copy / "backup.json").write_text("{")
    with pytest.raises(BackupDamaged, match="holds no whole backup"):
        restore.choose(copy, None)


def test_a_damaged_upload_is_refused(source: Source, folder: Path) -> None:
    copy = folder / "upload"
    shutil.copytree(source.backup.folder, copy)
    (copy / "files" / "ab" / "photo").write_bytes(b"a goat")
    with (
        pytest.raises(BackupDamaged, match="ab/photo"),
        restore.restored(replace(source.backup, folder=copy), Wanted(), folder / "x", silent),
    ):
        pass


def test_a_hole_in_the_log_is_named_and_never_jumped(source: Source, folder: Path) -> None:
    do(source.cluster, "UPDATE marker SET name = 'in the hole'")
    ask(source.cluster, "SELECT pg_switch_wal()")
    do(source.cluster, "UPDATE marker SET name = 'behind it'")
    assert source.backup.archive is not None
    with restore.restored(source.backup, Wanted(), folder / "whole", silent) as found:
        assert ask(found.cluster, "SELECT count(*) FROM marker WHERE name = 'behind it'") == 4
    newest = sorted(segments_of(source))[-2]
    path = source.backup.archive / f"{newest}.gz"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    try:
        with pytest.raises(BackupDamaged, match=rf"{newest}.*missing or damaged.*--at"):
            restored(source, Wanted(), folder / "x")
    finally:
        path.write_bytes(content)


def segments_of(source: Source) -> list[str]:
    assert source.backup.archive is not None
    return [one.name for one in archive.Archive.read(source.backup.archive).segments]


def test_too_little_room_is_refused_before_anything_is_written(
    source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoRoom, match=r"MB free, and .* MB are needed.*another disk"):
        backup.require_room(folder, 2**60)
    huge = replace(source.backup, bytes=2**60)
    with pytest.raises(NoRoom), restore.restored(huge, Wanted(), folder / "x", silent):
        pass
    assert not (folder / "x" / "cluster").exists()


def test_newest_backups_are_kept_and_the_log_that_only_older_ones_need_goes(folder: Path) -> None:
    cluster = Cluster(folder / "many", overrides=WITH_LOG)
    cluster.start()
    try:
        made = [backup.take(cluster, folder / f"disk {number}", silent) for number in range(3)]
        place = archive.folder(cluster.layout)
        assert [one.folder for one in backup.registered(place)] == [one.folder for one in made]
        shutil.rmtree(made[1].folder)  # by hand; the register does not mind
        gone = kept.keep_newest(cluster, 1)
        removed, segments = list(gone.folders), gone.segments
        assert removed == [made[0].folder]
        assert segments > 0
        assert [one.folder for one in backup.registered(place)] == [made[2].folder]
        assert min(archive.Archive.read(place).segments).number == made[2].first.number
        with restore.restored(made[2], Wanted(), folder / "pruned", silent):
            pass
    finally:
        cluster.stop()


def test_a_backup_that_fails_leaves_nothing_and_says_why(source: Source, folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(BackupRefused, match="cannot be written"):
        backup.take(source.cluster, folder / "file" / "below", silent)
    before = {path.name for path in source.cluster.layout.backups.iterdir()}
    with pytest.raises(RuntimeError):
        backup.take(source.cluster, None, _fail)
    assert {path.name for path in source.cluster.layout.backups.iterdir()} == before


def _fail(_: str) -> None:
    raise RuntimeError("interrupted")


def test_a_record_tells_what_was_backed_up(source: Source) -> None:
    body = json.loads((source.backup.folder / "backup.json").read_text())
    assert body["databases"].keys() == {DATABASE}
    assert body["files"].keys() == {"ab/photo"}
    assert source.backup.folder.stat().st_mode & 0o077 == 0


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(folder: Path) -> None:
    cluster = Cluster(folder / "killed")  # everything on that keeps data
    cluster.start()
    try:
        cluster.ensure_database(DATABASE)
        do(cluster, "CREATE TABLE written (writer int, number int, PRIMARY KEY (writer, number))")
        acknowledged: dict[int, int] = {}

        def write(writer: int) -> None:
            with databases.connect(cluster.socket_folder, DATABASE) as connection:
                for number in range(1_000_000):
                    try:
                        connection.execute("INSERT INTO written VALUES (%s, %s)", [writer, number])
                    except psycopg.Error:
                        return
                    acknowledged[writer] = number

        writers = [threading.Thread(target=write, args=[writer]) for writer in range(4)]
        for thread in writers:
            thread.start()
        while len(acknowledged) < 4 or min(acknowledged.values()) < 20:
            time.sleep(0.01)
        os.kill(int((cluster.layout.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        for thread in writers:
            thread.join()
        cluster.start()
        for writer, last in acknowledged.items():
            found = ask(cluster, f"SELECT count(*) FROM written WHERE writer = {writer}")  # noqa: S608
            # One more may have been committed without our hearing of it.
            assert found in {last + 1, last + 2}
    finally:
        cluster.stop()
