"""What devices call their incidents, and each edit by the version it was made from.

An entry outlives its incident: a late edit of an incident that is gone is told so.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from layers.field_tables import field_incident
from layers.incident_tables import incident
from layers.storage import Store

REPORT = 0
"""The version of an entry that is the report itself."""


@dataclass(frozen=True, slots=True)
class FieldIncident:
    """That a device reported or edited an incident.

    ``id`` is the client's own, ``incident`` ours; ``version`` is 0 for the report, else the version that the
    edit was made from; ``digest`` is the SHA-256 of what was said.
    """

    id: UUID
    version: int
    device: str
    person: UUID | None
    incident: UUID
    digest: str
    received_at: datetime
    batch: UUID | None = None


class FieldIncidents(Store):
    """The incidents of one district that came from the field."""

    def of(self, identifiers: Collection[UUID]) -> tuple[FieldIncident, ...]:
        """Return the reports and edits of some incidents, by what the client calls them."""
        rows = self._all(
            select(field_incident).where(
                field_incident.c.district == self.district,
                field_incident.c.id == func.any(list(identifiers)),
            )
        )
        return tuple(_entry(row) for row in rows)

    def of_person(self, person: UUID, from_at: datetime, to_at: datetime) -> tuple[FieldIncident, ...]:
        """Return the reports of a person of what occurred in [from_at, to_at), by time; edits are none.

        Of an incident that the caller does not see, when the report came counts.
        """
        sent = field_incident.c
        at = func.coalesce(incident.c.occurred_at, sent.received_at)
        rows = self._all(
            select(field_incident)
            .outerjoin(incident, (incident.c.district == sent.district) & (incident.c.id == sent.incident))
            .where(
                sent.district == self.district,
                sent.person == person,
                sent.version == 0,
                at >= from_at,
                at < to_at,
            )
            .order_by(at, sent.id)
        )
        return tuple(_entry(row) for row in rows)

    def add(self, values: Sequence[FieldIncident]) -> None:
        """Store entries that are new."""
        self._insert(
            field_incident,
            [{name: getattr(one, name) for name in FieldIncident.__slots__} for one in values],
        )


def _entry(row: Row[Any]) -> FieldIncident:
    return FieldIncident(**{name: getattr(row, name) for name in FieldIncident.__slots__})
