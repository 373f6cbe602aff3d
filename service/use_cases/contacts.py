"""Who reported an incident: kept apart and sealed, read for a purpose, forgotten in time; and the receipts.

A receipt is all that an anonymous reporter gets: with it they see what became of their report, and nobody can
tell from it who they are. Only its SHA-256 is stored.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.contacts import Of, SealedContact
from layers.errors import NotFound
from layers.incidents import Incident
from layers.row_security import INTAKE, acting
from layers.stores import Stores
from service.errors import InvalidInput
from service.keys import KeyRing, Sealed
from service.schemas.contacts import ContactIn
from service.schemas.words import in_words

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter is mistaken for a digit when a receipt is read out."""

GROUPS, GROUP = 4, 5
_READ_AS = str.maketrans("OIL", "011")
RESEALED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Followed:
    """What the holder of a receipt is told."""

    status: str
    class_: str
    received_at: datetime
    changed_at: datetime


def keep(
    stores: Stores, ring: KeyRing, subject: UUID, contact: ContactIn, at: datetime, of: Of = "incident"
) -> bool:
    """Seal the contact data of a new incident, volunteer or request; return whether there were any."""
    given = {name: value for name, value in contact.model_dump().items() if value}
    if not given:
        return False
    text = json.dumps(given, ensure_ascii=False, sort_keys=True).encode()
    sealed = ring.seal(text, _subject(stores, subject))
    with acting(stores.session, INTAKE):
        stores.contacts.keep(SealedContact(subject, sealed.key, sealed.nonce, sealed.text, of), at)
    stores.audit.record("contact.keep", of, subject)
    return True


def read(stores: Stores, ring: KeyRing, incident: UUID, purpose: str) -> Mapping[str, str]:
    """Return the contact data of an incident; the audit tells who read them and why.

    Raises
    ------
    NotFound
        The caller may not see the incident, or nothing is kept of who reported it.
    InvalidInput
        The purpose says nothing.
    """
    require_purpose(purpose)
    value = stores.incidents.get(incident)
    found = read_of(stores, ring, value.id, purpose, "incident")
    if found is None:
        raise NotFound(
            N_("Nothing is kept of who reported incident {incident}."),
            mend=N_("It was reported anonymously, or the time for which it is kept is over."),
            where={"incident": str(incident)},
            incident=str(incident),
        )
    return found


def read_of(stores: Stores, ring: KeyRing, subject: UUID, purpose: str, of: Of) -> Mapping[str, str] | None:
    """Return contact data of whom the caller may see, None where nothing is kept; the audit tells of it.

    Raises
    ------
    InvalidInput
        The purpose says nothing.
    """
    words = require_purpose(purpose)
    found = stores.contacts.get(subject, of)
    if found is None:
        return None
    text = ring.open(Sealed(found.key, found.nonce, found.sealed), _subject(stores, subject))
    stores.audit.record("contact.read", of, subject, purpose=words)
    opened: dict[str, str] = json.loads(text)
    return {name: opened.get(name, "") for name in ContactIn.model_fields}


def require_purpose(purpose: str) -> str:
    """Return a purpose in words.

    Raises
    ------
    InvalidInput
        It has no two letters, or Chinese characters.
    """
    words = in_words(purpose)
    if words is None:
        raise InvalidInput(
            N_("A purpose must say in words what for."),
            mend=N_("Write what the data are needed for, such as: call back about the place."),
            where={"parameter": "purpose"},
        )
    return words


def give_receipt(stores: Stores, incident: UUID, at: datetime, person: UUID | None = None) -> str:
    """Return a new receipt of an incident; it is shown once and never stored."""
    receipt = new_receipt()
    with acting(stores.session, INTAKE):
        stores.contacts.give_receipt(incident, digest_of(receipt), at, person)
    return receipt


def new_receipt() -> str:
    """Return a receipt that nobody can guess."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP))
    return "-".join(letters[place : place + GROUP] for place in range(0, len(letters), GROUP))


def digest_of(receipt: str) -> bytes:
    """Return the SHA-256 of a receipt, however it is written."""
    letters = "".join(receipt.upper().split()).replace("-", "").translate(_READ_AS)
    return hashlib.sha256(letters.encode()).digest()


def follow(stores: Stores, receipt: str) -> Followed:
    """Return what became of the report of a receipt.

    Raises
    ------
    NotFound
        There is no such receipt, or the time for which it is kept is over.
    """
    incident = _of_receipt(stores, receipt)
    with acting(stores.session, INTAKE):
        value = stores.incidents.get(incident)
        # What became of a report that was merged is what became of the other one.
        other = value if value.merged_into is None else stores.incidents.get(value.merged_into)
        return Followed(other.status, value.class_, value.received_at, _changed_at(stores, other))


def incident_of(stores: Stores, receipt: str) -> UUID:
    """Return the incident of a receipt, or the one that it was merged into.

    Raises
    ------
    NotFound
        There is no such receipt, or the time for which it is kept is over.
    """
    incident = _of_receipt(stores, receipt)
    with acting(stores.session, INTAKE):
        return stores.incidents.get(incident).merged_into or incident


def _of_receipt(stores: Stores, receipt: str) -> UUID:
    with acting(stores.session, INTAKE):
        incident = stores.contacts.by_receipt(digest_of(receipt))
    if incident is None:
        raise NotFound(
            N_("There is no report of this receipt."),
            mend=N_("Check its letters; receipts are forgotten a year after the report is closed."),
            where={"parameter": "receipt"},
        )
    return incident


def reseal(stores: Stores, ring: KeyRing) -> int:
    """Seal what other keys seal with the present one; return how many, 0 once nothing is left."""
    found = stores.contacts.with_other_keys(ring.present(), RESEALED_AT_ONCE)
    for one in found:
        subject = _subject(stores, one.subject)
        new = ring.seal(ring.open(Sealed(one.key, one.nonce, one.sealed), subject), subject)
        stores.contacts.replace(SealedContact(one.subject, new.key, new.nonce, new.text, one.of))
    if found:
        stores.audit.record("contact.reseal", "key", ring.present(), contacts=len(found))
    return len(found)


def _subject(stores: Stores, of: UUID) -> str:
    return f"{stores.district}/{of}"


def _changed_at(stores: Stores, value: Incident) -> datetime:
    return max((one.at for one in stores.incidents.events(value.id)), default=value.received_at)


def receipt_json(value: Followed) -> dict[str, Any]:
    """Return what the holder of a receipt is told: no place, no names, no words of the report."""
    return {
        "status": value.status,
        "class": value.class_,
        "received_at": value.received_at.isoformat(),
        "changed_at": value.changed_at.isoformat(),
    }
