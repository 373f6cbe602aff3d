"""Errors of the private cluster.

ClusterError             the private cluster cannot be used
├── PostgresMissing      no PostgreSQL with PostGIS was found
├── ClusterForeign       what lies there was not made by us, or belongs to another account
├── ClusterUnreachable   the server's account cannot reach the folder
├── ClusterVersion       the data were made by another major version of PostgreSQL
├── ClusterBusy          another program holds the cluster
├── ClusterNotStarted    the server refused to start
└── BackupRefused        a backup cannot be made or restored as asked
    ├── BackupDamaged        it, or its log, is not as it was written
    ├── InstantUnreachable   the instant is before it, after the newest log, or none
    └── NoRoom               the disk has too little room
"""

from service.errors import NotReady


class ClusterError(NotReady):
    """The private cluster cannot be used."""

    code = "cluster-refused"


class PostgresMissing(ClusterError):
    """No PostgreSQL server with PostGIS is installed."""

    code = "postgres-missing"


class ClusterForeign(ClusterError):
    """A folder or a cluster in our place was not made by us or belongs to another account."""

    code = "cluster-not-ours"


class ClusterUnreachable(ClusterError):
    """The account that runs the server cannot enter the folder."""

    code = "cluster-unreachable"


class ClusterVersion(ClusterError):
    """The data were made by a major version of PostgreSQL that is not installed."""

    code = "cluster-version"


class ClusterBusy(ClusterError):
    """Another program starts, stops or uses the cluster."""

    code = "cluster-busy"


class ClusterNotStarted(ClusterError):
    """The server did not start."""

    code = "cluster-not-started"


class BackupRefused(ClusterError):
    """A backup cannot be made, or cannot be restored as asked."""

    code = "backup-refused"


class BackupDamaged(BackupRefused):
    """A backup, or the log that belongs to it, is not as it was written."""

    code = "backup-damaged"


class InstantUnreachable(BackupRefused):
    """The instant lies before the backup, after the newest log, or is none."""

    code = "instant-unreachable"


class NoRoom(BackupRefused):
    """The disk has too little room."""

    code = "no-room"
