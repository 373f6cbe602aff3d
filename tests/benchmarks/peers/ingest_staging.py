"""A staging table filled by COPY, and an upsert from there."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from tests.benchmarks.peers.ingest_table import answer, connect, lattice, stage
from tests.benchmarks.peers.timing import main


def prepare(folder: Path) -> Callable[[], Any]:
    database, numbers = connect(), count()
    body = (folder / "walk.json").read_bytes()

    def job() -> None:
        device, walk = f"d{next(numbers)}", orjson.loads(body)
        columns = zip(walk["t"], walk["lon"], walk["lat"], strict=True)
        stage(database, ((device, t * 1_000, lattice(lon), lattice(lat)) for t, lon, lat in columns))

    return job


if __name__ == "__main__":
    main(prepare, "orjson", "psycopg", answer=lambda: answer("d0"))
