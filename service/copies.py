"""Copies of the database outside of it, which hold raw positions as well: backups, dumps, clusters set aside.

``copies_of`` finds those of an installation, whichever kind it makes. What is to become of them is decided in
``service/use_cases/copies.py``.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from layers.row_security import SYSTEM_SCOPE
from service.cluster import Cluster, archive, backup, dump, kept
from service.settings import Settings


class Kind(StrEnum):
    """What a copy is; a restore leaves the cluster that it replaced beside the new one."""

    BACKUP = "backup"
    DUMP = "dump"
    ASIDE = "set aside"


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy: where it lies, of when it is, and when the oldest raw position of each district was taken.

    ``oldest`` is None where nobody asked when it was made.
    """

    folder: Path
    kind: Kind
    made_at: datetime
    oldest: Mapping[str, datetime] | None = field(default_factory=dict)


class Copies(ABC):
    """The copies of one database."""

    @abstractmethod
    def every(self) -> list[Copy]:
        """Return every copy that is known, the oldest first."""

    @abstractmethod
    def make(self) -> Copy:
        """Make another one, where the newest lies.

        Raises
        ------
        BackupRefused
            It cannot be made.
        """

    @abstractmethod
    def remove(self, copies: Collection[Copy]) -> kept.Removed:
        """Remove some, and the log that no other needs.

        Raises
        ------
        BackupRefused
            Somebody else makes or removes one.
        """

    def are_kept(self) -> bool:
        """Say whether raw positions live on outside of the database."""
        return bool(self.every())


class ClusterCopies(Copies):
    """Backups of a private cluster, and clusters that restores set aside."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        self._cluster = cluster
        self._database = database

    def every(self) -> list[Copy]:
        """Return what is registered, wherever it lies, and what stands beside the cluster."""
        if not self._exists():
            return []
        found = [
            Copy(folder, Kind.ASIDE, at) for folder, at in kept.moved_aside(self._cluster.layout).items()
        ]
        found += map(self._copy, backup.registered(archive.folder(self._cluster.layout)))
        return sorted(found, key=lambda one: one.made_at)

    def make(self) -> Copy:
        """Back up the running cluster."""
        places = [one.folder.parent for one in self.every() if one.kind is Kind.BACKUP]
        place = next((one for one in reversed(places) if one.is_dir()), None)
        return self._copy(backup.take(self._cluster, place, _silent))

    def remove(self, copies: Collection[Copy]) -> kept.Removed:
        """Remove backups with their log, and clusters that were set aside."""
        if not self._exists():
            return kept.Removed()
        removed = kept.remove(self._cluster, [one.folder for one in copies if one.kind is Kind.BACKUP])
        aside = [one.folder for one in copies if one.kind is Kind.ASIDE]
        for folder in aside:
            kept.remove_tree(folder)
        kept.remove_left_over(self._cluster.layout.home)
        return kept.Removed((*removed.folders, *aside), removed.missing, removed.segments)

    def are_kept(self) -> bool:
        """Say whether there are copies, or the log is kept."""
        return self._exists() and (archive.marker(self._cluster.layout).exists() or super().are_kept())

    def _exists(self) -> bool:
        return self._cluster.layout.home.is_dir() and self._cluster.exists()

    def _copy(self, made: backup.Backup) -> Copy:
        oldest = None if made.oldest is None else made.oldest.get(self._database, {})
        return Copy(made.folder, Kind.BACKUP, made.finished_at, oldest)


class Dumps(Copies):
    """Dumps of a database on a server that is not ours; what else its administrator keeps is not known."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def every(self) -> list[Copy]:
        """Return the dumps that were made, wherever they lie."""
        return [_dumped(one) for one in self._known()]

    def make(self) -> Copy:
        """Dump the database."""
        places = [one.folder.parent for one in self._known()]
        return _dumped(take_dump(self._settings, places[-1] if places else None, _silent))

    def remove(self, copies: Collection[Copy]) -> kept.Removed:
        """Remove dumps."""
        wanted = {one.folder for one in copies}
        gone = [one for one in self._known() if one.folder in wanted]
        dump.remove(self._settings.home / REGISTER, gone)
        return kept.Removed(tuple(one.folder for one in gone))

    def _known(self) -> list[dump.Dump]:
        return dump.known(self._settings.home / REGISTER, self._settings.home / BACKUPS)


REGISTER = "dumps.json"
BACKUPS = "backups"


def take_dump(settings: Settings, folder: Path | None, tell: backup.Tell) -> dump.Dump:
    """Dump the database that is set, and list the dump.

    Raises
    ------
    BackupRefused
        ``pg_dump`` refused, or the folder cannot be written.
    """
    assert settings.database_url is not None  # noqa: S101 - only then there are dumps
    return dump.take(
        settings.database_url,
        SYSTEM_SCOPE.to_json(),
        settings.home / "files",
        (folder or settings.home / BACKUPS).absolute(),
        tell,
        register=settings.home / REGISTER,
        programs=settings.postgres_bin,
    )


def copies_of(settings: Settings) -> Copies:
    """Return the copies of the database that the settings name, served or not."""
    cluster = Cluster(settings.home, binaries=settings.postgres_bin)
    if settings.database_url in (None, cluster.url(settings.database)):
        return ClusterCopies(cluster, settings.database)
    return Dumps(settings)


def _dumped(made: dump.Dump) -> Copy:
    return Copy(made.folder, Kind.DUMP, made.made_at, made.oldest)


def _silent(_: str) -> None:
    pass
