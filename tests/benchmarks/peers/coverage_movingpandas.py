"""movingpandas: trajectories clipped by the border's buffer, and what of the border their pieces pass."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import movingpandas
import numpy as np
import pandas as pd
import shapely

from tests.benchmarks.peers.coverage_fixes import METRIC, covered, millimetres, read
from tests.benchmarks.peers.timing import main

BUFFER_M = 30.0


def prepare(folder: Path) -> Callable[[], Any]:
    border, fixes = read(folder)
    near = shapely.buffer(border, BUFFER_M)
    fixes.index = pd.DatetimeIndex(pd.to_datetime(fixes["t"], unit="s"), name="at")
    walks = [
        movingpandas.Trajectory(part.drop(columns=["t"]), traj_id=number, crs=METRIC)
        for number, part in fixes.groupby("patrol")
    ]

    def one(walk: Any) -> float:
        spans = []
        for piece in walk.clip(near).trajectories:
            measure = shapely.line_locate_point(border, piece.df.geometry.to_numpy())
            spans.append((measure.min(), measure.max()))
        low, high = np.array(spans).reshape(-1, 2).T
        return covered(low, high)

    return lambda: millimetres(map(one, walks))


if __name__ == "__main__":
    main(prepare, "movingpandas", "shapely", "geopandas")
