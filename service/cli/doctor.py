"""``./wardline doctor``: one finding a line, each with what, where and how to mend."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from geo.errors import N_
from service.cli.common import Database, Json, Quiet
from service.cli.language import translator
from service.cluster import Cluster
from service.database import make_engine
from service.doctor import CHECKS, LONG, Patient, State, examine
from service.errors import NotReady
from service.settings import Settings

_SIGNS = {State.WELL: "✓", State.WARNING: "!", State.WRONG: "✗"}


def command(
    audit: Annotated[bool, typer.Option("--audit", help="Also prove the audit, entry by entry.")] = False,
    database: Database = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Examine versions, disk, clock, schema, indexes, published partitions, the log's archive and backups.

    Nothing is changed. Exit code 1 says that something is wrong; a warning alone is 0. With --quiet only what
    is not well is shown.
    """
    settings = Settings.load(database=database)
    with open_patient(settings) as patient:
        found = list(examine(patient, {**CHECKS, **(LONG if audit else {})}))
    translate = translator()
    rows = [
        {
            "check": name,
            "state": str(finding.state),
            "what": translate(finding.what).format(**finding.params),
            "mend": translate(finding.mend).format(**finding.params),
        }
        for name, finding in found
    ]
    if as_json:
        typer.echo(json.dumps({"findings": rows}, ensure_ascii=False))
    for row in () if as_json else rows:
        if not quiet or row["state"] != State.WELL:
            typer.echo(f"{_SIGNS[State(row['state'])]} {row['check']}: {row['what']}")
            if row["mend"]:
                typer.echo(f"    → {row['mend']}")
    if any(row["state"] == State.WRONG for row in rows):
        raise typer.Exit(1)


@contextmanager
def open_patient(settings: Settings) -> Iterator[Patient]:
    """Open the database as one who sees every row, without making or migrating anything.

    Raises
    ------
    NotReady
        There is no database.
    """
    if settings.database_url is not None:
        engine = make_engine(settings.database_url)
        try:
            yield Patient(settings, engine, None)
        finally:
            engine.dispose()
        return
    cluster = Cluster(settings.home, binaries=settings.postgres_bin)
    if not settings.home.is_dir() or not cluster.exists():
        raise _absent(settings, settings.home)
    with cluster.use():
        if settings.database not in cluster.database_names():
            raise _absent(settings, settings.database)
        engine = make_engine(cluster.admin_url(settings.database))
        try:
            yield Patient(settings, engine, cluster)
        finally:
            engine.dispose()


def _absent(settings: Settings, place: object) -> NotReady:
    return NotReady(
        N_("There is no database {place} yet."),
        mend=N_("Run ./wardline serve; --database wardline_demo is the demo's."),
        where={"home": str(settings.home)},
        place=place,
    )
