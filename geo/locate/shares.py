"""Sharing out work on many points to all cores."""

import os
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PARALLEL_FROM = 1 << 16
"""Points from which a lookup is shared out to all cores; below, starting threads costs more than it saves."""


def workers_for(size: int) -> int:
    """Return how many threads work on so many points."""
    return len(os.sched_getaffinity(0)) if size >= PARALLEL_FROM else 1


def share_out(task: Callable[[int, int], T], size: int) -> list[T]:
    """Do a task on 0..size in equal shares, one a core, and return what it gave, in order.

    Plain threads: the kernels hold no interpreter lock, and unlike a pool they survive a fork of the server.
    """
    workers = workers_for(size)
    bounds = [size * worker // workers for worker in range(workers + 1)]
    given: dict[int, T] = {}

    def share(worker: int) -> None:
        given[worker] = task(bounds[worker], bounds[worker + 1])

    threads = [threading.Thread(target=share, args=(worker,)) for worker in range(1, workers)]
    for thread in threads:
        thread.start()
    share(0)
    for thread in threads:
        thread.join()
    return [given[worker] for worker in range(workers)]
