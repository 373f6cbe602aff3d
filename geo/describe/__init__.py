"""Boundaries in words' terms: legs of bearing and distance from a named mark, neighbours, marks passed.

Only data: whoever shows a description words it. Distances are metres along geodesics of the CGCS2000
ellipsoid, bearings degrees clockwise from true north at the start of each leg.
"""

from geo.describe.boundary import describe
from geo.describe.marks import NO_MARKS, Marks
from geo.describe.values import Description, Leg, Mark, Passed, Run, Tie, Walk

__all__ = ["NO_MARKS", "Description", "Leg", "Mark", "Marks", "Passed", "Run", "Tie", "Walk", "describe"]
