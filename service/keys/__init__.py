"""Keys that the database never has: files below the home that only the service's own account can read.

``KeyRing`` seals contact data (AES-256-GCM); ``SigningKey`` signs what leaves the house, such as the heads of
the audit (Ed25519). A key is made at first use. Whoever loses the files loses what they sealed: they belong
into a backup of their own, apart from that of the database.
"""

from service.keys.files import KeyFileUnusable
from service.keys.sealing import KeyRing, SealBroken, Sealed
from service.keys.signing import SignatureWrong, SigningKey, verify_signature

__all__ = [
    "KeyFileUnusable",
    "KeyRing",
    "SealBroken",
    "Sealed",
    "SignatureWrong",
    "SigningKey",
    "verify_signature",
]
