"""The archive of the log and the backups: both there, both fresh."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from geo.errors import N_
from layers.audit import AuditFilter, central
from layers.row_security import SYSTEM_SCOPE, enter
from service.cluster import Cluster, archive, backup, databases
from service.doctor.findings import Finding, Patient, warning, well, wrong

OLD = timedelta(days=8)
"""A weekly backup that was missed."""

_ARCHIVER = """
SELECT current_setting('archive_mode'), last_archived_time, last_failed_wal, last_failed_time,
       last_failed_time > coalesce(last_archived_time, '-infinity'),
       (SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready')
FROM pg_stat_archiver
"""
_WAITING = 5


def check_archive(patient: Patient) -> Iterator[Finding]:
    """Ask the server whether its log reaches the archive, and look for holes in it."""
    if patient.cluster is None:
        yield warning(
            N_("The server of WARDLINE_DATABASE_URL is not ours: its log is not looked at."),
            N_("Ask its administrator for archiving and the way back to an instant."),
        )
        return
    layout = patient.cluster.layout
    with databases.connect(patient.cluster.socket_folder) as server:
        row = server.execute(_ARCHIVER).fetchone()
    assert row is not None  # noqa: S101 - the view has one row
    mode, _, failed, failed_at, failing, waiting = row
    if mode == "off":
        message = N_("The log is not archived: archive_mode is off.")
        yield wrong(message, N_("Remove it from local.conf in {data} and start again."), data=layout.data)
        return
    if not archive.marker(layout).exists():
        yield warning(
            N_("The log is not kept, since there is no backup yet that it could be replayed onto."),
            N_("Run ./wardline backup, then each week by cron or a timer."),
        )
        return
    if failing or waiting > _WAITING:
        message = N_("{waiting} files of the log wait for the archive; {name} failed at {at}.")
        mend = N_("Make room in {folder}, or mount it; the reason is in {log}. Nothing is lost meanwhile.")
        places = {"folder": archive.folder(layout), "log": layout.log}
        yield wrong(message, mend, waiting=waiting, name=failed or "–", at=failed_at or "–", **places)
        return
    yield from _holes(patient.cluster)


def _holes(cluster: Cluster) -> Iterator[Finding]:
    place = archive.folder(cluster.layout)
    known = backup.registered(place)
    found = archive.Archive.read(place)
    if known:
        faults = list(found.faults(min(one.first for one in known)))
        for name, fault in faults:
            message = N_("{name} of the log in {folder} is {fault}.")
            mend = N_("Run ./wardline backup now: older backups lead no further than to that file.")
            yield wrong(message, mend, name=name, folder=place, fault=fault)
        if faults:
            return
    size = sum(path.stat().st_size for path in found.segments.values())
    message = N_("{count} files of the log are in the archive, {size} MB, without a gap")
    yield well(message, count=len(found.segments), size=-(-size >> 20))


def check_backups(patient: Patient) -> Iterator[Finding]:
    """Look whether the newest backup is in its place and how old it is."""
    if patient.cluster is None:
        return
    known = backup.registered(archive.folder(patient.cluster.layout))
    if not known and patient.settings.keep_backups_days == 0:
        mend = N_("Let somebody else keep them, or set it to 1 or more.")
        yield warning(N_("No backups are kept: WARDLINE_KEEP_BACKUPS_DAYS is 0."), mend)
        return
    if not known:
        mend = N_("Run ./wardline backup, then each week by cron or a timer.")
        if fault := _lost(patient):
            message = N_("THERE IS NO BACKUP: the last one was over, and no new one could be made: {fault}")
            yield wrong(message, mend, fault=fault)
        else:
            yield warning(N_("There is no backup."), mend)
        return
    newest = known[-1]
    age = datetime.now(UTC) - newest.finished_at
    params = {"folder": newest.folder, "age": f"{age / timedelta(days=1):.1f}", "count": len(known)}
    if not newest.folder.is_dir():
        message = N_("The newest backup {folder} is not in its place.")
        yield warning(message, N_("Mount its disk, or run ./wardline backup."), **params)
    elif age > OLD:
        yield wrong(N_("The newest backup is {age} days old."), N_("Run ./wardline backup."), **params)
    else:
        yield well(N_("{count} backups; the newest, {folder}, is {age} days old"), **params)


def _lost(patient: Patient) -> str | None:
    """Return why no backup could be made when the last one had to go, None where that is not how it was."""
    with Session(patient.engine) as session:
        enter(session, SYSTEM_SCOPE)
        found = central(session).latest(AuditFilter(action="retention.copies"), limit=1)
    if not found or found[0].detail["left"]:
        return None
    fault: str | None = found[0].detail["fault"]
    return fault
