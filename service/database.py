"""The database: the engine, its sessions, and migrations that any number of workers may start at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

import layers.migrations

_DIALECT = "postgresql+psycopg"
_SESSION = {
    # Timestamps come back in UTC whatever the server's zone.
    "timezone": "UTC",
    # Compiling the plan of a statement that reads a few rows costs more than it saves.
    "jit": "off",
    # A plan made without knowing the box and the day scans all versions of all units.
    "plan_cache_mode": "force_custom_plan",
    "application_name": "wardline",
}


def make_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Return an engine for a PostGIS address; it speaks psycopg 3 however the address is spelled."""
    scheme, _, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        url = f"{_DIALECT}://{rest}"
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,  # positions and contacts of people do not belong into a log
        connect_args={"options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items())},
    )


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Return the maker of sessions: one session, one transaction, nothing expires behind its back."""
    return sessionmaker(engine, expire_on_commit=False)


def migrate(engine: Engine) -> bool:
    """Bring the schema up to date; return whether there was anything to do.

    Workers that start together wait for the first, then find nothing to do.
    """
    if _is_current(engine):
        return False
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('wardline migrate', 0))")
        before = revision(connection)
        command.upgrade(configuration(connection), "head")
        return revision(connection) != before


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for a connection; the revisions are found beside the package."""
    config = Config()
    config.set_main_option("script_location", str(Path(layers.migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def revision(connection: Connection) -> str | None:
    """Return the revision of the schema in a database, None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def head_revision(connection: Connection) -> str | None:
    """Return the newest revision that this version of the program has."""
    return ScriptDirectory.from_config(configuration(connection)).get_current_head()


def known_revisions(connection: Connection) -> frozenset[str]:
    """Return every revision that this version of the program has."""
    script = ScriptDirectory.from_config(configuration(connection))
    return frozenset(one.revision for one in script.walk_revisions())


def _is_current(engine: Engine) -> bool:
    with engine.connect() as connection:
        return revision(connection) == head_revision(connection)
