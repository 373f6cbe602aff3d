"""The ID token of an OpenID provider: who signed it, for whom, when, and for which attempt."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import InvalidClaimError, JoseError
from joserfc.jwk import ECKey, Key, RSAKey, import_key

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with a key pair only: never none, and never HMAC, whose key would be public here."""
SKEW_S = 60
LONGEST_S = 900
_LEAST_RSA_BITS = 2048
_LONGEST_SUBJECT = 255
_LONGEST_TOKEN = 16_384


class KeyUnknown(Exception):
    """The provider's keys, as last read, do not have the one that the token names."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The public keys of a provider that may sign ID tokens."""

    keys: tuple[Key, ...]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Keys":
        """Return the usable keys of a JWK set; others in it are left out."""
        found: list[Key] = []
        shown = document.get("keys")
        for one in shown if isinstance(shown, list) else ():
            if not isinstance(one, dict) or _too_short(one):
                continue
            try:
                key = import_key(one)
            except (JoseError, ValueError, TypeError, KeyError):
                continue
            if _signs(key):
                found.append(key)
        return cls(tuple(found))

    def one(self, header: Mapping[str, Any]) -> Key:
        """Return the key of a token by its header.

        Raises
        ------
        KeyUnknown
            There is none, or several would do.
        """
        kind = "EC" if str(header["alg"]).startswith("ES") else "RSA"
        named = header.get("kid")
        found = [
            key
            for key in self.keys
            if key.key_type == kind and key.alg in (None, header["alg"]) and named in (None, key.get("kid"))
        ]
        if len(found) != 1:
            raise KeyUnknown
        return found[0]


def _too_short(key: Mapping[str, Any]) -> bool:
    # Six bits a character. The library only warns of short keys.
    return key.get("kty") == "RSA" and len(str(key.get("n"))) * 6 < _LEAST_RSA_BITS


def _signs(key: Key) -> bool:
    if key.get("use") not in (None, "sig"):
        return False
    if isinstance(key, RSAKey):
        return key.raw_value.key_size >= _LEAST_RSA_BITS
    return isinstance(key, ECKey)


def read_id_token(
    answer: Mapping[str, Any], keys: Keys, issuer: str, client_id: str, nonce: str
) -> Mapping[str, Any]:
    """Return the claims of the ID token in a token endpoint's answer, all of them checked.

    Raises
    ------
    KeyUnknown
        It is signed with a key that is not among the provider's.
    JoseError, ValueError
        It does not hold: its form, algorithm, signature, issuer, audience, times or nonce.
    """
    token = answer.get("id_token")
    if not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
        raise ValueError("there is no ID token")
    header = jws.extract_compact(token.encode()).headers()
    if header.get("alg") not in ALGORITHMS:
        raise ValueError("the algorithm is not one of ours")
    decoded = jwt.decode(token, keys.one(header), algorithms=list(ALGORITHMS))
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client_id},
        },
        params={"nonce": nonce, "client_id": client_id, "access_token": answer.get("access_token")},
    )
    claims.validate(now=int(time.time()), leeway=SKEW_S)
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or "\0" in subject:
        raise InvalidClaimError("sub")
    if claims["iat"] < time.time() - LONGEST_S:
        raise InvalidClaimError("iat")
    return dict(claims)
