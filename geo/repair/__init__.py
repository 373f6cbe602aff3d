"""Repair of foreign polygons: from dirty areas to an exact partition, every change listed and bounded."""

from geo.repair.changes import Change, ChangeKind, Remain, RemainKind, as_feature
from geo.repair.limits import GapRule, Limits, OverlapRule, RingRule
from geo.repair.repair import repair
from geo.repair.result import Repaired

__all__ = [
    "Change",
    "ChangeKind",
    "GapRule",
    "Limits",
    "OverlapRule",
    "Remain",
    "RemainKind",
    "Repaired",
    "RingRule",
    "as_feature",
    "repair",
]
