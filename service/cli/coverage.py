"""``./wardline coverage``: what of the border was walked in a period, as a table, a file or a map."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from layers import districts
from layers.stores import Stores
from maps.shell import Reader
from service import i18n
from service.cli.common import Database, District, Json, Quiet, open_engine
from service.indexes.snapshots import choose_district
from service.schemas.coverage import Period, SegmentCoverage, report_json
from service.settings import Settings
from service.use_cases import coverage as use_case
from service.use_cases import due
from service.use_cases.coverage_files import require_format, write
from service.use_cases.coverage_map import coverage_map, days_of
from service.use_cases.coverage_timeline import strips_of
from service.use_cases.map_context import map_context


def command(
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day; 30 days before the end.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="The day it ends before; tomorrow.")
    ] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar="CODE", help="One segment; else all.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="A .html, .geojson, .csv or .gpkg file."),
    ] = None,
    database: Database = None,
    district: District = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say which metres of the border were walked in a period, what is left open and what is due.

    Days are those of the district's calendar; instants with an offset are taken as well.
    """
    settings = Settings.load(database=database, district=district)
    if output is not None:
        require_format(output)
    with open_engine(settings) as engine, Session(engine) as session:
        codes = tuple(one.code for one in districts.every(session))
        stores = Stores(session, choose_district(list(codes), None, settings.district))
        zone = stores.districts.current().timezone
        period = use_case.period_of(first, last, zone, datetime.now(UTC))
        segments = use_case.segments_of(stores, period, segment)
        found = use_case.coverage(stores, segments, period)
        found = due.with_rules(stores, found, period)
        if output is not None:
            page = _page(stores, codes, found, period) if output.suffix.lower() == ".html" else ""
            write(found, period, output, page)
    body = report_json(found, period)
    if as_json:
        typer.echo(json.dumps(body | ({} if output is None else {"file": str(output)}), ensure_ascii=False))
    elif not quiet:
        _show(body)
        if output is not None:
            typer.echo(f"Written to {output}")


def _page(stores: Stores, codes: tuple[str, ...], found: tuple[SegmentCoverage, ...], period: Period) -> str:
    """Return the map as one file, in the language of the environment."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    language = "zh" if next(filter(None, names), "").startswith("zh") else "en"
    reader = Reader(language, i18n.catalogue(language))
    place = map_context(stores, codes).place
    strips = strips_of(stores, *days_of(period, place.timezone), datetime.now(UTC))
    return coverage_map(stores, reader, place, found, period, strips)


def _show(body: dict[str, Any]) -> None:
    title = f"{body['from'][:16]} – {body['to'][:16]}, lengths in km"
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("segment", no_wrap=True)
    # Nine columns must stay whole in a terminal of eighty.
    for name in ("length", "walked", "%", "inferred", "open", "passes", "last", "due"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in body["segments"]:
        open_m = sum(gap["length_m"] for gap in one["gaps"])
        table.add_row(
            one["code"],
            f"{one['length_m'] / 1000:.2f}",
            f"{one['covered_m'] / 1000:.2f}",
            f"{one['covered_percent']:.1f}",
            f"{one['inferred_m'] / 1000:.2f}",
            f"{open_m / 1000:.2f}",
            f"{one['passes']['mean']:.1f}",
            (one["last_at"] or "–")[:10],
            one["due"]["state"],
        )
    console = Console(markup=False, highlight=False)  # codes and names are text, never style
    console.print(table)
    for one in body["segments"]:
        for gap in sorted(one["gaps"], key=lambda gap: -gap["length_m"])[:3]:
            age = "not walked" if gap["age_days"] is None else f"walked {gap['age_days']:.0f} days before"
            console.print(f"{one['code']}: open {_length(gap['length_m'])} {gap['where']}, {age}")


def _length(metres: float) -> str:
    return f"{metres / 1000:.2f} km" if metres >= 1000 else f"{metres:.0f} m"
