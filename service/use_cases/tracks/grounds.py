"""What a track is judged against: lines, units and markers of a day, indexed once for many uploads.

Everything is kept by what it is, never by who asked: an index is the same for whoever reads the same rows.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage import RouteIndex
from geo.linear import MeasuredLine, MeasureMap
from geo.track import CleanTrack
from geo.visits import MarkerIndex, SightIndex, barrier_index
from layers.border import BorderSegment
from layers.geometry import Box
from layers.markers import MarkerPlace
from layers.stores import Stores
from service.indexes.day_units import DayUnits
from service.use_cases.tracks.standing import Border, Posts

MARGIN_DEG = 0.005
"""So far round a track rivers are looked for, wider than any marker's reach."""

CROSSING = "river-crossing"
LEEWAY_M, LEEWAY_ERRORS = 30.0, 2.0


@lru_cache(maxsize=64)
def measured(wkb: bytes) -> MeasuredLine:
    """Return a line given as WKB with its measures."""
    return MeasuredLine.from_lonlat(shapely.get_coordinates(shapely.from_wkb(wkb)))


@lru_cache(maxsize=8)
def route_index(lines: tuple[bytes, ...]) -> RouteIndex:
    """Return the index of lines given as WKB; uploads of one border share it."""
    return RouteIndex.build([measured(one) for one in lines])


@lru_cache(maxsize=8)
def wall_index(walls: tuple[bytes, ...]) -> RouteIndex:
    """Return the index of barriers given as WKB, which nobody sees past."""
    return barrier_index([measured(one) for one in walls])


@lru_cache(maxsize=8)
def sight_index(lines: tuple[bytes, ...], walls: tuple[bytes, ...] = ()) -> SightIndex:
    """Return the index of legal lines given as WKB, for what is seen of them, and of the barriers."""
    return SightIndex.build([measured(one) for one in lines], wall_index(walls))


@lru_cache(maxsize=64)
def measure_map(legal: bytes, route: bytes) -> MeasureMap:
    """Return the map from the measures of a legal line to those of its patrol route, both as WKB."""
    return MeasureMap.between(measured(legal), measured(route))


def map_of(segment: BorderSegment) -> MeasureMap | None:
    """Return the map from a segment's legal line to the line that is patrolled; None where they are one."""
    return None if segment.route is None else measure_map(segment.geom.wkb, segment.route.wkb)


def _marker_index(places: tuple[MarkerPlace, ...], barriers: tuple[bytes, ...]) -> MarkerIndex:
    return MarkerIndex.build(
        [one.lon for one in places],
        [one.lat for one in places],
        [np.nan if one.radius_m is None else one.radius_m for one in places],
        [measured(one) for one in barriers],
    )


@lru_cache(maxsize=8)
def marker_indexes(
    posts: Posts, rivers: tuple[bytes, ...], border: Border
) -> list[tuple[tuple[MarkerPlace, ...], MarkerIndex]]:
    """Return the markers in groups that the same barriers stand before, each with its index.

    A river is a barrier, but not before its own crossings; beyond the legal line nobody of ours goes, so what
    stands on the other side is not reached from this one.
    """
    places, legal = posts.places, border.legal
    crossings = tuple(one for one in places if one.kind == CROSSING)
    beyond = tuple(one for one in places if one.kind != CROSSING and one.side == "other")
    others = tuple(one for one in places if one.kind != CROSSING and one.side != "other")
    groups = ((crossings, ()), (beyond, (*rivers, *legal)), (others, rivers))
    return [(group, _marker_index(group, barriers)) for group, barriers in groups if group]


def rivers_near(
    stores: Stores, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]
) -> tuple[bytes, ...]:
    """Return the rivers near places in degrees as WKB, by code."""
    if len(lon) == 0:
        return ()
    west, south = max(-180.0, float(lon.min()) - MARGIN_DEG), max(-90.0, float(lat.min()) - MARGIN_DEG)
    east, north = min(180.0, float(lon.max()) + MARGIN_DEG), min(90.0, float(lat.max()) + MARGIN_DEG)
    return stores.lines.within(Box(west, south, east, north), "river")


def within_district(track: CleanTrack, units: DayUnits) -> npt.NDArray[np.bool_]:
    """Return which waypoints of a track lie in a unit, or no farther from one than their errors allow.

    What lies beyond is another's ground, over the national line perhaps: nothing is seen from there.
    """
    way = track.way()
    inside = units.index.locate.locate(way.lon, way.lat) >= 0
    out = np.flatnonzero(~inside)
    reach = np.maximum(LEEWAY_M, LEEWAY_ERRORS * way.accuracy_m[out])
    beside = units.index.locate.beside_many(way.lon[out], way.lat[out], reach)
    inside[out] = np.diff(beside.starts) > 0
    return np.asarray(inside)
