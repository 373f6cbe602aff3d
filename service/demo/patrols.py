"""A month of patrols along the demo border, as devices really record them.

Who goes where is a plan (``_plan``): two teams a stretch, on foot, on horseback, by ATV and by car, that
together see most of the border often. Four places stay behind: a valley whose track is flooded for the second
half of the month, a slope that slid and is not passed at all, a wood with hardly any reception, and a bog
that everybody goes round far inside. A walk along the fence track is then played out
second by second and recorded with the errors of a receiver: correlated drift, honest accuracy values, worse
reception in woods, silences. On top come the faults of field devices, each on a known patrol: ``Fault``.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo.track import Fixes, Mode
from service.demo.border import Stretch
from service.demo.walk import Walk, recorded

Floats = NDArray[np.float64]

TIMEZONE = "Asia/Shanghai"
_SEED = 59
# Places by index of the stretch and shares of its length; what is blocked is so from a share of the month on.
BLOCKED = ((3, 0.42, 0.55, 0.5), (4, 0.90, 1.0, 0.0))
WOODED = (1, 0.30, 0.36)
BOGGY = (2, 0.68, 0.73)
_STOP_EVERY_M = 2_400.0


class Fault(Enum):
    """What is wrong with a recording."""

    NONE = "none"
    FIRST_FIX_FAR = "first fix far away"
    SPIKES = "jumps there and back"
    NULL_ISLAND = "fixes at 0°, 0°"
    FROZEN_CLOCK = "the clock stands still"
    OLD_CLOCK = "fixes dated 1901"
    SHUFFLED = "fixes out of order"
    TUNNEL = "a silence of 25 minutes"
    POOR_ACCURACY = "accuracy of 90 m for a while"


@dataclass(frozen=True, slots=True)
class Duty:
    """One planned patrol: a stretch from one share of its length to another, at a local time of day."""

    stretch: int
    day: date
    start: time
    begin: float
    end: float
    mode: Mode
    team: int
    fault: Fault = Fault.NONE
    returns: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class DemoPatrol:
    """A recording to upload: its device, who carried it, how they moved, and the fixes as recorded."""

    device: str
    person: str
    name: str
    mode: Mode
    fixes: Fixes
    fault: Fault


def make_patrols(stretches: tuple[Stretch, ...], today: date, *, days: int) -> list[DemoPatrol]:
    """Return the recordings of the ``days`` before ``today``, in order of time.

    One recording comes twice, as devices send again what they do not know to have arrived.
    """
    patrols = [
        _recording(duty, number, stretches) for number, duty in enumerate(_plan(len(stretches), today, days))
    ]
    if len(patrols) > 8:
        patrols.insert(9, patrols[8])
    return patrols


def _plan(stretches: int, today: date, days: int) -> list[Duty]:
    rng = np.random.default_rng([_SEED, days])
    duties = [
        duty
        for number in range(days)
        for stretch in range(stretches)
        for duty in _day_plan(stretch, number, today - timedelta(days=days - number), days, rng)
    ]
    faults = [fault for fault in Fault if fault is not Fault.NONE]
    # Faults fall on patrols spread over the month; all other recordings are sound.
    spaced = np.linspace(2, len(duties) - 3, len(faults)).astype(int).tolist() if len(duties) > 12 else []
    for at, fault in zip(spaced, faults, strict=False):
        duties[at] = replace(duties[at], fault=fault)
    return duties


def _day_plan(stretch: int, number: int, day: date, days: int, rng: np.random.Generator) -> list[Duty]:
    """Return the duties of one stretch on one day, kept out of what cannot be passed."""
    start = time(int(rng.integers(6, 9)), int(rng.integers(0, 60)))
    turn = (number + 2 * stretch) % 6
    wheels = Mode.CAR if stretch % 2 else Mode.ATV
    # The last stretch is short of people: seen rarely, and its far end not at all of late.
    if stretch == 4 and number > 0.4 * days:
        plan = [(0.0, 0.72, Mode.HORSE, 0)] if turn == 1 else []
    elif turn in (0, 3):
        plan = [(0.0, 0.52, Mode.FOOT, 0), (1.0, 0.47, Mode.HORSE, 1)]
    elif turn == 1:
        plan = [(0.0, 1.0, wheels, 0)]
    elif turn == 4:
        plan = [(0.08, 0.61, Mode.HORSE, 1)]
    else:
        plan = [(0.35, 0.78, Mode.FOOT, 0)] if turn == 2 and stretch != 2 else []
    duties = []
    for begin, end, mode, team in plan:
        for low, high in _passable(stretch, begin, end, number, days):
            returns = mode is Mode.HORSE and abs(high - low) < 0.3
            duties.append(Duty(stretch, day, start, low, high, mode, team, returns=returns))
    return duties


def _passable(stretch: int, begin: float, end: float, number: int, days: int) -> list[tuple[float, float]]:
    """Return the parts of a walk outside what is blocked, in its direction."""
    parts = [(min(begin, end), max(begin, end))]
    for where, low, high, since in BLOCKED:
        if stretch == where and number >= since * days:
            parts = [piece for a, b in parts for piece in ((a, min(b, low)), (max(a, high), b))]
    kept = [(a, b) for a, b in parts if b - a > 0.02]
    return kept if begin < end else [(b, a) for a, b in reversed(kept)]


def _recording(duty: Duty, number: int, stretches: tuple[Stretch, ...]) -> DemoPatrol:
    stretch = stretches[duty.stretch]
    rng = np.random.default_rng([_SEED, duty.day.toordinal(), duty.stretch, number])
    length = stretch.line.length_m
    begun = datetime.combine(duty.day, duty.start, ZoneInfo(TIMEZONE)).timestamp()
    walk = Walk(
        from_m=duty.begin * length,
        to_m=duty.end * length,
        mode=duty.mode,
        begun_at=begun + 60.0 * duty.team * 17.0 + 3_600.0 * 5.0 * (duty.begin > 0.5 and duty.team == 0),
        stops_every_m=_STOP_EVERY_M,
        wood=_measures(WOODED, duty.stretch, length),
        bog=_measures(BOGGY, duty.stretch, length),
        returns=duty.returns,
    )
    fixes = with_fault(recorded(stretch.line, walk, rng), duty.fault, rng)
    device = f"{stretch.segment.code.lower()}-{'ab'[duty.team]}"
    person = f"{stretch.segment.owner}{'甲乙'[duty.team]}组"
    name = f"{duty.day.isoformat()} {stretch.segment.code}"
    return DemoPatrol(device, person, name, duty.mode, fixes, duty.fault)


def _measures(place: tuple[int, float, float], stretch: int, length: float) -> tuple[float, float] | None:
    """Return the measures of a place on a stretch, None where it lies on another."""
    return (place[1] * length, place[2] * length) if stretch == place[0] else None


def with_fault(fixes: Fixes, fault: Fault, rng: np.random.Generator) -> Fixes:
    """Return a recording with a fault of its device put in."""
    size = len(fixes)
    t, lon, lat, accuracy = (np.array(column) for column in (fixes.t, fixes.lon, fixes.lat, fixes.accuracy_m))
    keep = np.arange(size)
    some = slice(size // 3, size // 3 + max(3, size // 60))
    if fault is Fault.FIRST_FIX_FAR:
        lon[0] += 0.4
    elif fault is Fault.SPIKES:
        at = rng.choice(np.arange(5, size - 5), size=min(6, size - 10), replace=False)
        lat[at] += rng.uniform(0.01, 0.05, len(at))
    elif fault is Fault.NULL_ISLAND:
        lon[some], lat[some] = 0.0, 0.0
    elif fault is Fault.FROZEN_CLOCK:
        t[some] = t[some.start]
    elif fault is Fault.OLD_CLOCK:
        t[:3] = datetime(1901, 1, 1, tzinfo=ZoneInfo("UTC")).timestamp() + np.arange(3.0)
    elif fault is Fault.SHUFFLED:
        keep = rng.permutation(size)
    elif fault is Fault.TUNNEL:
        keep = keep[(t < t[size // 2]) | (t > t[size // 2] + 1_500.0)]
    elif fault is Fault.POOR_ACCURACY:
        wide = slice(size // 3, size // 3 + size // 8)
        accuracy[wide] = 90.0
        lon[wide] += rng.normal(0.0, 5e-4, len(lon[wide]))
    return replace(fixes, t=t, lon=lon, lat=lat, accuracy_m=accuracy).take(keep)


def as_csv(fixes: Fixes) -> bytes:
    """Return a recording as the table a device sends: UTC times to the millisecond, one fix a row."""
    zone = ZoneInfo("UTC")
    columns = (fixes.t, fixes.lon, fixes.lat, fixes.accuracy_m, fixes.speed_ms)
    lines = ["time,lon,lat,accuracy,speed"]
    for t, lon, lat, accuracy, speed in zip(*(column.tolist() for column in columns), strict=True):
        moment = datetime.fromtimestamp(t, zone).isoformat(timespec="milliseconds")
        lines.append(f"{moment},{lon:.7f},{lat:.7f},{accuracy:.1f},{speed:.2f}")
    return "\n".join(lines).encode()
