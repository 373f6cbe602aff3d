"""scikit-learn: a ball tree of haversine distances, the points shared out to the cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neighbors import BallTree

from tests.benchmarks.peers.nearest_points import pairs, read
from tests.benchmarks.peers.timing import main


def prepare(folder: Path) -> Callable[[], Any]:
    points, stations = (np.radians(values[:, ::-1]) for values in read(folder))
    tree = BallTree(stations, metric="haversine")
    cores = len(os.sched_getaffinity(0))
    threads = ThreadPoolExecutor(cores)
    shares = np.array_split(points, cores)

    def job() -> Any:
        found = threads.map(lambda share: tree.query(share, k=1, return_distance=False), shares)
        return pairs(np.concatenate(list(found))[:, 0])

    return job


if __name__ == "__main__":
    main(prepare, "scikit-learn", "numpy")
