"""What the commands share: their common options and the database they work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from geo.errors import N_
from service.cluster import Cluster
from service.database import make_engine, migrate
from service.errors import NotReady
from service.settings import Settings

DEMO_DATABASE = "wardline_demo"

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="NAME",
        help=f"Database in the private cluster; {DEMO_DATABASE} is the demo's. [WARDLINE_DATABASE]",
    ),
]
District = Annotated[
    str | None,
    typer.Option("--district", metavar="CODE", help="District, where there are several. [WARDLINE_DISTRICT]"),
]
Host = Annotated[str | None, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")]
Port = Annotated[
    int | None, typer.Option("--port", metavar="NUMBER", help="Port to listen on; 0 is a free one.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Json = Annotated[bool, typer.Option("--json", help="Write the report, and a refusal, as JSON.")]


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """Yield the address of the database: the one that is set, else one in the private cluster.

    The cluster is made and started where needed, and stopped by the last program that uses it.

    Raises
    ------
    NotReady
        The database that is set cannot be reached, or the private cluster cannot be used.
    """
    if settings.database_url is not None:
        _require_reachable(settings.database_url)
        yield settings.database_url
        return
    with Cluster(settings.home, binaries=settings.postgres_bin).use() as cluster:
        cluster.ensure_database(settings.database)
        yield cluster.url(settings.database)


@contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """Yield an engine on the migrated database of ``settings`` and close its connections afterwards."""
    with open_database(settings) as url:
        engine = make_engine(url)
        try:
            migrate(engine)
            yield engine
        finally:
            engine.dispose()


def _require_reachable(url: str) -> None:
    mend = N_("Start the server or correct WARDLINE_DATABASE_URL.")
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except ArgumentError as error:
        raise NotReady(N_("WARDLINE_DATABASE_URL is not the address of a database."), mend=mend) from error
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT to_regproc('postgis_lib_version') IS NOT NULL"
            ).scalar()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        message = N_("The database {address} cannot be reached: {reason}.")
        raise NotReady(message, mend=mend, address=shown, reason=reason) from error
    finally:
        engine.dispose()
    if not found:
        raise NotReady(
            N_("The database {address} has no PostGIS."),
            mend=N_("Let its administrator run: CREATE EXTENSION postgis; CREATE EXTENSION btree_gist;"),
            address=shown,
        )
