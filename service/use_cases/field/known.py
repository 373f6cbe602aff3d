"""What is known of the incidents that a batch names: read at once, and kept up as the batch is stored."""

from collections.abc import Collection
from uuid import UUID

from layers.field_incidents import REPORT, FieldIncident
from layers.stores import Stores


class Known:
    """The reports and edits that were stored of some incidents, by what the client calls them.

    Nobody else stores anything of the same person meanwhile, so what was read stays true.
    """

    def __init__(self, stores: Stores, identifiers: Collection[UUID]) -> None:
        self._reports: dict[UUID, FieldIncident] = {}
        self._entries: dict[tuple[UUID, int, str], FieldIncident] = {}
        for entry in stores.field_incidents.of(identifiers):
            self.add(entry)

    def report(self, identifier: UUID) -> FieldIncident | None:
        """Return the report of an incident, None where it has not arrived."""
        return self._reports.get(identifier)

    def get(self, identifier: UUID, version: int, digest: str) -> FieldIncident | None:
        """Return the entry of a report or edit with this content, None where there is none."""
        return self._entries.get((identifier, version, digest))

    def add(self, entry: FieldIncident) -> None:
        """Know an entry that was stored."""
        self._entries[(entry.id, entry.version, entry.digest)] = entry
        if entry.version == REPORT:
            self._reports[entry.id] = entry
