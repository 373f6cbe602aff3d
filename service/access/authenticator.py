"""Who a request comes from: found out once, remembered for a moment, forgotten within a second of a change.

What takes a right away raises a number in the database. Every process looks at it twice a second and answers
from memory only while its last look is younger than a second, so that a revoked session or token is refused
everywhere within that second, and a request asks no database while nothing changes.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import anyio
import anyio.to_thread
from sqlalchemy.orm import Session, sessionmaker

from geo.errors import N_
from layers.accounts import REPORTER
from layers.audit import central
from layers.people import People, Person
from layers.row_security import SYSTEM_SCOPE, enter
from layers.sign_ins import Devices, SignIns
from service.access import demo, passwords, tokens
from service.access.credentials import Credentials, from_this_machine, read
from service.access.identity import EVERYBODY, PUBLIC, Held, Identity
from service.errors import CredentialsRefused
from service.hardening.limits import password_attempt
from service.settings import Settings, is_local

_log = logging.getLogger("wardline.access")

LOOK_S = 0.4
FRESH_S = 0.9
KEPT_S = 5.0
VERIFIED_S = 300.0
_TOUCH = timedelta(minutes=1)
_MOST = 20_000
_PASSWORDS_AT_ONCE = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Remembered:
    identity: Identity
    head: int
    at: float


@dataclass(frozen=True, slots=True)
class _Verified:
    """A name and password that were right when the stored hash was this one."""

    person: UUID
    password: str
    at: float


class Authenticator:
    """Finds out who requests come from.

    Parameters
    ----------
    sessions
        Makes the sessions in which accounts are read.
    settings
        Whether access is open, how long sessions last, and whether the demo's logins are good.
    """

    def __init__(self, sessions: sessionmaker[Session], settings: Settings) -> None:
        self._sessions = sessions
        self.open = settings.access == "open"
        self._demo = settings.demo and is_local(settings.host)
        self._idle = timedelta(minutes=settings.session_idle_minutes)
        self._longest = timedelta(hours=settings.session_hours)
        self._secure = (settings.public_url or "").startswith("https:")
        self._key = secrets.token_bytes(32)
        self._remembered: dict[bytes, _Remembered] = {}
        self._verified: dict[bytes, _Verified] = {}
        self._head = -1
        self._looked = float("-inf")
        self._writing = threading.Lock()
        self._looking = threading.Lock()
        self._closed = False
        self._limiter: anyio.CapacityLimiter | None = None

    async def identify(self, scope: MutableMapping[str, Any]) -> Identity:
        """Return who an ASGI request comes from; a cookie that is no longer good is nobody's.

        Raises
        ------
        CredentialsRefused
            The header, the password or the token is not good.
        """
        if self.open:
            return EVERYBODY
        given = read(scope, secure=self.is_secure(scope))
        if given is None:
            return PUBLIC
        key = self._key_of(given, scope)
        known = self._recall(key)
        if known is not None:
            return known
        if given.kind == "basic":
            return await self._in_turn(lambda: self._by_password(given, key, scope))
        return await anyio.to_thread.run_sync(self._by_token, given, key)

    def is_secure(self, scope: MutableMapping[str, Any]) -> bool:
        """Say whether browsers reach us over TLS, by themselves or through a proxy."""
        return self._secure or scope["scheme"] == "https"

    def recall(self, scope: MutableMapping[str, Any]) -> Identity | None:
        """Return who a request comes from if that is in memory."""
        if self.open:
            return EVERYBODY
        try:
            given = read(scope, secure=self.is_secure(scope))
        except CredentialsRefused:
            return None
        return PUBLIC if given is None else self._recall(self._key_of(given, scope))

    async def check(self, login: str, password: str, scope: MutableMapping[str, Any]) -> Person:
        """Return the person whom a name and a password belong to.

        Raises
        ------
        CredentialsRefused
            They belong to nobody, or the person is disabled; it is not said which.
        TooManyRequests
            Too many were wrong.
        """
        with password_attempt(scope, login):
            return await self._in_turn(lambda: self._check(login, password, scope)[0])

    def forget(self) -> None:
        """Remember nobody: something changed in this process."""
        self._looked = float("-inf")
        self._remembered.clear()

    async def watch(self) -> None:
        """Look at the number of changes until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.look)
            except Exception:  # noqa: BLE001 - what is remembered grows old and is asked for again
                _log.warning("the changes of accounts could not be looked at", exc_info=True)
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Read the number of changes, if anybody is remembered, and forget who was not asked for lately."""
        if self.open or not self._remembered:
            return
        with self._looking:
            if self._closed:
                return
            began = time.monotonic()
            with self._session() as session:
                self._saw(People(session).head(), began)
        with self._writing:
            kept = {key: one for key, one in self._remembered.items() if began - one.at < KEPT_S}
            self._remembered = kept
            self._verified = {key: one for key, one in self._verified.items() if began - one.at < VERIFIED_S}

    def close(self) -> None:
        """Look no more; returns when a look that is under way has given its connection back."""
        with self._looking:
            self._closed = True

    def _recall(self, key: bytes) -> Identity | None:
        found = self._remembered.get(key)
        now = time.monotonic()
        if (
            found is None
            or found.head != self._head
            or now - self._looked > FRESH_S
            or now - found.at > KEPT_S
        ):
            return None
        return found.identity

    def _remember(self, key: bytes, identity: Identity, head: int, began: float) -> Identity:
        self._saw(head, began)
        with self._writing:
            if len(self._remembered) >= _MOST:
                self._remembered = {}
            self._remembered[key] = _Remembered(identity, head, began)
        return identity

    def _saw(self, head: int, began: float) -> None:
        with self._writing:
            if began > self._looked:
                self._head, self._looked = head, began

    def _key_of(self, given: Credentials, scope: MutableMapping[str, Any]) -> bytes:
        if given.kind != "basic":
            return given.kind.encode() + tokens.digest(given.secret)
        # What is good for a caller on this machine may not be for another.
        here = "here" if self.offers_demo(scope) else ""
        text = f"{here}\0{given.login}\0{given.secret}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, hashlib.sha256)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        # Few hashes at once, and those who wait hold no thread that others need.
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_PASSWORDS_AT_ONCE)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    def _session(self) -> Session:
        session = self._sessions()
        enter(session, SYSTEM_SCOPE)
        return session

    def _by_token(self, given: Credentials, key: bytes) -> Identity:
        began, now = time.monotonic(), datetime.now(UTC)
        with self._session() as session, session.begin():
            head = People(session).head()
            if given.kind == "bearer":
                identity = self._of_device(session, given.secret, now)
            else:
                identity = self._of_session(session, given.secret, now)
        return self._remember(key, identity, head, began)

    def _of_session(self, session: Session, token: str, now: datetime) -> Identity:
        sign_ins = SignIns(session)
        found = sign_ins.find(tokens.digest(token))
        if (
            found is None
            or found.ended_at is not None
            or now - found.seen_at > self._idle
            or now - found.created_at > self._longest
        ):
            return PUBLIC
        if now - found.seen_at > _TOUCH:
            sign_ins.touch(found.id, now)
        return identity_of(People(session), People(session).get(found.person), now, found.id)

    def _of_device(self, session: Session, token: str, now: datetime) -> Identity:
        devices = Devices(session)
        found = devices.find(tokens.digest(token))
        if found is None:
            raise CredentialsRefused(
                N_("This token is not, or no longer, that of a device."),
                mend=N_("Register the device anew; what it recorded can be sent again."),
            )
        if found.seen_at is None or now - found.seen_at > _TOUCH:
            devices.touch(found.id, now)
        grants = People(session).in_force(found.person, now)
        held = tuple(
            sorted({Held(REPORTER, one.district) for one in grants}, key=lambda one: str(one.district))
        )
        return Identity("device", found.id, found.code, held, found.person)

    def _by_password(self, given: Credentials, key: bytes, scope: MutableMapping[str, Any]) -> Identity:
        began, now = time.monotonic(), datetime.now(UTC)
        with self._session() as session:
            head = People(session).head()
        known = self._verified.get(key)
        person = None if known is None or began - known.at > VERIFIED_S else self._still(known)
        if person is None:
            person, password = self._check(given.login, given.secret, scope)
            if password is not None:
                with self._writing:
                    self._verified[key] = _Verified(person.id, password, began)
        with self._session() as session:
            identity = identity_of(People(session), person, now, None)
        return self._remember(key, identity, head, began)

    def _still(self, known: _Verified) -> Person | None:
        """Return the person if the password that was right is still theirs."""
        with self._session() as session:
            people = People(session)
            person = people.get(known.person)
            same = people.password(known.person) == known.password
            return person if same and person.disabled_at is None else None

    def _check(self, login: str, password: str, scope: MutableMapping[str, Any]) -> tuple[Person, str | None]:
        """Return the person of a name and password, and the hash it agrees with, None for the demo's."""
        with self._session() as session:
            people = People(session)
            person = people.find(login)
            stored = None if person is None else people.password(person.id)
        if person is not None and person.disabled_at is None and self._is_demo(person, password, scope):
            return person, None
        # Outside of a transaction: hashing takes long, and a connection is needed elsewhere.
        good, renewed = passwords.verify(password, stored)
        if not good or person is None or person.disabled_at is not None or stored is None:
            self._note_refusal(person)
            raise wrong()
        if renewed is not None:
            with self._session() as session, session.begin():
                People(session).rehash(person.id, stored, renewed)
        return person, renewed or stored

    def _note_refusal(self, person: Person | None) -> None:
        """Note in the audit that somebody could not sign in; what they typed may be a secret and is not."""
        with self._session() as session, session.begin():
            who = "unknown" if person is None else person.id
            central(session).record("session.refuse", "person", who)

    def offers_demo(self, scope: MutableMapping[str, Any]) -> bool:
        """Say whether the demo's logins are good for a request."""
        return self._demo and from_this_machine(scope)

    def _is_demo(self, person: Person, password: str, scope: MutableMapping[str, Any]) -> bool:
        return (
            self.offers_demo(scope)
            and person.id == demo.person_id(person.login)
            and not person.has_password
            and demo.good(person.login, password)
        )


def identity_of(people: People, person: Person, now: datetime, session: UUID | None) -> Identity:
    """Return the identity of a person with the grants in force at an instant."""
    held = tuple(Held(one.role, one.district, one.unit) for one in people.in_force(person.id, now))
    return Identity("person", person.id, person.login, held, person.id, person.must_change, session)


def wrong() -> CredentialsRefused:
    """Return the refusal of a name and password; it never says which of the two is wrong."""
    return CredentialsRefused(
        N_("The name or the password is wrong."),
        mend=N_("Check both; an administrator can set a new password."),
    )
