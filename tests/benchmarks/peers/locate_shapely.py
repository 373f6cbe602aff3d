"""Shapely: a tree of the units asked with all points, the points shared out to the cores."""

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
    table = pq.read_table(folder / "points.parquet")
    points = shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy())
    tree = shapely.STRtree(units)
    cores = len(os.sched_getaffinity(0))
    shares = np.array_split(np.arange(len(points)), cores)
    threads = ThreadPoolExecutor(cores)

    def ask(share: Any) -> Any:
        point, unit = tree.query(points[share], predicate="intersects")
        return np.stack([share[point], unit])

    return lambda: np.concatenate(list(threads.map(ask, shares)), axis=1)


if __name__ == "__main__":
    main(prepare, "shapely", "numpy")
