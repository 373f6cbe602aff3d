"""Ground within sight: how much of an area was in sight of patrols, in cells that any number of them share.

Cells are half-open squares of the lattice, 0.0001° wide and high; a cell is seen where its middle is, and
belongs to the unit that owns its middle, so the cells of all units and of what lies outside add up to all
that was seen. What was seen at several times, or by several people, is a union of cells: it counts once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.intervals import union
from geo.coverage.route_index import RouteIndex
from geo.geocentric import ECCENTRICITY2, FLATTENING, SEMI_MAJOR, Floats
from geo.locate import LocateIndex
from geo.track import CleanTrack
from geo.track.fixes import Places
from geo.visits.area_kernels import CELL_DEG, within_sight
from geo.visits.seen import NO_BARRIERS, Band, in_band

AT_ONCE = 1_000_000
"""So many cells are looked up at a time."""

_PER_DEGREE = round(1.0 / CELL_DEG)
_WIDTH = 512 * _PER_DEGREE
"""Wider than a row of cells, so that no run touches one of the next row."""

_WEST = 256 * _PER_DEGREE


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A set of cells as disjoint runs of (r,): the row, the first column, and how many there are.

    Row and column count from latitude and longitude 0°. Equal sets have equal runs.
    """

    row: Places
    first: Places
    count: Places

    @classmethod
    def of(cls, row: npt.ArrayLike, first: npt.ArrayLike, count: npt.ArrayLike) -> "Cells":
        """Return the cells of runs in any order that may overlap."""
        rows = np.asarray(row, dtype=np.int64)
        starts = rows * _WIDTH + np.asarray(first, dtype=np.int64) + _WEST
        # All below 2 ** 53: as whole numbers they are exact.
        spans = union(starts.astype(np.float64), (starts + np.asarray(count)).astype(np.float64))
        begin, end = spans.astype(np.int64).T
        return cls(begin // _WIDTH, begin % _WIDTH - _WEST, end - begin)

    @classmethod
    def join(cls, several: "list[Cells]") -> "Cells":
        """Return the cells that are in any of several sets."""
        if not several:
            return cls.of([], [], [])
        return cls.of(*(np.concatenate([getattr(one, name) for one in several]) for name in cls.__slots__))

    def __len__(self) -> int:
        """Return how many cells there are."""
        return int(self.count.sum())

    @property
    def square_metres(self) -> float:
        """The area of all cells on the ellipsoid."""
        return float((self.count * cell_area(self.row)).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """Cells within sight at a time: (n,) sets with the Unix seconds of the first and the last look.

    ``cells`` are those within V, ``sure`` within V − 2σ, ``possible`` within V + 2σ.
    """

    cells: tuple[Cells, ...]
    from_t: Floats
    to_t: Floats
    sure: tuple[Cells, ...] = ()
    possible: tuple[Cells, ...] = ()


def cell_area(row: npt.ArrayLike) -> Floats:
    """Return the area in square metres of a cell of each row.

    Source: the zone of an ellipsoid between two parallels, Snyder 1987, "Map projections", eq. 3-12.
    """
    south = np.asarray(row, dtype=np.float64) * CELL_DEG
    return np.asarray((_zone(south + CELL_DEG) - _zone(south)) * np.radians(CELL_DEG))


def _zone(lat: Floats) -> Floats:
    """Return the area between the equator and parallels, of one radian of longitude."""
    eccentricity = np.sqrt(ECCENTRICITY2)
    sine = np.sin(np.radians(lat))
    polar = SEMI_MAJOR * (1.0 - FLATTENING)
    part = sine / (1.0 - ECCENTRICITY2 * sine * sine) + np.arctanh(eccentricity * sine) / eccentricity
    return np.asarray(0.5 * polar * polar * part)


def watched(
    track: CleanTrack,
    sight: Floats,
    bounds: npt.ArrayLike,
    most_s: float = 3600.0,
    barriers: RouteIndex = NO_BARRIERS,
) -> Watched:
    """Return the cells that a track had in sight, told apart by time.

    Parameters
    ----------
    track
        A cleaned track of one device.
    sight
        How many metres are in sight from each waypoint to the next, (k,); see :func:`geo.visits.sight_along`.
    bounds
        Unix seconds in order at which sets begin anew, such as midnights.
    most_s
        They begin anew at whole multiples of this time, too. A step belongs to the time of its middle.
    barriers
        What ends the sight, indexed by :func:`geo.visits.barrier_index`.
    """
    way = track.way()
    if len(way) == 0:
        return Watched((), np.empty(0), np.empty(0))
    until = np.append(np.where(way.piece[1:] == way.piece[:-1], way.from_t[1:], way.to_t[:-1]), way.to_t[-1])
    middle = 0.5 * (way.to_t + np.maximum(until, way.to_t))
    part = np.searchsorted(np.asarray(bounds, dtype=np.float64), middle, side="right")
    keys = np.stack([part, np.floor(middle / most_s).astype(np.int64)])
    group = np.concatenate([[0], np.cumsum((np.diff(keys, axis=1) != 0).any(axis=0))]).astype(np.int64)
    wall = (barriers.lonlat, barriers.keys, barriers.spans, barriers.edges, barriers.cell)
    found = {
        band: within_sight(way.lon, way.lat, way.piece, in_band(sight, way.accuracy_m, band), group, wall)
        for band in Band
    }
    shown = np.unique(found[Band.POSSIBLE][:, 0])
    begins, ends = [], []
    for one in shown.tolist():
        looked = np.flatnonzero((group == one) & (sight > 0.0))
        begins.append(float(middle[looked].min()))
        ends.append(float(middle[looked].max()))
    sets = {band: _sets(runs, shown) for band, runs in found.items()}
    times = np.array(begins), np.array(ends)
    return Watched(sets[Band.LIKELY], *times, sets[Band.SURE], sets[Band.POSSIBLE])


def _sets(runs: npt.NDArray[np.int64], groups: npt.NDArray[np.int64]) -> tuple[Cells, ...]:
    """Return the cells of runs (r, 4) of each group."""
    mine = (runs[runs[:, 0] == one] for one in groups.tolist())
    return tuple(Cells.of(one[:, 1], one[:, 2], one[:, 3] - one[:, 2] + 1) for one in mine)


def areas_in(cells: Cells, units: LocateIndex, closed: Any = None) -> tuple[Floats, float]:
    """Return the square metres of cells in each unit, (n,), and of those outside of all.

    ``closed`` is given longitudes and latitudes and returns which of them do not count, in a unit or outside.
    """
    found = np.zeros(len(units) + 1)
    ends = np.cumsum(cells.count)
    begin = 0
    while begin < len(ends):
        passed = int(ends[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, passed + AT_ONCE, side="right")))
        row, first, count = (getattr(cells, name)[begin:end] for name in Cells.__slots__)
        rows = np.repeat(row, count)
        columns = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
        lon, lat = (columns + 0.5) * CELL_DEG, (rows + 0.5) * CELL_DEG
        lon = np.where(lon > 180.0, lon - 360.0, np.where(lon < -180.0, lon + 360.0, lon))
        area = np.repeat(cell_area(row), count)
        if closed is not None:
            area = np.where(closed(lon, lat), 0.0, area)
        found += np.bincount(units.locate(lon, lat) + 1, weights=area, minlength=len(units) + 1)
        begin = end
    return found[1:], float(found[0])
