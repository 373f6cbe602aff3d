"""Shapely: the invalid edges of a coverage, with gaps up to 2 m wide looked for as well."""

import shapely

from tests.benchmarks.peers.planted import run

WIDTH = 2 / 111_000

if __name__ == "__main__":
    run(
        lambda shapes: bool((~shapely.is_empty(shapely.coverage_invalid_edges(shapes, WIDTH))).any()),
        "shapely",
    )
