"""What proves visits of markers and units, by the codes that rules name them with."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select

from geo.evidence import Evidence
from layers.clocks import MOST, corrected_at
from layers.coverage_tables import coverage_marker
from layers.field_tables import visit
from layers.marker_visits import MarkerVisits
from layers.markers import marker
from layers.storage import Store
from layers.unit_visits import UnitVisits

JOINT = "jointly-inspected"
"""The action that the clock of joint inspections counts."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A visit: when, and how well it is known."""

    at: datetime
    evidence: Evidence


class DueEvidence(Store):
    """What is known of visits in one district."""

    def of_markers(self, codes: Collection[str], since: date) -> dict[str, list[Proof]]:
        """Return the visits of markers from a day on, by code."""
        found: dict[str, list[Proof]] = defaultdict(list)
        for row in MarkerVisits(self._session, self.district).of(codes, since):
            found[row.marker].append(Proof(row.at, row.evidence))
        return found

    def of_joint(self, codes: Collection[str], since: datetime) -> dict[str, list[Proof]]:
        """Return the joint inspections of markers from an instant on, by code."""
        rows = self._all(
            select(marker.c.code, corrected_at(visit).label("at"), visit.c.evidence)
            .join(marker, (marker.c.district == visit.c.district) & (marker.c.id == visit.c.marker))
            .where(
                visit.c.district == self.district,
                visit.c.action == JOINT,
                visit.c.at >= since - MOST,
                corrected_at(visit) >= since,
                marker.c.code == func.any(list(codes)),
            )
        )
        found: dict[str, list[Proof]] = defaultdict(list)
        for row in rows:
            found[row.code].append(Proof(row.at, Evidence(row.evidence)))
        return found

    def of_units(self, units: Collection[UUID], since: date) -> dict[UUID, list[datetime]]:
        """Return when units were visited from a day on; grazing them is no visit."""
        found: dict[UUID, list[datetime]] = defaultdict(list)
        for row in UnitVisits(self._session, self.district).of(units, since):
            found[row.unit].append(row.left_at)
        return found

    def units_of(self, patrols: Collection[UUID], day: date) -> list[tuple[UUID, str, float]]:
        """Return the units that a person's recordings of a day reached: visited or grazed, and for how long.

        Seconds; at two places at once the person was at one.
        """
        found: dict[UUID, tuple[bool, float]] = {}
        for row in UnitVisits(self._session, self.district).of_patrols(patrols, day):
            visited, seconds = found.get(row.unit, (False, 0.0))
            found[row.unit] = visited or row.visited, seconds + row.seconds
        return [
            (unit, "visited" if visited else "grazed", seconds) for unit, (visited, seconds) in found.items()
        ]

    def markers_of(self, patrols: Collection[UUID], day: date) -> list[tuple[UUID, Evidence, datetime]]:
        """Return the markers that recordings reached on a day, how well that is known, and when."""
        ledger = coverage_marker.c
        rows = self._all(
            select(ledger.marker, ledger.evidence, ledger.at).where(
                ledger.district == self.district, ledger.day == day, ledger.patrol == func.any(list(patrols))
            )
        )
        return [(row.marker, Evidence(row.evidence), row.at) for row in rows]

    def visited(self, first: date, after: date) -> dict[str, int]:
        """Return how many units and markers were visited on the days of [first, after)."""
        units = UnitVisits(self._session, self.district).during(first, after)
        markers = MarkerVisits(self._session, self.district).during(first, after)
        return {
            "units": len({row.unit for row in units if row.visited}),
            "markers": len({row.marker for row in markers if row.evidence >= Evidence.OBSERVED}),
        }

    def actions(self, from_at: datetime, to_at: datetime) -> dict[str, int]:
        """Return how often each action was done at markers in [from_at, to_at)."""
        rows = self._all(
            select(visit.c.action, func.count().label("often"))
            .where(
                visit.c.district == self.district,
                visit.c.at.between(from_at - MOST, to_at + MOST),
                corrected_at(visit) >= from_at,
                corrected_at(visit) < to_at,
            )
            .group_by(visit.c.action)
            .order_by(visit.c.action)
        )
        return {row.action: row.often for row in rows}
