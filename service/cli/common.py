"""What the commands share: their common options and the database they work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from geo.errors import N_
from service.cluster import Cluster
from service.cluster.binaries import OLDEST_MAJOR
from service.cluster.databases import EXTENSIONS
from service.cluster.watch import kept_alive
from service.database import make_engine, mark_boxes, migrate, require_web, web_engine
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

    The cluster is made and started where needed, started again where it was killed, and stopped by the last
    program that uses it.

    Raises
    ------
    NotReady
        The database that is set cannot be reached, or the private cluster cannot be used.
    """
    if settings.database_url is not None:
        _require_usable(settings.database_url)
        yield settings.database_url
        return
    with Cluster(settings.home, binaries=settings.postgres_bin).use() as cluster, kept_alive(cluster):
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


def served(settings: Settings, engine: Engine) -> Settings:
    """Return the settings to serve an opened database with: by the role that row security holds for.

    In the private cluster that role logs in by itself, so that no statement can make it the owner.

    Raises
    ------
    NotReady
        The database does not let requests be served as that role.
    """
    url = engine.url.render_as_string(hide_password=False)
    web_url = settings.web_database_url
    if settings.database_url is None:
        web_url = Cluster(settings.home).web_url(settings.database)
    web = web_engine(url, web_url)
    try:
        require_web(web)
    finally:
        web.dispose()
    return settings.model_copy(update={"database_url": url, "web_database_url": web_url})


def _require_usable(url: str) -> None:
    """Refuse a database that is away, too old or without PostGIS; make the extensions where we may."""
    mend = N_("Start the server or correct WARDLINE_DATABASE_URL.")
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except ArgumentError as error:
        raise NotReady(N_("WARDLINE_DATABASE_URL is not the address of a database."), mend=mend) from error
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10000
            for extension in EXTENSIONS:
                connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {extension}")
            mark_boxes(connection)
    except OperationalError as error:
        message = N_("The database {address} cannot be reached: {reason}.")
        raise NotReady(message, mend=mend, address=shown, reason=_reason(error)) from error
    except DBAPIError as error:
        raise NotReady(
            N_("The database {address} lacks PostGIS or btree_gist: {reason}."),
            mend=N_(
                "Let its administrator run there: CREATE EXTENSION postgis; CREATE EXTENSION btree_gist;"
            ),
            address=shown,
            reason=_reason(error),
        ) from error
    finally:
        engine.dispose()
    if version < OLDEST_MAJOR:
        raise NotReady(
            N_("The database {address} is PostgreSQL {found}; {oldest} or later is needed."),
            mend=N_("Upgrade the server, or unset WARDLINE_DATABASE_URL to use a private one."),
            address=shown,
            found=version,
            oldest=OLDEST_MAJOR,
        )


def _reason(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0].rstrip(".")
