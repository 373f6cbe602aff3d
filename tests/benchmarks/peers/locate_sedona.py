"""SedonaDB: a spatial join."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sedonadb

from tests.benchmarks.peers.timing import main

JOIN = "SELECT p.point, u.unit FROM points p JOIN units u ON ST_Intersects(u.area, p.place)"


def prepare(folder: Path) -> Callable[[], Any]:
    database = sedonadb.connect()
    for name, columns in (
        ("units", "unit, ST_GeomFromWKB(wkb) AS area"),
        ("points", "point, ST_Point(lon, lat) AS place"),
    ):
        database.create_data_frame(pq.read_table(folder / f"{name}.parquet")).to_view(f"raw_{name}")
        made = database.sql(f"SELECT {columns} FROM raw_{name}").to_memtable()  # noqa: S608
        made.to_view(name)

    def job() -> Any:
        answer = database.sql(JOIN).to_arrow_table()
        return answer["point"].to_numpy(), answer["unit"].to_numpy()

    return job


if __name__ == "__main__":
    main(prepare, "sedonadb")
