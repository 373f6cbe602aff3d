"""Staffing: one home grid for every representative, by capacity, load and nearness."""

from geo.staffing.conflict import conflict
from geo.staffing.solving import propose
from geo.staffing.values import (
    Ground,
    Kind,
    People,
    Place,
    Proposal,
    Rule,
    StaffingConflict,
    StaffingRefused,
    Why,
    Wish,
)

__all__ = [
    "Ground",
    "Kind",
    "People",
    "Place",
    "Proposal",
    "Rule",
    "StaffingConflict",
    "StaffingRefused",
    "Why",
    "Wish",
    "conflict",
    "propose",
]
