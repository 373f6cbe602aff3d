"""A line that cuts a given number of households off a unit as compactly as a straight line can.

For each of many directions the dwellings are put in order along it, and the line goes midway between the last
that is cut off and the next one. Of the lines that cut the unit into exactly two pieces and come nearest to
the number, that one is taken whose less compact piece is the most compact.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Geometry

from geo.errors import N_
from geo.lattice import SCALE, to_lattice
from geo.partition.chain_kernels import Integers
from geo.partition.defects import metres_per_degree
from geo.redraw.features import feature
from geo.redraw.refusals import LineMisses

DIRECTIONS = 72
"""Directions tried, evenly all around: a piece can be cut off at either side."""

_BEYOND = 1.05
_TRIED = 24
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    """Metres east and north of the middle of an area, true enough to compare shapes."""

    middle: Floats
    scale: Floats
    reach: float

    @classmethod
    def of(cls, area: Geometry) -> "_Plane":
        west, south, east, north = area.bounds
        middle = np.array([(west + east) / 2, (south + north) / 2])
        scale = np.array(metres_per_degree(float(middle[1])))
        wide, high = ((np.array([east - west, north - south]) * scale) / 2).tolist()
        return cls(middle, scale, float(np.hypot(wide, high)) * _BEYOND)

    def metres(self, lonlat: Floats) -> Floats:
        return np.asarray((lonlat - self.middle) * self.scale)

    def lattice(self, metres: Floats) -> Integers:
        """Return metres on the lattice, as near as it comes."""
        return to_lattice(metres / self.scale + self.middle)


def halving_line(area: Geometry, points: npt.ArrayLike, weights: npt.ArrayLike, n: int) -> Integers:
    """Return a straight line, lattice path (2, 2), that cuts off about ``n`` households of a unit.

    Parameters
    ----------
    area
        The unit in lon, lat degrees on the lattice.
    points
        Its dwellings, lon, lat degrees, shape (k, 2).
    weights
        The households of each, shape (k,), 0 or more.
    n
        How many households are to be cut off: more than none and fewer than all.

    Raises
    ------
    LineMisses
        No straight line leaves dwellings on both sides and cuts the unit into two pieces.
    """
    places = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    counts = np.asarray(weights, dtype=np.float64)
    inhabited = counts > 0
    places, counts = places[inhabited], counts[inhabited]
    if not 0 < n < counts.sum():
        raise _none(area, n)
    plane = _Plane.of(area)
    angles = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
    across = np.column_stack((np.cos(angles), np.sin(angles)))
    offsets, errors = _offsets(plane.metres(places), counts, n, across)
    # Nearest to the number first; among as near ones the shape decides.
    flat = shapely.transform(area, plane.metres)
    for error in np.unique(errors[np.isfinite(errors)])[:_TRIED]:
        lines = np.flatnonzero((errors == error).any(axis=1))
        first = np.argmax(errors[lines] == error, axis=1)
        best = _most_compact(flat, plane.reach, across[lines], offsets[lines, first])
        if best is not None:
            at = lines[best]
            ends = _ends(across[at], offsets[at, first[best]], plane.reach)
            return plane.lattice(ends)
    raise _none(area, n)


def _offsets(places: Floats, counts: Floats, n: int, across: Floats) -> tuple[Floats, Floats]:
    """Return for each direction two places to cut and how far each is from the number, both (d, 2).

    They are the cuts that give just fewer and just as many or more.
    """
    offsets = np.full((len(across), 2), np.nan)
    errors = np.full((len(across), 2), np.inf)
    for direction, vector in enumerate(across):
        along = places @ vector
        order = np.argsort(along, kind="stable")
        along, total = along[order], np.cumsum(counts[order])
        gaps = np.flatnonzero(np.diff(along) > _NO_GAP_M)
        reached = int(np.searchsorted(total[gaps], n))
        for side, gap in enumerate(gaps[max(0, reached - 1) : reached + 1]):
            offsets[direction, side] = (along[gap] + along[gap + 1]) / 2
            errors[direction, side] = abs(total[gap] - n)
    return offsets, errors


def _most_compact(flat: Geometry, reach: float, across: Floats, offsets: Floats) -> int | None:
    """Return the line whose two pieces are the most compact, or None where none gives two pieces."""
    halves = np.array([_half_plane(*each, reach) for each in zip(across, offsets, strict=True)])
    pieces = np.stack((shapely.intersection(flat, halves), shapely.difference(flat, halves)))
    whole = (shapely.get_type_id(pieces) == 3).all(axis=0)
    if not whole.any():
        return None
    # Perimeter squared by area: 4π for a circle, more for anything less compact.
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = np.square(shapely.length(pieces)) / shapely.area(pieces)
    worst = np.where(whole, shape.max(axis=0), np.inf)
    return int(np.argmin(worst))


def _half_plane(vector: Floats, offset: float, reach: float) -> Geometry:
    """Return what lies before the line, as far as the area can reach."""
    first, second = _ends(vector, offset, reach)
    back = vector * 4 * reach
    return shapely.Polygon((first, second, second - back, first - back))


def _ends(vector: Floats, offset: float, reach: float) -> Floats:
    """Return two points of the line beyond the area."""
    side = np.array([-vector[1], vector[0]]) * reach
    return np.array([vector * offset - side, vector * offset + side])


def _none(area: Geometry, n: int) -> LineMisses:
    lon, lat = (np.rint(np.array(area.representative_point().coords[0]) * SCALE) / SCALE).tolist()
    return LineMisses(
        N_("No straight line cuts {n} households off this unit."),
        mend=N_("Choose another number, or draw the line by hand."),
        where={"lon": lon, "lat": lat},
        features=[feature(area, "unit")],
        n=n,
    )


_NO_GAP_M = 0.02
