"""Marks on the ground, found by where they are: a county has thousands, a unit few."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians
from typing import Self

import numpy as np
import numpy.typing as npt

from geo.describe.values import Mark

_LEAST_METRES_PER_DEGREE = 110_000.0
"""Of latitude; a little less than anywhere on the ellipsoid, so that a window is never too narrow."""
_LEAST_COSINE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Marks in an order of their own; ``lonlat`` (n, 2) are their places in degrees."""

    each: tuple[Mark, ...]
    lonlat: npt.NDArray[np.float64]

    @classmethod
    def of(cls, marks: Iterable[Mark]) -> Self:
        """Return marks, to be found by their places."""
        each = tuple(marks)
        lonlat = np.array([(one.lon, one.lat) for one in each], dtype=np.float64).reshape(-1, 2)
        return cls(each, lonlat)

    def within(self, box: tuple[float, float, float, float], metres: float = 0.0) -> npt.NDArray[np.int64]:
        """Return the positions, ascending, of all marks within a distance of a box in degrees.

        Some that are farther may be among them, none that is nearer is missing.
        """
        west, south, east, north = box
        high = metres / _LEAST_METRES_PER_DEGREE
        farthest = min(max(abs(south - high), abs(north + high)), 90.0)
        wide = high / max(cos(radians(farthest)), _LEAST_COSINE)
        lon, lat = self.lonlat.T
        seen = (lon >= west - wide) & (lon <= east + wide) & (lat >= south - high) & (lat <= north + high)
        return np.flatnonzero(seen)


NO_MARKS = Marks.of(())
