"""What devices call their incidents, and each edit by the version it was made from.

An entry outlives its incident: a late edit of an incident that is gone is told so.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from layers.field_tables import field_incident
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

    def report(self, identifier: UUID) -> FieldIncident | None:
        """Return the report of an incident, None where it has not arrived."""
        row = self._first(self._of(identifier, REPORT))
        return None if row is None else _entry(row)

    def get(self, identifier: UUID, version: int, digest: str) -> FieldIncident | None:
        """Return the entry of a report or edit with this content, None where there is none."""
        row = self._first(self._of(identifier, version).where(field_incident.c.digest == digest))
        return None if row is None else _entry(row)

    def _of(self, identifier: UUID, version: int) -> Select[Any]:
        return select(field_incident).where(
            field_incident.c.district == self.district,
            field_incident.c.id == identifier,
            field_incident.c.version == version,
        )

    def add(self, value: FieldIncident) -> None:
        """Store an entry that is new."""
        self._insert(field_incident, [{name: getattr(value, name) for name in FieldIncident.__slots__}])


def _entry(row: Row[Any]) -> FieldIncident:
    return FieldIncident(**{name: getattr(row, name) for name in FieldIncident.__slots__})
