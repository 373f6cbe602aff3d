"""Units nest in their parents exactly, or the difference is named."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.partition import DefectKind, dissolve, prove_levels
from tests.geo.partitions import degrees, make


def square(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return degrees(shapely.box(west, south, east, north))


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
@settings(deadline=None, max_examples=40)
def test_chain_sums_nest_and_a_wrong_parent_does_not(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    made = make(rng, 5, 8)
    parents = rng.integers(0, count, len(made.units))
    areas = dissolve(made.units, parents)
    assert prove_levels(made.units, parents, areas) == []
    if len(areas) > 1:
        wrong = parents.copy()
        wrong[0] = (wrong[0] + 1) % len(areas)
        found = prove_levels(made.units, wrong, areas)
        assert {defect.kind for defect in found} == {DefectKind.OUTSIDE_PARENT}
        assert {defect.units for defect in found} == {(0,)}
        assert {defect.parent for defect in found} == {wrong[0]}


def test_a_parent_drawn_otherwise_is_named_with_its_size() -> None:
    units = np.array([square(0, 0, 10_000, 10_000), square(10_000, 0, 20_000, 10_000)])
    wider = degrees(
        shapely.Polygon(
            [
                (0, 0),
                (10_000, 0),
                (20_000, 0),
                (20_500, 0),
                (20_500, 10_000),
                (20_000, 10_000),
                (10_000, 10_000),
                (0, 10_000),
            ]
        )
    )
    found = prove_levels(units, [0, 0], [wider])
    assert [defect.kind for defect in found] == [DefectKind.LEVEL_MISMATCH]
    assert found[0].area_m2 == pytest.approx(4.26 * 111, rel=0.02)
    assert "P and its units differ" in found[0].sentence(["a", "b"], ["P"])


def test_a_vertex_that_only_one_level_has_is_named() -> None:
    units = np.array([square(0, 0, 10_000, 10_000), square(10_000, 0, 20_000, 10_000)])
    found = prove_levels(units, [0, 0], [square(0, 0, 20_000, 10_000)])
    assert [defect.kind for defect in found] == [DefectKind.T_JUNCTION] * 2
    assert {defect.units for defect in found} == {(0,)}
    assert "its parent P do not have the same vertices" in found[0].sentence(["a", "b"], ["P"])


def test_a_parent_without_units_is_open_ground() -> None:
    units = np.array([square(0, 0, 10_000, 10_000)])
    found = prove_levels(units, [0], [units[0], square(10_000, 0, 20_000, 10_000)])
    assert [(defect.kind, defect.parent) for defect in found] == [(DefectKind.LEVEL_MISMATCH, 1)]
