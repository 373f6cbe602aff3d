"""PostGIS: the nearest by a GiST index on geographies, on the spheroid; ``BENCH_DATABASE`` is its address."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from tests.benchmarks.peers.nearest_points import read
from tests.benchmarks.peers.timing import main

SET_UP = """
DROP TABLE IF EXISTS bench_stations, bench_points;
CREATE TABLE bench_stations (station int, place geography(Point, 4326));
CREATE TABLE bench_points (point int, place geography(Point, 4326));
"""
NEAREST = """
SELECT p.point, s.station FROM bench_points p
CROSS JOIN LATERAL (SELECT station FROM bench_stations ORDER BY place <-> p.place LIMIT 1) s
"""


def prepare(folder: Path) -> Callable[[], Any]:
    database = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    for statement in SET_UP.strip().split("\n"):
        database.execute(statement)
    for table, values in zip(("points", "stations"), read(folder), strict=True):
        with database.cursor().copy(f"COPY bench_{table} FROM STDIN") as copy:
            for number, (lon, lat) in enumerate(values.tolist()):
                copy.write_row((number, f"SRID=4326;POINT({lon!r} {lat!r})"))
    database.execute("CREATE INDEX ON bench_stations USING gist (place)")
    database.execute("VACUUM ANALYZE bench_stations, bench_points")
    database.execute(f"SET max_parallel_workers_per_gather = {len(os.sched_getaffinity(0))}")

    def job() -> None:
        database.execute(f"SELECT count(*), sum(station) FROM ({NEAREST}) answers")  # noqa: S608

    return job


def answer() -> Any:
    with psycopg.connect(os.environ["BENCH_DATABASE"]) as database:
        return np.array(database.execute(f"{NEAREST} ORDER BY p.point").fetchall()).T


if __name__ == "__main__":
    main(prepare, "psycopg", answer=answer)
