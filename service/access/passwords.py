"""Passwords: how long they must be, and their Argon2id hashes.

The rules are those of NIST SP 800-63B: a least length, no rules about kinds of characters, no expiry, and a
refusal of what is guessed first. Hashing takes memory on purpose (64 MiB), so only a few are made at once.
"""

import secrets
import threading
import unicodedata
from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from geo.errors import N_
from service.errors import InvalidInput

SHORTEST = 12
LONGEST = 256
_AT_ONCE = 2
_MOST_REPEATED = 4
# Letters and digits that are not mistaken for one another when read out or typed off.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5
# Long enough for the length rule and tried first by whoever guesses.
_GUESSED = (
    "password",
    "passw0rd",
    "qwertyuiop",
    "1q2w3e4r",
    "administrator",
    "letmein",
    "iloveyou",
    "welcome",
    "wardline",
    "123456789",
    "987654321",
    "abcdefgh",
    "woaini",
)

_hasher = PasswordHash((Argon2Hasher(),))
_turn = threading.BoundedSemaphore(_AT_ONCE)


def require_good(password: str, *, login: str = "", pointer: str = "/password") -> None:
    """Refuse a password that is too short, too long, or guessed first.

    Raises
    ------
    InvalidInput
        Says which rule it breaks, never the password.
    """
    where = {"pointer": pointer}
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(
            N_("The password has {length} characters; it needs {least} to {most}."),
            mend=N_("A few words in a row are easy to remember and hard to guess."),
            where=where,
            length=len(password),
            least=SHORTEST,
            most=LONGEST,
        )
    plain = _plain(password).lower()
    rest = plain
    for word in (*_GUESSED, login.lower()):
        rest = rest.replace(word, "") if word else rest
    if len(set(plain)) <= _MOST_REPEATED or len(rest.strip("0123456789!@#._- ")) < SHORTEST // 2:
        raise InvalidInput(
            N_("This password is one of those that are guessed first."),
            mend=N_("A few words in a row are easy to remember and hard to guess."),
            where=where,
        )


def made_up() -> str:
    """Return a random password of 99 bits that can be read out: four groups of five characters."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hashed(password: str) -> str:
    """Return the Argon2id hash of a password."""
    with _turn:
        return _hasher.hash(_plain(password))


def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Say whether a password is the stored one, and return a new hash where the old one is outdated.

    Where nothing is stored it takes as long, and the answer is no.
    """
    given = _plain(password[:LONGEST])
    with _turn:
        good, renewed = _hasher.verify_and_update(given, stored or _nobodys())
    if stored is None or len(password) > LONGEST:
        return False, None
    return good, renewed


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def _plain(password: str) -> str:
    # Two keyboards may spell one character differently (NIST SP 800-63B, section 5.1.1.2).
    return unicodedata.normalize("NFKC", password)
