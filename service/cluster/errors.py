"""Errors of the private cluster.

ClusterError             the private cluster cannot be used
├── PostgresMissing      no PostgreSQL with PostGIS was found
├── ClusterForeign       what lies there was not made by us, or belongs to another account
├── ClusterUnreachable   the server's account cannot reach the folder
├── ClusterVersion       the data were made by another major version of PostgreSQL
├── ClusterBusy          another program holds the cluster
└── ClusterNotStarted    the server refused to start
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
