"""DuckDB with its spatial extension: a join, which builds its own index each time."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_spatial

from tests.benchmarks.peers.timing import main

JOIN = "SELECT p.point, u.unit FROM points p JOIN units u ON ST_Intersects(u.area, p.place)"


def prepare(folder: Path) -> Callable[[], Any]:
    database = duckdb.connect()
    extension = next(Path(duckdb_extension_spatial.__file__).parent.rglob("*.duckdb_extension"))
    database.execute(f"LOAD '{extension}'")
    database.execute(f"SET threads = {len(os.sched_getaffinity(0))}")
    units, points = folder / "units.parquet", folder / "points.parquet"
    database.execute(f"CREATE TABLE units AS SELECT unit, ST_GeomFromWKB(wkb) area FROM '{units}'")  # noqa: S608
    database.execute(f"CREATE TABLE points AS SELECT point, ST_Point(lon, lat) place FROM '{points}'")  # noqa: S608

    def job() -> Any:
        answer = database.execute(JOIN).fetchnumpy()
        return answer["point"], answer["unit"]

    return job


if __name__ == "__main__":
    main(prepare, "duckdb", "duckdb-extension-spatial")
