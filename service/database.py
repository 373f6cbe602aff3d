"""The database: engines and sessions, the role of the service, and migrations that many may start at once.

Whoever migrates and runs commands owns the tables. Requests are served as a role that owns nothing: by an
address of its own, or by taking on the role where there is only the owner's address.
"""

import logging
import select
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

import layers.migrations
from geo.errors import N_
from layers.policies import WEB_ROLE
from layers.row_security import Scope, entered
from layers.storage import read_sql
from service.errors import Busy, NotReady, TooSlow

_log = logging.getLogger("wardline")

_DIALECT = "postgresql+psycopg"
_USED = "used"
_REST_S = 5.0
"""A connection that nobody had for so long may have been cut off without a word."""
_SESSION = {
    # Timestamps come back in UTC whatever the server's zone.
    "timezone": "UTC",
    # Compiling the plan of a statement that reads a few rows costs more than it saves.
    "jit": "off",
    # A plan made without knowing the box and the day scans all versions of all units.
    "plan_cache_mode": "force_custom_plan",
    "application_name": "wardline",
}

# What the database gave up, by SQLSTATE.
_GIVEN_UP: Mapping[str, tuple[type[NotReady], str, str]] = {
    **dict.fromkeys(
        ("57014", "25P03"),  # statement or idle transaction ended
        (
            TooSlow,
            N_("The database needed longer for this than a request may take; nothing was changed."),
            N_("Ask for less at once, such as a smaller box or fewer days, or try again later."),
        ),
    ),
    **dict.fromkeys(
        ("55P03", "40P01", "40001"),  # lock not available, deadlock, serialization failure
        (
            Busy,
            N_("Somebody else is changing the same thing; nothing was changed for you."),
            N_("Send the same request again in a few seconds."),
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after which the database gives up: one statement, one wait for a lock, one idle transaction.

    0 sets no limit.
    """

    statement_s: int = 0
    lock_s: int = 0
    idle_s: int = 0

    def options(self) -> dict[str, str]:
        """Return the settings of a connection."""
        return {
            "statement_timeout": f"{self.statement_s}s",
            "lock_timeout": f"{self.lock_s}s",
            "idle_in_transaction_session_timeout": f"{self.idle_s}s",
        }


def make_engine(
    url: str, *, pool_size: int = 10, role: str | None = None, patience: Patience | None = None
) -> Engine:
    """Return an engine for a PostGIS address; it speaks psycopg 3 however the address is spelled.

    Its connections take on ``role``, where one is given, before anything else.
    """
    scheme, _, rest = url.partition("://")
    if scheme in ("postgres", "postgresql"):
        url = f"{_DIALECT}://{rest}"
    options = {**_SESSION, **({} if role is None else {"role": role})}
    if patience is not None:
        # Settings of the connection and not of the role: a role that is taken on brings none of its own.
        options |= patience.options()
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        hide_parameters=True,  # positions and contacts of people do not belong into a log
        connect_args={"options": " ".join(f"-c {name}={value}" for name, value in options.items())},
    )
    _look_after(engine)
    return engine


def _look_after(engine: Engine) -> None:
    """Give nobody a connection that was lost: of one that rested, or has something to tell, that is asked.

    To ask each time would cost a question more for every request. A server that ends closes its connections,
    which is something to tell; one that is cut off does not.
    """

    def note(_driver: psycopg.Connection[Any], record: ConnectionPoolEntry) -> None:
        record.info[_USED] = monotonic()

    def prove(driver: psycopg.Connection[Any], record: ConnectionPoolEntry, _: object) -> None:
        try:
            if monotonic() - record.info[_USED] >= _REST_S or _has_news(driver):
                engine.dialect.do_ping(cast("DBAPIConnection", driver))
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    for name, act in (("connect", note), ("checkin", note), ("checkout", prove)):
        event.listen(engine, name, act)


def _has_news(driver: psycopg.Connection[Any]) -> bool:
    """Return whether a connection that waits for nothing has something to read, such as its end.

    Raises
    ------
    psycopg.OperationalError
        It was closed from here.
    """
    waiting = select.poll()
    waiting.register(driver.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def web_engine(
    url: str, web_url: str | None, *, pool_size: int = 10, patience: Patience | None = None
) -> Engine:
    """Return the engine that requests are served by: at an address of its own, else by taking on the role.

    A connection that row security does not hold for is refused with ``NotReady``, whenever it is made.
    """
    if web_url is not None:
        engine = make_engine(web_url, pool_size=pool_size, patience=patience)
    else:
        engine = make_engine(url, pool_size=pool_size, role=WEB_ROLE, patience=patience)
    event.listen(engine, "connect", _require_limited)
    return engine


def given_up(error: Exception) -> NotReady | None:
    """Return the refusal that an error of the database means, None where it did not give up by itself."""
    found = _GIVEN_UP.get(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    if found is None:
        return None
    refusal, message, mend = found
    return refusal(message, mend=mend)


def session_factory(engine: Engine, scope: Scope | None = None) -> sessionmaker[Session]:
    """Return the maker of sessions: one session, one transaction, nothing expires behind its back.

    They enter ``scope``, where one is given, as they begin.
    """
    return sessionmaker(engine, expire_on_commit=False, info={} if scope is None else entered(scope))


def migrate(engine: Engine) -> bool:
    """Bring the schema up to date; return whether there was anything to do.

    Workers that start together wait for the first, then find nothing to do.
    """
    if _is_current(engine):
        return False
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('wardline migrate', 0))")
        before = revision(connection)
        _ensure_web_role(connection)
        command.upgrade(configuration(connection), "head")
        return revision(connection) != before


def require_web(engine: Engine) -> None:
    """Find out, before serving, that requests can be served as a role that row security holds for.

    Raises
    ------
    NotReady
        The role cannot be taken on, may bypass the policies, or owns tables; says what to do.
    """
    try:
        with engine.connect() as connection:
            indexed = connection.exec_driver_sql(read_sql("box_leakproof")).scalar_one()
    except OperationalError as error:
        if "permission denied to set role" not in str(error.orig):
            raise
        raise NotReady(
            N_("The database does not let {owner} work as {role}, which requests are served as."),
            mend=N_("Let its administrator run: GRANT {role} TO {owner};"),
            role=WEB_ROLE,
            owner=engine.url.username or "–",
        ) from error
    if not indexed:
        _log.warning(
            "Row security keeps spatial indexes from being used. Let the database's administrator run: "
            "ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;"
        )


def mark_boxes(connection: Connection) -> None:
    """Let spatial indexes be used under row security, where the role may say so: a superuser."""
    if connection.exec_driver_sql(read_sql("box_leakproof")).scalar_one():
        return
    with suppress(ProgrammingError), connection.begin_nested():
        connection.exec_driver_sql("ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF")


def _require_limited(driver: Any, _record: object) -> None:
    role, bypasses, owns = driver.execute(read_sql("role_powers")).fetchone()
    driver.rollback()
    if bypasses or owns:
        raise NotReady(
            N_("Requests would be served as {role}, which row security does not hold for."),
            mend=N_("Give in WARDLINE_WEB_DATABASE_URL the address of {web}, or unset it."),
            role=role,
            web=WEB_ROLE,
        )


def _ensure_web_role(connection: Connection) -> None:
    """Make the role that requests are served as, where it is absent and we may.

    Raises
    ------
    NotReady
        It is absent, and only the server's administrator may make it.
    """
    if _has_web_role(connection):
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"CREATE ROLE {WEB_ROLE} NOLOGIN")
            connection.exec_driver_sql(f"GRANT {WEB_ROLE} TO CURRENT_USER")
    except ProgrammingError as error:
        # Roles are the server's: another database of ours may have made it meanwhile.
        if _has_web_role(connection):
            return
        raise NotReady(
            N_("The database has no role {role}, which requests are served as."),
            mend=N_("Let its administrator run: CREATE ROLE {role} NOLOGIN; GRANT {role} TO {owner};"),
            role=WEB_ROLE,
            owner=connection.exec_driver_sql("SELECT current_user").scalar_one(),
        ) from error


def _has_web_role(connection: Connection) -> bool:
    query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
    return connection.exec_driver_sql(query, (WEB_ROLE,)).first() is not None


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
