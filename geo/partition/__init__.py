"""Exact partitions: proof by chains, defects with their places, and sums of units."""

from geo.partition.adjacency import adjacency
from geo.partition.defects import Defect, DefectKind, as_feature
from geo.partition.levels import prove_levels
from geo.partition.proof import Proof, dissolve, prove
from geo.partition.shifts import shift

__all__ = [
    "Defect",
    "DefectKind",
    "Proof",
    "adjacency",
    "as_feature",
    "dissolve",
    "prove",
    "prove_levels",
    "shift",
]
