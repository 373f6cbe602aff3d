"""Visits: which units and markers a track reached, for how long, and whether that counts."""

from geo.visits.grids import UnitIndex, UnitVisits, unit_visits, way_totals
from geo.visits.markers import MarkerIndex, MarkerVisits, marker_visits

__all__ = [
    "MarkerIndex",
    "MarkerVisits",
    "UnitIndex",
    "UnitVisits",
    "marker_visits",
    "unit_visits",
    "way_totals",
]
