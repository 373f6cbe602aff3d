"""Compiled kernels of cleaning a track: spikes, stays, pieces, its places and the distance travelled."""

import math

import numpy as np

from geo.compiled import compiled
from geo.geocentric import Floats
from geo.track.fixes import Codes, Ints, Places

SESSION_SILENCE_S = 1800.0
"""No rule looks across a longer silence."""

SPIKE_FIXES = 5
JUMP_M = 25.0
"""A jump less than this, or less than twice the errors, beyond both errors is left to the matching: at one
fix a second the speed gate alone would find a jump in every other step of a standing phone."""

STAY_S = 180.0
STAY_M = 25.0
STRAY_FIXES, STRAY_S = 5, 90.0
"""So many fixes in a row may lie outside a stay, or all within twice its radius for so long, if the next is
inside again: a receiver's drift wanders off and comes back."""

SILENCE_S = 900.0

WINDOW_S = 15.0
WINDOW_M, WINDOW_ERRORS = 20.0, 2.0
"""A window ends early so far from its first fix, and twice its error farther: the middle of what a vehicle
drove in 15 s is no place it was at."""

TRUSTED_M = 30.0
"""Fixes with a larger error do not count for the distance travelled."""

MIN_SIGMA_M = 5.0
"""No fix is taken to be better than this."""

FULL, SUPPORT = 1, 0

SPIKE = 3
"""The code of ``Verdict.SPIKE``."""

USABLE = 1
"""Verdicts up to this one, ACCEPTED and SUPPORTING, are used."""


@compiled
def chord(xyz: Floats, i: int, j: int) -> float:
    """Return the straight distance of two geocentric places in metres.

    Rows are named by their positions: a row taken out is a new value, and costs more than the distance.
    """
    x, y, z = xyz[i, 0] - xyz[j, 0], xyz[i, 1] - xyz[j, 1], xyz[i, 2] - xyz[j, 2]
    return math.sqrt(x * x + y * y + z * z)


@compiled
def agree(i: int, j: int, t: Floats, xyz: Floats, accuracy: Floats, limit: float) -> bool:
    """Return whether one can be at fix i and then at fix j, within both errors and a speed in m/s."""
    error = accuracy[i] + accuracy[j]
    beyond = chord(xyz, i, j) - error
    return bool(beyond <= max(JUMP_M, 2.0 * error) or beyond <= limit * (t[j] - t[i]))


@compiled
def lowest_agreeing(
    depth: int, last: Places, count: Places, i: int, t: Floats, xyz: Floats, accuracy: Floats, limit: float
) -> int:
    """Return the run on the stack that fix i belongs to, −1 for none.

    It is the first it agrees with from the top, or a lower one that it agrees with as well, where no more
    than ``SPIKE_FIXES`` fixes lie above.
    """
    above, home = 0, -1
    for k in range(depth - 1, -1, -1):
        if agree(last[k], i, t, xyz, accuracy, limit):
            home = k
        elif home >= 0:
            break
        above += count[k]
        if above > SPIKE_FIXES:
            break
    return home


@compiled
def drop_spikes(
    t: Floats, xyz: Floats, accuracy: Floats, mode: Codes, group: Ints, verdict: Codes, limit: Floats
) -> Ints:
    """Mark spikes in ``verdict`` and return the consistent run (n,) each fix is in, −1 for none.

    Runs of fixes that agree each with the next stand on a stack. A fix that disagrees with the last run looks
    down the stack over at most ``SPIKE_FIXES`` fixes for a run it agrees with: those between were a spike, or
    if it agrees with them too, only noise. Where there is none a new run starts, and both are kept: no run is
    more trusted for being first.
    """
    n = t.shape[0]
    run = np.full(n, -1, np.int32)
    previous = np.full(n, -1, np.int64)  # the fix before in the same run
    last = np.empty(n, np.int64)
    count = np.empty(n, np.int64)
    names = np.empty(n, np.int32)
    depth, made = 0, 0
    before = -1
    for i in range(n):
        if verdict[i] > USABLE:
            continue
        if before >= 0 and (group[i] != group[before] or t[i] - t[before] > SESSION_SILENCE_S):
            depth = 0
        before = i
        if depth == 1:  # as a rule; a call would take longer than what it does here
            home = 0 if agree(last[0], i, t, xyz, accuracy, limit[mode[i]]) else -1
        else:
            home = lowest_agreeing(depth, last, count, i, t, xyz, accuracy, limit[mode[i]])
        if home < 0:
            home = depth
            last[home], count[home], names[home] = -1, 0, made
            depth += 1
            made += 1
        elif home < depth - 1:
            bridging = agree(last[depth - 1], i, t, xyz, accuracy, limit[mode[i]])
            for k in range(home + 1, depth):
                at = last[k]
                while at >= 0:
                    run[at] = names[home] if bridging else -1
                    verdict[at] = verdict[at] if bridging else SPIKE
                    at = previous[at]
            depth = home + 1
        previous[i] = last[home]
        run[i] = names[home]
        last[home] = i
        count[home] += 1
    return run


@compiled
def stay_end(i: int, n: int, t: Floats, xyz: Floats, accuracy: Floats, run: Ints) -> tuple[int, int]:
    """Return the last fix of the longest stay from fix i on, and how many fixes are in it."""
    cx, cy, cz = xyz[i, 0], xyz[i, 1], xyz[i, 2]
    members, end, strays = 1, i, 0
    before = i
    for j in range(i + 1, n):
        if run[j] == -1:
            continue
        if run[j] != run[i] or t[j] - t[before] > SESSION_SILENCE_S:
            break
        before = j
        dx, dy, dz = xyz[j, 0] - cx, xyz[j, 1] - cy, xyz[j, 2] - cz
        away, radius = math.sqrt(dx * dx + dy * dy + dz * dz), max(STAY_M, 1.5 * accuracy[j])
        if away <= radius:
            members += 1
            cx += dx / members
            cy += dy / members
            cz += dz / members
            end, strays = j, 0
        else:
            strays += 1
            if strays > STRAY_FIXES and (away > 2.0 * radius or t[j] - t[end] > STRAY_S):
                break
    return end, members


@compiled
def find_stays(t: Floats, xyz: Floats, accuracy: Floats, run: Ints) -> Ints:
    """Return the stay (n,) each fix is in, −1 for none: at least ``STAY_S`` within ``STAY_M`` of its middle.

    A fix that is more than two radii away ``STAY_S`` later cannot start one, which settles a walker's fixes
    by one look ahead each.
    """
    n = t.shape[0]
    stay = np.full(n, -1, np.int32)
    made, ahead, i = 0, 0, 0
    while i < n:
        if run[i] == -1:
            i += 1
            continue
        ahead = max(ahead, i)
        while ahead < n and (t[ahead] - t[i] < STAY_S or run[ahead] == -1):
            ahead += 1
        reach = 2.0 * max(STAY_M, 1.5 * accuracy[i])
        if ahead < n and run[ahead] == run[i]:
            reach += max(0.0, 1.5 * accuracy[ahead] - STAY_M)
            hopeless = chord(xyz, i, ahead) > reach + STAY_M
        else:
            hopeless = False
        if hopeless:
            i += 1
            continue
        end, members = stay_end(i, n, t, xyz, accuracy, run)
        if members > 1 and t[end] - t[i] >= STAY_S:
            for j in range(i, end + 1):
                if run[j] != -1:
                    stay[j] = made
            made += 1
            i = end + 1
        else:
            i += 1
    return stay


@compiled
def number_pieces(
    t: Floats, xyz: Floats, mode: Codes, run: Ints, stay: Ints, cut_time: Floats, cut_distance: Floats
) -> Ints:
    """Return the piece (n,) each fix is in, −1 for none."""
    n = t.shape[0]
    piece = np.full(n, -1, np.int32)
    before, current = -1, -1
    for i in range(n):
        if run[i] == -1:
            continue
        if before < 0 or run[i] != run[before]:
            current += 1
        elif stay[i] == -1 or stay[i] != stay[before]:
            silence = t[i] - t[before]
            far = chord(xyz, i, before)
            m = mode[i]
            if silence > SILENCE_S or (silence > cut_time[m] and far > cut_distance[m]):
                current += 1
        piece[i] = current
        before = i
    return piece


@compiled
def window_ends(stays: bool, same: bool, seconds: float, metres: float, error: float) -> bool:
    """Return whether a fix belongs to the waypoint after the one that began so long ago and so far away.

    ``stays`` is whether the fix is in a stay, ``same`` whether it is in that of the waypoint, if any, and
    ``error`` the larger of both errors.
    """
    far = error <= TRUSTED_M and metres > WINDOW_M + WINDOW_ERRORS * error
    return not same or (not stays and (seconds >= WINDOW_S or far))


@compiled
def waypoints(
    t: Floats, xyz: Floats, lon: Floats, lat: Floats, accuracy: Floats, piece: Ints, stay: Ints
) -> tuple[Floats, Floats, Places]:
    """Return the way of a track: the middles of windows of fixes and of stays, in order of time.

    A sum over single fixes would add the noise of every second: six times the way at walking pace.

    Returns ``place`` (k, 3) geocentric; ``what`` (k, 7): time in and out, one for a window, lon, lat,
    accuracy, time of its first and of its last fix; ``fix`` (k,) the first fix of each.
    """
    n = xyz.shape[0]
    place, what, first = np.empty((n, 3)), np.empty((n, 7)), np.empty(n, np.int64)
    k, i = 0, 0
    while i < n:
        if piece[i] == -1 or accuracy[i] > TRUSTED_M:
            i += 1
            continue
        start, end, members = i, i, 0
        x, y, z, east, north, error, moment = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        while i < n and (piece[i] == -1 or piece[i] == piece[start]):
            if piece[i] != -1 and window_ends(
                stay[i] != -1,
                stay[i] == stay[start],
                t[i] - t[start],
                chord(xyz, i, start),
                max(accuracy[i], accuracy[start]),
            ):
                break
            if piece[i] != -1 and accuracy[i] <= TRUSTED_M:
                x, y, z = x + xyz[i, 0], y + xyz[i, 1], z + xyz[i, 2]
                east += eastwards(lon[start], lon[i])
                north += lat[i]
                error += accuracy[i]
                moment += t[i] - t[start]
                members += 1
                end = i
            i += 1
        place[k, 0], place[k, 1], place[k, 2] = x / members, y / members, z / members
        what[k, 2] = eastwards(0.0, lon[start] + east / members)
        what[k, 3], what[k, 4] = north / members, error / members
        what[k, 0] = what[k, 1] = t[start] + moment / members
        if stay[start] != -1:
            what[k, 0], what[k, 1] = t[start], t[end]
        what[k, 5], what[k, 6] = t[start], t[end]
        first[k] = start
        k += 1
    return place[:k], what[:k], first[:k]


@compiled
def collapse(
    t: Floats,
    xyz: Floats,
    lon: Floats,
    lat: Floats,
    accuracy: Floats,
    piece: Ints,
    stay: Ints,
    trusted: float,
) -> tuple[Floats, Floats, Ints, Codes, Places]:
    """Return the places of a track: each fix in a piece is one, and each stay is one at its middle.

    Returns ``xyz`` (k, 3); ``what`` (k, 5): sigma, time in, time out, lon, lat; ``piece`` (k,); ``full`` (k,)
    whether the place may open and close an interval; ``fix`` (k,) its first fix.
    """
    n = t.shape[0]
    place = np.empty((n, 3))
    what = np.empty((n, 5))
    pieces = np.empty(n, np.int32)
    full = np.empty(n, np.int8)
    first = np.empty(n, np.int64)
    k, i = 0, 0
    while i < n:
        if piece[i] == -1:
            i += 1
            continue
        start, end, best, members = i, i, accuracy[i], 1
        x, y, z, east, north = xyz[i, 0], xyz[i, 1], xyz[i, 2], lon[i], lat[i]
        i += 1
        while stay[start] != -1 and i < n and (piece[i] == -1 or stay[i] == stay[start]):
            if piece[i] != -1:
                x, y, z = x + xyz[i, 0], y + xyz[i, 1], z + xyz[i, 2]
                east, north = east + lon[i], north + lat[i]
                best = min(best, accuracy[i])
                members += 1
                end = i
            i += 1
        if members > 1:
            x, y, z = x / members, y / members, z / members
            east, north = east / members, north / members
        place[k, 0], place[k, 1], place[k, 2] = x, y, z
        what[k, 0], what[k, 1], what[k, 2] = max(MIN_SIGMA_M, best), t[start], t[end]
        what[k, 3], what[k, 4] = east, north
        pieces[k] = piece[start]
        full[k] = FULL if best <= trusted else SUPPORT
        first[k] = start
        k += 1
    return place[:k], what[:k], pieces[:k], full[:k], first[:k]


@compiled
def eastwards(a: float, b: float) -> float:
    """Return degrees from longitude a eastwards to b, the short way round: −180 to 180."""
    if -180.0 <= b - a <= 180.0:
        return b - a
    return (b - a + 540.0) % 360.0 - 180.0


@compiled
def travelled(place: Floats, piece: Ints) -> float:
    """Return metres along the waypoints (k, 3) of a track, each in a piece (k,)."""
    total = 0.0
    for k in range(1, place.shape[0]):
        if piece[k] == piece[k - 1]:
            total += chord(place, k, k - 1)
    return total
