"""``./wardline ledger``: the coverage ledgers of a period made anew from the stored fixes, and compared."""

import json
from datetime import date
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from layers import districts
from layers.stores import Stores
from service.cli.common import Database, District, Json, Quiet, open_engine
from service.indexes.snapshots import choose_district
from service.settings import Settings
from service.use_cases.tracks import Rebuilt, rebuild


def command(
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="First day.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The day it ends before.")],
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Keep what was made anew; without it nothing is changed.")
    ] = False,
    database: Database = None,
    district: District = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Make the coverage ledgers of a period anew from the stored fixes, and say what differs.

    A ledger that was never touched differs in nothing. Use --apply after the border, units or markers were
    corrected for days that are over, or for days that an earlier version recorded.
    """
    settings = Settings.load(database=database, district=district)
    days = [_day(text, name) for text, name in ((first, "--from"), (last, "--to"))]
    with open_engine(settings) as engine, Session(engine) as session:
        codes = [one.code for one in districts.every(session)]
        stores = Stores(session, choose_district(codes, None, settings.district))
        found = list(rebuild(stores, days[0], days[1]))
        if apply:
            session.commit()
        else:
            session.rollback()
    differing = [one for one in found if not one.equal]
    body = {
        "days": len(found),
        "rows_same": sum(one.same for one in found),
        "applied": apply,
        "differing": [_json(one) for one in differing],
    }
    if as_json:
        typer.echo(json.dumps(body, ensure_ascii=False))
    elif not quiet:
        for one in differing:
            gone, new = sum(one.gone.values()), sum(one.new.values())
            typer.echo(f"{one.day} {one.device}: {gone} rows gone, {new} new")
        state = "kept" if apply else "nothing was changed"
        typer.echo(f"{len(found)} days of devices, {len(differing)} differ; {state}")
    if differing and not apply:
        raise typer.Exit(1)


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{name} is a day such as 2025-06-30, not {text}") from error


def _json(one: Rebuilt) -> dict[str, Any]:
    return {"device": one.device, "day": one.day.isoformat(), "gone": one.gone, "new": one.new}
