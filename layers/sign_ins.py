"""The stores of sessions and devices: of their tokens only SHA-256 is kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update

from geo.errors import N_
from layers.accounts import device, person, sign_in
from layers.errors import NotFound
from layers.paging import Page, checked_limit, decode_cursor, encode_cursor
from layers.people import Central


@dataclass(frozen=True, slots=True)
class SignIn:
    """A session of a person on a browser."""

    id: UUID
    person: UUID
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Device:
    """A device that uploads for a person; its code is what the patrols are known by."""

    id: UUID
    code: str
    name: str
    person: UUID
    created_by: UUID | None
    created_at: datetime
    seen_at: datetime | None = None
    revoked_at: datetime | None = None


class SignIns(Central):
    """The sessions of people."""

    def begin(self, value: SignIn, token: bytes) -> None:
        """Store a new session under the digest of its token."""
        self._write(
            sign_in.insert().values(
                id=value.id,
                person=value.person,
                token=token,
                created_at=value.created_at,
                seen_at=value.seen_at,
                ended_at=value.ended_at,
            )
        )
        self._note("session.begin", "person", value.person, session=str(value.id))

    def find(self, token: bytes) -> SignIn | None:
        """Return the session of a token, ended or not; None also where the person is disabled."""
        row = self._one(
            select(sign_in)
            .join(person, person.c.id == sign_in.c.person)
            .where(sign_in.c.token == token, person.c.disabled_at.is_(None))
        )
        if row is None:
            return None
        return SignIn(row.id, row.person, row.created_at, row.seen_at, row.ended_at)

    def touch(self, identifier: UUID, at: datetime) -> None:
        """Note that a session was used."""
        self._write(update(sign_in).where(sign_in.c.id == identifier).values(seen_at=at))

    def end(self, identifier: UUID, at: datetime) -> None:
        """End a session for good."""
        mine = (sign_in.c.id == identifier) & sign_in.c.ended_at.is_(None)
        self._write(update(sign_in).where(mine).values(ended_at=at))
        self._note("session.end", "session", identifier)
        self.raise_head()

    def end_all(self, who: UUID, at: datetime, *, but: UUID | None = None) -> None:
        """End all sessions of a person, except one."""
        mine = (sign_in.c.person == who) & sign_in.c.ended_at.is_(None)
        if but is not None:
            mine &= sign_in.c.id != but
        self._write(update(sign_in).where(mine).values(ended_at=at))
        self.raise_head()

    def forget(self, before: datetime) -> int:
        """Remove the sessions that ended or were last used before an instant; return how many."""
        return self._write(
            sign_in.delete().where(func.coalesce(sign_in.c.ended_at, sign_in.c.seen_at) < before)
        )


class Devices(Central):
    """The devices of people."""

    def add(self, value: Device, token: bytes) -> None:
        """Store a new device under the digest of its token.

        Raises
        ------
        Conflict
            A device has the code.
        """
        self._write(
            device.insert().values(
                id=value.id,
                code=value.code,
                name=value.name,
                person=value.person,
                token=token,
                created_by=value.created_by,
                created_at=value.created_at,
                seen_at=value.seen_at,
                revoked_at=value.revoked_at,
            )
        )
        self._note("device.create", "device", value.id, code=value.code, person=str(value.person))

    def find(self, token: bytes) -> Device | None:
        """Return the device of a token where it is not revoked and its person not disabled."""
        row = self._one(
            select(device)
            .join(person, person.c.id == device.c.person)
            .where(device.c.token == token, device.c.revoked_at.is_(None), person.c.disabled_at.is_(None))
        )
        return None if row is None else _device(row)

    def get(self, code: str) -> Device:
        """Return a device by its code, revoked or not.

        Raises
        ------
        NotFound
            There is none.
        """
        row = self._one(select(device).where(device.c.code == code))
        if row is None:
            raise self.missing(code)
        return _device(row)

    @staticmethod
    def missing(code: str) -> NotFound:
        """Return the refusal of a device that is not stored, or not for the caller."""
        return NotFound(
            N_("There is no device {device}."),
            mend=N_("Check its code."),
            where={"device": code[:64]},
            device=code[:64],
        )

    def page(
        self, *, people: Collection[UUID] | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[Device]:
        """Return a page of devices by id, those of some people where they are given."""
        statement = select(device).order_by(device.c.id).limit(checked_limit(limit) + 1)
        last = decode_cursor(cursor)
        if last is not None:
            statement = statement.where(device.c.id > last)
        if people is not None:
            statement = statement.where(device.c.person == func.any(list(people)))
        found = [_device(row) for row in self._rows(statement)]
        more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
        return Page(tuple(found[:limit]), more)

    def renew(self, identifier: UUID, token: bytes) -> None:
        """Give a device a new token; the old one is good no more."""
        self._write(update(device).where(device.c.id == identifier).values(token=token, revoked_at=None))
        self._note("device.renew", "device", identifier)
        self.raise_head()

    def touch(self, identifier: UUID, at: datetime) -> None:
        """Note that a device was heard from."""
        self._write(update(device).where(device.c.id == identifier).values(seen_at=at))

    def revoke(self, identifier: UUID, at: datetime) -> None:
        """Let a device upload no more; what it sent stays."""
        mine = (device.c.id == identifier) & device.c.revoked_at.is_(None)
        self._write(update(device).where(mine).values(revoked_at=at))
        self._note("device.revoke", "device", identifier)
        self.raise_head()


def _device(row: Row[Any]) -> Device:
    return Device(
        row.id,
        row.code,
        row.name,
        row.person,
        row.created_by,
        row.created_at,
        row.seen_at,
        row.revoked_at,
    )
