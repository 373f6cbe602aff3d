"""psycopg's executemany behind a model of pydantic: what a service is first written as."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from tests.benchmarks.peers.ingest_table import answer, connect, lattice
from tests.benchmarks.peers.timing import main


class Columns(BaseModel):
    """A walk in columns."""

    t: list[int]
    lon: list[float]
    lat: list[float]


def prepare(folder: Path) -> Callable[[], Any]:
    database, numbers, adapter = connect(), count(), TypeAdapter(Columns)
    body = (folder / "walk.json").read_bytes()

    def job() -> None:
        device, walk = f"d{next(numbers)}", adapter.validate_json(body)
        rows = [
            (device, t * 1_000, lattice(lon), lattice(lat))
            for t, lon, lat in zip(walk.t, walk.lon, walk.lat, strict=True)
        ]
        with database.cursor() as cursor:
            cursor.executemany("INSERT INTO peer_fix VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", rows)
        database.commit()

    return job


if __name__ == "__main__":
    main(prepare, "pydantic", "psycopg", answer=lambda: answer("d0"))
