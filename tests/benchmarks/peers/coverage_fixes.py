"""What the peers of the benchmark “coverage” read: a border and the fixes of patrols."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow.parquet as pq
import shapely

METRIC = "EPSG:32649"
"""The zone of the ground in metres: a peer's distances are plane, true to 0.04 %."""


def read(folder: Path) -> tuple[Any, Any]:
    """Return the border in metres and the fixes with their patrol, time and place in metres."""
    border = geopandas.GeoSeries.from_wkb([(folder / "border.wkb").read_bytes()], crs="EPSG:4326")
    table = pq.read_table(folder / "fixes.parquet").to_pandas()
    places = geopandas.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    fixes = geopandas.GeoDataFrame(table[["patrol", "t"]], geometry=places).to_crs(METRIC)
    return border.to_crs(METRIC).iloc[0], fixes


def millimetres(covered: Iterable[float]) -> tuple[Any, Any]:
    """Return the metres that each patrol covered, in the order of the patrols, as an answer."""
    metres = np.array(list(covered), dtype=np.float64)
    return np.arange(len(metres)), np.rint(metres * 1_000.0)


def covered(low: Any, high: Any) -> float:
    """Return the metres that spans cover together."""
    if len(low) == 0:
        return 0.0
    order = np.argsort(low)
    low, high = low[order], np.maximum.accumulate(high[order])
    before = np.concatenate([[-np.inf], high[:-1]])
    return float(np.maximum(high - np.maximum(low, before), 0.0).sum())


def length(shape: Any) -> float:
    """Return the length of a shape in metres."""
    return float(shapely.length(shape))
