"""The embedded default database: a private PostGIS cluster from the system's own packages."""

from service.cluster.launcher import Cluster

__all__ = ["Cluster"]
