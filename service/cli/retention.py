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
from service.copies import copies_of
from service.database import session_factory
from service.indexes.snapshots import choose_district
from service.jobs import keep_copies, run
from service.settings import Settings
from service.use_cases.copies import Renewal
from service.use_cases.retention import Report, keep_for, kept_by


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
    stays as it is; of an incident goes who reported it, a year after it was closed. Backups go when theirs
    are, with the log that only they need, and a new one is made before the last one goes.
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
                    count = int(days) if days.isdecimal() else 0
                    keep_for(stores, subject, count, now, settings.keep_backups_days)
                session.commit()
        sessions = session_factory(engine, SYSTEM_SCOPE)
        reports, ended = run(sessions, kept_by(settings), now, only=settings.district, apply=apply)
        # A new backup of what one district alone forgot could be over at once.
        renewal = (
            keep_copies(sessions, settings, copies_of(settings), now, apply=apply)
            if settings.district is None
            else None
        )
    if as_json:
        body = {
            "districts": [one.to_json() for one in reports],
            "sessions": None if ended is None else ended.rows,
            "copies": None if renewal is None else renewal.to_json(),
        }
        typer.echo(json.dumps(body, ensure_ascii=False, indent=1))
    elif not quiet:
        for report in reports:
            _tell(report)
        if ended is not None and ended.rows:
            typer.echo(f"{ended.rows:,} sign-in sessions {'ended' if apply else 'would end'}")
        _tell_copies(renewal)
        if not apply:
            typer.echo("Nothing was changed; --apply does it.")


def _tell(report: Report) -> None:
    told = "" if report.applied else "would be "
    typer.echo(f"{report.district}: fixes before {report.limits.fixes:%Y-%m-%d %H:%M} UTC")
    for one in report.done:
        typer.echo(f"  {one.table:<18} {one.rows:>10,} {told}{one.way} ({one.reason})")


def _tell_copies(renewal: Renewal | None) -> None:
    if renewal is None:
        typer.echo("Backups were not looked at: a district is named, or another process does it.")
        return
    if renewal.makes and not renewal.applied:
        typer.echo("A new backup would be made, because the last one is over soon.")
    if renewal.made is not None:
        typer.echo(f"Backup {renewal.made}: new, because the last one is over or soon will be")
    told = "removed" if renewal.applied else "would be removed"
    for one in renewal.over:
        if one.folder in renewal.removed.missing:
            typer.echo(f"NOT in its place, remove it where it lies: {one.folder}", err=True)
        else:
            typer.echo(f"{one.kind} of {one.made_at:%Y-%m-%d %H:%M} UTC {told}: {one.folder}")
    if renewal.fault is not None:
        typer.echo(f"No new backup could be made: {renewal.fault}", err=True)
    if renewal.lost:
        typer.echo("THERE IS NO BACKUP NOW. Run ./wardline backup.", err=True)
