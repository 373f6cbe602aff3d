"""The audit: who did what, on what, when and why, in a chain nobody can change unseen.

``record`` notes an entry; it is written when the session commits, in the transaction of what it tells of, so
there are both or neither. Writers of one chain wait for one another only from there to the end of the commit,
whatever else their transactions do, and nothing is locked after it, so it cannot deadlock.

Entries hold ids and codes. A number with a fraction, or a member named like a place or a contact, is refused:
no coordinates and no contact data reach the audit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Row, Table, event, func, select
from sqlalchemy.orm import Session, SessionTransaction

from layers.audit_chain import ChainHead, Entry
from layers.audit_tables import CENTRAL, audit_central, audit_entry
from layers.errors import translated
from layers.row_security import AUDIT, acting
from layers.storage import Store, read_sql, wire_type

PAGE = 5000
LONGEST = 200
_PENDING, _ACTOR = "wardline audit pending", "wardline audit actor"
_PLACES = ("lon", "lat", "raw_lon", "raw_lat", "x", "y", "geom", "geometry", "point", "position", "place")
_PERSONAL = ("contact", "phone", "email", "mobile", "address", "reporter", "password", "token", "secret")
_FORBIDDEN = frozenset(_PLACES + _PERSONAL)
_GIVEN = tuple(name for name in Entry.__slots__ if name not in ("chain", "seq", "previous", "hash"))
"""Columns of an entry that its writer gives; the others are the chain's."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts in a session: ``kind`` is person, device, system or public; ``request`` the request's id."""

    kind: str
    id: UUID | None
    name: str
    request: str | None = None


SYSTEM = Actor("system", None, "system")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries a list shows; every field that is None shows all. The period is half-open."""

    action: str | None = None
    actor: UUID | None = None
    subject_kind: str | None = None
    subject: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Noted:
    """An entry that waits for the commit, and the transactions (savepoints) it belongs to."""

    entry: Entry
    within: tuple[SessionTransaction, ...]


def act_as(session: Session, actor: Actor) -> None:
    """Say who acts in a session; its entries name them. A session that is told nothing is the system."""
    session.info[_ACTOR] = actor


class Audit(Store):
    """The chain of one district."""

    table: Table = audit_entry

    def record(
        self,
        action: str,
        subject_kind: str,
        subject: object,
        *,
        purpose: str | None = None,
        at: datetime | None = None,
        **detail: str | int | bool | list[str] | None,
    ) -> None:
        """Note what is done; it is written with the commit and forgotten with a rollback.

        Parameters
        ----------
        action
            What is done, as ``thing.verb``: ``incident.create``, ``contact.read``.
        subject_kind, subject
            On what: a kind and an id or code.
        purpose
            Why, in the words of whoever does it; required of reads of what is personal.
        detail
            Codes, ids and counts that help to understand it.

        Raises
        ------
        ValueError
            A detail has the name of a coordinate or a contact, or a value that is neither text, whole number,
            truth nor list of texts.
        """
        session = self._session
        _watch(session)
        if not session.in_transaction():
            session.begin()  # costs nothing yet, and the entry belongs to it
        who: Actor = session.info.get(_ACTOR, SYSTEM)
        entry = Entry(
            chain=self.district,
            seq=0,
            at=at or datetime.now(UTC),
            actor_kind=who.kind,
            actor=who.id,
            actor_name=who.name[:LONGEST],
            action=action,
            subject_kind=subject_kind,
            subject=str(subject)[:LONGEST],
            request=who.request,
            purpose=None if purpose is None else purpose.strip()[:LONGEST],
            detail=_checked(detail),
        )
        session.info[_PENDING].append(_Noted(entry, _transactions(session)))

    def head(self) -> ChainHead:
        """Return how long the chain is and the hash of its last entry."""
        key, table = next(iter(self.table.columns)), self.table
        statement = select(table.c.seq, table.c.hash).where(key == self.district)
        row = self._first(statement.order_by(table.c.seq.desc()).limit(1))
        return ChainHead(self.district) if row is None else ChainHead(self.district, row.seq, row.hash)

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, oldest first, a page at a time."""
        key, table = next(iter(self.table.columns)), self.table
        last: int | None = None
        while True:
            statement = select(table).where(key == self.district)
            if last is not None:
                statement = statement.where(table.c.seq > last)
            rows = self._all(statement.order_by(table.c.seq).limit(PAGE))
            yield from (self._entry(row) for row in rows)
            if len(rows) < PAGE:
                return
            last = rows[-1].seq

    def latest(self, only: AuditFilter, *, limit: int = 100, before: int | None = None) -> tuple[Entry, ...]:
        """Return the newest entries of a filter, newest first, those below ``before`` where it is given."""
        key, table = next(iter(self.table.columns)), self.table
        same = {
            "action": only.action,
            "actor": only.actor,
            "subject_kind": only.subject_kind,
            "subject": only.subject,
        }
        statement = select(table).where(key == self.district)
        for name, value in same.items():
            if value is not None:
                statement = statement.where(table.c[name] == value)
        if only.from_at is not None:
            statement = statement.where(table.c.at >= only.from_at)
        if only.to_at is not None:
            statement = statement.where(table.c.at < only.to_at)
        if before is not None:
            statement = statement.where(table.c.seq < before)
        rows = self._all(statement.order_by(table.c.seq.desc()).limit(limit))
        return tuple(self._entry(row) for row in rows)

    def append(self, entries: Sequence[Entry]) -> None:
        """Write entries at the end of the chain; whoever else writes to it waits until the commit.

        The database makes the links, so that the chain is held for one round trip and the commit.
        """
        given: dict[str, Any] = {name: [getattr(one, name) for one in entries] for name in _GIVEN}
        given["detail"] = [Jsonb(one.detail) for one in entries]
        given |= {"chain": self.district, "canonical": [one.canonical() for one in entries]}
        driver = self._driver()
        with translated(), driver.pipeline():
            driver.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                (f"audit:{self.table.name}:{self.district}",),
            )
            # A statement of its own: it sees what was committed while the lock was waited for.
            driver.execute(_append_statement(self.table), given)

    def _entry(self, row: Row[Any]) -> Entry:
        return Entry(
            self.district, **{name: getattr(row, name) for name in Entry.__slots__ if name != "chain"}
        )


@cache
def _append_statement(table: Table) -> bytes:
    """Return the statement that writes entries at the end of a chain."""
    statement = sql.SQL(read_sql("audit_append")).format(
        table=sql.Identifier(table.name),
        key=sql.Identifier(next(iter(table.columns)).name),
        names=sql.SQL(", ").join(map(sql.Identifier, _GIVEN)),
        given=sql.SQL(", ").join(sql.Identifier("entry", name) for name in _GIVEN),
        values=sql.SQL(", ").join(
            sql.SQL("{}::{}").format(sql.Placeholder(name), sql.SQL(f"{wire_type(table.c[name])}[]"))
            for name in _GIVEN
        ),
    )
    return statement.as_bytes(None)


class CentralAudit(Audit):
    """The chain of what belongs to no district: people, grants, devices, sign-in."""

    table = audit_central

    def __init__(self, session: Session) -> None:
        super().__init__(session, CENTRAL)


def central(session: Session) -> CentralAudit:
    """Return the chain of what belongs to no district."""
    return CentralAudit(session)


def every_chain(session: Session) -> tuple[Audit, ...]:
    """Return every chain that has entries: the central one, then those of districts, also of former ones."""
    column = audit_entry.c.district
    names: list[str] = []
    # One step of the index for each district, however long the chains are.
    while (name := session.scalar(select(func.min(column)).where(column > (names or [""])[-1]))) is not None:
        names.append(name)
    return (central(session), *(Audit(session, name) for name in names))


def write_pending(session: Session) -> None:
    """Write what was noted in a session; a commit does it by itself."""
    noted: list[_Noted] = session.info.get(_PENDING, [])
    chains: dict[str, list[Entry]] = {}
    for one in noted:
        # A session that was closed without a word has left its entries behind.
        if session.get_transaction() in one.within:
            chains.setdefault(one.entry.chain, []).append(one.entry)
    noted.clear()
    # Always in the same order, so that two who write to the same chains never wait for each other.
    with acting(session, AUDIT):
        for chain in sorted(chains):
            store = CentralAudit(session) if chain == CENTRAL else Audit(session, chain)
            store.append(chains[chain])


def _watch(session: Session) -> None:
    if _PENDING in session.info:
        return
    session.info[_PENDING] = []
    event.listen(session, "before_commit", _before_commit)
    event.listen(session, "after_soft_rollback", _after_rollback)


def _before_commit(session: Session) -> None:
    # The end of a savepoint is not the end of the transaction, in which others would have to wait.
    if session.get_nested_transaction() is None:
        write_pending(session)


def _after_rollback(session: Session, previous: SessionTransaction) -> None:
    noted: list[_Noted] = session.info[_PENDING]
    noted[:] = [one for one in noted if previous not in one.within]


def _transactions(session: Session) -> tuple[SessionTransaction, ...]:
    found = []
    one = session.get_nested_transaction() or session.get_transaction()
    while one is not None:
        found.append(one)
        one = one.parent
    return tuple(found)


def _checked(detail: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in detail.items():
        texts = value if isinstance(value, list) else [value]
        if name in _FORBIDDEN or not all(one is None or isinstance(one, str | int) for one in texts):
            raise ValueError(f"the audit does not take {name}={value!r}")
    return {
        name: [str(one)[:LONGEST] for one in value]
        if isinstance(value, list)
        else value[:LONGEST]
        if isinstance(value, str)
        else value
        for name, value in detail.items()
    }
