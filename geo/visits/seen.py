"""Seeing: which metres of a line were within sight of a track, and how sure that is.

A patrol sees the line as far as it may look: on foot (ski, horse) 100 m over open ground, 50 m through scrub,
25 m in a forest and 20 m at night; from wheels and boats 50 m up to 30 km/h, through forest and by night no
more than on foot, and nothing when faster. A barrier between ends the sight. How far is known no better than
the fixes are: the band is what lies within V − 2σ, V and V + 2σ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from geo.coverage.intervals import Intervals
from geo.coverage.route_index import RouteIndex
from geo.coverage.walking import on_lines
from geo.geocentric import Floats
from geo.linear import MeasuredLine
from geo.track import CleanTrack, Mode, Way
from geo.track.fixes import Codes
from geo.track.kernels import MIN_SIGMA_M
from geo.visits.daylight import is_night
from geo.visits.seen_kernels import sights

REACH_M = 185.0
"""How far an index of lines to be seen must reach: the farthest sight, 2σ, and half a part of a step."""

FARTHEST_M = 160.0
NIGHT_M = 20.0
WHEELS_M, WHEELS_KMH = 50.0, 30.0


class Ground(IntEnum):
    """What grows where a patrol looks."""

    OPEN = 0
    SCRUB = 1
    FOREST = 2


SIGHT_M = np.array([100.0, 50.0, 25.0])
"""How far a person on foot sees, by :class:`Ground`."""

ON_FOOT = (Mode.FOOT, Mode.SKI, Mode.HORSE)


class Band(IntEnum):
    """How sure it is that a metre was in sight: within V − 2σ, within V, within V + 2σ."""

    SURE = -1
    LIKELY = 0
    POSSIBLE = 1


@dataclass(frozen=True, slots=True, eq=False)
class SightIndex:
    """Lines that may be seen, and the barriers between, both indexed."""

    lines: RouteIndex
    barriers: RouteIndex

    @classmethod
    def build(cls, lines: Sequence[MeasuredLine], barriers: RouteIndex | None = None) -> "SightIndex":
        """Index lines, with an index of barriers; build it once for many tracks."""
        return cls(RouteIndex.build(lines, REACH_M), NO_BARRIERS if barriers is None else barriers)


def barrier_index(barriers: Sequence[MeasuredLine]) -> RouteIndex:
    """Return the index of what ends the sight, for lines and for ground."""
    return RouteIndex.build(barriers, REACH_M)


NO_BARRIERS = barrier_index(())


def sight_of(
    mode: npt.ArrayLike, speed_kmh: npt.ArrayLike, ground: npt.ArrayLike, night: npt.ArrayLike
) -> Floats:
    """Return how many metres are in sight, by codes of mode and ground, speed, and whether it is night."""
    foot = np.where(night, NIGHT_M, SIGHT_M[np.asarray(ground)])
    wheels = np.where(np.asarray(speed_kmh) <= WHEELS_KMH, np.minimum(foot, WHEELS_M), 0.0)
    return np.asarray(np.where(np.isin(mode, ON_FOOT), np.minimum(foot, SIGHT_M[0]), wheels))


def seen(
    track: CleanTrack,
    lines: SightIndex,
    *,
    ground: npt.ArrayLike = Ground.OPEN,
    sight: Floats | None = None,
) -> dict[Band, Intervals]:
    """Return the intervals of lines that a track saw, for each band; ``evidence`` is ``SEEN``.

    Parameters
    ----------
    track
        A cleaned track of one device.
    lines
        The lines, such as legal lines of a border, with barriers.
    ground
        :class:`Ground` of each waypoint of the track's way, or one for all.
    sight
        What :func:`sight_along` says of the way, where it is known already; the ground is not looked at then.
    """
    way = track.way()
    if sight is None:
        sight = sight_along(track, way, ground)
    what = np.stack([way.from_t, way.to_t, way.lon, way.lat], axis=1)
    index, walls = lines.lines, lines.barriers
    found = {}
    for band in Band:
        radius = in_band(sight, way.accuracy_m, band)
        rows = sights(
            way.xyz, what, way.piece, radius, index.xyz, index.lonlat, index.measures, index.chain,
            (index.keys, index.spans, index.edges, index.cell),
            (walls.xyz, walls.keys, walls.spans, walls.edges, walls.cell),
        )  # fmt: skip
        found[band] = on_lines(rows, index, track, way.fix)
    return found


def in_band(sight: Floats, accuracy_m: Floats, band: Band) -> Floats:
    """Return sights of waypoints, (k,) metres, as far as a band goes; not above 0 where nothing is in it."""
    sigma = np.maximum(MIN_SIGMA_M, accuracy_m)
    return np.where(sight > 0.0, np.minimum(sight + 2.0 * band * sigma, FARTHEST_M), 0.0)


def sight_along(
    track: CleanTrack,
    way: Way,
    ground: npt.ArrayLike = Ground.OPEN,
    here: npt.NDArray[np.bool_] | None = None,
) -> Floats:
    """Return how many metres are in sight on the step from each waypoint to the next, (k,).

    Parameters
    ----------
    track, way
        A cleaned track of one device, and its way.
    ground
        :class:`Ground` of each waypoint, or one for all.
    here
        Which waypoints count, (k,); those beyond a national line see nothing.
    """
    mode: Codes = track.fixes.mode[way.fix]
    step = np.zeros(len(way))
    seconds = np.full(len(way), np.inf)
    if len(way) > 1:
        step[:-1] = np.sqrt(((way.xyz[1:] - way.xyz[:-1]) ** 2).sum(axis=1))
        seconds[:-1] = np.maximum(way.from_t[1:] - way.to_t[:-1], 1e-3)
    grounds = np.broadcast_to(np.asarray(ground), len(way))
    sight = sight_of(mode, 3.6 * step / seconds, grounds, is_night(way.from_t, way.lon, way.lat))
    if here is not None and len(way):
        sight = np.where(here & np.append(here[1:], True), sight, 0.0)
    return sight
