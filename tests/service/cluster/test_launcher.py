"""The life of a private cluster: made, started again, shared by programs, stopped."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from service.cluster import Cluster, databases
from service.cluster.binaries import find
from service.cluster.errors import ClusterBusy, ClusterForeign, ClusterNotStarted, ClusterUnreachable

Make = Callable[..., Cluster]
ROOT = Path(__file__).parents[3]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down to another account")


def ask(cluster: Cluster, query: str, database: str = "postgres") -> object:
    with databases.connect(cluster.socket_folder, database) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def python(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_start_is_idempotent_and_what_was_committed_is_there_again(make: Make, home: Path) -> None:
    cluster = make()
    assert not cluster.is_running()
    cluster.start()
    cluster.start()
    assert cluster.is_running()
    cluster.ensure_database("wardline")
    with databases.connect(cluster.socket_folder, "wardline") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert cluster.stop()
    assert not cluster.is_running()
    assert not cluster.stop()
    make().start()
    assert ask(cluster, "SELECT answer FROM kept", "wardline") == 42


def test_listens_to_nothing_but_its_socket(make: Make) -> None:
    cluster = make()
    cluster.start()
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert (
        ask(cluster, "SELECT string_agg(type || auth_method, ',') FROM pg_hba_file_rules")
        == "localpeer,localpeer"
    )
    assert Path(cluster.socket_folder).stat().st_mode & 0o077 == 0
    assert ask(cluster, "SHOW fsync") == "off", "the override of this test"


def test_durability_stays_on_unless_overridden(make: Make, home: Path) -> None:
    cluster = Cluster(home)
    try:
        cluster.start()
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
            assert ask(cluster, f"SHOW {setting}") == "on"
    finally:
        cluster.stop()


def test_an_administrator_can_add_settings_that_survive_a_start(make: Make) -> None:
    cluster = make()
    cluster.start()
    cluster.stop()
    (cluster.layout.data / "local.conf").write_text("work_mem = '7MB'\n")
    (cluster.layout.data / "local.conf").chmod(0o644)
    cluster.start()
    assert ask(cluster, "SHOW work_mem") == "7MB"


@needs_root
def test_as_root_the_server_runs_under_another_account(make: Make) -> None:
    cluster = make()
    cluster.start()
    pid = int((cluster.layout.data / "postmaster.pid").read_text().split()[0])
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in fields["Uid"].split()
    assert "0" not in fields["Gid"].split()
    assert fields["Groups"].strip() == "", "root's groups must not be passed on"
    assert cluster.layout.data.stat().st_uid == int(fields["Uid"].split()[0])


@needs_root
def test_root_uses_a_users_cluster_as_that_user_and_locks_nobody_out(make: Make) -> None:
    cluster = make()
    cluster.start()
    cluster.stop()
    uid, gid = 65534, 65534
    for folder, _, files in os.walk(cluster.layout.home):
        os.chown(folder, uid, gid)
        for name in files:
            os.chown(Path(folder) / name, uid, gid)
    cluster.layout.running.unlink()
    cluster.start()
    assert cluster.layout.running.stat().st_uid == uid
    pid = int((cluster.layout.data / "postmaster.pid").read_text().split()[0])
    assert Path(f"/proc/{pid}").stat().st_uid == uid


@needs_root
def test_names_the_closed_parent(make: Make, home: Path) -> None:
    home.parent.chmod(0o700)
    with pytest.raises(ClusterUnreachable, match=rf"cannot enter {home.parent}\b"):
        make().start()
    assert not list(home.glob("cluster*/**")), "nothing is left behind"


def test_the_callers_environment_does_not_reach_the_server(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=nonsense")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
    cluster = make()
    cluster.start()
    assert ask(cluster, "SHOW timezone") == "UTC"


def test_a_long_home_gets_a_short_socket(make: Make, home: Path) -> None:
    cluster = make(home / ("long" * 40) / "home")
    cluster.start()
    folder = Path(cluster.socket_folder)
    assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 107
    assert folder.stat().st_mode & 0o077 == 0
    cluster.stop()
    assert not folder.exists(), "it is outside of the home, so it is tidied"


def test_somebody_elses_short_socket_folder_is_refused(make: Make, home: Path, tmp_path: Path) -> None:
    cluster = make(home / ("long" * 40))
    Path(cluster.socket_folder).symlink_to(tmp_path)
    try:
        with pytest.raises(ClusterForeign, match="belongs to somebody else"):
            cluster.start()
    finally:
        Path(cluster.socket_folder).unlink()


def test_a_home_with_every_kind_of_character(make: Make, home: Path) -> None:
    cluster = make(home / "a, b'c\"d `$HOME` 界\\e")
    cluster.start()
    cluster.ensure_database("wardline")
    with psycopg.connect(cluster.url("wardline").replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("wardline",)


def test_many_programs_start_it_at_once(make: Make, home: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: make().start(), range(6)))
    assert ask(make(), "SELECT 1") == 1
    assert sorted(path.name for path in home.glob("cluster*")) == ["cluster", "cluster.lock"]


def test_the_last_user_stops_it(make: Make, home: Path) -> None:
    code = """
        import sys; from pathlib import Path; from service.cluster import Cluster
        with Cluster(Path(sys.argv[1]), overrides={"fsync": "off"}).use():
            print("in", flush=True); sys.stdin.readline()
        """
    cluster = make()
    with cluster.use():
        other = python(code, str(home))
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        with pytest.raises(ClusterBusy, match="still use the database"):
            cluster.stop(force=False)
    assert cluster.is_running(), "the other program still uses it"
    other.communicate("\n")
    assert other.returncode == 0
    assert not cluster.is_running()


def test_a_killed_user_holds_nothing(make: Make, home: Path) -> None:
    code = """
        import os, signal, sys; from pathlib import Path; from service.cluster import Cluster
        with Cluster(Path(sys.argv[1]), overrides={"fsync": "off"}).use():
            os.kill(os.getpid(), signal.SIGKILL)
        """
    killed = python(code, str(home))
    killed.communicate()
    assert killed.returncode == -9
    cluster = make()
    assert cluster.is_running(), "the server outlives the killed program"
    with cluster.use():
        assert ask(cluster, "SELECT 1") == 1
    assert not cluster.is_running()


def test_initdb_that_fails_leaves_nothing_and_says_why(make: Make, home: Path, tmp_path: Path) -> None:
    fake = home.parent / "bin"
    fake.mkdir()
    (fake / "postgres").symlink_to(find().program("postgres"))
    (fake / "initdb").write_text("#!/bin/sh\necho 'no space left on the moon' >&2\nexit 1\n")
    (fake / "initdb").chmod(0o755)
    (home.parent / "share" / "extension").mkdir(parents=True)
    (home.parent / "share" / "extension" / "postgis.control").touch()
    with pytest.raises(ClusterNotStarted, match="no space left on the moon"):
        Cluster(home, binaries=fake).start()
    assert [path.name for path in home.iterdir()] == ["cluster.lock"]


def test_an_interrupted_making_is_mended(make: Make, home: Path) -> None:
    (home / "cluster.making-abc" / "data").mkdir(parents=True)
    make().start()
    assert not list(home.glob("cluster.making-*"))


def test_a_setting_the_server_refuses_is_named(make: Make) -> None:
    cluster = make(shared_buffers="nonsense")
    with pytest.raises(ClusterNotStarted, match="shared_buffers"):
        cluster.start()
    assert not cluster.is_running()
    make().start()
