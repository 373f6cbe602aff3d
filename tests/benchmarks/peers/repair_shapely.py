"""Shapely: the cleaning of a coverage, which snaps by its own distance and fills gaps up to 2 m wide."""

import shapely

from tests.benchmarks.peers.repaired import main

if __name__ == "__main__":
    main(lambda shapes: shapely.coverage_clean(shapes, gap_width=2.0), "shapely")
