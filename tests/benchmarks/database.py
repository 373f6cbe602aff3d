"""A private PostGIS cluster for the benchmarks, kept below ``.wardline/bench``; used only here."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.cluster import Cluster
from tests.benchmarks.ground import KEPT


@contextmanager
def bench_database(name: str) -> Iterator[str]:
    """Start the cluster for the length of the block and yield the SQLAlchemy address of a new database."""
    with Cluster(KEPT / "home").use() as cluster:
        cluster.drop_database(name)
        cluster.ensure_database(name)
        yield cluster.url(name)


def plain(url: str) -> str:
    """Return an SQLAlchemy address as every other client takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://")
