"""``./wardline locate``: the responsible grid of each point of a file."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import typer
from rich.console import Console
from sqlalchemy.orm import Session

from geo.errors import N_
from layers import districts
from layers.stores import Stores
from service.cli.common import Database, District, Json, Quiet, open_engine
from service.errors import InvalidInput
from service.indexes.ground import read_ground
from service.indexes.locate_many import RULES
from service.indexes.snapshots import choose_district
from service.readers import points
from service.readers.point_accuracy import MOST_ACCURACY_M
from service.readers.point_table import PointTable
from service.settings import Settings
from service.use_cases.locate import locate_table

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="Points: CSV, Parquet, GeoParquet, Arrow or GeoPackage.")
]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="OUT", help="The same with answers; its suffix decides.")
]
Lon = Annotated[str | None, typer.Option("--lon", metavar="COLUMN", help="Column of longitudes.")]
Lat = Annotated[str | None, typer.Option("--lat", metavar="COLUMN", help="Column of latitudes.")]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day to answer for; today where none is given."),
]
Datum = Annotated[
    str, typer.Option("--datum", metavar="NAME", help="wgs84, cgcs2000; gcj02 and bd09 where allowed.")
]
Accuracy = Annotated[
    float | None,
    typer.Option(
        "--accuracy",
        metavar="METRES",
        min=0,
        max=MOST_ACCURACY_M,
        help="Radius the points are good for; 15 where none is given.",
    ),
]
AccuracyColumn = Annotated[
    str | None,
    typer.Option(
        "--accuracy-column", metavar="COLUMN", help="Column of each point's own; empty takes --accuracy."
    ),
]
Partition = Annotated[str | None, typer.Option("--layer", metavar="CODE", help="The partition.")]


def command(
    file: File,
    output: Output,
    lon: Lon = None,
    lat: Lat = None,
    as_of: AsOf = None,
    datum: Datum = "wgs84",
    accuracy: Accuracy = None,
    accuracy_column: AccuracyColumn = None,
    layer: Partition = None,
    database: Database = None,
    district: District = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Add to each point of a file the grid that owns it, its parents, and the rule that says so.

    Where an edge is within the accuracy of a point, near_boundary says so and candidates names the grids it
    may lie in, the owner first. Every column comes back as it was. A file with rows that are no points is
    refused as a whole, and the first ten are named; a point outside every grid gets empty answers and the
    rule “outside”.
    """
    settings = Settings.load(database=database, district=district)
    points.format_of(output)
    if output.exists() and file.exists() and output.samefile(file):
        raise InvalidInput(
            N_("The answers would replace the file of the points."),
            mend=N_("Name another file with -o."),
            where={"file": str(output)},
        )
    with _step("Reading the points", quiet):
        table = points.read_file(file, lon, lat)
    with open_engine(settings) as engine, Session(engine) as session:
        with _step("Reading the grids", quiet):
            codes = [one.code for one in districts.every(session)]
            stores = Stores(session, choose_district(codes, None, settings.district))
            zone = ZoneInfo(stores.districts.current().timezone)
            day = datetime.now(zone).date() if as_of is None else as_of.date()
            ground = read_ground(stores, day)
        with _step(f"Locating {len(table.lon):,} points", quiet):
            located = locate_table(
                ground,
                table,
                datum=datum,
                allow_inverse=settings.allow_datum_inverse,
                accuracy_m=accuracy,
                accuracy_from=accuracy_column,
                layer=layer,
                reason=f"locate {file.name}",
            )
    with _step("Writing the answers", quiet):
        points.write_file(located, output)
    said = {"rows": len(table.lon), "as_of": day.isoformat(), **_counts(located), "file": str(output)}
    if as_json:
        typer.echo(json.dumps(said))
    elif not quiet:
        typer.echo(_sentence(said))


def _sentence(said: dict[str, Any]) -> str:
    """Return the report in words."""
    listed = ", ".join(f"{said[rule]:,} {rule}" for rule in RULES)
    near = f"{said['near_boundary']:,} near a boundary"
    return f"{said['rows']:,} points as of {said['as_of']}: {listed}; {near}. Written to {said['file']}"


def _counts(located: PointTable) -> dict[str, int]:
    """Return how many points have each rule, and how many are near a boundary."""
    rules = located.table.column(located.answers["rule"])
    counts = {name: pc.sum(pc.equal(rules, name)).as_py() or 0 for name in RULES}
    return {
        **counts,
        "near_boundary": pc.sum(located.table.column(located.answers["near_boundary"])).as_py() or 0,
    }


@contextmanager
def _step(text: str, quiet: bool) -> Iterator[None]:
    """Show a step of the work on the error stream while it runs."""
    if quiet:
        yield
        return
    with Console(stderr=True).status(f"{text} …"):
        yield
