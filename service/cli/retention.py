"""``./wardline retention``: what is kept no longer, and forgetting it."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from layers import districts
from layers.row_security import SYSTEM_SCOPE
from layers.stores import Stores
from service.cli.common import Database, District, Json, Quiet, open_engine
from service.database import session_factory
from service.indexes.snapshots import choose_district
from service.jobs import kept_by, run
from service.settings import Settings
from service.use_cases.retention import Report, keep_for


def command(
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="Forget it, or only say what would be.")
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="SUBJECT=DAYS",
            help="First set for how long the district keeps fixes, contacts, drafts, replies or keys.",
        ),
    ] = None,
    database: Database = None,
    district: District = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say what is kept no longer, by table and reason; with --apply forget it.

    The service does the same by itself once a day. Raw fixes go when their days are over, the coverage ledger
    stays as it is; of an incident goes who reported it, a year after it was closed.
    """
    settings = Settings.load(database=database, district=district)
    now = datetime.now(UTC)
    with open_engine(settings) as engine:
        if keep:
            with Session(engine) as session:
                codes = [one.code for one in districts.every(session)]
                stores = Stores(session, choose_district(codes, None, settings.district))
                for one in keep:
                    subject, _, days = one.partition("=")
                    keep_for(stores, subject, int(days) if days.isdecimal() else 0, now)
                session.commit()
        reports, ended = run(
            session_factory(engine, SYSTEM_SCOPE), kept_by(settings), now, only=settings.district, apply=apply
        )
    if as_json:
        body = {
            "districts": [one.to_json() for one in reports],
            "sessions": None if ended is None else ended.rows,
        }
        typer.echo(json.dumps(body, ensure_ascii=False, indent=1))
    elif not quiet:
        for report in reports:
            _tell(report)
        if ended is not None and ended.rows:
            typer.echo(f"{ended.rows:,} sign-in sessions {'ended' if apply else 'would end'}")
        if not apply:
            typer.echo("Nothing was changed; --apply does it.")


def _tell(report: Report) -> None:
    told = "" if report.applied else "would be "
    typer.echo(f"{report.district}: fixes before {report.limits.fixes:%Y-%m-%d %H:%M} UTC")
    for one in report.done:
        typer.echo(f"  {one.table:<18} {one.rows:>10,} {told}{one.way} ({one.reason})")
