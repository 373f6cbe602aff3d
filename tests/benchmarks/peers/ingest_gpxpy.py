"""GPX by gpxpy, then a staging table and an upsert."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import gpxpy

from tests.benchmarks.peers.ingest_table import answer, connect, lattice, stage
from tests.benchmarks.peers.timing import main


def prepare(folder: Path) -> Callable[[], Any]:
    database, numbers = connect(), count()
    text = (folder / "walk.gpx").read_text(encoding="utf-8")

    def job() -> None:
        device, read = f"d{next(numbers)}", gpxpy.parse(text)
        points = (point for track in read.tracks for part in track.segments for point in part.points)
        stage(
            database,
            (
                (device, round(one.time.timestamp() * 1_000), lattice(one.longitude), lattice(one.latitude))
                for one in points
            ),
        )

    return job


if __name__ == "__main__":
    main(prepare, "gpxpy", "psycopg", answer=lambda: answer("d0"))
