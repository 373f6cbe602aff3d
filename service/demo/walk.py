"""One patrol along a line played out in time, and what a receiver records of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from geo.linear import MeasuredLine
from geo.track import Fixes, Mode
from service.demo.border import beside_line

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pace:
    """How a mode moves and records: m/s, its variation, seconds between fixes, metres beside the track."""

    speed: float
    variation: float
    interval_s: float
    aside_m: float


PACES = {
    Mode.FOOT: Pace(1.35, 0.25, 12.0, 3.0),
    Mode.HORSE: Pace(2.6, 0.5, 12.0, 4.0),
    Mode.ATV: Pace(6.5, 1.5, 8.0, 2.5),
    Mode.CAR: Pace(9.0, 2.0, 6.0, 2.5),
}
# The receiver's error: a drift that forgets itself in about a minute, and a little jitter on each fix.
_DRIFT_M, _JITTER_M, _MEMORY_S = 3.2, 0.7, 60.0
_WOOD_FACTOR, _WOOD_LOSS = 9.0, 0.97
_BOG_DETOUR_M = 260.0
_STOP_S = (60.0, 420.0)


@dataclass(frozen=True, slots=True)
class Walk:
    """A patrol from one measure to another (metres), begun at Unix seconds.

    It stops about every ``stops_every_m``. In the ``wood`` (measures) reception is poor; round the ``bog``
    it goes far to the right. With ``returns`` it goes back to where it began.
    """

    from_m: float
    to_m: float
    mode: Mode
    begun_at: float
    stops_every_m: float
    wood: tuple[float, float] | None
    bog: tuple[float, float] | None
    returns: bool


def recorded(line: MeasuredLine, walk: Walk, rng: np.random.Generator) -> Fixes:
    """Return the fixes a receiver takes on a walk, in order of time, without faults."""
    pace = PACES[walk.mode]
    measure, t = _played(walk, pace, rng)
    size = len(t)
    memory = float(np.exp(-pace.interval_s / _MEMORY_S))
    aside = pace.aside_m * _drifting(size, float(np.exp(-pace.interval_s / 300.0)), rng)
    if walk.bog is not None:
        aside -= _BOG_DETOUR_M * _bump(measure, *walk.bog)
    true = beside_line(line, measure, aside)
    hidden = np.zeros(size, dtype=bool)
    if walk.wood is not None:
        hidden = (measure > walk.wood[0]) & (measure < walk.wood[1])
    factor = np.where(hidden, _WOOD_FACTOR, 1.0)
    north, east = (
        factor * (_DRIFT_M * _drifting(size, memory, rng) + _JITTER_M * rng.standard_normal(size))
        for _ in range(2)
    )
    lat = true[:, 1] + north / 111_195.0
    lon = true[:, 0] + east / (111_195.0 * np.cos(np.radians(true[:, 1])))
    # An honest receiver states about the 68 % radius of its error, not the error itself.
    accuracy = np.round(factor * rng.lognormal(np.log(5.0), 0.25, size), 1)
    speed = np.abs(np.gradient(measure, t))
    kept = ~(hidden & (rng.random(size) < _WOOD_LOSS))
    fixes = Fixes.of(t, lon, lat, accuracy_m=accuracy, mode=walk.mode, speed_ms=np.round(speed, 2))
    return fixes.take(kept)


def _played(walk: Walk, pace: Pace, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return measure and time of every fix, with stops, and the way back where there is one."""
    distance = abs(walk.to_m - walk.from_m) * (2.0 if walk.returns else 1.0)
    steps = int(distance / pace.speed / pace.interval_s * 1.4) + 40
    speed = pace.speed + pace.variation * _drifting(steps, 0.97, rng)
    gone = np.concatenate([[0.0], np.cumsum(np.maximum(speed, 0.3 * pace.speed) * pace.interval_s)])
    gone = gone[: int(np.searchsorted(gone, distance)) + 1]
    gone[-1] = min(gone[-1], distance)
    stops = np.arange(walk.stops_every_m, distance, walk.stops_every_m)
    repeats = np.ones(len(gone), dtype=np.int64)
    waits = np.rint(rng.uniform(*_STOP_S, len(stops)) / pace.interval_s).astype(np.int64)
    np.add.at(repeats, np.searchsorted(gone, stops), waits)
    gone = np.repeat(gone, repeats)
    half = abs(walk.to_m - walk.from_m)
    away = np.where(gone <= half, gone, 2.0 * half - gone)
    measure = walk.from_m + np.sign(walk.to_m - walk.from_m) * away
    uneven = rng.uniform(-0.2, 0.2, len(gone))
    t = walk.begun_at + (np.arange(len(gone)) + uneven) * pace.interval_s
    return measure, np.round(t, 3)


def _bump(measure: Floats, low: float, high: float) -> Floats:
    """Return (n,) a smooth rise from 0 to 1 and back between two measures, flat on top."""
    share = np.clip((measure - low) / (high - low), 0.0, 1.0)
    return np.minimum(1.0, 2.0 * np.sin(np.pi * share))


def _drifting(size: int, memory: float, rng: np.random.Generator) -> Floats:
    """Return a first-order process (n,) of unit variance that keeps ``memory`` from step to step."""
    noise = rng.standard_normal(size) * np.sqrt(1.0 - memory**2)
    noise[0] = rng.standard_normal()
    drift: Floats = np.asarray(lfilter([1.0], [1.0, -memory], noise), dtype=np.float64)
    return drift
