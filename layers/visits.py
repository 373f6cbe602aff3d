"""Visits: what was done at a marker, as a device recorded it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from geo.evidence import Evidence
from layers.field_tables import visit
from layers.markers import marker
from layers.storage import Store


@dataclass(frozen=True, slots=True)
class Visit:
    """An action at a marker, with the device's clock (``at``) and ours.

    ``id`` is the client's own; ``lon``, ``lat`` degrees where the device knew them; ``distance_m`` metres
    from the marker; ``digest`` the SHA-256 of what was said.
    """

    id: UUID
    marker: UUID
    device: str
    person: UUID
    action: str
    note: str
    at: datetime
    received_at: datetime
    evidence: Evidence
    digest: str
    lon: float | None = None
    lat: float | None = None
    distance_m: float | None = None
    batch: UUID | None = None


class Visits(Store):
    """The visits of one district."""

    def add(self, values: Sequence[Visit]) -> frozenset[UUID]:
        """Store visits; return the ids that were free. One that is taken may not be visible to the caller."""
        rows = [{**_plain(one), "evidence": int(one.evidence)} for one in values]
        return self._insert_new(visit, rows, ("district", "id"))

    def known(self, ids: Collection[UUID]) -> dict[UUID, Visit]:
        """Return those of some ids that are stored, by id."""
        rows = self._all(select(visit).where(visit.c.district == self.district, visit.c.id.in_(list(ids))))
        return {row.id: _visit(row) for row in rows}

    def of_device(self, device: str, from_at: datetime, to_at: datetime) -> tuple[Visit, ...]:
        """Return the visits of a device in [from_at, to_at), by time."""
        rows = self._all(
            select(visit)
            .where(
                visit.c.district == self.district,
                visit.c.device == device,
                visit.c.at >= from_at,
                visit.c.at < to_at,
            )
            .order_by(visit.c.at, visit.c.id)
        )
        return tuple(_visit(row) for row in rows)

    def of_person(self, person: UUID, from_at: datetime, to_at: datetime) -> tuple[Visit, ...]:
        """Return what a person did at markers in [from_at, to_at), by time."""
        rows = self._all(
            select(visit)
            .where(
                visit.c.district == self.district,
                visit.c.person == person,
                visit.c.at >= from_at,
                visit.c.at < to_at,
            )
            .order_by(visit.c.at, visit.c.id)
        )
        return tuple(_visit(row) for row in rows)

    def of_marker(self, code: str, most: int) -> tuple[Visit, ...]:
        """Return what was done at the marker of a code, in any of its periods, the latest first."""
        rows = self._all(
            select(visit)
            .join(marker, (marker.c.district == visit.c.district) & (marker.c.id == visit.c.marker))
            .where(visit.c.district == self.district, marker.c.code == code)
            .order_by(visit.c.at.desc(), visit.c.id.desc())
            .limit(most)
        )
        return tuple(_visit(row) for row in rows)

    def prove(self, identifier: UUID, evidence: Evidence) -> None:
        """Set what a visit proves, as when its photo has come."""
        self._write(
            update(visit)
            .where(visit.c.district == self.district, visit.c.id == identifier)
            .values(evidence=int(evidence))
        )


def _plain(value: Visit) -> dict[str, Any]:
    return {name: getattr(value, name) for name in Visit.__slots__}


def _visit(row: Row[Any]) -> Visit:
    given = {name: getattr(row, name) for name in Visit.__slots__}
    return Visit(**{**given, "evidence": Evidence(row.evidence)})
