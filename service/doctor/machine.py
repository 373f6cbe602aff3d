"""The machine: room on its disks, and its clock."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from geo.errors import N_
from service.doctor.findings import Finding, Patient, warning, well, wrong

LITTLE = 5 << 30
TOO_LITTLE = 1 << 30
APART = timedelta(seconds=2)
AHEAD = timedelta(minutes=5)


def check_disk(patient: Patient) -> Iterator[Finding]:
    """Look at the disk of each folder that grows; one disk is named once."""
    home = patient.settings.home
    places = [home, home / "cluster", home / "archive", home / "backups", home / "files"]
    seen: set[int] = set()
    for place in places:
        if place.exists() and place.stat().st_dev not in seen:
            seen.add(place.stat().st_dev)
            yield _room(place)


def _room(place: Path) -> Finding:
    usage = shutil.disk_usage(place)
    message = N_("{free} GB of {size} GB are free on the disk of {folder}")
    params = {"free": f"{usage.free / 2**30:.1f}", "size": f"{usage.total / 2**30:.1f}", "folder": place}
    if usage.free < TOO_LITTLE:
        return wrong(
            message, N_("Make room now: a full disk stops the database (nothing is lost)."), **params
        )
    if usage.free < LITTLE:
        return warning(message, N_("Make room, or move backups to another disk."), **params)
    return well(message, **params)


def check_clock(patient: Patient) -> Iterator[Finding]:
    """Compare our clock with the database's, and with the newest thing that was published."""
    newest = "SELECT to_regclass('public.release') IS NOT NULL"
    with patient.engine.connect() as connection:
        before = datetime.now(UTC)
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        after = datetime.now(UTC)
        last: datetime | None = None
        if connection.execute(text(newest)).scalar_one():
            last = connection.execute(text("SELECT max(published_at) FROM release")).scalar_one()
    apart = max(before - theirs, theirs - after, timedelta(0))
    mend = N_("Set the clock and let the system keep it: timedatectl set-ntp true.")
    if apart > APART:
        message = N_("The clocks of the service and of the database are {seconds} s apart.")
        yield wrong(message, mend, seconds=round(apart.total_seconds()))
    if last is not None and last > after + AHEAD:
        message = N_("Something was published at {last}, which lies in the future; it is {now}.")
        yield wrong(message, mend, last=last.isoformat(), now=after.isoformat(timespec="seconds"))
    elif apart <= APART:
        yield well(N_("It is {now}"), now=after.isoformat(timespec="seconds"))
