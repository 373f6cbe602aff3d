"""What dead servers leave behind: process ids that mean nobody, zombies, strangers, orphans, sockets."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from service.cluster import Cluster, databases, processes
from service.cluster.configuration import shared_memory_type
from service.cluster.watch import died, kept_alive

Make = Callable[..., Cluster]


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended and been reaped."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def zombie() -> Iterator[int]:
    """The id of a process that has ended and that nobody has reaped."""
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    while "Z" not in Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2]:
        time.sleep(0.01)
    yield process.pid
    process.stdout.close()
    process.wait()


@pytest.fixture
def stranger() -> int:
    """The id of a living process that has nothing to do with the server."""
    return os.getpid()


@pytest.mark.parametrize("kind", ["dead", "zombie", "stranger"])
def test_a_stale_process_id_does_not_keep_the_server_down(
    make: Make, kind: str, request: pytest.FixtureRequest
) -> None:
    cluster = make()
    cluster.start()
    lines = (cluster.layout.data / "postmaster.pid").read_text().split("\n")
    cluster.stop()
    pid = request.getfixturevalue(kind)
    socket = Path(cluster.socket_folder) / ".s.PGSQL.5432"
    for path in (cluster.layout.data / "postmaster.pid", socket.with_name(socket.name + ".lock")):
        path.write_text("\n".join([str(pid), *lines[1:]]))
        path.chmod(0o600)
    socket.touch()
    assert not cluster.is_running()
    cluster.start()
    assert processes.recorded_pid(cluster.layout.data) != pid


@pytest.mark.parametrize("text", ["", "rubbish\n", "99999999999999999999\n", "-1\n"])
def test_a_damaged_process_id_does_not_keep_the_server_down(make: Make, text: str) -> None:
    cluster = make()
    cluster.start()
    cluster.stop()
    (cluster.layout.data / "postmaster.pid").write_text(text)
    cluster.start()
    assert cluster.is_running()


def test_every_acknowledged_commit_survives_kill(home: Path) -> None:
    cluster = Cluster(home)  # with full durability
    try:
        cluster.start()
        cluster.ensure_database("wardline")
        with databases.connect(cluster.socket_folder, "wardline") as connection:
            connection.execute("CREATE TABLE kept (id int)")
            for number in range(50):
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
            pid = processes.recorded_pid(cluster.layout.data)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            cluster.start()  # with the killed server's backends still around
        with databases.connect(cluster.socket_folder, "wardline") as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (50,)
    finally:
        cluster.stop()


def test_orphans_of_a_killed_server_count_as_running_until_they_end(make: Make) -> None:
    cluster = make()
    cluster.start()
    pid = processes.recorded_pid(cluster.layout.data)
    assert pid is not None
    children = [child for child in processes.occupants(cluster.layout.data) if child != pid]
    try:
        signal_all(children, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        assert cluster.is_running(), "two servers on one data directory would destroy it"
    finally:
        signal_all(children, signal.SIGCONT)
    cluster.start()
    assert processes.recorded_pid(cluster.layout.data) != pid


def signal_all(pids: list[int], number: signal.Signals) -> None:
    """Signal processes, of which some may have ended by themselves: a session just closed, a worker."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def test_a_server_started_by_hand_is_recognised(make: Make) -> None:
    cluster = make()
    cluster.start()
    cluster.layout.running.unlink()  # as if its processes had never inherited the lock
    assert cluster.is_running()
    cluster.start()
    cluster.stop()
    assert not cluster.is_running()


@pytest.mark.parametrize(
    ("free", "mode", "expected"),
    [(24 << 30, 0o1777, "posix"), (64 << 20, 0o1777, "mmap"), (24 << 30, 0o755, "mmap")],
)
def test_small_or_closed_shared_memory_is_avoided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, mode: int, expected: str
) -> None:
    tmp_path.chmod(mode)
    room = os.statvfs_result((4096, 4096, free // 4096, free // 4096, free // 4096, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: room)
    assert shared_memory_type(tmp_path) == expected


def test_absent_shared_memory_is_avoided(tmp_path: Path) -> None:
    assert shared_memory_type(tmp_path / "nothing") == "mmap"


def test_runs_without_shared_memory_files(make: Make) -> None:
    cluster = make(dynamic_shared_memory_type="mmap")
    cluster.start()
    cluster.ensure_database("wardline")
    with databases.connect(cluster.socket_folder, "wardline") as connection:
        connection.execute("SET min_parallel_table_scan_size = 0")
        connection.execute("SET parallel_setup_cost = 0")
        connection.execute("SET parallel_tuple_cost = 0")
        assert connection.execute("SELECT count(*) FROM pg_class a, pg_class b").fetchone()


def test_a_killed_server_is_started_again_and_a_stopped_one_is_not(make: Make) -> None:
    cluster = make()
    with cluster.use(), kept_alive(cluster, 0.05):
        killed = processes.recorded_pid(cluster.layout.data)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        while processes.recorded_pid(cluster.layout.data) in {killed, None} or died(cluster):
            time.sleep(0.02)
        cluster.start()  # returns when it takes connections
        with databases.connect(cluster.socket_folder) as server:
            assert server.execute("SELECT 1").fetchone() == (1,)
        assert cluster.stop()
        time.sleep(0.5)
        assert not cluster.is_running()
