"""Reading the ledgers of units and markers: who was where, when, and how that is known."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from geo.evidence import Evidence
from layers.coverage import coverage_grid, coverage_marker
from layers.field_tables import visit
from layers.storage import Store


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A visit of a unit on a day: ``visited`` or else grazed, its metres and seconds, and by whom."""

    unit: UUID
    device: str
    person: str | None
    visited: bool
    metres: float
    seconds: float
    entered_at: datetime
    left_at: datetime


@dataclass(frozen=True, slots=True)
class MarkerRow:
    """How it is known that somebody was at a marker, when, how near, and by whom."""

    marker: UUID
    device: str
    person: str | None
    evidence: Evidence
    at: datetime
    distance_m: float | None


class Reached(Store):
    """What was reached in one district."""

    def units(self, from_day: date, to_day: date) -> tuple[UnitRow, ...]:
        """Return the visits of units on the days of [from_day, to_day), by time of entering."""
        c = coverage_grid.c
        rows = self._all(
            select(
                c.unit, c.device, c.person, c.state == "visited", c.metres, c.seconds, c.entered_at, c.left_at
            )
            .where(c.district == self.district, c.day >= from_day, c.day < to_day)
            .order_by(c.entered_at, c.left_at, c.id)
        )
        return tuple(UnitRow(*tuple(row)) for row in rows)

    def markers(self, from_day: date, to_day: date) -> tuple[MarkerRow, ...]:
        """Return how markers were reached on the days of [from_day, to_day), by time."""
        c = coverage_marker.c
        rows = self._all(
            select(c.marker, c.device, c.person, c.evidence, c.at, c.distance_m)
            .where(c.district == self.district, c.day >= from_day, c.day < to_day)
            .order_by(c.at, c.id)
        )
        return tuple(
            MarkerRow(row.marker, row.device, row.person, Evidence(row.evidence), row.at, row.distance_m)
            for row in rows
        )

    def joint(self, action: str, since: datetime, until: datetime) -> dict[UUID, datetime]:
        """Return when an action was last done at each marker in [since, until)."""
        rows = self._all(
            select(visit.c.marker, func.max(visit.c.at).label("last_at"))
            .where(
                visit.c.district == self.district,
                visit.c.action == action,
                visit.c.at >= since,
                visit.c.at < until,
            )
            .group_by(visit.c.marker)
        )
        return {row.marker: row.last_at for row in rows}

    def last_units(self, units: Collection[UUID], since: date, until: date) -> dict[UUID, UnitRow]:
        """Return the last visit that counts of each unit on the days of [since, until)."""
        c = coverage_grid.c
        rows = self._all(
            select(
                c.unit, c.device, c.person, c.state == "visited", c.metres, c.seconds, c.entered_at, c.left_at
            )
            .where(
                c.district == self.district,
                c.day >= since,
                c.day < until,
                c.state == "visited",
                c.unit == func.any(list(units)),
            )
            .distinct(c.unit)
            .order_by(c.unit, c.left_at.desc(), c.id)
        )
        return {row.unit: UnitRow(*tuple(row)) for row in rows}
