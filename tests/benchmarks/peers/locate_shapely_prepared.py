"""Shapely the other way round: a tree of the points asked with prepared units, shared out to the cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import shapely

from tests.benchmarks.peers.timing import main


def prepare(folder: Path) -> Callable[[], Any]:
    units = shapely.from_wkb(pq.read_table(folder / "units.parquet")["wkb"].to_numpy())
    shapely.prepare(units)
    table = pq.read_table(folder / "points.parquet")
    points = shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy())
    cores = len(os.sched_getaffinity(0))
    shares = np.array_split(np.arange(len(units)), cores)
    threads = ThreadPoolExecutor(cores)

    def job() -> Any:
        # The points are new each time, so their tree belongs to the job.
        tree = shapely.STRtree(points)

        def ask(share: Any) -> Any:
            unit, point = tree.query(units[share], predicate="covers")
            return np.stack([point, share[unit]])

        return np.concatenate(list(threads.map(ask, shares)), axis=1)

    return job


if __name__ == "__main__":
    main(prepare, "shapely", "numpy")
