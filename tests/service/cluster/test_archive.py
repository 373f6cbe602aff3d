"""The archive of the log: kept from the first backup on, whole, never overwritten, honest when it fails."""

import gzip
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.cluster import Cluster, archive, databases
from service.cluster.account import server_account
from service.cluster.archive import SEGMENT_BYTES, Archive, Segment

Make = Callable[..., Cluster]
NAME = "000000010000000000000001"


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run the server's archive program on ``segment``, with blanks, quotes and signs in every path."""
    place = tmp_path / "a b'c%f\"d"
    (place / "archive").mkdir(parents=True)
    (place / "archive.sh").write_text(archive._ARCHIVE)
    (place / "kept").touch()

    def run(content: bytes, name: str = NAME) -> "subprocess.CompletedProcess[str]":
        (place / "segment").write_bytes(content)
        words = [str(place / "archive.sh"), str(place / "segment"), name, str(place / "archive")]
        return subprocess.run(
            ["/bin/sh", *words, str(place / "kept")], capture_output=True, text=True, check=False
        )

    return run


def kept(tmp_path: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in tmp_path.glob("*/archive/*")}


def test_a_segment_is_kept_once_and_never_overwritten(
    program: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    assert program(b"first").returncode == 0
    assert gzip.decompress(kept(tmp_path)[NAME + ".gz"]) == b"first"
    before = kept(tmp_path)
    assert program(b"first").returncode == 0, "a repetition after a crash"
    refused = program(b"other")
    assert refused.returncode == 1
    assert "is not overwritten" in refused.stderr
    assert kept(tmp_path) == before


def test_what_an_interrupted_try_left_is_replaced(
    program: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    part = next(tmp_path.glob("*/archive")) / f".{NAME}.part"
    part.write_bytes(b"half")
    assert program(b"whole").returncode == 0
    assert list(kept(tmp_path)) == [NAME + ".gz"]


def test_a_full_disk_fails_and_leaves_nothing(
    program: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    place = next(tmp_path.glob("*/archive"))
    (place / f".{NAME}.part").symlink_to("/dev/full")
    assert program(b"much" * 1000).returncode != 0
    assert kept(tmp_path) == {}


def test_the_log_is_dropped_before_there_is_a_backup(
    program: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path
) -> None:
    next(tmp_path.glob("*/kept")).unlink()
    assert program(b"first").returncode == 0
    assert kept(tmp_path) == {}


def test_an_archive_that_is_away_keeps_the_log_with_the_server(make: Make, home: Path) -> None:
    cluster = make(home / "a, b'c\"d `$HOME` 界\\e%p", archive_mode="on")
    cluster.start()
    archive.begin(cluster.layout, server_account(cluster.layout.data))
    place = archive.folder(cluster.layout)
    place.rename(place.with_name("away"))
    with databases.connect(cluster.socket_folder) as server:
        server.execute("CREATE TABLE written ()")
        name = value(server, "SELECT pg_walfile_name(pg_switch_wal())")
        wait(server, "SELECT failed_count > 0 FROM pg_stat_archiver")
        place.with_name("away").rename(place)
        server.execute("SELECT pg_reload_conf()")  # wakes the archiver, which else waits a minute
        wait(server, f"SELECT last_archived_wal >= '{name}' FROM pg_stat_archiver")  # noqa: S608
    assert (place / f"{name}.gz").exists()
    assert place.stat().st_mode & 0o077 == 0


def test_the_log_is_closed_at_the_latest_after_a_minute(make: Make) -> None:
    cluster = make(archive_mode="on")
    cluster.start()
    with databases.connect(cluster.socket_folder) as server:
        assert value(server, "SHOW archive_timeout") == "1min"
        assert value(server, "SHOW archive_mode") == "on"


def test_names_of_segments_count_on_over_the_logs() -> None:
    assert Segment.holding(1, "0/3000028").name == "000000010000000000000003"
    assert Segment.holding(2, "1/0").name == "000000020000000100000000"
    assert Segment.holding(10, "A/FF000000").name == "0000000A0000000A000000FF"


def test_gaps_and_damage_are_named(tmp_path: Path) -> None:
    for number in (3, 4, 6):
        path = tmp_path / f"{Segment(1, number).name}.gz"
        path.write_bytes(gzip.compress(bytes(SEGMENT_BYTES), 1))
    whole = (tmp_path / f"{Segment(1, 4).name}.gz").read_bytes()
    (tmp_path / f"{Segment(1, 4).name}.gz").write_bytes(whole[:-9])
    found = Archive.read(tmp_path)
    assert set(found.faults(Segment(1, 3))) == {
        (Segment(1, 5).name, "missing"),
        (Segment(1, 4).name, "damaged"),
    }
    assert not list(found.faults(Segment(1, 6)))


def test_an_instant_belongs_to_the_timeline_that_was_served_then() -> None:
    at = [datetime(2026, 6, day, tzinfo=UTC) for day in range(1, 6)]
    found = Archive(Path(), {}, {2: at[1], 3: at[3]})
    assert [found.timeline_at(one, 1) for one in at] == [1, 2, 2, 3, 3]
    assert found.timeline_at(None, 1) == 3


def value(server: object, query: str) -> object:
    return server.execute(query).fetchone()[0]  # type: ignore[attr-defined]


def wait(server: object, query: str) -> None:
    """Wait until a question is answered with true; the test's own time limit is pytest's."""
    while not value(server, query):
        server.execute("SELECT pg_sleep(0.05)")  # type: ignore[attr-defined]
