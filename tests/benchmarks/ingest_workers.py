"""What processes of ours store at once, each from one device, as ``./wardline serve --workers 2`` does."""

import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

import numpy as np

from service import heap
from service.database import make_engine
from tests.benchmarks.ingest_ours import Ours, Walk, jobs, walk

WORKERS = 2


@dataclass(frozen=True, slots=True)
class Sent:
    """When a process began and ended to store a walk, by a clock of all, and whether it is stored right."""

    begun: float
    ended: float
    is_right: bool


def rates(url: str, job: str, count: int, runs: int) -> tuple[tuple[float, ...], bool]:
    """Return the fixes a second of some runs of all processes, and whether each stored what it was sent."""
    with ExitStack() as stack:
        # A pool of one each: of a larger one a single process could take the work of all.
        every = [ProcessPoolExecutor(1, mp_context=get_context("spawn")) for _ in range(WORKERS)]
        pools = [stack.enter_context(one) for one in every]
        found: list[float] = []
        right = True
        for run in range(-1, runs):
            told = [pool.submit(_send, url, f"{job} {n}", job, count) for n, pool in enumerate(pools)]
            sent = [one.result() for one in told]
            right &= all(one.is_right for one in sent)
            span = max(one.ended for one in sent) - min(one.begun for one in sent)
            if run >= 0:  # the first makes the months and warms what is compiled
                found.append(WORKERS * count / span)
    return tuple(found), right


@cache
def _ready(url: str, name: str, count: int) -> tuple[Ours, Walk]:
    """Return what a process keeps between the runs; its connections end with it."""
    ours = Ours(make_engine(url), name)
    heap.settle()
    return ours, walk(count)


def _send(url: str, name: str, job: str, count: int) -> Sent:
    ours, data = _ready(url, name, count)
    act = dict(jobs(ours, data))[job]
    begun = time.monotonic()
    act(job, ledger=False)
    return Sent(begun, time.monotonic(), np.array_equal(ours.stored(job), data.answer))
