"""Planted defects: which of them a full proof finds, ours and those of others, on the very same units.

A hundred units, whole, and again with one defect each, at random places among the inner boundaries. The units
as they were made are a partition: to find something there is a false alarm.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geo.lattice import SCALE, to_lattice
from geo.partition import dissolve, prove
from tests.benchmarks.database import bench_database, plain
from tests.benchmarks.ground import KEPT, prepare
from tests.benchmarks.peer_environment import PeerFailed, run_peer
from tests.benchmarks.report import OURS, own_versions

UNITS = 100
EACH, FEW = 10, 1
RUNS = 5
WHOLE = "whole"
_METRES = 20 * 100  # 20 m in lattice steps
PEERS = {
    "Shapely coverage_is_valid": "planted_shapely_valid",
    "Shapely coverage_invalid_edges": "planted_shapely_edges",
    "maup doctor": "planted_maup",
    "PostGIS topology": "planted_postgis",
}

Shapes = npt.NDArray[Any]
Plant = Callable[[Shapes, int, np.random.Generator], Shapes | None]


@dataclass(frozen=True, slots=True)
class Found:
    """In how many cases of each kind something was found, of how many; ``seconds`` for the whole units."""

    who: str
    found: dict[str, tuple[int, int]]
    seconds: tuple[float, ...]
    versions: dict[str, str]
    failed: str = ""

    def text(self) -> str:
        """Return the finds as a line."""
        if self.failed:
            return f"{self.who}: unavailable: {self.failed}"
        finds = ", ".join(f"{kind} {count}/{of}" for kind, (count, of) in self.found.items())
        return f"{self.who}: {finds}; {UNITS} whole units in {statistics.median(self.seconds) * 1e3:,.1f} ms"


def compare(*, small: bool, peers: bool, keep: Path = KEPT) -> list[Found]:
    """Return what we find of the planted defects, then what each peer does."""
    units = prepare(UNITS, UNITS, keep).units
    frame = dissolve(units, np.zeros(len(units), dtype=np.int32))[0]
    cases = list(planted(units, FEW if small else EACH))
    names = [name for name, _ in cases]
    ours = np.array([not prove(shapes, frame).exact for _, shapes in cases])
    seconds = tuple(_seconds(lambda: prove(units, frame)) for _ in range(RUNS))
    found = [Found(OURS, _tally(names, ours), seconds, own_versions("shapely"))]
    if not peers:
        return found
    folder = keep / f"planted-{len(cases)}"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, cases)
    for who, module in PEERS.items():
        sys.stderr.write(f"{who} …\n")
        try:
            with ExitStack() as stack:
                variables = {}
                if module == "planted_postgis":
                    url = stack.enter_context(bench_database("bench_planted", topology=True))
                    variables["BENCH_DATABASE"] = plain(url)
                done = run_peer(module, folder, 1 if small else RUNS, variables=variables)
        except PeerFailed as failure:
            found.append(Found(who, {}, (), {}, str(failure)))
            continue
        flags = np.zeros(len(cases), dtype=np.bool_)
        flags[done.pairs[0]] = done.pairs[1] != 0
        found.append(Found(who, _tally(names, flags), done.seconds, done.versions))
    return found


def planted(units: Shapes, each: int, seed: int = 5) -> Iterator[tuple[str, Shapes]]:
    """Yield the units as they are, then with one defect each, as often as that for every kind."""
    yield WHOLE, units
    rng = np.random.default_rng(seed)
    inside = np.flatnonzero(~shapely.intersects(units, shapely.boundary(shapely.coverage_union_all(units))))
    for name, plant in KINDS.items():
        done = 0
        while done < each:
            shapes = plant(units, int(rng.choice(inside)), rng)
            if shapes is not None:
                done += 1
                yield name, shapes


def _gap(units: Shapes, unit: int, rng: np.random.Generator) -> Shapes | None:
    return _one_sided(units, unit, rng, _METRES, grows=False)


def _overlap(units: Shapes, unit: int, rng: np.random.Generator) -> Shapes | None:
    return _one_sided(units, unit, rng, _METRES, grows=True)


def _nudge(units: Shapes, unit: int, rng: np.random.Generator) -> Shapes | None:
    return _one_sided(units, unit, rng, 1)


def _one_sided(
    units: Shapes, unit: int, rng: np.random.Generator, reach: int, *, grows: bool | None = None
) -> Shapes | None:
    """Move an inner vertex of one unit alone by up to ``reach`` steps, so that the unit grows or shrinks."""
    at, corners = _corner(units[unit], rng)
    step = rng.integers(-reach, reach + 1, 2)
    corners[at] += step
    area = _polygon(units[unit], corners)
    wrong_way = grows is not None and (area.area > units[unit].area) != grows
    if not step.any() or not area.is_valid or wrong_way:
        return None
    return _with(units, unit, area)


def _t_junction(units: Shapes, unit: int, rng: np.random.Generator) -> Shapes | None:
    """Put a vertex exactly on an inner edge, for one of its two units."""
    at, corners = _corner(units[unit], rng)
    step = corners[at + 1] - corners[at]
    parts = int(np.gcd(*np.abs(step)))
    if parts < 2:
        return None
    return _with(
        units, unit, _polygon(units[unit], np.insert(corners, at + 1, corners[at] + step // parts, axis=0))
    )


def _missing(units: Shapes, unit: int, _: np.random.Generator) -> Shapes:
    return np.delete(units, unit)


def _duplicate(units: Shapes, unit: int, _: np.random.Generator) -> Shapes:
    return np.append(units, units[unit])


KINDS: dict[str, Plant] = {
    "gap": _gap,
    "overlap": _overlap,
    "T-junction": _t_junction,
    "missing unit": _missing,
    "duplicate": _duplicate,
    "nudge of 1 cm": _nudge,
}


def _corner(area: Any, rng: np.random.Generator) -> tuple[int, npt.NDArray[np.int64]]:
    """Return the place of a corner in the outer ring of an area, and that ring."""
    corners = to_lattice(shapely.get_coordinates(shapely.get_exterior_ring(area)))
    return int(rng.integers(1, len(corners) - 1)), corners


def _polygon(old: Any, corners: npt.NDArray[np.int64]) -> Any:
    return shapely.Polygon(corners / SCALE, [shapely.get_coordinates(hole) for hole in old.interiors])


def _with(units: Shapes, unit: int, area: Any) -> Shapes:
    shapes = units.copy()
    shapes[unit] = area
    return shapes


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _tally(names: list[str], flags: npt.NDArray[np.bool_]) -> dict[str, tuple[int, int]]:
    return {
        name: (int(flags[[one == name for one in names]].sum()), names.count(name))
        for name in dict.fromkeys(names)
    }


def _write(folder: Path, cases: list[tuple[str, Shapes]]) -> None:
    rows = [(case, wkb) for case, (_, shapes) in enumerate(cases) for wkb in shapely.to_wkb(shapes)]
    table = pa.table({"case": pa.array([case for case, _ in rows], pa.int32()), "wkb": [w for _, w in rows]})
    pq.write_table(table, folder / "cases.parquet")
