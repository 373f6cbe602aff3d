"""Visits of markers: which were passed or visited by a track, when and how closely.

A marker is reached within max(15 m, twice the error, its own radius), by the closest approach of a step
between fixes at most 60 s apart, and left when twice as far away for 60 s. Reached at all it is PASSED;
with at least 20 s or two fixes within reach it is VISITED. What lies behind a barrier is not reached: a
marker on the other bank of a river stays unvisited however near it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from geo.coverage.route_index import CELL_DEG, RouteIndex, table_of
from geo.geocentric import Floats, geocentric
from geo.linear import MeasuredLine
from geo.track import CleanTrack
from geo.track.fixes import Ints, Places
from geo.visits.marker_kernels import LEFT_RATIO, LOOK_M, WIDEST_M, reach

VISITED_S = 20.0
VISITED_FIXES = 2


@dataclass(frozen=True, slots=True, eq=False)
class MarkerIndex:
    """Markers at a place each, indexed, with the barriers that they may stand behind.

    ``lonlat`` (n, 2) degrees, ``xyz`` (n, 3) the same geocentric, ``radius_m`` (n,) their own radii or 0; a
    table of cells as in :class:`geo.coverage.RouteIndex`.
    """

    lonlat: Floats
    xyz: Floats
    radius_m: Floats
    keys: Places
    spans: Places
    entries: Places
    cell: Floats
    barriers: RouteIndex

    @classmethod
    def build(
        cls,
        lon: npt.ArrayLike,
        lat: npt.ArrayLike,
        radius_m: npt.ArrayLike = 0.0,
        barriers: Sequence[MeasuredLine] = (),
    ) -> "MarkerIndex":
        """Index markers by their places in degrees; radii that are NaN are none of their own."""
        places = np.column_stack([np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in (lon, lat)])
        own = np.broadcast_to(np.asarray(radius_m, dtype=np.float64), len(places))
        own = np.where(np.isfinite(own), own, 0.0)
        widest = min(89.0, float(np.abs(places[:, 1]).max(initial=0.0)))
        cell = np.array([CELL_DEG / np.cos(np.radians(widest)), CELL_DEG])
        cells, entries = _cells(places, np.maximum(WIDEST_M, own) * LEFT_RATIO + LOOK_M, cell)
        order = np.lexsort((entries, cells))
        distinct, first = np.unique(cells[order], return_index=True)
        keys, spans = table_of(distinct, np.concatenate([first, [len(entries)]]).astype(np.int64))
        xyz = geocentric(places[:, 0].copy(), places[:, 1].copy())
        return cls(places, xyz, own, keys, spans, entries[order], cell, RouteIndex.build(barriers))

    def __len__(self) -> int:
        return len(self.lonlat)


@dataclass(frozen=True, slots=True, eq=False)
class MarkerVisits:
    """Encounters with markers in columns of n, by their beginning.

    Attributes
    ----------
    marker
        Position of the marker.
    visited
        Whether it was VISITED; else it was only PASSED.
    at_t
        Unix seconds of the closest approach.
    distance_m
        How close it was.
    seconds, fixes
        Time and number of fixes within reach; a stay counts as two.
    from_t, to_t
        Unix seconds of coming within reach and of being there last.
    holder, source
        As in :class:`geo.track.fixes.Fixes`.
    """

    marker: Places
    visited: npt.NDArray[np.bool_]
    at_t: Floats
    distance_m: Floats
    seconds: Floats
    fixes: Places
    from_t: Floats
    to_t: Floats
    holder: Ints
    source: Ints

    def __len__(self) -> int:
        return len(self.marker)

    def take(self, chosen: npt.NDArray[np.generic]) -> "MarkerVisits":
        """Return the encounters at positions or under a mask."""
        return MarkerVisits(*(getattr(self, one.name)[chosen] for one in fields(self)))

    def within(self, from_t: float, to_t: float) -> "MarkerVisits":
        """Return the encounters whose closest approach is in [from_t, to_t)."""
        return self.take((self.at_t >= from_t) & (self.at_t < to_t))


def marker_visits(track: CleanTrack, markers: MarkerIndex) -> MarkerVisits:
    """Return the encounters of a track with markers."""
    fixes, spots = track.fixes, track.spots
    walls = markers.barriers
    rows = reach(
        spots.xyz, spots.what, spots.piece, spots.full, markers.xyz, markers.lonlat, markers.radius_m,
        (markers.keys, markers.spans, markers.entries, markers.cell),
        (walls.xyz, walls.keys, walls.spans, walls.edges, walls.cell),
    )  # fmt: skip
    fix = spots.fix[rows[:, 7].astype(np.int64)]
    count = rows[:, 4].astype(np.int64)
    return MarkerVisits(
        marker=rows[:, 0].astype(np.int64),
        visited=(rows[:, 3] >= VISITED_S) | (count >= VISITED_FIXES),
        at_t=rows[:, 2],
        distance_m=rows[:, 1],
        seconds=rows[:, 3],
        fixes=count,
        from_t=rows[:, 5],
        to_t=rows[:, 6],
        holder=fixes.holder[fix],
        source=fixes.source[fix],
    )


def _cells(places: Floats, reach_m: Floats, cell: Floats) -> tuple[Places, Places]:
    """Return (cell, marker) pairs of all cells within reach of each marker's place."""
    cells, entries = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for k, ((lon, lat), metres) in enumerate(zip(places, reach_m, strict=True)):
        dy = metres / 110_500.0
        dx = metres / (111_000.0 * np.cos(np.radians(min(89.0, abs(lat) + dy))))
        x = np.arange(np.floor((lon - dx) / cell[0]), np.floor((lon + dx) / cell[0]) + 1, dtype=np.int64)
        y = np.arange(np.floor((lat - dy) / cell[1]), np.floor((lat + dy) / cell[1]) + 1, dtype=np.int64)
        found = (x[:, None] * (1 << 32) + y[None, :]).ravel()
        cells.append(found)
        entries.append(np.full(len(found), k, dtype=np.int64))
    return np.concatenate(cells), np.concatenate(entries)
