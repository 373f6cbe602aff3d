"""Tracks: raw fixes cleaned and cut into pieces, each fix with a verdict.

The steps, numbered in the code:

1. a fix that cannot be right by itself (no time, no place, 0°/0°, before GPS, in the future) is set aside;
2. the others are put in order of time; repeated ones and second positions at one instant are set aside;
3. accuracy makes classes: full credit to 30 m, support to 75 m, none beyond; a missing one counts as 15 m;
4. an error-aware speed gate finds jumps: up to five fixes are a spike if both sides then agree, else a
   teleport, where the track is cut and both sides are kept;
5. stays, at least three minutes within 25 m, add time and no distance;
6. pieces are cut at silences, at jumps and where the recording, the holder or the mode changes.

Nothing is linked across a silence of more than ``SESSION_SILENCE_S``, so a day can be recomputed from the
sessions that touch it, with the same result as from all fixes; how far those are followed
:mod:`geo.track.around` says.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geo.geocentric import Floats, geocentric
from geo.track.fixes import (
    CUT_DISTANCE_M,
    CUT_TIME_S,
    EARLIEST_S,
    FUTURE_ALLOWED_S,
    SPEED_LIMIT_KMH,
    Codes,
    Fixes,
    Ints,
    Places,
    Verdict,
)
from geo.track.kernels import (
    SESSION_SILENCE_S,
    collapse,
    drop_spikes,
    find_stays,
    number_pieces,
    travelled,
    waypoints,
)

FULL_CREDIT_M = 30.0
SUPPORT_M = 75.0
MISSING_ACCURACY_M = 15.0
WEEKS_S = 1_024 * 604_800.0
ROLLOVER_WITHIN_S = 366 * 86_400.0
"""Tracks of the last year are told from old ones by nothing else than their dates."""

FROZEN_POSITIONS = 3
"""So many places at one instant mean that the clock stood still."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """What was travelled, in waypoints (k,): the middles of some seconds of fixes, and of stays.

    ``xyz`` (k, 3) is geocentric, ``lon``, ``lat`` the same in degrees. At ``from_t`` a waypoint was reached
    and at ``to_t`` it was left, in Unix seconds. ``fix`` is the first of its fixes.
    """

    xyz: Floats
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    from_t: Floats
    to_t: Floats
    piece: Ints
    stay: Ints
    fix: Places

    def __len__(self) -> int:
        return len(self.lon)


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """Where a track was, in places of k: each fix in a piece is one, and each stay is one at its middle.

    ``xyz`` (k, 3) is geocentric. ``what`` (k, 5) is sigma, time in, time out, lon and lat. ``full`` (k,) is
    whether a place may open and close an interval, ``fix`` (k,) the first of its fixes.
    """

    xyz: Floats
    what: Floats
    piece: Ints
    full: Codes
    fix: Places


@dataclass(frozen=True, eq=False)
class CleanTrack:
    """Fixes of one device in order of time, each with its verdict and piece.

    ``order`` (n,) is the position of each in the input. ``accuracy_m`` has missing values filled in. ``xyz``
    (n, 3) is geocentric. ``piece`` and ``stay`` (n,) count from 0; −1 where the fix is in none.
    """

    fixes: Fixes
    order: Places
    verdict: Codes
    accuracy_m: Floats
    xyz: Floats
    piece: Ints
    stay: Ints

    @property
    def pieces(self) -> int:
        """How many pieces there are."""
        return int(self.piece.max(initial=-1)) + 1

    @property
    def stays(self) -> int:
        """How many stays there are."""
        return int(self.stay.max(initial=-1)) + 1

    @property
    def verdicts(self) -> Codes:
        """The verdict of each fix, in the order of the input."""
        given = np.empty_like(self.verdict)
        given[self.order] = self.verdict
        return given

    @property
    def distance_m(self) -> float:
        """Metres travelled within pieces; stays and the noise of single fixes add none."""
        way = self.way()
        return float(travelled(way.xyz, way.piece))

    def way(self) -> "Way":
        """Return the way that was travelled, without the noise of single fixes."""
        return self._way

    @cached_property
    def spots(self) -> Spots:
        """Where the track was; lines and markers ask for it, and it is made once."""
        one = self.fixes
        return Spots(
            *collapse(
                one.t, self.xyz, one.lon, one.lat, self.accuracy_m, self.piece, self.stay, FULL_CREDIT_M
            )
        )

    @cached_property
    def _way(self) -> "Way":
        one = self.fixes
        place, what, first = waypoints(
            one.t, self.xyz, one.lon, one.lat, self.accuracy_m, self.piece, self.stay
        )
        from_t, to_t, lon, lat, accuracy, begun, ended = np.ascontiguousarray(what.T)
        piece = self.piece[first]
        cut = piece[1:] != piece[:-1]
        if len(first):
            opens, closes = np.concatenate([[True], cut]), np.concatenate([cut, [True]])
            from_t[opens], to_t[closes] = begun[opens], ended[closes]
        return Way(place, lon, lat, accuracy, from_t, to_t, piece, self.stay[first], first)

    def counts(self) -> dict[str, int]:
        """Return how many fixes have each verdict that occurs, by its reason."""
        codes, numbers = np.unique(self.verdict, return_counts=True)
        return {Verdict(int(c)).reason: int(n) for c, n in zip(codes, numbers, strict=True)}


def admit(fixes: Fixes, now: float | None = None) -> Codes:
    """Return the verdict (n,) that each fix has by itself: ``ACCEPTED`` or why it can never be right.

    ``now`` is Unix seconds when the fixes were received; without it the future is not looked at.
    """
    verdict = np.zeros(len(fixes), dtype=np.int8)
    if now is not None:
        verdict[fixes.t > now + FUTURE_ALLOWED_S] = Verdict.IN_FUTURE
    verdict[fixes.t < EARLIEST_S] = Verdict.BEFORE_GPS
    verdict[~np.isfinite(fixes.t)] = Verdict.NO_TIME
    verdict[(fixes.lon == 0.0) & (fixes.lat == 0.0)] = Verdict.NULL_ISLAND
    with np.errstate(invalid="ignore"):
        placed = (np.abs(fixes.lon) <= 180.0) & (np.abs(fixes.lat) <= 90.0)  # NaN is not
    verdict[~placed] = Verdict.NO_POSITION
    return verdict


def rolled_over(t: Floats, now: float) -> npt.NDArray[np.bool_]:
    """Say which times (n,) of the past year a receiver may have put 1,024 weeks back.

    GPS counts weeks in ten bits, so receivers of some age write dates 1,024 weeks too early. ``t`` and
    ``now`` are Unix seconds. A date may as well be right: only who knows the receiver can tell.
    """
    age = now - (t + WEEKS_S)
    with np.errstate(invalid="ignore"):
        return (age >= -FUTURE_ALLOWED_S) & (age <= ROLLOVER_WITHIN_S)


def clean(fixes: Fixes, now: float | None = None) -> CleanTrack:
    """Clean the fixes of one device and cut them into pieces; the order of the input does not matter.

    ``now`` is Unix seconds when the fixes were received, to find times in the future.
    """
    verdict = admit(fixes, now)  # 1
    order = _in_order(fixes, verdict)
    verdict = verdict[order]
    fixes = fixes.take(order)
    _set_repeats_aside(fixes, verdict)  # 2
    accuracy = np.where(np.isfinite(fixes.accuracy_m), fixes.accuracy_m, MISSING_ACCURACY_M)
    accuracy = np.maximum(accuracy, 0.0)
    good = verdict == Verdict.ACCEPTED  # 3
    verdict[good & (accuracy > FULL_CREDIT_M)] = Verdict.SUPPORTING
    verdict[good & (accuracy > SUPPORT_M)] = Verdict.INACCURATE
    xyz = geocentric(fixes.lon, fixes.lat)
    group = _recordings(fixes)
    limit = SPEED_LIMIT_KMH / 3.6
    chunk = drop_spikes(fixes.t, xyz, accuracy, fixes.mode, group, verdict, limit)  # 4
    stay = find_stays(fixes.t, xyz, accuracy, chunk)  # 5
    piece = number_pieces(fixes.t, xyz, fixes.mode, chunk, stay, CUT_TIME_S, CUT_DISTANCE_M)  # 6
    return CleanTrack(fixes, order, verdict, accuracy, xyz, piece, stay)


def _in_order(fixes: Fixes, verdict: Codes) -> Places:
    """Return the positions of fixes in order of time; at one instant the most accurate first.

    Fixes of quarantine go last. Ties are broken by what the fix is, never by where it stood in the input.
    """
    usable = verdict == Verdict.ACCEPTED
    if usable.all() and (np.diff(fixes.t) > 0.0).all():
        return np.arange(len(fixes))
    accuracy = np.where(np.isfinite(fixes.accuracy_m), fixes.accuracy_m, MISSING_ACCURACY_M)
    keys = (fixes.part, fixes.source, fixes.lat, fixes.lon, accuracy, fixes.t, ~usable)
    return np.lexsort(keys).astype(np.int64)


def _set_repeats_aside(fixes: Fixes, verdict: Codes) -> None:
    """Mark all but the first of the fixes at one instant, given in order."""
    again = (np.diff(fixes.t) == 0.0) & (verdict[1:] == Verdict.ACCEPTED)
    for start in np.flatnonzero(again & ~np.concatenate([[False], again[:-1]])):
        stop = start + 1
        while stop < len(fixes) and again[stop - 1]:
            stop += 1
        places = np.rint(np.stack([fixes.lon[start:stop], fixes.lat[start:stop]], axis=1) * 1e6)
        distinct, first = np.unique(places, axis=0, return_index=True)
        other = Verdict.FROZEN_CLOCK if len(distinct) >= FROZEN_POSITIONS else Verdict.SAME_TIME
        verdict[start + 1 : stop] = Verdict.DUPLICATE
        verdict[start + first[first > 0]] = other


def _recordings(fixes: Fixes) -> Ints:
    """Return a number (n,) that changes where recording, holder or mode change.

    A file that continues another without a break is the same recording, so that it does not matter how a
    track was split for upload.
    """
    part = (np.diff(fixes.part) != 0) & (np.diff(fixes.source) == 0)
    change = part | (np.diff(fixes.holder) != 0) | (np.diff(fixes.mode) != 0)
    return np.concatenate([[0], np.cumsum(change)])[: len(fixes)].astype(np.int32)


def sessions(t: npt.NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return (first, last) time of each run of sorted times with no silence that ends a session."""
    if len(t) == 0:
        return []
    breaks = np.flatnonzero(np.diff(t) > SESSION_SILENCE_S)
    firsts = np.concatenate([[0], breaks + 1])
    lasts = np.concatenate([breaks, [len(t) - 1]])
    return [(float(t[a]), float(t[b])) for a, b in zip(firsts, lasts, strict=True)]
