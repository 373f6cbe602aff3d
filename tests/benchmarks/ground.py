"""The ground of the benchmarks: a synthetic partition and points on it, kept below ``.wardline/bench``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.lattice import SCALE, to_lattice, to_lonlat
from geo.synthetic import counts_for, partition
from tests.benchmarks.peer_environment import ROOT

KEPT = ROOT / ".wardline" / "bench"
_SEED = 20_260
_ON_EDGES = 0.001


@dataclass(frozen=True, slots=True)
class Ground:
    """Units as shapes in degrees and points in lattice steps (n, 2); ``folder`` holds them for the peers.

    The files are ``units.parquet`` (``unit`` int32, ``wkb``) and ``points.parquet`` (``point`` int32,
    ``lon``, ``lat`` float64, exactly lattice values).
    """

    folder: Path
    units: npt.NDArray[Any]
    points: npt.NDArray[np.int64]


def prepare(units: int, points: int, keep: Path = KEPT) -> Ground:
    """Return a ground, made at first use; one point of a thousand is on an edge, half of those at its end."""
    folder = keep / f"{units}-{points}"
    if not (folder / "points.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shapes = partition(_frame(units), counts_for(units), seed=_SEED).polygons
        wkb = pa.table({"unit": pa.array(range(units), pa.int32()), "wkb": shapely.to_wkb(shapes)})
        pq.write_table(wkb, folder / "units.parquet")
        lonlat = to_lonlat(_points(shapes, points))
        table = pa.table(
            {"point": pa.array(range(points), pa.int32()), "lon": lonlat[:, 0], "lat": lonlat[:, 1]}
        )
        pq.write_table(table, folder / "points.parquet")
    shapes = shapely.from_wkb(pq.read_table(folder / "units.parquet")["wkb"].to_numpy())
    table = pq.read_table(folder / "points.parquet")
    return Ground(folder, shapes, to_lattice(np.column_stack([table["lon"], table["lat"]])))


def _frame(units: int) -> shapely.Polygon:
    """A lobed county; larger for more units, so that units keep their size of about 2 km."""
    size = max(0.2, (units / 2_924) ** 0.5)
    angle = np.linspace(0.0, 2.0 * np.pi, int(3_000 * size), endpoint=False)
    rng = np.random.default_rng(_SEED)
    radius = np.ones(len(angle))
    for wave in range(2, 60):
        radius += 0.04 / wave * rng.normal() * np.cos(wave * angle + rng.uniform(0.0, 6.0))
    ring = np.column_stack(
        [110 + 0.75 * size * radius * np.cos(angle), 40 + 0.5 * size * radius * np.sin(angle)]
    )
    return shapely.Polygon(np.rint(ring * SCALE) / SCALE)


def _points(shapes: npt.NDArray[Any], number: int) -> npt.NDArray[np.int64]:
    """Points in the union of the shapes: the outer ring is the edges that only one shape has."""
    rng = np.random.default_rng(_SEED + 1)
    vertices = to_lattice(shapely.get_coordinates(shapes))
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    outline = shapely.coverage_union_all(shapes)
    shapely.prepare(outline)
    drawn: list[npt.NDArray[np.int64]] = []
    while sum(map(len, drawn)) < number:
        some = rng.integers(low, high + 1, (number, 2))
        drawn.append(some[shapely.contains_xy(outline, some[:, 0] / SCALE, some[:, 1] / SCALE)])
    points = np.concatenate(drawn)[:number]
    places = np.concatenate([_inside_edges(shapes), vertices[rng.integers(0, len(vertices), number)]])
    chosen = rng.choice(number, max(2, int(number * _ON_EDGES)), replace=False)
    middle = len(places) - number
    half = len(chosen) // 2 if middle else 0
    points[chosen[:half]] = places[rng.integers(0, max(1, middle), half)]
    points[chosen[half:]] = places[rng.integers(middle, len(places), len(chosen) - half)]
    return points


def _inside_edges(shapes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return a lattice point inside every edge that has one."""
    corners, shape = shapely.get_coordinates(shapes, return_index=True)
    whole = to_lattice(corners)
    steps = np.diff(whole, axis=0)
    parts = np.gcd(steps[:, 0], steps[:, 1])
    edge = (shape[1:] == shape[:-1]) & (parts > 1)
    return np.asarray(whole[:-1][edge] + steps[edge] // parts[edge, None])
