"""GeoPandas: a spatial join of points with units."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pyarrow.parquet as pq
import shapely

from tests.benchmarks.peers.timing import main


def prepare(folder: Path) -> Callable[[], Any]:
    units = shapely.from_wkb(pq.read_table(folder / "units.parquet")["wkb"].to_numpy())
    table = pq.read_table(folder / "points.parquet")
    areas = geopandas.GeoDataFrame(geometry=geopandas.GeoSeries(units, crs="EPSG:4490"))
    points = geopandas.GeoSeries.from_xy(table["lon"].to_numpy(), table["lat"].to_numpy(), crs="EPSG:4490")
    frame = geopandas.GeoDataFrame(geometry=points)
    # Both keep their index once it is made.
    areas.sindex  # noqa: B018
    frame.sindex  # noqa: B018

    def job() -> Any:
        joined = geopandas.sjoin(frame, areas, predicate="intersects", how="inner")
        return joined.index.to_numpy(), joined["index_right"].to_numpy()

    return job


if __name__ == "__main__":
    main(prepare, "geopandas", "shapely", "pandas")
