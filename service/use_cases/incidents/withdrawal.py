"""Withdrawing an incident: it goes with all that belongs to it, and that it was there stays known."""

from datetime import UTC, datetime
from uuid import UUID

from geo.errors import N_
from layers.stores import Stores
from layers.withdrawals import Withdrawal
from service.errors import InvalidInput, InvalidTransition
from service.schemas.incidents import incident_json
from service.schemas.words import in_words
from service.use_cases.incidents.assignment import delivery_of
from service.use_cases.incidents.changes import require_version


def withdraw(
    stores: Stores, identifier: UUID, reason: str, by: str, *, version: int | None = None
) -> Withdrawal:
    """Take an incident away for good; return what is left of it.

    Its log, the contact data and the receipt of who reported it, and what names its photos go with it. When,
    by whom and why stays, here and in the audit.

    Raises
    ------
    NotFound
        The district has no such incident.
    Gone
        It was withdrawn before.
    StaleCopy
        It was changed since ``version``; carries the current copy.
    InvalidInput
        The reason says nothing.
    """
    value = stores.incidents.get(identifier, lock=True)
    require_version(value, version)
    if stores.cases.merged_into(value.id):
        raise InvalidTransition(
            N_("Other incidents are merged into this one."),
            mend=N_("Separate them first; case lists them."),
            extra={"current": incident_json(value)},
        )
    words = in_words(reason)
    if words is None:
        raise InvalidInput(
            N_("A reason must say in words why the incident is withdrawn."),
            mend=N_("Write why, such as: reported by mistake. Names of people do not belong here."),
            where={"parameter": "reason"},
        )
    left = Withdrawal(
        incident=value.id,
        at=datetime.now(UTC),
        withdrawn_by=by,
        reason=words,
        unit=value.unit,
        about_representative=value.about_representative,
        about_unit=value.about_unit,
    )
    stores.withdrawals.withdraw(left, delivery_of(value))
    stores.audit.record(
        "incident.withdraw", "incident", value.id, purpose=words, version=value.version, status=value.status
    )
    return left
