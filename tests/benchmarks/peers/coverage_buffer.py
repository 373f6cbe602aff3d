"""Shapely: the part of the border within 30 m of what a patrol walked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import shapely

from tests.benchmarks.peers.coverage_fixes import length, millimetres, read
from tests.benchmarks.peers.timing import main

BUFFER_M = 30.0


def prepare(folder: Path) -> Callable[[], Any]:
    border, fixes = read(folder)
    patrol = fixes["patrol"].to_numpy()
    places = fixes.geometry.to_numpy()
    walks = [places[patrol == one] for one in range(patrol[-1] + 1)]

    def one(walk: Any) -> float:
        way = shapely.linestrings(shapely.get_coordinates(walk))
        return length(shapely.intersection(border, shapely.buffer(way, BUFFER_M)))

    return lambda: millimetres(map(one, walks))


if __name__ == "__main__":
    main(prepare, "shapely", "geopandas")
