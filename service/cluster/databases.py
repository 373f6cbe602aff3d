"""Databases of a running cluster: made with their extensions, cloned, dropped."""

from urllib.parse import quote

import psycopg
from psycopg import sql

from geo.errors import N_
from service.cluster.configuration import ADMIN_ROLE, SERVICE_ROLE
from service.cluster.errors import ClusterError
from service.cluster.layout import PORT

EXTENSIONS = ("postgis", "btree_gist")
_NAME_BYTES = 63


def url(socket_folder: str, database: str, role: str = SERVICE_ROLE) -> str:
    """Return the SQLAlchemy address of ``database`` over the socket."""
    require_name(database)
    name, host = quote(database, safe=""), quote(socket_folder, safe="")
    return f"postgresql+psycopg://{role}@/{name}?host={host}&port={PORT}"


def connect(socket_folder: str, database: str = "postgres", timeout_s: int = 10) -> psycopg.Connection:
    """Return a connection of the administrator's role, each statement its own transaction."""
    return psycopg.connect(
        host=socket_folder,
        port=PORT,
        dbname=database,
        user=ADMIN_ROLE,
        autocommit=True,
        connect_timeout=timeout_s,
        options="",  # a caller's PGOPTIONS is for the caller's own sessions
        application_name="wardline-set-up",
    )


def require_name(database: str) -> None:
    """Refuse names that PostgreSQL would cut or that are its own.

    Raises
    ------
    ClusterError
        The name is empty, too long, has a control character or belongs to PostgreSQL.
    """
    own = database in {"postgres", "template0", "template1"}
    if own or not database.isprintable() or not 0 < len(database.encode()) <= _NAME_BYTES:
        raise ClusterError(
            N_("“{name}” cannot be the name of a database."),
            mend=N_("Choose another one of 1 to {limit} bytes in WARDLINE_DATABASE."),
            name=database,
            limit=_NAME_BYTES,
        )


def ensure_role(connection: psycopg.Connection) -> None:
    """Make the role that owns the databases, where it is absent."""
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [SERVICE_ROLE]).fetchone()
    if found is None:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(SERVICE_ROLE)))


def exists(connection: psycopg.Connection, database: str) -> bool:
    """Whether a database of this name exists."""
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    return connection.execute(query, [database]).fetchone() is not None


def ensure(socket_folder: str, database: str, template: str | None = None) -> bool:
    """Make ``database`` with our extensions, or as a copy of ``template``; True if it was absent."""
    require_name(database)
    with connect(socket_folder) as server:
        made = not exists(server, database)
        if made:
            server.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    sql.Identifier(database),
                    sql.Identifier(SERVICE_ROLE),
                    sql.Identifier(template or "template0"),
                )
            )
    if template is None:
        # Also where the database exists: an earlier try may have ended between the two steps.
        with connect(socket_folder, database) as inside:
            inside.execute("SET client_min_messages = warning")
            for extension in EXTENSIONS:
                inside.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    return made


def drop(socket_folder: str, database: str) -> None:
    """Drop ``database`` if it exists, ending the sessions inside of it."""
    require_name(database)
    with connect(socket_folder) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def rename(socket_folder: str, database: str, name: str) -> None:
    """Give ``database`` another ``name``; nobody may be connected to it."""
    require_name(name)
    with connect(socket_folder) as server:
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(database), sql.Identifier(name))
        )


def names(socket_folder: str) -> list[str]:
    """Return the names of the databases, without PostgreSQL's own."""
    query = (
        "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY datname"
    )
    with connect(socket_folder) as server:
        return [name for (name,) in server.execute(query)]
