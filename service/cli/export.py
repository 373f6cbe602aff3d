"""``./wardline export``: a stored layer as a file."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.orm import Session

from layers import districts
from layers.stores import Stores
from service.cli.common import Database, District, Json, Quiet, open_engine
from service.indexes.snapshots import choose_district
from service.settings import Settings
from service.use_cases.export import export_layer, require_format


def command(
    layer: Annotated[
        str,
        typer.Argument(
            metavar="LAYER",
            help="An area layer by its code, or border, markers, stations, incidents, representatives.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="A .gpkg, .geojson, .fgb or .csv file."),
    ],
    level: Annotated[
        int | None,
        typer.Option("--level", min=0, max=9, help="Of an area layer: 0 is the top; else the smallest."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option("--as-of", formats=["%Y-%m-%d"], help="The day to write; today where none is given."),
    ] = None,
    database: Database = None,
    district: District = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write a stored layer to a file, in lon, lat degrees (EPSG:4490).

    In CSV points have columns lon and lat, other shapes WKT, and no text can act as a formula.
    """
    settings = Settings.load(database=database, district=district)
    require_format(output)
    with open_engine(settings) as engine, Session(engine) as session:
        codes = [one.code for one in districts.every(session)]
        stores = Stores(session, choose_district(codes, None, settings.district))
        zone = ZoneInfo(stores.districts.current().timezone)
        day = datetime.now(zone).date() if as_of is None else as_of.date()
        count = export_layer(stores, layer, output, day, level)
        stores.audit.record("layer.export", "layer", layer, features=count, day=day.isoformat())
        session.commit()
    if as_json:
        typer.echo(
            json.dumps({"layer": layer, "as_of": day.isoformat(), "features": count, "file": str(output)})
        )
    elif not quiet:
        typer.echo(f"{count:,} features of {layer} as of {day} written to {output}")
