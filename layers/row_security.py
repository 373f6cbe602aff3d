"""Row security: who a transaction works for, told to the database before it reads or writes anything.

The policies of the tables (``layers/policies.py``) read one setting of the transaction, ``wardline.scope``.
A session is told its scope once; each of its transactions begins with ``SET LOCAL`` and a literal, which ends
with the transaction, so a connection that goes back to the pool carries nothing with it. A session that
never enters a scope sees no row and changes none.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from psycopg import OperationalError, sql
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Connection, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

SETTING = "wardline.scope"
SYSTEM = "system"
"""The role of the service's own work: indexes, jobs and commands. No grant can give it, nor those below."""
INTAKE = "intake"
"""The role of taking in a report for somebody who may read nothing of what that takes."""
SETTLING = "settling"
"""The role of keeping tasks and ledgers in step with evidence, whoever brings it."""
AUDIT = "audit"
"""The role of writing to the audit, whoever acts."""

_INFO, _STALE = "wardline scope", "wardline scope is stale"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a transaction works for.

    ``person`` and ``device`` (its code) own what they sent themselves. ``everywhere`` are the roles held in
    every district; ``districts`` maps a district to the roles held there, each with the units it reaches
    down from, or None where it reaches the whole district.
    """

    person: UUID | None = None
    device: str | None = None
    everywhere: frozenset[str] = frozenset()
    districts: Mapping[str, Mapping[str, tuple[UUID, ...] | None]] = field(default_factory=dict)

    @property
    def actor(self) -> str:
        """Who acts, in one word: what a person or device leaves behind is known by it."""
        if SYSTEM in self.everywhere:
            return SYSTEM
        if self.device is not None:
            return f"device:{self.device}"
        return "public" if self.person is None else f"person:{self.person}"

    def to_json(self) -> str:
        """Return the scope as the policies read it."""
        value: dict[str, Any] = {
            "actor": self.actor,
            "person": None if self.person is None else str(self.person),
            "device": self.device,
            "everywhere": sorted(self.everywhere),
            "districts": {
                district: {
                    role: None if units is None else [str(unit) for unit in units]
                    for role, units in roles.items()
                }
                for district, roles in self.districts.items()
            },
        }
        return json.dumps(value, separators=(",", ":"))


PUBLIC_SCOPE = Scope()
SYSTEM_SCOPE = Scope(everywhere=frozenset({SYSTEM}))


def enter(session: Session, scope: Scope) -> None:
    """Tell the database whom a session works for, in this transaction and in each that follows.

    Nothing is sent before the session's next transaction begins, so a request that needs no database
    costs none.
    """
    session.info[_INFO] = scope
    if session.in_transaction():
        _tell(session.connection(), scope)


def entered(scope: Scope) -> dict[str, object]:
    """Return the ``info`` of sessions that enter a scope as they begin."""
    return {_INFO: scope}


@contextmanager
def acting(session: Session, role: str) -> Iterator[None]:
    """Add a role of the service's own (intake, audit) to what a session holds, for the length of a block.

    For steps of a request that need more than its caller may do, such as finding who answers for a place. A
    session without a scope stays without one.
    """
    before = scope_of(session)
    if before is None or {SYSTEM, role} & before.everywhere:
        yield
        return
    enter(session, replace(before, everywhere=before.everywhere | {role}))
    try:
        yield
    finally:
        session.info[_INFO] = before
        if _takes_statements(session):
            _tell(session.connection(), before)
        else:
            # If only a savepoint is undone, the transaction goes on, and with it the role.
            session.info[_STALE] = True


def _takes_statements(session: Session) -> bool:
    """Say whether the transaction of a session has not failed."""
    if not session.in_transaction() or not session.is_active:
        return False
    try:
        driver: Any = session.connection().connection.driver_connection
    except SQLAlchemyError:  # the server went away; what it was doing says so better
        return False
    return bool(driver.info.transaction_status == TransactionStatus.INTRANS)


def scope_of(session: Session) -> Scope | None:
    """Return the scope that a session entered, None where it never did."""
    found: Scope | None = session.info.get(_INFO)
    return found


def _tell(connection: Connection, scope: Scope) -> None:
    driver: Any = connection.connection.driver_connection
    # A literal, never set_config(): distributed engines send only SET LOCAL on to where the rows are.
    setting = sql.SQL("SET LOCAL {} = {}").format(sql.SQL(SETTING), sql.Literal(scope.to_json()))
    begins = driver.info.transaction_status == TransactionStatus.IDLE
    if not begins or driver.autocommit or driver.isolation_level is not None:
        driver.execute(setting)
        return
    # The driver would begin the transaction by a round trip of its own; together they cost no more than that.
    result = driver.pgconn.exec_(b"BEGIN; " + setting.as_bytes(driver))
    if result.status != ExecStatus.COMMAND_OK:
        raise OperationalError(result.get_error_message())


@event.listens_for(Session, "after_begin")
def _begin(session: Session, _transaction: object, connection: Connection) -> None:
    scope = scope_of(session)
    if scope is not None:
        session.info.pop(_STALE, None)
        _tell(connection, scope)


@event.listens_for(Session, "after_soft_rollback")
def _undone(session: Session, _previous: object) -> None:
    scope = scope_of(session)
    if scope is not None and session.info.get(_STALE) and _takes_statements(session):
        del session.info[_STALE]
        _tell(session.connection(), scope)
