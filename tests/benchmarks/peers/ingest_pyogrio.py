"""GPX by GeoPandas and pyogrio, then a staging table and an upsert."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import geopandas

from tests.benchmarks.peers.ingest_table import answer, connect, stage
from tests.benchmarks.peers.timing import main


def prepare(folder: Path) -> Callable[[], Any]:
    database, numbers = connect(), count()

    def job() -> None:
        device = f"d{next(numbers)}"
        frame = geopandas.read_file(folder / "walk.gpx", layer="track_points", engine="pyogrio")
        times = frame["time"].dt.as_unit("ms").astype("int64").tolist()
        lon = (frame.geometry.x * 1e7).round().astype("int64").tolist()
        lat = (frame.geometry.y * 1e7).round().astype("int64").tolist()
        stage(database, ((device, *row) for row in zip(times, lon, lat, strict=True)))

    return job


if __name__ == "__main__":
    main(prepare, "geopandas", "pyogrio", "psycopg", answer=lambda: answer("d0"))
