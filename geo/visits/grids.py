"""Visits of units: how long and how far a track was in each unit of a partition, and whether that counts.

The steps, numbered in the code:

1. the way of the track (windows of fixes, stays at their middles) is cut where its owner changes, by the
   rule of ``geo.locate.index``: a place on an edge belongs to exactly one unit, so the parts and what lies
   outside of all units add up to the way; time is interpolated at the cuts;
2. parts in one unit with interruptions of at most 20 minutes are one visit;
3. a visit of at least 60 s, or of at least min(100 m, 0.1·√area) farther from the unit's edge than twice the
   error, is VISITED; anything less is GRAZED;
4. visits are split at instants, such as midnights: each part keeps the judgement of the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.crs import geodesic_area
from geo.geocentric import Floats
from geo.locate import LocateIndex
from geo.track import CleanTrack, Way
from geo.track.fixes import Ints, Places
from geo.visits.grid_kernels import deep_metres, parts_of, visits_of

VISITED_MS = 60_000
DEEP_M = 100.0
DEEP_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class UnitIndex:
    """The units of a partition: their index and their areas in square metres, (n,)."""

    locate: LocateIndex
    area_m2: Floats

    @classmethod
    def build(
        cls, polygons: Sequence[Any] | npt.NDArray[Any], ranks: Sequence[Any] | None = None
    ) -> "UnitIndex":
        """Index the polygons of a partition, lon, lat in degrees; see :meth:`LocateIndex.build`."""
        return cls.of(LocateIndex.build(polygons, ranks), polygons)

    @classmethod
    def of(cls, locate: LocateIndex, polygons: Sequence[Any] | npt.NDArray[Any]) -> "UnitIndex":
        """Return the index of polygons that are indexed for locating already."""
        return cls(locate, geodesic_area(np.asarray(polygons, dtype=object)).reshape(-1))


@dataclass(frozen=True, slots=True, eq=False)
class UnitVisits:
    """Visits of units in columns of n, by visit, then by time.

    Attributes
    ----------
    unit
        Position of the unit; −1 for what lies outside of all.
    visit
        Number of the visit; a visit that was split at an instant has several rows.
    visited
        Whether the visit counts as VISITED; else it is GRAZED.
    from_t, to_t
        Unix seconds of entering and leaving, interruptions included.
    milliseconds, micrometres
        Time and way in the unit, interruptions left out; sums of them are exact.
    period
        Which of the periods between the instants that were given: 0 before the first.
    holder, source
        Who carried the device, and the file or batch of the first fix, as in :class:`geo.track.fixes.Fixes`.
    """

    unit: Places
    visit: Places
    visited: npt.NDArray[np.bool_]
    from_t: Floats
    to_t: Floats
    milliseconds: Places
    micrometres: Places
    period: Places
    holder: Ints
    source: Ints

    def __len__(self) -> int:
        return len(self.unit)

    def take(self, chosen: npt.NDArray[np.generic]) -> "UnitVisits":
        """Return the rows at positions or under a mask."""
        return UnitVisits(*(getattr(self, one.name)[chosen] for one in fields(self)))

    @property
    def seconds(self) -> Floats:
        """The time of each in seconds."""
        return self.milliseconds / 1e3

    @property
    def metres(self) -> Floats:
        """The way of each in metres."""
        return self.micrometres / 1e6


def way_totals(track: CleanTrack) -> tuple[int, int]:
    """Return the milliseconds and micrometres of a track's way: what its visits add up to."""
    way = track.way()
    from_ms, to_ms = _milliseconds(way.from_t), _milliseconds(way.to_t)
    within = way.piece[1:] == way.piece[:-1]
    step = np.sqrt(((way.xyz[1:] - way.xyz[:-1]) ** 2).sum(axis=1))[within]
    spent = int((to_ms - from_ms).sum()) + int((from_ms[1:] - to_ms[:-1])[within].sum())
    return spent, int(np.rint(step * 1e6).sum())


def unit_visits(track: CleanTrack, units: UnitIndex, instants: Sequence[float] = ()) -> UnitVisits:
    """Return the visits of units that a track made, and what of it lies outside of them.

    Parameters
    ----------
    track
        A cleaned track of one device.
    units
        The partition; build its index once for many tracks.
    instants
        Unix seconds in order at which visits are split, such as midnights.
    """
    way = track.way()
    from_ms, to_ms = _milliseconds(way.from_t), _milliseconds(way.to_t)
    bounds = _milliseconds(np.asarray(instants, dtype=np.float64))
    table, order = units.locate.table, units.locate.order
    rows, shares = parts_of(  # 1
        way.xyz, way.lon, way.lat, from_ms, to_ms, way.piece, bounds, table.pool, table.frame, order
    )
    holder = track.fixes.holder[way.fix]
    visit = visits_of(rows, holder, len(units.locate))  # 2
    visited = _judge(way, units, rows, shares, visit)  # 3
    return _rows_of(track, way, rows, visit, visited, bounds)  # 4


def _milliseconds(t: Floats) -> Places:
    """Return Unix seconds as whole milliseconds."""
    return np.rint(t * 1000.0).astype(np.int64)


def _judge(way: Way, units: UnitIndex, rows: Places, shares: Floats, visit: Places) -> npt.NDArray[np.bool_]:
    """Return which visits are long or deep enough; the depth is measured only where the time is short."""
    count = int(visit.max(initial=-1)) + 1
    spent = np.zeros(count, dtype=np.int64)
    np.add.at(spent, visit, rows[:, 3] - rows[:, 2])
    visited = spent >= VISITED_MS
    unit = np.empty(count, dtype=np.int64)
    unit[visit] = rows[:, 0]
    if not len(units.area_m2):
        return visited
    least = np.minimum(DEEP_M, DEEP_SHARE * np.sqrt(units.area_m2[unit]))
    inside = unit >= 0
    way_m = np.bincount(visit, weights=rows[:, 4], minlength=count) / 1e6
    open_ = inside & ~visited & (way_m >= least)
    wanted = np.flatnonzero(open_[visit])
    table = units.locate.table
    deep = deep_metres(rows, shares, wanted, way.lon, way.lat, way.accuracy_m, table.pool, table.frame)
    visited |= open_ & (np.bincount(visit[wanted], weights=deep, minlength=count) >= least)
    return visited


def _rows_of(
    track: CleanTrack,
    way: Way,
    rows: Places,
    visit: Places,
    visited: npt.NDArray[np.bool_],
    bounds: Places,
) -> UnitVisits:
    """Return the parts of a way added up by visit and period."""
    period = np.searchsorted(bounds, rows[:, 2], side="right")
    key, first, place = np.unique(visit * (len(bounds) + 1) + period, return_index=True, return_inverse=True)
    spent, metres = np.zeros(len(key), np.int64), np.zeros(len(key), np.int64)
    np.add.at(spent, place, rows[:, 3] - rows[:, 2])
    np.add.at(metres, place, rows[:, 4])
    left = np.zeros(len(key), np.int64)
    np.maximum.at(left, place, rows[:, 3])
    fix = way.fix[rows[first, 1]]
    return UnitVisits(
        unit=rows[first, 0],
        visit=visit[first],
        visited=visited[visit[first]],
        from_t=rows[first, 2] / 1e3,
        to_t=left / 1e3,
        milliseconds=spent,
        micrometres=metres,
        period=period[first],
        holder=track.fixes.holder[fix],
        source=track.fixes.source[fix],
    )
