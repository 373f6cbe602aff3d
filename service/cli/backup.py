"""``./wardline backup``: everything that a restore needs, verified, while the service runs."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from geo.errors import N_
from service.cli.common import Json, Quiet
from service.cluster import Cluster, archive, backup, kept
from service.cluster.errors import BackupRefused
from service.copies import take_dump
from service.settings import Settings


def command(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FOLDER", help="Where backups go; else WARDLINE_HOME/backups."
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", min=1, metavar="N", help="Remove all but the newest N, and the log only they need."
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Back up the database and uploaded files, and prove that the backup is whole.

    The private cluster goes on serving meanwhile. From its first backup on its log is archived, at most 60
    seconds behind, so that ./wardline restore reaches every instant after a backup. Keep backups on another
    disk, and WARDLINE_HOME/keys apart from them.

    A backup holds raw positions, so it is kept for WARDLINE_KEEP_BACKUPS_DAYS at most; the running service
    makes another one before the last one goes.

    Of a server that WARDLINE_DATABASE_URL names a dump is made: one instant, and no way to later ones, since
    its log is its administrator's.
    """
    settings = Settings.load()
    if settings.keep_backups_days == 0:
        raise BackupRefused(
            N_("WARDLINE_KEEP_BACKUPS_DAYS is 0: no backups are kept here."),
            mend=N_("Set it to at least 1, and to less than WARDLINE_KEEP_FIXES_DAYS."),
        )
    tell: Callable[[str], None] = (
        (lambda _: None) if quiet or as_json else lambda step: typer.echo(f"{step} …")
    )
    began = time.monotonic()
    report = (
        _dump(settings, output, keep, tell)
        if settings.database_url
        else _back_up(settings, output, keep, tell)
    )
    report["kept_days"] = settings.keep_backups_days
    report["seconds"] = round(time.monotonic() - began, 1)
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, default=str))
    elif not quiet:
        _show(report)


def _back_up(
    settings: Settings, output: Path | None, keep: int | None, tell: Callable[[str], None]
) -> dict[str, Any]:
    cluster = Cluster(settings.home, binaries=settings.postgres_bin)
    if not cluster.layout.home.is_dir() or not cluster.exists():
        raise BackupRefused(
            N_("There is no database in {home} yet."),
            mend=N_("Run ./wardline serve or demo first, or set WARDLINE_HOME to where it is."),
            home=settings.home,
        )
    with cluster.use():
        made = backup.take(cluster, output, tell)
        removed = kept.Removed() if keep is None else kept.keep_newest(cluster, keep)
    return {
        "backup": made.folder,
        "kind": "base",
        "restores_from": made.finished_at.isoformat(),
        "bytes": made.bytes,
        "databases": dict(made.databases),
        "files": len(made.files),
        "archive": made.archive,
        "recovery_point_s": None if made.archive is None else archive.RECOVERY_POINT_S,
        "removed": [str(folder) for folder in removed.folders],
        "segments_removed": removed.segments,
    }


def _dump(
    settings: Settings, output: Path | None, keep: int | None, tell: Callable[[str], None]
) -> dict[str, Any]:
    if keep is not None:
        raise BackupRefused(
            N_("--keep is for backups of the private cluster."),
            mend=N_("Remove old dumps yourself; each stands alone."),
        )
    made = take_dump(settings, output, tell)
    return {
        "backup": made.folder,
        "kind": "dump",
        "restores_from": made.made_at.isoformat(),
        "bytes": made.bytes,
        "files": len(made.files),
        "archive": None,
        "recovery_point_s": None,
    }


def _show(report: dict[str, Any]) -> None:
    typer.echo(f"Backup {report['backup']}: {report['bytes'] / 1e6:.0f} MB, verified, {report['seconds']} s")
    if report["kind"] == "dump":
        typer.echo("It holds one instant; for later ones ask the administrator of that server for its log.")
    elif report["archive"] is None:
        typer.echo("archive_mode is off, so it leads to no later instant.")
    else:
        typer.echo(f"It leads to every instant from {report['restores_from']} to about a minute ago.")
    typer.echo(
        f"It is kept for {report['kept_days']} days at most. As long as there are backups, raw positions "
        "leave the database so many days earlier, so that none outlives its days in a backup."
    )
    for folder in report.get("removed", ()):
        typer.echo(f"Removed {folder}")
