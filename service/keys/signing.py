"""Signing: Ed25519 over JSON in canonical form, for files that are kept outside of the house."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from geo.errors import N_
from service.errors import ServiceError
from service.keys.files import ensure, folder_of

NAME = "signing.json"


class SignatureWrong(ServiceError):
    """A signed file was changed, or signed with another key."""

    code = "signature-wrong"


class SigningKey:
    """The signing key below a home, made at first use."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def sign(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body with the members ``key`` (public) and ``signature`` added, both in base64."""
        key = self._private()
        signed = {**body, "key": self.public()}
        return {**signed, "signature": _text(key.sign(_bytes(signed)))}

    def public(self) -> str:
        """Return the public key in base64: whoever keeps it can tell our files from others'."""
        return _text(self._private().public_key().public_bytes_raw())

    def _private(self) -> Ed25519PrivateKey:
        content = ensure(folder_of(self._home) / NAME, _first)
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(content["private"]))


def verify_signature(body: Mapping[str, Any], public: str) -> None:
    """Prove that a signed body was signed with the private half of a public key and is unchanged.

    Raises
    ------
    SignatureWrong
        It was not, or is not.
    """
    signed = {name: value for name, value in body.items() if name != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(str(body.get("signature", "")), validate=True), _bytes(signed))
    except (InvalidSignature, ValueError) as error:
        raise SignatureWrong(
            N_("The file was changed, or was not signed with the key {key}."),
            mend=N_("Compare it with the copy that was kept elsewhere."),
            key=public,
        ) from error


def _first() -> Mapping[str, Any]:
    return {"private": _text(Ed25519PrivateKey.generate().private_bytes_raw())}


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
