"""PostGIS in SQL: fixes buffered by 30 m, their union, and what of the border lies in it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.benchmarks.peers.coverage_table import asked
from tests.benchmarks.peers.timing import main

QUERY = """
SELECT patrol, (SELECT ST_Length(ST_Intersection(line, near)) FROM peer_border)
FROM (SELECT patrol, ST_Union(ST_Buffer(place, 30)) AS near FROM peer_fix GROUP BY patrol) AS found
ORDER BY 1
"""
prepare: Callable[..., Any] = partial(asked, query=QUERY)

if __name__ == "__main__":
    main(prepare, "psycopg")
