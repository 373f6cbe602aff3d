"""Which unit owns a point: a compiled, exact index of a partition, and one of overlays."""

from geo.locate.index import Beside, LocateIndex, TooManyEdges
from geo.locate.overlay import OverlayIndex
from geo.locate.shares import PARALLEL_FROM

__all__ = ["PARALLEL_FROM", "Beside", "LocateIndex", "OverlayIndex", "TooManyEdges"]
