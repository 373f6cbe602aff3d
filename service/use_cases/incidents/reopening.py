"""What a reporter says of a closed incident, and opening it again within the window."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from geo.errors import N_
from layers.incidents import Incident
from layers.stores import Stores
from service.errors import InvalidInput, InvalidTransition
from service.schemas.incidents import incident_json
from service.use_cases.incidents.steps import advance
from service.use_cases.incidents.timing import Who, rules_of


def reopen(stores: Stores, identifier: UUID, reason: str, who: Who) -> Incident:
    """Open a closed incident again; who may, the caller has looked after.

    Raises
    ------
    InvalidTransition
        It is not closed, or was closed too long ago.
    InvalidInput
        Without a reason.
    """
    value = stores.incidents.get(identifier)
    if not reason.strip():
        raise InvalidInput(
            N_("Opening an incident again needs a reason."),
            mend=N_("Say what is not as it should be."),
            where={"pointer": "/reason"},
        )
    now = datetime.now(UTC)
    days = rules_of(stores).reopen_days
    if value.status != "closed" or value.closed_at is None or now - value.closed_at > timedelta(days=days):
        raise InvalidTransition(
            N_("Only an incident closed within {days} days can be opened again."),
            mend=N_("Report it anew."),
            extra={"current": incident_json(value)} if who.person is not None else {},
            days=days,
        )
    saved, _ = advance(stores, value, "handling", now, who.name, who, text=reason, reopened=True)
    return saved


def feedback(stores: Stores, identifier: UUID, satisfied: bool, text: str, who: Who) -> Incident:
    """Note whether the reporter of a closed incident is satisfied.

    Raises
    ------
    InvalidTransition
        It is not closed.
    """
    value = stores.incidents.get(identifier)
    if value.status != "closed":
        raise InvalidTransition(
            N_("What you say of the result is asked for when the report is closed."),
            mend=N_("Wait until it is closed."),
        )
    now = datetime.now(UTC)
    stores.incidents.record(value.id, now, "feedback", who.name, who.person, satisfied=satisfied, text=text)
    stores.audit.record("incident.feedback", "incident", value.id, satisfied=satisfied)
    return value
