"""What becomes of backups and of clusters that a restore moved aside: which there are, and their removal.

A folder that goes is first given a name that nothing reads, so that no half of a backup is ever taken for a
whole one, and what an interrupted removal left is found again.
"""

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.cluster import archive
from service.cluster.backup import STAMP, Backup, alone, read, register, registered
from service.cluster.errors import BackupDamaged
from service.cluster.launcher import Cluster
from service.cluster.layout import ASIDE, Layout
from service.durable import sync

REMOVING = ".removing-"


@dataclass(frozen=True, slots=True)
class Removed:
    """The folders that are gone, those that were not in place, and how many segments of the log went."""

    folders: tuple[Path, ...] = ()
    missing: tuple[Path, ...] = ()
    segments: int = 0


def keep_newest(cluster: Cluster, count: int) -> Removed:
    """Forget all but the newest ``count`` registered backups, and the log that no kept backup needs."""
    return remove(cluster, [one.folder for one in registered(archive.folder(cluster.layout))[:-count]])


def remove(cluster: Cluster, folders: Collection[Path]) -> Removed:
    """Remove registered backups, and the log that no kept backup needs.

    Without any backup the log is not kept either, since there is nothing that it could be replayed onto. A
    backup that is not in its place is forgotten and named; a folder that is another backup stays.

    Raises
    ------
    BackupRefused
        A backup is being made, or others are removed.
    """
    with alone(cluster):
        place = archive.folder(cluster.layout)
        known = registered(place)
        gone, missing = [], []
        for one in (one for one in known if one.folder in folders):
            if _is_still(one):
                remove_tree(one.folder)
                gone.append(one.folder)
            else:
                missing.append(one.folder)
        kept = [one for one in known if one.folder not in folders]
        for parent in {cluster.layout.backups, *(one.folder.parent for one in known)}:
            remove_left_over(parent)
        if gone or missing:
            register(place, kept)
        if kept:
            oldest = min(kept, key=lambda one: one.first.number).first
            segments = archive.prune(place, oldest, cluster.programs)
        else:
            segments = archive.end(cluster.layout)
        return Removed(tuple(gone), tuple(missing), segments)


def _is_still(backup: Backup) -> bool:
    try:
        found = read(backup.folder)
    except BackupDamaged:
        return False
    return (found.system_identifier, found.finished_at) == (backup.system_identifier, backup.finished_at)


def remove_tree(folder: Path) -> None:
    """Remove a folder, out of the way first."""
    aside = folder.with_name(REMOVING + folder.name)
    folder.rename(aside)
    sync(folder.parent)
    shutil.rmtree(aside)


def remove_left_over(parent: Path) -> None:
    """Finish removals below a folder that were interrupted."""
    for left_over in parent.glob(REMOVING + "*"):
        shutil.rmtree(left_over, ignore_errors=True)


def moved_aside(layout: Layout) -> dict[Path, datetime]:
    """Return the clusters that restores moved aside, and when the server last wrote in each."""
    found = {}
    for folder in sorted(layout.home.glob(ASIDE + "*")):
        try:
            at = datetime.strptime(folder.name.removeprefix(ASIDE), STAMP).replace(tzinfo=UTC)
        except ValueError:
            continue
        control = folder / "data" / "global" / "pg_control"
        if os.access(control, os.R_OK):
            at = min(at, datetime.fromtimestamp(control.stat().st_mtime, UTC))
        found[folder] = at
    return found
