"""The tables that the PostGIS peers of the benchmark “coverage” read.

``BENCH_DATABASE`` is the address of an empty database with the extension.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq

from tests.benchmarks.peers.coverage_fixes import millimetres

_SET_UP = (
    "DROP TABLE IF EXISTS peer_border, peer_fix",
    "CREATE TABLE peer_border (line geometry(LineString, 32649))",
    "CREATE TABLE peer_fix (patrol int, t float8, place geometry(Point, 32649))",
    "CREATE TEMP TABLE raw (patrol int, t float8, lon float8, lat float8)",
)


def asked(folder: Path, query: str) -> Callable[[], Any]:
    """Lay border and fixes in metres, and return what asks for the metres that each patrol covered."""
    database = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    for statement in _SET_UP:
        database.execute(statement)
    database.execute(
        "INSERT INTO peer_border SELECT ST_Transform(ST_GeomFromWKB(%s, 4326), 32649)",
        [(folder / "border.wkb").read_bytes()],
    )
    table = pq.read_table(folder / "fixes.parquet")
    columns = [table[name].to_pylist() for name in ("patrol", "t", "lon", "lat")]
    with database.cursor().copy("COPY raw FROM STDIN") as copy:
        for row in zip(*columns, strict=True):
            copy.write_row(row)
    database.execute(
        "INSERT INTO peer_fix SELECT patrol, t,"
        " ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 32649) FROM raw"
    )
    database.execute("CREATE INDEX ON peer_fix (patrol, t)")
    database.execute("VACUUM ANALYZE peer_fix")
    database.execute(f"SET max_parallel_workers_per_gather = {len(os.sched_getaffinity(0))}")
    return lambda: millimetres(row[1] for row in database.execute(query).fetchall())
