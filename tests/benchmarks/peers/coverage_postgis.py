"""PostGIS in SQL: the measure of every fix, spans of neighbours, their union as a range."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.benchmarks.peers.coverage_table import asked
from tests.benchmarks.peers.timing import main

QUERY = """
WITH measured AS (
    SELECT patrol, t, ST_LineLocatePoint(line, place) * ST_Length(line) AS m,
           ST_DWithin(line, place, 30) AS near
    FROM peer_fix, peer_border
), steps AS (
    SELECT patrol, m, near, lag(m) OVER w AS before, lag(near) OVER w AS was_near
    FROM measured WINDOW w AS (PARTITION BY patrol ORDER BY t)
), ranges AS (
    SELECT patrol, range_agg(numrange(least(m, before)::numeric, greatest(m, before)::numeric, '[]')) AS spans
    FROM steps WHERE near AND was_near AND abs(m - before) <= 30 GROUP BY patrol
)
SELECT patrol, (SELECT sum(upper(one) - lower(one)) FROM unnest(spans) AS one)::float8 FROM ranges ORDER BY 1
"""
prepare: Callable[..., Any] = partial(asked, query=QUERY)

if __name__ == "__main__":
    main(prepare, "psycopg")
