"""The replica's script, with a server of ours over a socket in place of the images' network."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from service.cluster import Cluster, databases
from service.cluster.account import server_account
from service.cluster.binaries import find
from service.cluster.configuration import ADMIN_ROLE

ROOT = Path(__file__).parents[3]
WAIT_S = 60.0


@contextmanager
def following(first: Cluster, folder: Path) -> Iterator[str]:
    """Run the script against ``first`` and yield the folder of the replica's socket."""
    account = server_account(first.layout.data)
    folder.mkdir()
    account.own(folder)
    script = folder / "follow.sh"
    script.write_bytes((ROOT / "service" / "setup" / "follow.sh").read_bytes())
    options = {"unix_socket_directories": str(folder), "log_directory": str(folder / "log")}
    drop = {"user": account.uid, "group": account.gid, "extra_groups": []} if account.drop else {}
    replica = subprocess.Popen(
        ["bash", str(script), first.socket_folder, ADMIN_ROLE]
        + [part for name, value in options.items() for part in ("-c", f"{name}={value}")],
        env={
            "PATH": f"{find().folder}:{os.environ['PATH']}",
            "PGDATA": str(folder / "data"),
            "LC_ALL": "C.UTF-8",
        },
        cwd="/",
        **drop,  # type: ignore[call-overload]
    )
    try:
        yield str(folder)
    finally:
        replica.terminate()
        replica.wait()


def eventually(socket_folder: str, database: str, query: str) -> object:
    """Return the first row of ``query`` once the database is there and the row is not empty."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), databases.connect(socket_folder, database) as connection:
            if row := connection.execute(query.encode()).fetchone():
                return row
        time.sleep(0.1)
    raise AssertionError(f"not within {WAIT_S} s: {query}")


def test_a_replica_copies_the_first_server_and_follows_it(make: Callable[..., Cluster], home: Path) -> None:
    first = make()
    first.start()
    with (first.layout.data / "pg_hba.conf").open("a") as rules:
        rules.write("local replication all peer map=wardline\n")
    with databases.connect(first.socket_folder) as connection:
        connection.execute("SELECT pg_reload_conf()")
    with following(first, home.parent / "replica") as replica:
        assert eventually(replica, "postgres", "SELECT pg_is_in_recovery()") == (True,)
        first.ensure_database("followed")
        found = "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist' HAVING count(*) = 1"
        assert eventually(replica, "followed", found) == (1,)
