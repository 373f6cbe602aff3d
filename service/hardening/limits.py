"""How often: by address, by device and by login, counted in the memory of each process.

Volume is limited so that one program cannot have the service to itself; guessing so that a password cannot
be tried out. A guess is counted before it is checked and given back when it was right, so that a thousand at
once are no way around; a credential that was right a moment ago is no guess and is not counted.

Nobody can lock a person out: what is limited strictly is a login *from one address*. Over all addresses a
login is limited too, but not for an address from which it has been signed in to before.

Callers on this machine, and whoever comes through a proxy on it that ``WARDLINE_PROXIES`` does not name,
share the loopback address: they are not limited by address, or one of them could shut out all.
"""

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from geo.errors import N_
from service.errors import CredentialsRefused, TooManyRequests
from service.settings import Settings

_OFF = "off"
_REMEMBERED = 4096
_WHOLE_LOGIN = 5
"""How many addresses' worth of attempts a login has, over all addresses it was never signed in from."""


@lru_cache(maxsize=4096)
def address_of(host: str | None) -> str | None:
    """Return what stands for a caller: the address, the /64 of IPv6; None for this machine."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            network = ipaddress.ip_network((address, 64), strict=False)
            return None if address.is_loopback else str(network.network_address)
        address = address.ipv4_mapped
    return None if address.is_loopback else str(address)


class Seen:
    """The digests of what was right before, the most recent ones."""

    def __init__(self) -> None:
        self._held: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._held

    def add(self, digest: bytes) -> None:
        """Remember one and forget the oldest where there are too many."""
        self._held[digest] = None
        self._held.move_to_end(digest)
        if len(self._held) > _REMEMBERED:
            self._held.popitem(last=False)

    def discard(self, digest: bytes) -> None:
        """Forget one."""
        self._held.pop(digest, None)


class Tally:
    """Counts what comes with every request, in windows that begin for everybody at once.

    Of the library it has only the rates: its counters cost 15 µs a request, which these do in a third of one.
    """

    def __init__(self, rate: RateLimitItem) -> None:
        self._most = rate.amount
        self._window_s = rate.get_expiry()
        self._until = 0.0
        self._counts: dict[str, int] = {}

    def wait_s(self, key: str) -> float:
        """Count one, and return how long to wait: nothing while the rate is kept."""
        now = time.monotonic()
        if now >= self._until:
            self._counts, self._until = {}, now + self._window_s
        count = self._counts[key] = self._counts.get(key, 0) + 1
        return self._until - now if count > self._most else 0.0


class Limits:
    """The counters of a process."""

    def __init__(self, settings: Settings) -> None:
        self._storage = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._storage)
        self._requests = [Tally(rate) for rate in rates(settings.limit_requests)]
        self._uploads = [Tally(rate) for rate in rates(settings.limit_uploads)]
        self._reports = rates(settings.limit_reports)
        self._sign_ins = rates(settings.limit_sign_ins)
        self._logins = tuple(type(one)(one.amount * _WHOLE_LOGIN, one.multiples) for one in self._sign_ins)
        self._guesses = rates(settings.limit_guesses)
        self._pairs = Seen()

    def request(self, address: str | None) -> None:
        """Count a request of an address."""
        if address is not None:
            _tally(self._requests, address)

    def upload(self, credential: bytes) -> None:
        """Count a change that is sent with a credential, wherever from."""
        _tally(self._uploads, hashlib.sha256(credential).hexdigest())

    def report(self, address: str | None) -> None:
        """Count an anonymous report from an address."""
        if address is not None:
            self._count(self._reports, "report", address)

    def guess(self, address: str | None) -> None:
        """Count a credential of an address before it is checked; ``forget_guess`` gives it back."""
        if address is not None:
            self._count(self._guesses, "guess", address)

    def forget_guess(self, address: str | None) -> None:
        """Give a guess back, because it was none."""
        if address is not None:
            self._give_back(self._guesses, "guess", address)

    def sign_in(self, login: str, address: str | None) -> None:
        """Count a password for a login before it is checked; ``signed_in`` gives it back.

        Raises
        ------
        TooManyRequests
            There were too many from this address, or for this login from everywhere; says when to come again.
        """
        pair = _digest(login.lower(), address or "")
        self._count(self._sign_ins, "sign-in", pair.hex())
        if pair not in self._pairs:
            self._count(self._logins, "login", _digest(login.lower()).hex())

    def forget_sign_in(self, login: str, address: str | None) -> None:
        """Give a sign-in back, because nobody looked at the password."""
        pair = _digest(login.lower(), address or "")
        self._give_back(self._sign_ins, "sign-in", pair.hex())
        if pair not in self._pairs:
            self._give_back(self._logins, "login", _digest(login.lower()).hex())

    def signed_in(self, login: str, address: str | None) -> None:
        """Give a sign-in back, because the password was right, and remember where it was given."""
        self.forget_sign_in(login, address)
        self._pairs.add(_digest(login.lower(), address or ""))

    def require_sign_in(self, login: str, address: str | None) -> None:
        """Refuse a login from an address that has tried too often, without counting."""
        key = _digest(login.lower(), address or "").hex()
        full = [item for item in self._sign_ins if not self._limiter.test(item, "sign-in", key)]
        if full:
            raise self._refusal(full, "sign-in", key)

    def _count(self, items: tuple[RateLimitItem, ...], *key: str) -> None:
        full = [item for item in items if not self._limiter.hit(item, *key)]
        if full:
            raise self._refusal(full, *key)

    def _refusal(self, full: Sequence[RateLimitItem], *key: str) -> TooManyRequests:
        until = max(self._limiter.get_window_stats(item, *key).reset_time for item in full)
        return _too_many(until - time.time())

    def _give_back(self, items: tuple[RateLimitItem, ...], *key: str) -> None:
        for item in items:
            self._storage.decr(item.key_for(*key))


def _tally(tallies: Sequence[Tally], key: str) -> None:
    wait = max([tally.wait_s(key) for tally in tallies], default=0.0)
    if wait > 0:
        raise _too_many(wait)


def _too_many(wait_s: float) -> TooManyRequests:
    return TooManyRequests(
        N_("There were too many requests of this kind."),
        mend=N_("Try again in {wait_s} s."),
        wait_s=max(1, math.ceil(wait_s)),
    )


@contextmanager
def password_attempt(scope: Mapping[str, Any], login: str) -> Iterator[None]:
    """Count a name and password of a request, by login and address, unless what is done inside succeeds.

    Raises
    ------
    TooManyRequests
        There were too many wrong ones.
    """
    limits: Limits = scope["app"].state.limits
    client = scope.get("client")
    address = address_of(client[0] if client else None)
    try:
        limits.guess(address)
    finally:
        limits.sign_in(login, address)
    try:
        yield
    except CredentialsRefused:
        raise
    except BaseException:
        limits.forget_guess(address)
        limits.forget_sign_in(login, address)
        raise
    limits.forget_guess(address)
    limits.signed_in(login, address)


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def rates(text: str) -> tuple[RateLimitItem, ...]:
    """Return the rates of a setting such as ``5/minute; 30/hour``; none where it is ``off``."""
    return () if text == _OFF else tuple(parse_many(text))
