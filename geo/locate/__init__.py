"""Which unit owns a point: a compiled, exact index of a partition, and one of overlays."""

from geo.locate.index import PARALLEL_FROM, LocateIndex
from geo.locate.overlay import OverlayIndex

__all__ = ["PARALLEL_FROM", "LocateIndex", "OverlayIndex"]
