"""What the peers of the nearest station read: points and stations in degrees."""

from pathlib import Path
from typing import Any

import numpy as np


def read(folder: Path) -> tuple[Any, Any]:
    """Return points and stations, both (n, 2) as lon, lat."""
    return np.load(folder / "points.npy"), np.load(folder / "stations.npy")


def pairs(stations: Any) -> Any:
    """Return the pairs (point, station) of the stations by point."""
    return np.arange(len(stations)), np.asarray(stations)
