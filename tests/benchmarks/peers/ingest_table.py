"""The table that the peers of the benchmark “ingest” fill."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

Row = tuple[str, int, int, int]

_SET_UP = """
DROP TABLE IF EXISTS peer_fix;
CREATE TABLE peer_fix (
    device text, at bigint, lon_e7 int, lat_e7 int, PRIMARY KEY (device, at, lon_e7, lat_e7)
);
"""


def connect() -> psycopg.Connection[Any]:
    """Return a connection to the peers' database with an empty table."""
    database = psycopg.connect(os.environ["BENCH_DATABASE"])
    for statement in _SET_UP.strip().split(";\n"):
        database.execute(statement)
    database.commit()
    return database


def stage(database: psycopg.Connection[Any], rows: Iterable[Row]) -> None:
    """Copy rows to a staging table and insert those that are new."""
    database.execute("CREATE TEMP TABLE staged (LIKE peer_fix) ON COMMIT DROP")
    with database.cursor().copy("COPY staged FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    database.execute("INSERT INTO peer_fix SELECT * FROM staged ON CONFLICT DO NOTHING")
    database.commit()


def lattice(degrees: float) -> int:
    """Return degrees as a count of 1e-7."""
    return round(degrees * 1e7)


def answer(device: str) -> Sequence[Sequence[int]]:
    """Return the fixes of a device in columns."""
    with psycopg.connect(os.environ["BENCH_DATABASE"]) as database:
        rows = database.execute(
            "SELECT at, lon_e7, lat_e7 FROM peer_fix WHERE device = %s ORDER BY 1, 2, 3", (device,)
        ).fetchall()
    return list(zip(*rows, strict=True))
