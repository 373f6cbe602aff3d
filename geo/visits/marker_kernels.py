"""Compiled kernels of reaching markers: closest approaches of a track's steps, and when one is left again."""

import math

import numpy as np

from geo.compiled import compiled
from geo.coverage.route_index import cell_key, edges_near, slot_of
from geo.geocentric import Floats
from geo.linear.kernels import distance
from geo.track.fixes import Codes, Ints, Places
from geo.track.kernels import FULL

REACH_M = 15.0
REACH_BY_ACCURACY = 2.0
WIDEST_M = 60.0
"""Twice the largest error with full credit: markers without a larger radius are looked for so far."""

LEFT_RATIO, LEFT_S = 2.0, 60.0
STEP_S = 60.0
"""Between fixes farther apart in time than this nobody knows what was passed."""

LOOK_M = 40.0
"""A long step is looked at in parts of this length."""

EMPTY = -(2**62)
COLUMNS = 8


@compiled
def look_up(key: int, keys: Places, spans: Places) -> tuple[int, int]:
    """Return the span of a cell's entries, empty where the cell has none."""
    slot = slot_of(key, keys.shape[0])
    while keys[slot] != EMPTY:
        if keys[slot] == key:
            return spans[slot, 0], spans[slot, 1]
        slot = (slot + 1) & (keys.shape[0] - 1)
    return 0, 0


@compiled
def above(a: Floats, b: Floats, p: Floats) -> float:
    """Return which side of the way from a to b a place is on, seen from above: positive for left."""
    ex, ey, ez = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    px, py, pz = p[0] - a[0], p[1] - a[1], p[2] - a[2]
    cx, cy, cz = ey * pz - ez * py, ez * px - ex * pz, ex * py - ey * px
    return float(cx * a[0] + cy * a[1] + cz * a[2])


@compiled
def is_barred(
    a: Floats,
    b: Floats,
    lon: float,
    lat: float,
    xyz: Floats,
    keys: Places,
    spans: Places,
    edges: Places,
    cell: Floats,
) -> bool:
    """Return whether a barrier near a place in degrees lies between two geocentric places."""
    lo, hi = edges_near(lon, lat, keys, spans, cell)
    for e in range(lo, hi):
        c, d = xyz[edges[e]], xyz[edges[e] + 1]
        if above(a, b, c) * above(a, b, d) <= 0.0 and above(c, d, a) * above(c, d, b) < 0.0:
            return True
    return False


@compiled
def is_behind(
    place: Floats,
    what: Floats,
    a: int,
    k: int,
    at: float,
    m: int,
    spot: Floats,
    lonlat: Floats,
    wall: tuple[Floats, Places, Places, Places, Floats],
) -> bool:
    """Return whether a barrier lies between a share of the step from place a to k and a marker."""
    xyz, keys, spans, edges, cell = wall
    foot = place[a] + at * (place[k] - place[a])
    lon = what[a, 3] + at * (what[k, 3] - what[a, 3])
    lat = what[a, 4] + at * (what[k, 4] - what[a, 4])
    return bool(
        is_barred(foot, spot[m], lon, lat, xyz, keys, spans, edges, cell)
        or is_barred(foot, spot[m], lonlat[m, 0], lonlat[m, 1], xyz, keys, spans, edges, cell)
    )


@compiled
def meet(
    rows: Floats,
    count: int,
    m: int,
    k: int,
    met: bool,
    away: float,
    seconds: float,
    near: float,
    within: float,
    t_near: float,
    begun: float,
    ended: float,
    open_row: Places,
    near_t: Floats,
) -> int:
    """Bring the encounter with a marker up to date with a step to place k, which begins and ends in time.

    ``met`` is whether the step came within reach, ``away`` how close, at ``t_near``, for how many seconds,
    and ``near`` how close its end is. Returns how many encounters there are; ``rows`` has room for one more.
    """
    at = open_row[m]
    if at >= 0 and t_near - near_t[m] >= LEFT_S:
        at = -1
    if met and at < 0:
        rows[count, 0], rows[count, 1], rows[count, 2], rows[count, 3] = m, math.inf, 0.0, 0.0
        rows[count, 4], rows[count, 5], rows[count, 6], rows[count, 7] = 0.0, t_near, 0.0, 0.0
        at = count
        count += 1
    open_row[m] = at
    if at >= 0 and away <= LEFT_RATIO * within:
        near_t[m] = ended if near <= LEFT_RATIO * within else t_near
    if met:
        if away < rows[at, 1]:
            rows[at, 1], rows[at, 2], rows[at, 7] = away, t_near, k
        rows[at, 3] += seconds
        rows[at, 6] = t_near
        if near <= within:
            rows[at, 3] += ended - begun
            rows[at, 4] += 2.0 if ended > begun else 1.0
            rows[at, 6] = ended
    return count


@compiled
def reach(
    place: Floats,
    what: Floats,
    piece: Ints,
    full: Codes,
    spot: Floats,
    lonlat: Floats,
    radius: Floats,
    table: tuple[Places, Places, Places, Floats],
    wall: tuple[Floats, Places, Places, Places, Floats],
) -> Floats:
    """Return the encounters with markers, rows (r, 8) in order of their beginning.

    A row is marker, closest distance, its time, seconds within reach, fixes within reach, time of coming
    within reach, time it was last within reach, place of the closest approach. Markers are ``spot`` (m, 3)
    and ``lonlat`` (m, 2); ``table`` their cells, ``wall`` an index of barriers.
    """
    rows = np.empty((64, COLUMNS))
    keys, spans, entries, cell = table
    count = 0
    open_row = np.full(spot.shape[0], -1, np.int64)
    near_t = np.zeros(spot.shape[0])  # when it was last within the distance at which it is left
    looked = np.full(spot.shape[0], -1, np.int64)
    before, here, lo, hi, walled = -1, EMPTY, 0, 0, wall[0].shape[0] > 0
    for k in range(place.shape[0]):
        if full[k] != FULL:
            continue
        linked = before >= 0 and piece[before] == piece[k] and what[k, 1] - what[before, 2] <= STEP_S
        a = before if linked else k
        length = distance(place, a, place, k)
        near = REACH_BY_ACCURACY * max(what[a, 0], what[k, 0])
        parts = int(length / LOOK_M) + 1
        for part in range(parts):
            share = 1.0 - part / parts
            lon = what[a, 3] + share * (what[k, 3] - what[a, 3])
            lat = what[a, 4] + share * (what[k, 4] - what[a, 4])
            key = cell_key(lon, lat, cell)
            if key != here:  # a walker stays in a cell for a while
                lo, hi = look_up(key, keys, spans)
                here = key
            for e in range(lo, hi):
                m = entries[e]
                within = max(REACH_M, radius[m], near)
                if looked[m] != k and distance(place, k, spot, m) - length <= LEFT_RATIO * within:
                    if count == rows.shape[0]:
                        rows = np.concatenate((rows, np.empty((count, COLUMNS))))
                    away, seconds, at, end = approach(place, what, a, k, spot, m, within)
                    met = away <= within
                    if met and walled:
                        met = not is_behind(place, what, a, k, at, m, spot, lonlat, wall)
                    t_near = what[a, 2] + at * (what[k, 1] - what[a, 2]) if linked else what[k, 1]
                    count = meet(
                        rows, count, m, k, met, away, seconds, end, within, t_near, what[k, 1], what[k, 2],
                        open_row, near_t,
                    )  # fmt: skip
                looked[m] = k
        before = k
    return rows[:count]


@compiled
def approach(
    place: Floats, what: Floats, a: int, k: int, spot: Floats, m: int, within: float
) -> tuple[float, float, float, float]:
    """Return how close a step from place a to place k comes to a marker.

    With it the seconds the step is within a distance of it, the share of the step at which it is closest, and
    the distance of its end.
    """
    near = distance(place, k, spot, m)
    ex, ey, ez = place[k, 0] - place[a, 0], place[k, 1] - place[a, 1], place[k, 2] - place[a, 2]
    px, py, pz = spot[m, 0] - place[a, 0], spot[m, 1] - place[a, 1], spot[m, 2] - place[a, 2]
    length2 = ex * ex + ey * ey + ez * ez
    along = (px * ex + py * ey + pz * ez) / length2 if length2 > 0.0 else 1.0
    aside2 = max(0.0, px * px + py * py + pz * pz - along * along * length2)
    at = min(1.0, max(0.0, along))
    away = math.sqrt(aside2 + (along - at) * (along - at) * length2) if a != k else near
    seconds = 0.0
    step = what[k, 1] - what[a, 2]
    if a != k and away <= within:
        half = math.sqrt(max(0.0, within * within - aside2) / length2) if length2 > 0.0 else 1.0
        seconds = max(0.0, min(1.0, along + half) - max(0.0, along - half)) * step
    return away, seconds, at, near
