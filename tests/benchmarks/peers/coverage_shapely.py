"""Shapely: the nearest measure of every fix, and the span between neighbours that are near each other."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from tests.benchmarks.peers.coverage_fixes import covered, millimetres, read
from tests.benchmarks.peers.timing import main

NEAR_M, STEP_M = 30.0, 30.0


def prepare(folder: Path) -> Callable[[], Any]:
    border, fixes = read(folder)
    shapely.prepare(border)
    patrol = fixes["patrol"].to_numpy()
    places = fixes.geometry.to_numpy()

    def job() -> Any:
        measure = shapely.line_locate_point(border, places)
        near = shapely.dwithin(border, places, NEAR_M)
        both = near[1:] & near[:-1] & (patrol[1:] == patrol[:-1])
        both &= np.abs(np.diff(measure)) <= STEP_M
        low, high = np.minimum(measure[1:], measure[:-1]), np.maximum(measure[1:], measure[:-1])
        walks = (both & (patrol[1:] == one) for one in range(patrol[-1] + 1))
        return millimetres(covered(low[one], high[one]) for one in walks)

    return job


if __name__ == "__main__":
    main(prepare, "shapely", "geopandas", "numpy")
