"""Coverage of lines: what was walked, and the algebra of intervals that answers for any period."""

from geo.coverage.devices import Doubts, OneAtATime, Twice, one_at_a_time
from geo.coverage.intervals import (
    Intervals,
    Profile,
    covered_by,
    covered_length,
    gaps,
    intersection,
    profile,
    union,
)
from geo.coverage.route_index import RouteIndex
from geo.coverage.summary import Asked, Sights, Summary, summaries
from geo.coverage.summary_kernels import Figures
from geo.coverage.walking import walked
from geo.evidence import Evidence

__all__ = [
    "Asked",
    "Doubts",
    "Evidence",
    "Figures",
    "Intervals",
    "OneAtATime",
    "Profile",
    "RouteIndex",
    "Sights",
    "Summary",
    "Twice",
    "covered_by",
    "covered_length",
    "gaps",
    "intersection",
    "one_at_a_time",
    "profile",
    "summaries",
    "union",
    "walked",
]
