"""A crack between two units that opens to the outside is told, where no frame shows it."""

import numpy as np
import pytest
import shapely

from geo.partition import DefectKind, prove
from geo.partition.notches import notches
from tests.geo.partitions import degrees

WEST = [(0, 0), (10_000, 0), (10_000, 10_000), (0, 10_000)]


@pytest.mark.parametrize("off", [20, 60, 150])
def test_a_vertex_on_the_frame_moved_on_one_side_leaves_a_crack(off: int) -> None:
    east = [(10_000 + off, 0), (20_000, 0), (20_000, 10_000), (10_000, 10_000)]
    units = np.array([degrees(shapely.Polygon(ring)) for ring in (WEST, east)], dtype=object)
    proof = prove(units)
    assert proof.exact  # without a frame nothing else can be said
    found = notches(proof.frame, units)
    assert [(note.kind, note.units) for note in found] == [(DefectKind.NOTCH, (0, 1))]
    assert found[0].geometry.distance(degrees(shapely.Point(10_000, 0))) < 1e-5
    assert "reaches in from outside" in found[0].sentence(["W", "E"])


def test_a_wide_bay_and_a_notch_in_one_unit_are_no_cracks() -> None:
    east = [(13_000, 0), (20_000, 0), (20_000, 10_000), (10_000, 10_000)]
    units = np.array([degrees(shapely.Polygon(ring)) for ring in (WEST, east)], dtype=object)
    proof = prove(units)
    assert proof.frame is not None
    assert notches(proof.frame, units) == []
    ring = [(0, 0), (5_000, 0), (5_000, 9_000), (5_050, 0), (10_000, 0), (10_000, 10_000), (0, 10_000)]
    own = degrees(shapely.Polygon(ring))
    assert notches(own, np.array([own], dtype=object)) == []
    assert notches(shapely.Polygon(), np.array([], dtype=object)) == []
