"""Sealing: AES-256-GCM under one of several keys, bound to what it belongs to.

Every sealed text names its key. A new key is added by ``rotate``; older ones stay until they are destroyed,
so rotation needs no pause. Since when nothing is sealed with an old key is noted beside it: backups of before
need it still. ``subject`` is the associated data: a text that is moved to another incident or district
cannot be opened there.
"""

import base64
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from geo.errors import N_
from service.errors import NotReady
from service.keys.files import alone, ensure, folder_of, read, replace

NAME = "contacts.json"
_KEY_BITS = 256
_NONCE_BYTES = 12


class SealBroken(NotReady):
    """A sealed text cannot be opened: its key is absent, or it is not what was sealed there."""

    code = "seal-broken"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text: the name of its key, the nonce (12 bytes) and the ciphertext with its tag."""

    key: str
    nonce: bytes
    text: bytes


class KeyRing:
    """The keys below a home, made at first use."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def seal(self, text: bytes, subject: str) -> Sealed:
        """Return a text sealed with the present key for a subject."""
        content = ensure(self._path(), _first)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        key = AESGCM(_key(content, content["present"]))
        return Sealed(content["present"], nonce, key.encrypt(nonce, text, subject.encode()))

    def open(self, sealed: Sealed, subject: str) -> bytes:
        """Return the text that was sealed for a subject.

        Raises
        ------
        SealBroken
            Its key is not there, or it was changed or sealed for another subject.
        """
        try:
            key = AESGCM(_key(read(self._path()), sealed.key))
            return key.decrypt(sealed.nonce, sealed.text, subject.encode())
        except (FileNotFoundError, KeyError) as error:
            raise SealBroken(
                N_("The key {key} that this was sealed with is not among the service's keys."),
                mend=N_("Bring the folder keys of WARDLINE_HOME back from its backup."),
                key=sealed.key,
            ) from error
        except InvalidTag as error:
            raise SealBroken(
                N_("This is not what was sealed here with the key {key}."),
                mend=N_("It was changed in the database: look at the audit and restore it from a backup."),
                key=sealed.key,
            ) from error

    def present(self) -> str:
        """Return the name of the key that new texts are sealed with."""
        name: str = ensure(self._path(), _first)["present"]
        return name

    def rotate(self) -> str:
        """Add a key, seal with it from now on, and return its name."""
        ensure(self._path(), _first)
        name, key = _new()
        with alone(self._path()):
            content = read(self._path())
            replace(self._path(), {**content, "present": name, "keys": {**content["keys"], name: key}})
        return name

    def old(self) -> Mapping[str, datetime | None]:
        """Return all keys but the present one, each with since when it is known to be unused."""
        content = ensure(self._path(), _first)
        noted = content.get("unused", {})
        return {
            name: datetime.fromisoformat(noted[name]) if name in noted else None
            for name in content["keys"]
            if name != content["present"]
        }

    def note_used(self, used: Collection[str], at: datetime) -> None:
        """Note that, at an instant, of the old keys only these seal anything."""
        with alone(self._path()):
            content = read(self._path())
            noted = content.get("unused", {})
            idle = content["keys"].keys() - {content["present"], *used}
            replace(
                self._path(),
                {**content, "unused": {name: noted.get(name, at.isoformat()) for name in sorted(idle)}},
            )

    def destroy(self, names: Collection[str]) -> None:
        """Destroy old keys: what is sealed with them can never be read again."""
        with alone(self._path()):
            content = read(self._path())
            gone = set(names) - {content["present"]}
            kept = {name: key for name, key in content["keys"].items() if name not in gone}
            noted = {name: at for name, at in content.get("unused", {}).items() if name in kept}
            replace(self._path(), {**content, "keys": kept, "unused": noted})

    def _path(self) -> Path:
        return folder_of(self._home) / NAME


def _first() -> Mapping[str, Any]:
    name, key = _new()
    return {"present": name, "keys": {name: key}}


def _new() -> tuple[str, str]:
    name = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(4)}"
    return name, base64.b64encode(AESGCM.generate_key(_KEY_BITS)).decode()


def _key(content: Mapping[str, Any], name: str) -> bytes:
    return base64.b64decode(content["keys"][name])
