"""The ground of the benchmark “coverage”: a border, its units and markers, and patrols along it.

A border of 250 km is the edge of a synthetic partition, cut into segments of about a kilometre. Patrols walk
it by turns, a fix a second; what lies near its end is never walked, so that the right answer is known.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.coverage import covered_length, union
from geo.linear import MeasuredLine
from geo.track import Fixes
from tests.benchmarks.ground import prepare

BORDER_M = 250_000.0
SEGMENT_M = 1_000.0
SPEED = 1.3
SIGMA_M, MEMORY_S = 3.0, 60.0
OPEN_SHARE = 0.1
"""This part of the border, its end, is never walked."""

START = 1_748_736_000  # 2025-06-01, midnight in UTC
APART_S = 21_600
PER_PATROL = 14_400

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Patrolled:
    """A border and patrols along it.

    ``whole`` is the border as one line and ``segments`` the same in stretches; ``patrols`` are the fixes of
    one patrol each, and ``spans`` (p, 2) between which measures each of them walked.
    """

    whole: MeasuredLine
    segments: tuple[MeasuredLine, ...]
    units: npt.NDArray[Any]
    markers: Floats
    patrols: tuple[Fixes, ...]
    spans: Floats

    @property
    def fixes(self) -> int:
        """How many fixes there are."""
        return sum(map(len, self.patrols))

    @property
    def walked_m(self) -> float:
        """How many metres were walked at least once."""
        return covered_length(union(self.spans[:, 0], self.spans[:, 1]))

    def write(self, folder: Path, patrols: int) -> None:
        """Write the border and the first patrols for the peers: ``border.wkb`` and ``fixes.parquet``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "border.wkb").write_bytes(shapely.to_wkb(shapely.LineString(self.whole.lonlat)))
        some = self.patrols[:patrols]
        joined = Fixes.join(some)
        number = np.repeat(np.arange(len(some), dtype=np.int32), [len(one) for one in some])
        table = {"patrol": number, "t": joined.t, "lon": joined.lon, "lat": joined.lat}
        pq.write_table(pa.table(table), folder / "fixes.parquet")


def patrolled(fixes: int, units: int, markers: int, border_m: float, keep: Path) -> Patrolled:
    """Return a ground with so many fixes, units and markers; the same for the same numbers."""
    rng = np.random.default_rng(20_261)
    shapes = prepare(units, 10, keep).units
    ring = MeasuredLine.from_lonlat(shapely.get_coordinates(shapely.coverage_union_all(shapes).exterior))
    length = min(border_m, 0.9 * ring.length_m)
    whole = MeasuredLine.from_lonlat(ring.cut(0.0, length))
    cuts = np.linspace(0.0, whole.length_m, max(2, round(length / SEGMENT_M) + 1))
    segments = [MeasuredLine.from_lonlat(whole.cut(a, b)) for a, b in pairwise(cuts.tolist())]
    per_patrol = min(PER_PATROL, fixes // 3)
    patrols, spans = [], []
    for number in range(fixes // per_patrol):
        one, span = _walk(whole, number, per_patrol, rng)
        patrols.append(one)
        spans.append(span)
    places = whole.interpolate(np.linspace(0.0, whole.length_m, markers))
    return Patrolled(whole, tuple(segments), shapes, places, tuple(patrols), np.array(spans))


def _walk(
    whole: MeasuredLine, number: int, count: int, rng: np.random.Generator
) -> tuple[Fixes, tuple[float, float]]:
    """Return a patrol with the errors of a receiver, and the measures it walked between."""
    most = (1.0 - OPEN_SHARE) * whole.length_m
    metres = min(SPEED * (count - 1), most)
    begin = (number * 0.618_033_988_75 % 1.0) * (most - metres)
    measures = begin + np.linspace(0.0, metres, count)
    lonlat = whole.interpolate(measures if number % 2 == 0 else measures[::-1])
    keep = np.exp(-1.0 / MEMORY_S)
    error = rng.normal(0.0, SIGMA_M, (count, 2))
    error[1:] *= np.sqrt(1.0 - keep * keep)
    for k in range(1, count):
        error[k] += keep * error[k - 1]
    scale = 111_195.0 * np.stack([np.cos(np.radians(lonlat[:, 1])), np.ones(count)], axis=1)
    placed = lonlat + error / scale
    t = START + number * APART_S + np.arange(count)
    return Fixes.of(t, placed[:, 0], placed[:, 1], accuracy_m=5.0), (begin, begin + metres)
