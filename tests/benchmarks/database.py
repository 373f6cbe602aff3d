"""A private PostGIS cluster for the benchmarks, kept below ``.wardline/bench``; used only here."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.cluster import Cluster, databases
from service.cluster.configuration import SERVICE_ROLE
from tests.benchmarks.ground import KEPT

TOPOLOGY = (
    "CREATE EXTENSION postgis_topology",
    f"GRANT USAGE ON SCHEMA topology TO {SERVICE_ROLE}",
    f"GRANT ALL ON ALL TABLES IN SCHEMA topology TO {SERVICE_ROLE}",
    f"GRANT ALL ON ALL SEQUENCES IN SCHEMA topology TO {SERVICE_ROLE}",
)


@contextmanager
def bench_database(name: str, *, topology: bool = False) -> Iterator[str]:
    """Start the cluster for the length of the block and yield the SQLAlchemy address of a new database.

    With ``topology`` it has PostGIS topology too, which only an administrator may install.
    """
    with Cluster(KEPT / "home").use() as cluster:
        cluster.drop_database(name)
        cluster.ensure_database(name)
        if topology:
            with databases.connect(cluster.socket_folder, name) as database:
                for statement in TOPOLOGY:
                    database.execute(statement)
        yield cluster.url(name)


def plain(url: str) -> str:
    """Return an SQLAlchemy address as every other client takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://")
