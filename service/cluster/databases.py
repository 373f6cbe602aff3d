"""Roles and databases of a running cluster: made with what they need, cloned, dropped."""

import time
from urllib.parse import quote

import psycopg
from psycopg import sql

from geo.errors import N_
from service.cluster.configuration import ADMIN_ROLE, SERVICE_ROLE, WEB_ROLE
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


def ensure_roles(connection: psycopg.Connection) -> None:
    """Make the role that owns the databases and the one that requests are served as, where they are absent.

    The owner may take on the other role; never the other way round.
    """
    owner, web = sql.Identifier(SERVICE_ROLE), sql.Identifier(WEB_ROLE)
    found = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
    if SERVICE_ROLE not in found:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(owner))
    if WEB_ROLE not in found:
        with connection.transaction():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOINHERIT").format(web))
            connection.execute(sql.SQL("GRANT {} TO {}").format(web, owner))


def wait_for_log_in(socket_folder: str, role: str, timeout_s: float = 10.0) -> None:
    """Wait until a server that was told to read its rules again lets a role in."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            psycopg.connect(host=socket_folder, port=PORT, dbname="postgres", user=role, options="").close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def exists(connection: psycopg.Connection, database: str) -> bool:
    """Whether a database of this name exists."""
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    return connection.execute(query, [database]).fetchone() is not None


def ensure(socket_folder: str, database: str, template: str | None = None) -> bool:
    """Make ``database`` with our extensions, or as a copy of ``template``; True if it was absent."""
    require_name(database)
    with connect(socket_folder) as server:
        ensure_roles(server)
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
            _prepare(inside)
    return made


def _prepare(inside: psycopg.Connection) -> None:
    """Do what only an administrator may: for spatial indexes under row security, and for its scope.

    An update of PostGIS undoes the mark, so both are looked at each time.
    """
    marked = "SELECT proleakproof FROM pg_proc WHERE oid = %s::regprocedure"
    if inside.execute(marked, ["geometry_overlaps(geometry, geometry)"]).fetchone() == (False,):
        # The operator && compares two boxes, says nothing of what it compares and raises nothing, so it may
        # come before the policies; without this it comes after them and no index serves it.
        inside.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF")
    allowed = "SELECT has_function_privilege(%s, 'set_config(text, text, boolean)', 'EXECUTE')"
    if inside.execute(allowed, [WEB_ROLE]).fetchone() == (True,):
        # Text that slips into a statement can call a function but cannot be a statement of its own.
        inside.execute("REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC")
        grant = sql.SQL("GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO {}")
        inside.execute(grant.format(sql.Identifier(SERVICE_ROLE)))


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
