"""The part of ``./wardline import`` that repairs: its options, its progress, its files and its words."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import numpy as np
import pyogrio.raw
import shapely
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from geo.crs import STORAGE_CRS
from geo.errors import N_
from geo.repair import GapRule, Limits, OverlapRule, RingRule
from service.errors import UnsupportedFormat
from service.readers.vector import Features
from service.readers.whole_file import whole_file
from service.use_cases.repair_grids import RepairPlan

Tell = Callable[[str, int, int], None]

Repair = Annotated[
    bool, typer.Option("--repair", help="Repair a partition within the limits, and prove the result.")
]
MostShift = Annotated[
    float | None, typer.Option("--most-shift", metavar="M", help="Metres an edge may move; default 2.")
]
MostArea = Annotated[
    float | None,
    typer.Option("--most-area", metavar="M2", help="Ground that may change hands at a place; default 10000."),
]
MostShare = Annotated[
    float | None,
    typer.Option("--most-share", metavar="PERCENT", help="Of its ground a unit may lose; default 10."),
]
Overlap = Annotated[
    str | None,
    typer.Option(
        "--overlap",
        metavar="RULE",
        help="Who gets a wide overlap: first, smaller, larger or longest-edge; else it is refused.",
    ),
]
Gaps = Annotated[
    str | None,
    typer.Option("--gaps", metavar="RULE", help="Wide gaps: fill, or leave them out of the frame."),
]
Duplicates = Annotated[
    str | None,
    typer.Option("--duplicates", metavar="RULE", help="first: keep the first of units with the same ground."),
]
Rings = Annotated[
    str | None,
    typer.Option("--rings", metavar="RULE", help="Rings that run over themselves: filled or even-odd."),
]
ChangesFile = Annotated[
    Path | None, typer.Option("--changes", metavar="FILE", help="Write every change to a GeoJSON file.")
]
RepairedFile = Annotated[
    Path | None, typer.Option("--repaired", metavar="FILE", help="Write the repaired units: .gpkg or .fgb.")
]

_DRIVERS = {".gpkg": "GPKG", ".fgb": "FlatGeobuf"}
_RULES = {
    "overlap": ("--overlap", get_args(OverlapRule)),
    "gaps": ("--gaps", get_args(GapRule)),
    "duplicates": ("--duplicates", ("first",)),
    "rings": ("--rings", get_args(RingRule)),
}
_STEPS = {
    "node": N_("cutting edges where they meet"),
    "decide": N_("deciding about faulty ground"),
    "sum up": N_("summing up the units"),
    "prove": N_("proving the result"),
    "store": N_("storing"),
}
_EVERY_S = 5.0
SHOWN = 50


@dataclass(frozen=True, slots=True, eq=False)
class RepairRequest:
    """The repair that was asked for: its limits, the files to write, and who is told of progress."""

    limits: Limits
    changes: Path | None
    repaired: Path | None
    silent: bool


def repair_request(options: Mapping[str, Any]) -> RepairRequest | None:
    """Return what the options of a command ask for, None without ``--repair``.

    Raises
    ------
    BadParameter
        A rule is unknown, or a limit or file is named without ``--repair``.
    UnsupportedFormat
        The repaired file has no suffix of ours.
    """
    given = {name: options[name] for name in ("most_shift", "most_area", "most_share", *_RULES)}
    files = {name: options[name] for name in ("changes", "repaired")}
    if not options["repair"]:
        for name, value in (given | files).items():
            if value is not None:
                option = f"--{name.replace('_', '-')}"
                raise typer.BadParameter("it says something about --repair only", param_hint=option)
        return None
    if options["layer"] in (
        "border",
        "markers",
        "stations",
        "representatives",
        "dwellings",
        "lines",
        "cover",
    ):
        raise typer.BadParameter("only layers of areas can be repaired", param_hint="--repair")
    for name, (option, known) in _RULES.items():
        if given[name] is not None and given[name] not in known:
            raise typer.BadParameter(f"“{given[name]}” is none of: {', '.join(known)}", param_hint=option)
    default = Limits()
    limits = Limits(
        shift_m=default.shift_m if given["most_shift"] is None else given["most_shift"],
        area_m2=default.area_m2 if given["most_area"] is None else given["most_area"],
        share=default.share if given["most_share"] is None else given["most_share"] / 100,
        **{name: given[name] for name in _RULES},
    )
    if files["repaired"] is not None and files["repaired"].suffix.lower() not in _DRIVERS:
        raise UnsupportedFormat(
            N_("“{file}” names no format that repaired units are written in."),
            mend=N_("Use one of {known}."),
            where={"file": str(files["repaired"])},
            file=files["repaired"].name,
            known=", ".join(_DRIVERS),
        )
    return RepairRequest(limits, files["changes"], files["repaired"], options["quiet"] or options["as_json"])


@contextmanager
def telling(*, silent: bool) -> Iterator[Tell | None]:
    """Yield what tells of long work: a bar on a screen, a line now and then elsewhere."""
    console = Console(stderr=True)
    if silent:
        yield None
    elif console.is_terminal:
        columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=1.0)
            yield lambda step, done, total: bar.update(
                task, description=_STEPS[step], completed=done, total=max(total, 1)
            )
    else:
        yield _Lines()


class _Lines:
    """Tells of long work in lines, not more often than every few seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= _EVERY_S:
            self._last = now
            sys.stderr.write(f"· {_STEPS[step]} ({done:,} of {total:,})\n")


def write_files(request: RepairRequest, plan: RepairPlan, features: Features, upper: Features | None) -> None:
    """Write the changes and the repaired units where that was asked for; each file appears whole or not."""
    if request.changes is not None:
        with whole_file(request.changes) as temporary:
            temporary.write_text(json.dumps(plan.changes_geojson(), ensure_ascii=False), encoding="utf-8")
    if request.repaired is None:
        return
    leaf = plan.levels[-1].repaired.kept if len(plan.levels) > 1 or plan.upper is None else None
    with whole_file(request.repaired) as temporary:
        _write(temporary, features, plan.units.areas, leaf, append=False)
        if upper is not None and plan.upper is not None and temporary.suffix.lower() == ".gpkg":
            _write(temporary, upper, plan.upper.areas, None, append=True)


def _write(path: Path, features: Features, areas: Any, kept: Any, *, append: bool) -> None:
    """Write one layer with the columns that the file had, so that it can be read the same way again."""
    rows = np.arange(len(features)) if kept is None else kept
    driver = _DRIVERS[path.suffix.lower()]
    options = (
        {} if driver != "GPKG" else {"FID": _free("fid", features), "GEOMETRY_NAME": _free("geom", features)}
    )
    pyogrio.raw.write(
        path,
        np.asarray(shapely.to_wkb(np.asarray(areas, dtype=object)), dtype=object),
        [column[rows] for column in features.columns.values()],
        fields=list(features.columns),
        layer=features.layer,
        driver=driver,
        geometry_type="MultiPolygon",
        promote_to_multi=True,
        crs=STORAGE_CRS,
        append=append,
        layer_options=options,
    )


def _free(name: str, features: Features) -> str:
    """Return a column name that the file does not use itself."""
    used = {column.lower() for column in features.columns}
    while name in used:
        name += "_"
    return name


def repair_lines(report: dict[str, Any]) -> list[str]:
    """Return what a repair did, and what it left to a decision, in lines for people."""
    repair, before = report["repair"], report["before"]
    limits = repair["limits"]
    rules = [f"{name} {limits[name]}" for name in _RULES if limits[name] is not None]
    counts = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in before["by_kind"].items())
    bounds = (
        f"{limits['shift_m']:g} m, {limits['area_m2']:g} m² at a place, {limits['share'] * 100:g} % of a unit"
    )
    lines = [
        f"  before the repair: {before['count']:,} defects{': ' if counts else ''}{counts}",
        f"  limits: {bounds}; rules: {', '.join(rules) or 'none'}",
    ]
    for level in repair["levels"]:
        lines += _level_lines(level)
    for option in ("changes_file", "repaired_file"):
        if report.get(option):
            lines.append(f"  written: {report[option]}")
    return lines


def _figures(of: dict[str, Any]) -> str:
    largest = f"at most {of['largest_m2']:,.2f} m² and {of['shift_m']:.3f} m at a place"
    return f"{of['count']:,} changes, {of['area_m2']:,.2f} m² in all, {largest}"


def _level_lines(level: dict[str, Any]) -> list[str]:
    figures = level["changes"]
    units = f"{level['kept']:,} of {level['units']:,} units kept"
    lines = [f"  {level['level']}: {units}, {_figures(figures)}"]
    lines += [f"    {kind.replace('_', ' ')}: {_figures(of)}" for kind, of in figures["by_kind"].items()]
    for title, items in (("needs a decision", level["remains"]), ("left out", level["left_out"])):
        lines += [f"    {title}: {item['text']}" for item in items[:SHOWN]]
        if len(items) > SHOWN:
            lines.append(f"    … and {len(items) - SHOWN:,} more; --changes FILE writes them all")
    return lines
