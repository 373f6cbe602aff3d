"""What the commands share: the database they work on."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine

from service.cluster import Cluster
from service.settings import Settings


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """Yield the address of the database: the one that is set, else one in the private cluster.

    The cluster is made and started where needed, and stopped by the last program that uses it.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    with Cluster(settings.home, binaries=settings.postgres_bin).use() as cluster:
        cluster.ensure_database(settings.database)
        yield cluster.url(settings.database)


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """Yield an engine on the migrated database of ``settings`` and close its connections afterwards."""
    from service.database import migrate  # noqa: PLC0415 - keeps --help and stop quick

    with open_database(settings) as url:
        engine = create_engine(url)
        try:
            migrate(engine)
            yield engine
        finally:
            engine.dispose()
