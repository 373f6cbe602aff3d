"""Keeping a server alive that others count on: where it was killed, it is started again."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from service.cluster import processes
from service.cluster.errors import ClusterError
from service.cluster.launcher import Cluster

INTERVAL_S = 0.5
_log = logging.getLogger("wardline")


def died(cluster: Cluster) -> bool:
    """Whether the server ended without being stopped: a stopped one removes its ``postmaster.pid``."""
    pid = processes.recorded_pid(cluster.layout.data)
    return pid is not None and not processes.serves(pid, cluster.layout.data)


@contextmanager
def kept_alive(cluster: Cluster, interval_s: float = INTERVAL_S) -> Iterator[None]:
    """Start the server again, for the length of the block, whenever it died.

    PostgreSQL itself replaces any process of its own but the first. A server that somebody stopped, by
    ``./wardline stop --force`` for example, stays stopped.
    """
    ending = threading.Event()

    def watch() -> None:
        while not ending.wait(interval_s):
            if died(cluster):
                _log.warning("the database server died and is started again")
                try:
                    cluster.start()
                except ClusterError as error:
                    _log.error("%s", error)

    thread = threading.Thread(target=watch, name="wardline-keeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
