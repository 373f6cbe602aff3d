"""Linear referencing: measures along a line on the ellipsoid."""

from geo.linear.measured_line import MeasuredLine

__all__ = ["MeasuredLine"]
