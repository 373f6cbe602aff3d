"""``./wardline locate``: the responsible grid of each point of a file."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
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


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Points: CSV, Parquet, GeoParquet, Arrow or GeoPackage.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="The same with answers; its suffix decides.")
    ],
    lon: Annotated[str | None, typer.Option("--lon", metavar="COLUMN", help="Column of longitudes.")] = None,
    lat: Annotated[str | None, typer.Option("--lat", metavar="COLUMN", help="Column of latitudes.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", formats=["%Y-%m-%d"], help="The day to answer for; today where none is given."
        ),
    ] = None,
    datum: Annotated[
        str, typer.Option("--datum", metavar="NAME", help="wgs84, cgcs2000; gcj02 and bd09 where allowed.")
    ] = "wgs84",
    accuracy: Annotated[
        float | None,
        typer.Option(
            "--accuracy",
            metavar="METRES",
            min=0,
            max=MOST_ACCURACY_M,
            help="Radius the points are good for; 15 where none is given.",
        ),
    ] = None,
    accuracy_column: Annotated[
        str | None,
        typer.Option(
            "--accuracy-column", metavar="COLUMN", help="Column of each point's own; empty takes --accuracy."
        ),
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", metavar="CODE", help="The partition.")] = None,
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
    counts = _counts(located)
    said = {"rows": len(table.lon), "as_of": day.isoformat(), **counts, "file": str(output)}
    if as_json:
        typer.echo(json.dumps(said))
    elif not quiet:
        near = counts.pop("near_boundary")
        listed = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        typer.echo(
            f"{len(table.lon):,} points as of {day}: {listed}; {near:,} near a boundary. Written to {output}"
        )


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
