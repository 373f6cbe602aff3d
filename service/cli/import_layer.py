"""``./wardline import``: layers from files, examined first and stored only with ``--apply``."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from service.cli.common import Database, District, Json, Quiet, open_engine
from service.cli.import_report import report_lines
from service.cli.imports import Request, carry_out, open_target
from service.cli.repairs import (
    ChangesFile,
    Duplicates,
    Gaps,
    MostArea,
    MostShare,
    MostShift,
    Overlap,
    Repair,
    RepairedFile,
    Rings,
    repair_request,
)
from service.cli.targets import Target
from service.settings import Settings
from service.use_cases.retention import announce, kept_by

_LAYERS = (
    "grids, border, markers, stations, representatives, dwellings, lines, cover, barriers, roads, sites, or"
    " the code of an area layer"
)

LayerCode = Annotated[str, typer.Argument(metavar="LAYER", help=f"One of: {_LAYERS}.")]
File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="GeoPackage, Shapefile (zipped), GeoJSON, FlatGeobuf; points also CSV; roads .osm.pbf.",
    ),
]
SourceLayer = Annotated[
    str | None, typer.Option("--layer", metavar="NAME", help="The layer of the file, where it has several.")
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field", metavar="OURS=THEIRS", help="Where code, name, households, kind … are read from."
    ),
]
ParentFields = Annotated[
    list[str] | None,
    typer.Option(
        "--parent-field", metavar="FIELD", help="Field with the parent's code; once per upper level."
    ),
]
ParentLayer = Annotated[
    str | None,
    typer.Option("--parent-layer", metavar="NAME", help="Layer of the file with the parents' polygons."),
]
Levels = Annotated[
    str | None,
    typer.Option("--levels", metavar="NAMES", help="Names of the levels, top first: village,grid."),
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind", metavar="KIND", help="partition or overlay; the kind of all markers, lines, barriers …"
    ),
]
Crs = Annotated[
    str | None,
    typer.Option("--crs", metavar="CRS", help="The coordinates' CRS, where the file is silent or wrong."),
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="The text's encoding, such as GB18030.")
]
Frame = Annotated[
    Path | None, typer.Option("--frame", metavar="FILE", help="The area that the units have to divide.")
]
Enclaves = Annotated[
    list[str] | None,
    typer.Option("--enclave", metavar="LON,LAT", help="Enclosed ground that belongs to no unit on purpose."),
]
Effective = Annotated[
    str | None, typer.Option("--effective", metavar="DATE", help="First day in force; today by default.")
]
StretchKm = Annotated[float, typer.Option("--stretch-km", metavar="KM", help="Length of a border segment.")]
CodePrefix = Annotated[
    str, typer.Option("--code-prefix", metavar="TEXT", help="Begins the codes of border lines without one.")
]
Ignored = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="FIELD", help="A field of markers to leave out.")
]
DefectsFile = Annotated[
    Path | None, typer.Option("--defects", metavar="FILE", help="Write every defect to a GeoJSON file.")
]
Name = Annotated[
    str | None, typer.Option("--name", metavar="TEXT", help="Name of a district that is made by this import.")
]
Timezone = Annotated[str, typer.Option("--timezone", metavar="ZONE", help="Its time zone.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why; kept with the release.")]
Apply = Annotated[bool, typer.Option("--apply", help="Store it; without this nothing is changed.")]


def command(
    layer: LayerCode,
    file: File,
    source_layer: SourceLayer = None,
    field: Fields = None,
    parent_field: ParentFields = None,
    parent_layer: ParentLayer = None,
    levels: Levels = None,
    kind: Kind = None,
    crs: Crs = None,
    encoding: Encoding = None,
    frame: Frame = None,
    enclave: Enclaves = None,
    effective: Effective = None,
    stretch_km: StretchKm = 25.0,
    code_prefix: CodePrefix = "B",
    ignore: Ignored = None,
    defects: DefectsFile = None,
    name: Name = None,
    timezone: Timezone = "Asia/Shanghai",
    note: Note = "",
    apply: Apply = False,
    repair: Repair = False,
    most_shift: MostShift = None,
    most_area: MostArea = None,
    most_share: MostShare = None,
    overlap: Overlap = None,
    gaps: Gaps = None,
    duplicates: Duplicates = None,
    rings: Rings = None,
    changes: ChangesFile = None,
    repaired: RepairedFile = None,
    database: Database = None,
    district: District = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Examine a file as a layer, and store it with --apply.

    A partition must be exact: every gap, overlap, sliver and bad ring is listed with its place, its size and
    how to mend it, and nothing is stored until there is none. Without --apply nothing is changed at all.
    Exit code 1 where there are defects.

    With --repair a partition is mended within the limits first; every change is listed, and what is beyond
    the limits stays as it is and needs a decision. It is stored only if the result is proven exact.
    """
    request = _request(locals())
    report = _run(request, Settings.load(database=database, district=district), defects)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
    elif not quiet or not report.get("exact", True):
        typer.echo("\n".join(report_lines(report)))
    if not report.get("exact", True):
        raise typer.Exit(1)


def _request(options: dict[str, Any]) -> Request:
    """Return what the options of the command ask for."""
    levels = options["levels"]
    return Request(
        layer=options["layer"],
        file=options["file"],
        source_layer=options["source_layer"],
        fields=_pairs(options["field"] or []),
        parent_fields=tuple(options["parent_field"] or ()),
        parent_layer=options["parent_layer"],
        level_names=tuple(part.strip() for part in levels.split(",")) if levels else None,
        kind=options["kind"],
        crs=options["crs"],
        encoding=options["encoding"],
        frame=options["frame"],
        enclaves=tuple(_place(text) for text in options["enclave"] or ()),
        effective_on=_day(options["effective"]),
        stretch_km=options["stretch_km"],
        code_prefix=options["code_prefix"],
        ignored=tuple(options["ignore"] or ()),
        district_name=options["name"],
        timezone=options["timezone"],
        note=options["note"],
        apply=options["apply"],
        repair=repair_request(options),
        silent=options["quiet"] or options["as_json"],
    )


def _run(request: Request, settings: Settings, defects: Path | None) -> dict[str, Any]:
    """Read the file, examine it against the database and store it where that is asked for and allowed."""
    prepared = request.read()
    with open_engine(settings) as engine, Session(engine) as session:
        target: Target = open_target(session, request, settings.district)
        report, collection = carry_out(target, request, prepared)
        if report["applied"]:
            if target.stores is not None:
                target.stores.audit.record("import.apply", "layer", request.layer, kind=request.kind)
                announce(target.stores, kept_by(settings), datetime.now(UTC))
            session.commit()
    if defects is not None:
        temporary = defects.with_name(f".{defects.name}.partial")
        temporary.write_text(json.dumps(collection, ensure_ascii=False), encoding="utf-8")
        temporary.replace(defects)
        report["defects_file"] = str(defects)
    return report


def _pairs(given: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        ours, equals, theirs = text.partition("=")
        if not equals or not ours.strip() or not theirs.strip():
            raise typer.BadParameter(
                f"“{text}” is not OURS=THEIRS, such as code=GRIDCODE", param_hint="--field"
            )
        pairs[ours.strip()] = theirs.strip()
    return pairs


def _place(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f"“{text}” is not LON,LAT in degrees", param_hint="--enclave") from error
    return lon, lat


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"“{text}” is not a date such as 2025-06-30", param_hint="--effective"
        ) from error
