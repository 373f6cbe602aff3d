"""The frame of a peer that looks for planted defects: the whole units are measured, all cases answered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import shapely

from tests.benchmarks.peers.timing import main


def cases(folder: Path) -> list[Any]:
    table = pq.read_table(folder / "cases.parquet")
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    number = table["case"].to_numpy()
    return [shapes[number == case] for case in range(int(number.max()) + 1)]


def run(
    found: Callable[[Any], bool], *packages: str, made: Callable[[Any], Any] = lambda shapes: shapes
) -> None:
    """Measure ``found`` on what ``made`` makes of the units, the first case, and answer with all cases."""
    kept: list[Any] = []

    def prepare(folder: Path) -> Callable[[], Any]:
        kept.extend(made(shapes) for shapes in cases(folder))
        return lambda: found(kept[0])

    def answer() -> Any:
        return np.array([(case, found(shapes)) for case, shapes in enumerate(kept)]).T

    main(prepare, *packages, answer=answer)
