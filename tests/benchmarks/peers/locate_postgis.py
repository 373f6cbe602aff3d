"""PostGIS: a join over a GiST index; while measured its answers stay in the database.

``BENCH_DATABASE`` is the address of an empty database with the extension.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq

from tests.benchmarks.peers.timing import main

SET_UP = """
DROP TABLE IF EXISTS bench_units, bench_points;
CREATE TABLE bench_units (unit int, area geometry(Polygon, 4490));
CREATE TABLE bench_points (point int, place geometry(Point, 4490));
"""
JOIN = "SELECT p.point, u.unit FROM bench_points p JOIN bench_units u ON ST_Intersects(u.area, p.place)"


def prepare(folder: Path) -> Callable[[], Any]:
    database = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    for statement in SET_UP.strip().split("\n"):
        database.execute(statement)
    units = pq.read_table(folder / "units.parquet")
    with database.cursor().copy("COPY bench_units FROM STDIN") as copy:
        for unit, wkb in zip(units["unit"].to_pylist(), units["wkb"].to_pylist(), strict=True):
            # EWKB: the SRID follows the type, whose flag says so.
            copy.write_row((unit, (wkb[:1] + b"\x03\x00\x00\x20\x8a\x11\x00\x00" + wkb[5:]).hex()))
    points = pq.read_table(folder / "points.parquet")
    database.execute("CREATE TEMP TABLE raw (point int, lon float8, lat float8)")
    with database.cursor().copy("COPY raw FROM STDIN") as copy:
        for row in zip(*(points[name].to_pylist() for name in ("point", "lon", "lat")), strict=True):
            copy.write_row(row)
    database.execute(
        "INSERT INTO bench_points SELECT point, ST_SetSRID(ST_MakePoint(lon, lat), 4490) FROM raw"
    )
    database.execute("CREATE INDEX ON bench_units USING gist (area)")
    database.execute("VACUUM ANALYZE bench_units, bench_points")
    database.execute(f"SET max_parallel_workers_per_gather = {len(os.sched_getaffinity(0))}")

    def job() -> None:
        database.execute(f"SELECT count(*), sum(unit) FROM ({JOIN}) answers")  # noqa: S608

    return job


def answer() -> Any:
    with psycopg.connect(os.environ["BENCH_DATABASE"]) as database:
        return np.array(database.execute(JOIN).fetchall()).T


if __name__ == "__main__":
    main(prepare, "psycopg", answer=answer)
