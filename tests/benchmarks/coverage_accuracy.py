"""How right walked metres are, beside a buffer of 40 m and the nearest point: hairpins, noise, and lengths.

A walk goes along one limb of a line that comes back beside it. Missed is what was walked and not credited,
bridged what of that is inferred, false what was credited and not walked. Receivers claim their error of one
axis, as the worst do, or the radius of 68 %, as phones do, or nothing. Standing still, going out and back,
and lengths by latitude are told beside the table.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely

from geo.coverage import Evidence, covered_length, gaps, intersection, union, walked
from geo.crs import GEOD
from geo.linear import MeasuredLine
from geo.track import Fixes, Mode, clean
from tests.benchmarks.report import OURS, Report, Row, own_versions
from tests.fixtures.walks import EAST, LAT, LON, NORTH, START, Receiver, along, line, record

Floats = np.ndarray
LIMB_M = 2_000.0
BUFFER_M = 40.0
APART = (15.0, 30.0, 60.0)
DRIFT_S = 30.0
NOISE = {
    "σ 5 m": Receiver(5.0),
    "σ 10 m": Receiver(10.0),
    "σ 5 m drifting": Receiver(5.0, DRIFT_S),
    "σ 10 m drifting": Receiver(10.0, DRIFT_S),
    "forest, σ 12 m drifting": Receiver(12.0, DRIFT_S),
}
CLAIMS = {"": 1.0, "claims 68 %": 1.515, "claims nothing": None}
"""What a receiver claims, in errors of one axis: of these, 1.515 are the radius of 68 %."""

RHYTHMS = {"on foot, every 10 s": (1.3, 10.0, Mode.FOOT), "by car, every second": (11.0, 1.0, Mode.CAR)}
LATITUDES = (0.0, 15.0, 30.0, 45.0, 60.0)
MISSED_PERCENT, LENGTH_PERCENT, STANDING_M, TURN_M = 0.5, 0.01, 50.0, 10.0


@dataclass(frozen=True, slots=True)
class Case:
    """A hairpin, and how it is walked and recorded."""

    apart: float
    noise: str
    claim: str = ""
    speed: float = 1.3
    interval: float = 1.0
    mode: Mode = Mode.FOOT
    rhythm: str = ""

    @property
    def name(self) -> str:
        """What it is called in the table."""
        told = (f"hairpin {self.apart:.0f} m", self.noise, self.claim, self.rhythm)
        return ", ".join(filter(None, told))

    @property
    def measured(self) -> MeasuredLine:
        """The line, of which the first limb is walked."""
        return line((0.0, 0.0), (LIMB_M, 0.0), (LIMB_M, self.apart), (0.0, self.apart))

    def recorded(self, seed: int) -> Fixes:
        """Return what one receiver recorded."""
        receiver, claim = replace(NOISE[self.noise], seed=seed), CLAIMS[self.claim]
        return record(
            np.arange(0.0, LIMB_M, self.speed * self.interval),
            0.0,
            receiver,
            interval=self.interval,
            accuracy=None if claim is None else claim * receiver.sigma,
            mode=self.mode,
        )


def cases() -> Iterator[Case]:
    """Yield each hairpin with each noise, then other claims, then other rhythms."""
    for apart in APART:
        for noise in NOISE:
            yield Case(apart, noise)
    for noise in list(NOISE)[1:]:
        for claim in list(CLAIMS)[1:]:
            yield Case(30.0, noise, claim)
    for rhythm, (speed, interval, mode) in RHYTHMS.items():
        for noise in ("σ 5 m drifting", "σ 10 m drifting"):
            for claim in list(CLAIMS)[:2]:
                yield Case(30.0, noise, claim, speed, interval, mode, rhythm)


def by_matching(fixes: Fixes, measured: MeasuredLine) -> tuple[Floats, Floats]:
    """Return the spans that we credit, and these with what we infer."""
    every = walked(clean(fixes), measured)
    found = every.at_least(Evidence.OBSERVED)
    return union(found.low, found.high), union(every.low, every.high)


def by_nearest(fixes: Fixes, measured: MeasuredLine) -> tuple[Floats, Floats]:
    """Return the spans between the nearest places of one fix and the next, where both are near the line."""
    at = measured.locate(fixes.lon, fixes.lat)
    near = (at.distance_m[1:] <= BUFFER_M) & (at.distance_m[:-1] <= BUFFER_M)
    near &= np.abs(np.diff(at.measure_m)) <= BUFFER_M
    ends = np.sort(np.stack([at.measure_m[:-1], at.measure_m[1:]]), axis=0)[:, near]
    found = union(ends[0], ends[1])
    return found, found


def by_buffer(fixes: Fixes, measured: MeasuredLine) -> tuple[Floats, Floats]:
    """Return the spans of the line that lie within a buffer of the track, to the metre."""
    scale = np.array([EAST, NORTH])
    track = shapely.LineString(np.column_stack([fixes.lon - LON, fixes.lat - LAT]) * scale)
    at = np.arange(0.5, measured.length_m, 1.0)
    points = shapely.points((measured.interpolate(at) - [LON, LAT]) * scale)
    shapely.prepare(track)  # what lies within the buffer, without the buffer: that takes a second each
    near = at[shapely.dwithin(track, points, BUFFER_M)]
    found = union(near - 0.5, near + 0.5)
    return found, found


Method = Callable[[Fixes, MeasuredLine], tuple[Floats, Floats]]
METHODS: dict[str, Method] = {OURS: by_matching, "buffer of 40 m": by_buffer, "nearest point": by_nearest}


def run(units: int = 0, *, small: bool = False, peers: bool = True) -> Report:
    """Walk every case with several receivers and report how many percent of the metres are right."""
    seeds = 2 if small else 10
    rows, remarks, good = [], [], True
    for case in cases():
        for who, method in METHODS.items():
            if who != OURS and not peers:
                continue
            missed, bridged, false = _faults(method, case, seeds)
            right = 100.0 * max(0.0, 1.0 - (missed + false) / LIMB_M)
            note = f"{missed:.1f} m missed, {false:.1f} m false"
            if who == OURS:
                note = f"{missed:.1f} m missed, {bridged:.1f} m of it bridged, {false:.1f} m false"
            rows.append(Row(who, f"% right, {case.name}", (right,), note))
            if who == OURS and case == Case(30.0, "σ 5 m"):
                good &= 100.0 * missed / LIMB_M <= MISSED_PERCENT and false == 0.0
    standing = max(
        clean(record(np.zeros(3_600), 0.0, Receiver(sigma, memory, seed), accuracy=sigma)).distance_m
        for sigma in (5.0, 10.0)
        for memory in (0.0, 60.0)
        for seed in range(seeds)
    )
    worst = max(_length_error(latitude) for latitude in LATITUDES)
    straight = line((0.0, 0.0), (5_000.0, 0.0))
    there = along(straight, 500.0, 3_000.0)
    back = along(straight, 3_000.0, 500.0, start=float(there.t[-1]) + 1.0)
    once = covered_length(by_matching(Fixes.join([there, back]), straight)[0])
    good &= standing <= STANDING_M and worst <= LENGTH_PERCENT and abs(once - 2_500.0) <= TURN_M
    remarks += [
        f"standing an hour: {standing:.1f} m at most",
        f"lengths at {LATITUDES[0]:.0f}° to {LATITUDES[-1]:.0f}°: {worst:.5f} % off at most",
        f"2,500 m out and back: {once:.1f} m",
    ]
    size = f"{seeds} receivers a case, if not told else a fix a second at 1.3 m/s, limbs of {LIMB_M:.0f} m"
    return Report("coverage-accuracy", size, own_versions(), rows, bool(good), remarks)


def _faults(method: Method, case: Case, seeds: int) -> tuple[float, float, float]:
    """Return the metres missed, what of them was bridged, and those falsely credited: means of receivers.

    The ends of a walk are known to the receiver's error: 25 m round them are neither.
    """
    measured, faults = case.measured, []
    inner, outer = np.array([[25.0, LIMB_M - 25.0]]), np.array([[LIMB_M + 25.0, measured.length_m]])
    for seed in range(seeds):
        found, inferred = method(case.recorded(seed), measured)
        missed, lost = (
            covered_length(intersection(gaps(spans, 0.0, measured.length_m), inner))
            for spans in (found, inferred)
        )
        faults.append((missed, missed - lost, covered_length(intersection(found, outer))))
    missed, bridged, false = np.mean(faults, axis=0).tolist()
    return missed, bridged, false


def _length_error(latitude: float) -> float:
    """Return by how many percent 10 km of a winding walk at a latitude are off."""
    x = np.arange(0.0, 10_000.0, 40.0)
    east, north = (
        GEOD.inv(LON, latitude, LON + dx, latitude + dy)[2] * 100.0 for dx, dy in ((0.01, 0), (0, 0.01))
    )
    lonlat = np.column_stack([LON + x / east, latitude + 300.0 * np.sin(x / 900.0) / north])
    measured = MeasuredLine.from_lonlat(lonlat)
    count = int(measured.length_m / 1.3)
    place = measured.interpolate(np.linspace(0.0, measured.length_m, count))
    way = Fixes.of(START + np.arange(float(count)), place[:, 0], place[:, 1], accuracy_m=5.0)
    return abs(covered_length(by_matching(way, measured)[0]) / measured.length_m - 1.0) * 100.0
