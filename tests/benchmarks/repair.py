"""Repair of real data: every polygon example that comes with libpysal, as it is, and what became of it.

The examples are read where libpysal is installed, here or in the environment of the peers. A file without a
CRS is read as degrees, or, where that cannot be, as metres of a stand-in zone: its defects are the same.
"""

import importlib.util
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from geo.errors import WardlineError
from geo.lattice import quantise
from geo.partition import prove
from geo.repair import Limits, repair
from service.readers.vector import Features, read_vector
from tests.benchmarks.peer_environment import peer_python
from tests.benchmarks.report import OURS, Report, Row, own_versions

SUFFIXES = (".shp", ".geojson", ".json", ".zip", ".gpkg")
STAND_INS = ("EPSG:4326", "EPSG:32616")
FEW = 6
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


def run(units: int = 0, *, small: bool = False, peers: bool = True) -> RepairReport:
    """Repair every example, and each that is left with wide overlaps a second time with a rule."""
    folder = examples_folder() if peers else None
    remarks = [] if folder else ["libpysal is not installed here; without --no-peers its examples are read."]
    files = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES) if folder else []
    found = []
    for path in files:
        features = read(path)
        if features is not None:
            found.append(repaired(path.stem, features))
        if small and len(found) == FEW:
            break
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


def repaired(name: str, features: Features) -> Example:
    """Prove and repair one example with the default limits."""
    areas = quantise(features.geometries)
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
