"""Small files to import, and what the tests of imports share."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely

DATA = Path(__file__).parents[4] / "shared" / "data"
DAY = date(2025, 3, 1)
Import = Callable[..., tuple[int, dict[str, Any]]]


def write(path: Path, areas: Any, layer: str = "grids", append: bool = False, **columns: Any) -> Path:
    """Write areas as a GeoPackage or GeoJSON with code and other columns."""
    columns = {"code": [f"G{k:02d}" for k in range(len(areas))], **columns}
    arrays = [
        np.array(values, dtype=object if isinstance(values[0], str) else None) for values in columns.values()
    ]
    pyogrio.raw.write(
        path,
        np.asarray(shapely.to_wkb(np.asarray(areas, dtype=object)), dtype=object),
        arrays,
        fields=list(columns),
        layer=layer,
        driver="GPKG" if path.suffix == ".gpkg" else "GeoJSON",
        geometry_type="Unknown",
        crs="EPSG:4490",
        append=append,
        **({} if path.suffix == ".gpkg" else {"COORDINATE_PRECISION": 7}),
    )
    return path


def points(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
