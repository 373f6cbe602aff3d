"""The stores of people and of what they are granted; they span districts and so have none of their own.

Whatever may take a right away raises a head, by which every process that remembers callers learns to ask
again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Executable, Row, Select, Text, func, literal, or_, select, update
from sqlalchemy import Date as SqlDate
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.errors import N_
from layers.accounts import ADMINISTRATOR, access_head, person, role_grant
from layers.audit import central
from layers.districts import district
from layers.errors import NotFound, translated
from layers.geometry import period
from layers.paging import Page, checked_limit, decode_cursor, encode_cursor

_SUBJECT = "accounts"


@dataclass(frozen=True, slots=True)
class Person:
    """A person who may sign in; ``login`` is in small letters."""

    id: UUID
    login: str
    name: str
    created_at: datetime
    has_password: bool = False
    must_change: bool = False
    issuer: str | None = None
    subject: str | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A role of a person in an area, on the days from ``valid_from`` up to before ``valid_to``.

    A district of None is every district; a unit of None is the whole district.
    """

    id: UUID
    person: UUID
    role: str
    district: str | None
    unit: UUID | None
    valid_from: date | None
    valid_to: date | None
    granted_by: UUID | None
    granted_at: datetime


class Central:
    """A store of the small tables that span districts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _rows(self, statement: Executable) -> Sequence[Row[Any]]:
        with translated():
            return self._session.execute(statement).all()

    def _one(self, statement: Executable) -> Row[Any] | None:
        with translated():
            return self._session.execute(statement).first()

    def _write(self, statement: Executable) -> int:
        with translated():
            return cast("CursorResult[Any]", self._session.execute(statement)).rowcount

    def _note(self, action: str, kind: str, subject: UUID, **detail: Any) -> None:
        """Note in the audit what is done."""
        central(self._session).record(action, kind, subject, **detail)

    def head(self) -> int:
        """Return the number that was raised by the last change that may have taken a right away."""
        row = self._one(select(access_head.c.number).where(access_head.c.subject == _SUBJECT))
        return 0 if row is None else int(row.number)

    def raise_head(self) -> None:
        """Let every process forget whom it remembers, once this transaction is committed."""
        statement = insert(access_head).values(subject=_SUBJECT, number=1)
        self._write(
            statement.on_conflict_do_update(
                index_elements=["subject"], set_={"number": access_head.c.number + 1}
            )
        )

    def lock(self) -> None:
        """Hold, until the transaction ends, the lock of who may administer."""
        self._session.connection().exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtextextended('wardline accounts', 0))"
        )


class People(Central):
    """People and their grants."""

    def add(self, value: Person, password: str | None = None) -> None:
        """Store a new person, with the hash of a password or none.

        Raises
        ------
        Conflict
            Somebody has the login.
        """
        self._write(
            person.insert().values(
                id=value.id,
                login=value.login,
                name=value.name,
                password=password,
                must_change=value.must_change,
                issuer=value.issuer,
                subject=value.subject,
                disabled_at=value.disabled_at,
                created_at=value.created_at,
            )
        )
        self._note("person.create", "person", value.id)

    def get(self, identifier: UUID) -> Person:
        """Return a person by id.

        Raises
        ------
        NotFound
            There is none.
        """
        row = self._one(_people().where(person.c.id == identifier))
        if row is None:
            raise missing(str(identifier))
        return _person(row)

    def find(self, login: str) -> Person | None:
        """Return the person of a login, in whatever case it is written."""
        row = self._one(_people().where(person.c.login == login.lower()))
        return None if row is None else _person(row)

    def find_subject(self, issuer: str, subject: str) -> Person | None:
        """Return the person whom an OpenID provider knows under a subject."""
        row = self._one(_people().where(person.c.issuer == issuer, person.c.subject == subject))
        return None if row is None else _person(row)

    def password(self, identifier: UUID) -> str | None:
        """Return the hash of a person's password, None where they have none."""
        row = self._one(select(person.c.password).where(person.c.id == identifier))
        return None if row is None else cast("str | None", row.password)

    def page(
        self,
        *,
        only: Collection[UUID] | None = None,
        holding: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[Person]:
        """Return a page of people by id: those of ``only``, with a login or name that holds a text."""
        statement = _people().order_by(person.c.id).limit(checked_limit(limit) + 1)
        last = decode_cursor(cursor)
        if last is not None:
            statement = statement.where(person.c.id > last)
        if only is not None:
            statement = statement.where(person.c.id == func.any(list(only)))
        if holding:
            columns = (person.c.login, person.c.name)
            statement = statement.where(or_(*(one.icontains(holding, autoescape=True) for one in columns)))
        found = [_person(row) for row in self._rows(statement)]
        more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
        return Page(tuple(found[:limit]), more)

    def rename(self, identifier: UUID, name: str) -> None:
        """Change what a person is called."""
        self._change(identifier, name=name)

    def set_password(self, identifier: UUID, password: str | None, *, must_change: bool) -> None:
        """Give a person the hash of a new password."""
        self._change(identifier, password=password, must_change=must_change)
        self._note("person.password", "person", identifier, given_by_another=must_change)
        self.raise_head()

    def rehash(self, identifier: UUID, old: str, new: str) -> None:
        """Store the same password hashed anew, where it is still the same."""
        self._write(
            update(person).where(person.c.id == identifier, person.c.password == old).values(password=new)
        )

    def disable(self, identifier: UUID, at: datetime | None) -> None:
        """Let a person not sign in from an instant on, or again where it is None."""
        self._change(identifier, disabled_at=at)
        self._note("person.enable" if at is None else "person.disable", "person", identifier)
        self.raise_head()

    def link(self, identifier: UUID, issuer: str, subject: str) -> None:
        """Say who a person is to an OpenID provider."""
        self._change(identifier, issuer=issuer, subject=subject)
        self._note("person.link", "person", identifier, issuer=issuer)
        self.raise_head()

    def grants(self, people: Collection[UUID]) -> tuple[Grant, ...]:
        """Return all grants of people, past and coming ones too, by id."""
        return tuple(
            _grant(row)
            for row in self._rows(
                select(role_grant)
                .where(role_grant.c.person == func.any(list(people)))
                .order_by(role_grant.c.id)
            )
        )

    def in_force(self, identifier: UUID, now: datetime) -> tuple[Grant, ...]:
        """Return the grants of a person on the day it is, in the time of each grant's district."""
        rows = self._rows(_in_force(now).where(role_grant.c.person == identifier).order_by(role_grant.c.id))
        return tuple(_grant(row) for row in rows)

    def near(self, codes: Collection[str]) -> tuple[UUID, ...]:
        """Return the people who have or had a grant in one of the districts, and those who never had one."""
        theirs = role_grant.c.person == person.c.id
        there = select(role_grant.c.id).where(theirs, role_grant.c.district == func.any(list(codes)))
        anywhere = select(role_grant.c.id).where(theirs)
        rows = self._rows(select(person.c.id).where(or_(there.exists(), ~anywhere.exists())))
        return tuple(row.id for row in rows)

    def grant(self, identifier: UUID) -> Grant:
        """Return a grant by id.

        Raises
        ------
        NotFound
            There is none.
        """
        row = self._one(select(role_grant).where(role_grant.c.id == identifier))
        if row is None:
            raise NotFound(
                N_("There is no grant {grant}."), mend=N_("Load the person again."), grant=str(identifier)
            )
        return _grant(row)

    def add_grant(self, value: Grant) -> None:
        """Store a grant.

        Raises
        ------
        NotFound
            The person or the district is not stored.
        """
        self._write(
            role_grant.insert().values(
                id=value.id,
                person=value.person,
                role=value.role,
                district=value.district,
                unit=value.unit,
                valid=period(value.valid_from, value.valid_to),
                granted_by=value.granted_by,
                granted_at=value.granted_at,
            )
        )
        unit = None if value.unit is None else str(value.unit)
        self._note("grant.give", "person", value.person, role=value.role, district=value.district, unit=unit)
        self.raise_head()

    def end_grant(self, value: Grant, day: date) -> None:
        """End a grant before a day; one that would not have begun by then is removed."""
        mine = role_grant.c.id == value.id
        if value.valid_from is not None and value.valid_from >= day:
            self._write(role_grant.delete().where(mine))
        else:
            self._write(update(role_grant).where(mine).values(valid=period(value.valid_from, day)))
        self._note("grant.end", "person", value.person, role=value.role, district=value.district)
        self.raise_head()

    def administrators(self, now: datetime) -> frozenset[UUID]:
        """Return the people who administer every district, now and with no end, and can sign in."""
        rows = self._rows(
            _in_force(now)
            .join(person, person.c.id == role_grant.c.person)
            .where(
                role_grant.c.role == ADMINISTRATOR,
                role_grant.c.district.is_(None),
                func.upper_inf(role_grant.c.valid),
                person.c.disabled_at.is_(None),
            )
        )
        return frozenset(row.person for row in rows)

    def ever_administered(self) -> bool:
        """Say whether anybody has or had the right to administer every district."""
        first = select(role_grant.c.id).where(
            role_grant.c.role == ADMINISTRATOR, role_grant.c.district.is_(None)
        )
        return self._one(first.limit(1)) is not None

    def _change(self, identifier: UUID, **values: Any) -> None:
        if self._write(update(person).where(person.c.id == identifier).values(**values)) == 0:
            raise missing(str(identifier))


def missing(who: str) -> NotFound:
    """Return the refusal of somebody who is not stored."""
    return NotFound(
        N_("There is no person {person}."),
        mend=N_("Check the name; ./wardline people list shows all."),
        where={"person": who[:64]},
        person=who[:64],
    )


def _people() -> Select[Any]:
    plain = [column for column in person.c if column.name != "password"]
    return select(*plain, person.c.password.is_not(None).label("has_password"))


def _in_force(now: datetime) -> Select[Any]:
    zone = func.coalesce(district.c.timezone, literal("UTC", Text))
    today = sql_cast(func.timezone(zone, literal(now.astimezone(UTC))), SqlDate)
    return (
        select(role_grant)
        .select_from(role_grant.outerjoin(district, district.c.code == role_grant.c.district))
        .where(
            role_grant.c.valid.contains(today),
        )
    )


def _person(row: Row[Any]) -> Person:
    return Person(
        row.id,
        row.login,
        row.name,
        row.created_at,
        row.has_password,
        row.must_change,
        row.issuer,
        row.subject,
        row.disabled_at,
    )


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        row.id,
        row.person,
        row.role,
        row.district,
        row.unit,
        row.valid.lower,
        row.valid.upper,
        row.granted_by,
        row.granted_at,
    )
