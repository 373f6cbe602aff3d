"""The replica's script, with a server of ours over a socket in place of the images' network."""

from collections.abc import Callable
from pathlib import Path

from service.cluster import Cluster
from tests.fixtures.replica import eventually, following


def test_a_replica_copies_the_first_server_and_follows_it(make: Callable[..., Cluster], home: Path) -> None:
    first = make()
    first.start()
    with following(first, home.parent / "replica") as replica:
        assert eventually(replica, "postgres", "SELECT pg_is_in_recovery()") == (True,)
        first.ensure_database("followed")
        found = "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist' HAVING count(*) = 1"
        assert eventually(replica, "followed", found) == (1,)
