"""``./wardline restore``: a backup up to an instant, proven, and only then put in its place."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import func, inspect, select, table, text

from geo.errors import N_
from layers.audit import central
from layers.audit_tables import audit_central
from layers.row_security import SYSTEM_SCOPE
from service.cli.common import Json, Quiet
from service.cli.language import translator
from service.cluster import Cluster, dump, restore
from service.cluster.amcheck import verify_pages
from service.cluster.errors import BackupRefused, InstantUnreachable
from service.cluster.instants import read_instant
from service.cluster.restore import Wanted
from service.database import known_revisions, make_engine, revision, session_factory
from service.doctor import CHECKS, Finding, Patient, State, examine
from service.settings import Settings

Tell = Callable[[str], None]
_PROOFS = ("indexes", "months", "partitions")
_TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
AND relkind IN ('r', 'p') AND NOT relispartition AND relname NOT IN ('alembic_version', 'spatial_ref_sys')
ORDER BY 1
"""


def command(
    source: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="A backup, or the folder of backups to choose from.")
    ],
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="Such as 2026-06-01T09:30:00+08:00; else the newest state."
        ),
    ] = None,
    before: Annotated[
        bool, typer.Option("--before", help="Without what was committed exactly at that time.")
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option("--into", metavar="HOME", help="Another WARDLINE_HOME; else the present one."),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option("--archive", metavar="FOLDER", help="The archived log, if it was moved.")
    ] = None,
    timeline: Annotated[
        int | None,
        typer.Option("--timeline", min=1, metavar="N", help="After several restores: of which history."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Put it in its place although a check found something wrong.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Restore a backup of the private cluster, up to and including an instant, and check it.

    It is made beside what is there, checked page by page, every published partition proven, and put in its
    place last. Data that were there are moved aside, and where to is said; retention removes them after the
    days of backups. With --into it needs no stop of the running service.
    """
    settings = Settings.load()
    tell: Tell = (lambda _: None) if quiet or as_json else lambda step: typer.echo(f"{step} …")
    wanted = Wanted(None if at is None else read_instant(at), not before, timeline)
    home = (into or settings.home).absolute()
    place = _find(source, settings.home)
    began = time.monotonic()
    if dump.is_dump(place):
        report = _load_dump(settings, place, wanted, home, tell, force=force)
    else:
        chosen = restore.choose(place.absolute(), wanted.at)
        programs = settings.postgres_bin
        with restore.restored(chosen, wanted, home, tell, programs=programs, archive=archive) as found:
            report = _proven(settings, found.cluster, tell, force=force)
            report["backup"], report["reached"] = chosen.folder, found.last_write or chosen.finished_at
            _audit(found.cluster, report, wanted, force=force)
        report["moved"] = found.moved_to
    report |= {"home": home, "seconds": round(time.monotonic() - began, 1)}
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, default=str))
    elif not quiet:
        _show(report)


def _find(source: Path, home: Path) -> Path:
    """Return the backup that is meant: a path, or a name in the home or among its backups."""
    places = (source, home / source, home / "backups" / source)
    return next((place for place in places if place.exists()), source)


def _proven(settings: Settings, cluster: Cluster, tell: Tell, *, force: bool) -> dict[str, Any]:
    """Check every database of ours in a restored cluster, and count its rows."""
    report: dict[str, Any] = {"databases": {}}
    for name in cluster.database_names():
        tell(f"Checking {name}")
        pages = verify_pages(cluster, name)
        with _patient(settings, cluster, name) as patient:
            checked = _findings(patient)
            counts = _counts(patient)
        for finding in checked:
            if finding.state is State.WRONG and not force:
                words = translator()(finding.what).format(**finding.params)
                raise BackupRefused(
                    N_("The restored database {name} is not as it should be: {words}"),
                    mend=N_(
                        "Restore another backup or instant, or accept it with --force. Nothing was changed."
                    ),
                    name=name,
                    words=words,
                )
        report["databases"][name] = {
            "pages": "verified" if pages else "amcheck is not installed",
            "findings": [one.what.format(**one.params) for one in checked],
            "rows": counts,
        }
    return report


@contextmanager
def _patient(settings: Settings, cluster: Cluster, name: str) -> Iterator[Patient]:
    engine = make_engine(cluster.admin_url(name))  # sees every row
    try:
        yield Patient(settings, engine, cluster)
    finally:
        engine.dispose()


def _findings(patient: Patient) -> list[Finding]:
    with patient.engine.connect() as connection:
        found = revision(connection)
        known = known_revisions(connection)
    if found is None:
        return []  # not made by our migrations
    if found not in known:
        return [finding for _, finding in examine(patient, {"migrations": CHECKS["migrations"]})]
    return [finding for _, finding in examine(patient, {name: CHECKS[name] for name in _PROOFS})]


def _counts(patient: Patient) -> dict[str, int]:
    with patient.engine.connect() as connection:
        tables = [name for (name,) in connection.execute(text(_TABLES))]
        counts = {
            name: connection.execute(select(func.count()).select_from(table(name))).scalar_one()
            for name in tables
        }
    return {name: count for name, count in counts.items() if count}


def _load_dump(
    settings: Settings, place: Path, wanted: Wanted, home: Path, tell: Tell, *, force: bool
) -> dict[str, Any]:
    if wanted.at is not None:
        raise InstantUnreachable(
            N_("{backup} is a dump: it holds one instant and leads to no other."),
            mend=N_("Leave out --at, or ask the administrator of that server to restore it to {at}."),
            backup=place,
            at=wanted.at.isoformat(),
        )
    made = dump.read(place.absolute())
    with Cluster(home, binaries=settings.postgres_bin).use() as cluster:
        tell("Loading the dump")
        dump.load(made, cluster, settings.database)
        try:
            report = _proven(settings, cluster, tell, force=force)
            report |= {"backup": place, "reached": made.made_at, "moved": None}
            _audit(cluster, report, wanted, force=force)
        except BaseException:
            cluster.drop_database(settings.database)
            raise
        restore.restore_files(made.folder / "files", cluster.layout.files)
    return report


def _audit(cluster: Cluster, report: dict[str, Any], wanted: Wanted, *, force: bool) -> None:
    """Tell it in each restored database: its audit went back in time, and has to say so."""
    reached: datetime = report["reached"]
    for name in report["databases"]:
        engine = make_engine(cluster.admin_url(name))
        try:
            # A backup of before there was an audit has nowhere to say it.
            if not inspect(engine).has_table(audit_central.name):
                continue
            with session_factory(engine, SYSTEM_SCOPE)() as session, session.begin():
                central(session).record(
                    "database.restore",
                    "database",
                    name,
                    backup=Path(report["backup"]).name,
                    reached=reached.isoformat(),
                    wanted=None if wanted.at is None else wanted.at.isoformat(),
                    forced=force,
                )
        finally:
            engine.dispose()


def _show(report: dict[str, Any]) -> None:
    for name, found in report["databases"].items():
        typer.echo(f"{name}: pages {found['pages']}")
        for line in found["findings"]:
            typer.echo(f"  {line}")
        typer.echo("  rows: " + ", ".join(f"{table} {count:,}" for table, count in found["rows"].items()))
    reached: datetime = report["reached"]
    typer.echo(
        f"Restored into {report['home']} in {report['seconds']} s; the last write is of {reached.isoformat()}"
    )
    if report["moved"]:
        typer.echo(f"The data that were there are in {report['moved']}; remove them when you are sure.")
    typer.echo("Start ./wardline serve, then make a new backup.")
