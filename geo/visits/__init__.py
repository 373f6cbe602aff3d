"""Visits: which units and markers a track reached and which lines it saw, and whether that counts."""

from geo.visits.grids import UnitIndex, UnitVisits, unit_visits, way_totals
from geo.visits.markers import MarkerIndex, MarkerVisits, marker_visits
from geo.visits.seen import Band, Ground, SightIndex, seen

__all__ = [
    "Band",
    "Ground",
    "MarkerIndex",
    "MarkerVisits",
    "SightIndex",
    "UnitIndex",
    "UnitVisits",
    "marker_visits",
    "seen",
    "unit_visits",
    "way_totals",
]
