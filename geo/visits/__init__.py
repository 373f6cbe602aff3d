"""Visits: which units and markers a track reached, which lines and ground it saw, and whether that counts."""

from geo.visits.area import Cells, Watched, areas_in, watched
from geo.visits.cover import UNREACHABLE, Cover, CoverIndex
from geo.visits.grids import UnitIndex, UnitVisits, unit_visits, way_totals
from geo.visits.markers import MarkerIndex, MarkerVisits, marker_visits
from geo.visits.one_place import one_visit_each
from geo.visits.seen import (
    NO_BARRIERS,
    Band,
    Ground,
    SightIndex,
    barrier_index,
    seen,
    sight_along,
)

__all__ = [
    "NO_BARRIERS",
    "UNREACHABLE",
    "Band",
    "Cells",
    "Cover",
    "CoverIndex",
    "Ground",
    "MarkerIndex",
    "MarkerVisits",
    "SightIndex",
    "UnitIndex",
    "UnitVisits",
    "Watched",
    "areas_in",
    "barrier_index",
    "marker_visits",
    "one_visit_each",
    "seen",
    "sight_along",
    "unit_visits",
    "watched",
    "way_totals",
]
