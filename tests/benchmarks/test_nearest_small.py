"""The benchmark of the nearest station run small: its comparison is right. Nothing here is timed."""

from pathlib import Path

import numpy as np

from tests.benchmarks.nearest import _proven, run


def test_ours_is_the_nearest_of_all(tmp_path: Path) -> None:
    report = run(small=True, peers=False, keep=tmp_path)
    assert report.answers_equal
    assert report.rows[0].value


def test_a_farther_station_is_found() -> None:
    points, stations = np.array([[130.0, 45.0]]), np.array([[130.5, 45.0], [130.1, 45.0]])
    assert _proven(points, stations, np.array([1]))
    assert not _proven(points, stations, np.array([0]))
