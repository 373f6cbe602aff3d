"""Linear referencing: measures along a line on the ellipsoid."""

from geo.linear.measure_map import MeasureMap
from geo.linear.measured_line import MeasuredLine

__all__ = ["MeasureMap", "MeasuredLine"]
