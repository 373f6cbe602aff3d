"""Repair: dirtied units, and libpysal's polygon examples as they are, and what became of them.

The examples are read where libpysal is installed, here or in the environment of the peers. A file without a
CRS is read as degrees, or, where that cannot be, as metres of a stand-in zone: its defects are the same.
"""

import importlib.util
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from rich.console import Console
from rich.table import Table

from geo.crs import geodesic_area
from geo.errors import WardlineError
from geo.lattice import SCALE, quantise
from geo.partition import prove
from geo.partition.chains import Shapes
from geo.repair import Limits, repair
from service.readers.vector import Features, read_vector
from tests.benchmarks.ground import KEPT, prepare
from tests.benchmarks.peer_environment import PeerFailed, peer_python, run_peer
from tests.benchmarks.report import OURS, Report, Row, own_versions

SUFFIXES = (".shp", ".geojson", ".json", ".zip", ".gpkg")
STAND_INS = ("EPSG:4326", "EPSG:32616")
FEW = 6
UNITS, FEW_UNITS = 300, 60
DIRTIED = "dirtied"
PEERS = {"maup smart_repair": "repair_maup", "Shapely coverage_clean": "repair_shapely"}
_FIND = "import importlib.util as u; print(u.find_spec('libpysal').submodule_search_locations[0])"


@dataclass(frozen=True, slots=True)
class Example:
    """What became of one file; ``ruled`` says how the second attempt, with a rule for overlaps, ended."""

    name: str
    units: int
    before: Mapping[str, int]
    remains: Mapping[str, int]
    exact: bool
    left_out: int
    area_m2: float
    shift_m: float
    seconds: float
    ruled: str = ""


@dataclass(frozen=True, slots=True)
class RepairReport(Report):
    """The report with the table of examples."""

    examples: tuple[Example, ...] = ()

    def show(self, console: Console) -> None:
        table = Table(title=f"{self.job}: {self.size}")
        heads = (
            "example",
            "units",
            "defects",
            "repaired",
            "remains",
            "left out",
            "m² changed",
            "shift m",
            "s",
        )
        for heading in heads:
            table.add_column(heading, justify="left" if heading in heads[::2][:3] else "right")
        for each in self.examples:
            table.add_row(*cells(each))
        console.print(table)
        for remark in self.remarks:
            console.print(remark)

    def as_json(self) -> dict[str, Any]:
        rows = [dict(zip(("example", "units", "defects", "repaired"), cells(each)[:4], strict=True))
                for each in self.examples]  # fmt: skip
        return {**Report.as_json(self), "examples": rows}


def run(units: int = 0, *, small: bool = False, peers: bool = True, keep: Path = KEPT) -> RepairReport:
    """Repair dirtied units and every example; each with wide overlaps a second time with a rule."""
    folder = examples_folder() if peers else None
    remarks = [] if folder else ["libpysal is not installed here; without --no-peers its examples are read."]
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES) if folder else []
    found, read_in = [], [DIRTIED]
    dirty = [dirtied(prepare(FEW_UNITS if small else UNITS, 10, keep).units)]
    found.append(repaired(DIRTIED, dirty[0]))
    for path in files:
        features = read(path)
        if features is not None:
            dirty.append(quantise(features.geometries))
            read_in.append(path.stem)
            found.append(repaired(path.stem, dirty[-1]))
        if small and len(found) == FEW:
            break
    if peers:
        remarks += _peers(dirty, read_in, keep)
    seconds = sum(each.seconds for each in found) or 1.0
    count = sum(each.units for each in found)
    return RepairReport(
        job="repair",
        size=f"{len(found)} examples, {count} units",
        versions=own_versions("shapely", "numpy"),
        rows=[Row(OURS, "units/s", (count / seconds,))],
        answers_equal=True,
        remarks=remarks,
        examples=tuple(found),
    )


def examples_folder() -> Path:
    """Return the folder of libpysal's examples, here or in the environment of the peers."""
    here = importlib.util.find_spec("libpysal")
    if here is not None and here.submodule_search_locations:
        return Path(here.submodule_search_locations[0]) / "examples"
    found = subprocess.run([str(peer_python()), "-c", _FIND], capture_output=True, text=True, check=True)
    return Path(found.stdout.strip()) / "examples"


def read(path: Path) -> Features | None:
    """Return the areas of a file, None where it holds none."""
    for crs in (None, *STAND_INS):
        try:
            return read_vector(path, "area", crs=crs)
        except WardlineError:
            continue
    return None


def dirtied(units: Shapes) -> Shapes:
    """Return units of which one vertex in a hundred lies up to half a metre elsewhere, for one unit alone."""
    rng = np.random.default_rng(3)

    def moved(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        steps = rng.integers(-50, 51, corners.shape) * (rng.random((len(corners), 1)) < 0.01)
        steps[[0, -1]] = 0  # a ring stays closed
        return corners + steps / SCALE

    dirty = units.copy()
    for position, unit in enumerate(units):
        rings = [moved(shapely.get_coordinates(ring)) for ring in (unit.exterior, *unit.interiors)]
        dirty[position] = shapely.Polygon(rings[0], rings[1:])
    return np.asarray(quantise(dirty))


def _peers(dirty: Sequence[Shapes], names: Sequence[str], keep: Path) -> list[str]:
    """Return what each peer makes of the same areas, judged by the same proof on the lattice."""
    folder = keep / "repair"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(case, wkb) for case, areas in enumerate(dirty) for wkb in shapely.to_wkb(areas).tolist()]
    table = pa.table({"case": pa.array([case for case, _ in rows], pa.int32()), "wkb": [w for _, w in rows]})
    pq.write_table(table, folder / "dirty.parquet")
    told = []
    for who, module in PEERS.items():
        try:
            done = run_peer(module, folder, 1)
        except PeerFailed as failure:
            told.append(f"{who}: unavailable: {failure}")
            continue
        table = pq.read_table(folder / f"{module}.parquet")
        case, shapes = table["case"].to_numpy(), shapely.from_wkb(table["wkb"].to_numpy())
        verdicts = [
            f"{name}: {verdict(areas, shapes[case == position])}, {done.seconds[position]:.2f} s"
            for position, (name, areas) in enumerate(zip(names, dirty, strict=True))
        ]
        told += [f"{who} {done.versions}", *(f"  {one}" for one in verdicts)]
    return told


def verdict(before: Shapes, after: Shapes) -> str:
    """Return what came out of a repair: failed, exact on the lattice or not, and how many units it lost."""
    if not len(after):
        return "failed"
    lost = len(before) - int((~shapely.is_empty(after)).sum())
    try:
        exact = prove(quantise(after), enclaves=None).exact
    except WardlineError as error:
        return f"no areas: {error}"
    own = "a valid coverage by its own measure" if shapely.coverage_is_valid(after) else "no valid coverage"
    told = f"{'exact' if exact else 'not exact'} on the lattice, {own}, {lost} units lost"
    return told + _changed(before, after)


def _changed(before: Shapes, after: Shapes) -> str:
    """Return how much ground the units that are still there gained and lost, each counted by itself."""
    if len(before) != len(after):
        return ""
    parts = shapely.get_parts(shapely.symmetric_difference(shapely.make_valid(before), after))
    # A collection may hold areas of several parts.
    parts = shapely.get_parts(parts)
    areas = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return f", {float(np.sum(geodesic_area(areas))):,.1f} m² changed"


def repaired(name: str, areas: Shapes) -> Example:
    """Prove and repair one example with the default limits."""
    before = Counter(defect.kind.value for defect in prove(areas).defects)
    began = time.perf_counter()
    result = repair(areas)
    seconds = time.perf_counter() - began
    figures = result.figures()
    ruled = ""
    if any(remain.kind.value == "overlap" for remain in result.remains):
        again = repair(areas, Limits(overlap="longest-edge"))
        ruled = "exact" if again.exact else "not exact"
        ruled += f" with --overlap longest-edge, {again.figures()['area_m2']:,.0f} m²"
    return Example(
        name,
        len(areas),
        before,
        Counter(remain.kind.value for remain in result.remains),
        result.exact,
        len(result.enclaves),
        figures["area_m2"],
        figures["shift_m"],
        seconds,
        ruled,
    )


def cells(each: Example) -> tuple[str, ...]:
    """Return a row of the table."""
    remains = listed(each.remains)
    return (
        each.name,
        str(each.units),
        listed(each.before),
        ("exact already" if not each.before else "exact") if each.exact else "no",
        f"{remains}; {each.ruled}" if each.ruled else remains,
        str(each.left_out),
        f"{each.area_m2:,.1f}",
        f"{each.shift_m:.2f}",
        f"{each.seconds:.2f}",
    )


def listed(kinds: Mapping[str, int]) -> str:
    """Return kinds and how many of each."""
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in kinds.items()) or "–"
