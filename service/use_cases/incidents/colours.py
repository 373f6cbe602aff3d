"""The four colours of an incident: raised one at a time, lowered with a reason, and who owns each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from geo.errors import N_
from layers.incident_tables import COLOURS, SETTLED
from layers.incidents import Incident
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition
from service.schemas.cases import ColourIn
from service.schemas.incidents import incident_json
from service.use_cases.incidents.changes import require_version
from service.use_cases.incidents.steps import keep, require_named
from service.use_cases.incidents.timing import Who, retimed


def change_colour(
    stores: Stores, identifier: UUID, given: ColourIn, who: Who, *, version: int | None = None
) -> Incident:
    """Raise an incident by one colour, lower it, or name somebody else of a red one; always with a reason.

    Raises
    ------
    InvalidTransition
        It is settled, or would rise by more than one colour; names the colours that are possible.
    InvalidInput
        Red without a named person.
    StaleCopy
        It was changed since ``version``; carries the current copy.
    """
    value = stores.incidents.get(identifier)
    require_version(value, version)
    here, there = COLOURS.index(value.colour), COLOURS.index(given.colour)
    naming = given.colour == value.colour == "red" and given.named not in (None, value.named)
    possible = () if value.status in SETTLED else COLOURS[: here + 2]
    if given.colour not in possible or (here == there and not naming):
        raise InvalidTransition(
            N_("A {status} incident that is {colour} cannot become {wanted}; it can become: {known}."),
            mend=N_("Raise it one colour at a time."),
            where={"pointer": "/colour"},
            extra={"current": incident_json(value), "possible": [o for o in possible if o != value.colour]},
            status=value.status,
            colour=value.colour,
            wanted=given.colour,
            known=", ".join(one for one in possible if one != value.colour) or "–",
        )
    if not given.reason.strip():
        raise InvalidInput(
            N_("A change of colour needs a reason."),
            mend=N_("Say why."),
            where={"pointer": "/reason"},
        )
    if given.colour == "red":
        require_named(stores, given.named or value.named)
    cause = "owner" if there >= here else "lowered"
    return recolour(stores, value, given.colour, cause, who, given.reason, given.named)


def recolour(
    stores: Stores,
    value: Incident,
    colour: str,
    cause: str,
    who: Who,
    reason: str = "",
    named: UUID | None = None,
) -> Incident:
    """Log a change of colour, set the clock by it, and store the incident."""
    body: dict[str, Any] = {"before": value.colour, "after": colour, "cause": cause, "reason": reason}
    if named is not None:
        body["named"] = str(named)
    stores.incidents.record(value.id, datetime.now(UTC), "colour", who.name, who.person, **body)
    kept = named or value.named if colour == "red" else None
    saved = keep(stores, retimed(stores, replace(value, colour=colour, named=kept)))
    stores.audit.record(
        "incident.colour", "incident", value.id, before=value.colour, after=colour, cause=cause
    )
    return saved


def owner_json(value: Incident) -> dict[str, Any]:
    """Return who owns an incident in its colour: representative, village, township or the county."""
    known = value.assignment
    chain: list[Mapping[str, Any]] = list(known.get("chain") or [])
    place = min(COLOURS.index(value.colour), len(chain) - 1)
    unit = dict(chain[place]) if chain else None
    return {
        "unit": unit,
        "representative": known.get("representative") if value.colour == "green" else None,
        "named": None if value.named is None else str(value.named),
        "list": "key-supervision" if value.colour == "red" else None,
    }
