"""Shapely: whether the units are a valid coverage; a gap and a missing unit are none of its business."""

import shapely

from tests.benchmarks.peers.planted import run

if __name__ == "__main__":
    run(lambda shapes: not shapely.coverage_is_valid(shapes), "shapely")
