"""What is known of the incidents that a batch names: read at once, and kept up as the batch is stored."""

from collections.abc import Collection
from uuid import UUID

from layers.field_incidents import REPORT, FieldIncident
from layers.stores import Stores

CHANNEL = "field"
"""The channel of incidents from devices; it calls them what the client does."""


class Known:
    """The reports and edits that were stored of some incidents, by what the client calls them.

    Nobody else stores anything of the same person meanwhile, so what was read stays true.
    """

    def __init__(self, stores: Stores, identifiers: Collection[UUID]) -> None:
        self._reports: dict[UUID, FieldIncident] = {}
        self._entries: dict[tuple[UUID, int, str], FieldIncident] = {}
        for entry in stores.field_incidents.of(identifiers):
            self.add(entry)
        # Whoever reported may not see what is left of an incident, and is told that it was withdrawn.
        with stores.intake():
            gone = stores.withdrawals.among([(CHANNEL, str(one)) for one in identifiers])
        self._withdrawn = frozenset(UUID(name) for _, name in gone)

    def report(self, identifier: UUID) -> FieldIncident | None:
        """Return the report of an incident, None where it has not arrived."""
        return self._reports.get(identifier)

    def is_withdrawn(self, identifier: UUID) -> bool:
        """Say whether an incident was withdrawn."""
        return identifier in self._withdrawn

    def get(self, identifier: UUID, version: int, digest: str) -> FieldIncident | None:
        """Return the entry of a report or edit with this content, None where there is none."""
        return self._entries.get((identifier, version, digest))

    def add(self, entry: FieldIncident) -> None:
        """Know an entry that was stored."""
        self._entries[(entry.id, entry.version, entry.digest)] = entry
        if entry.version == REPORT:
            self._reports[entry.id] = entry
