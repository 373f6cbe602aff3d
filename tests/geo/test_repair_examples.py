"""Partitions that nobody here made: libpysal's examples, the very dirty one of Tokyo among them."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely

from geo.crs import geodesic_area
from geo.lattice import quantise
from geo.partition import DefectKind, prove
from geo.repair import Limits, RemainKind, Repaired, repair
from tests.benchmarks.repair import SUFFIXES, examples_folder, read

Shapes = npt.NDArray[Any]
TOKYO = "tokyomet262"
FILES = sorted(path for path in examples_folder().rglob("*") if path.suffix in SUFFIXES)
AREAS = sorted(
    str(path.relative_to(examples_folder()))
    for path in FILES
    if (found := read(path)) is not None and len(found.geometries) > 1
)


def areas_of(path: Path) -> Shapes:
    found = read(path)
    assert found is not None
    return np.asarray(quantise(found.geometries))


@pytest.fixture(scope="module")
def tokyo() -> Shapes:
    (path,) = [one for one in FILES if one.stem == TOKYO]
    return areas_of(path)


def require_whole(before: Shapes, after: Repaired) -> None:
    """Hold that no unit is swallowed, and that units which are exact are a coverage to others too."""
    assert len(after.areas) == len(before)
    assert not shapely.is_empty(after.areas).any()
    assert after.exact == prove(after.areas, enclaves=after.enclave_points).exact
    if after.exact:
        assert shapely.coverage_is_valid(after.areas)


@pytest.mark.parametrize("name", AREAS)
def test_every_example_is_repaired_or_told_what_remains(name: str) -> None:
    before = areas_of(examples_folder() / name)
    after = repair(before)
    require_whole(before, after)
    assert after.exact or after.remains
    if prove(before, enclaves=after.enclave_points).exact:
        assert not after.changes


def test_tokyo_is_mended_but_for_the_overlaps_that_a_person_decides(tokyo: Shapes) -> None:
    kinds = {one.kind for one in prove(tokyo).defects}
    assert kinds >= {DefectKind.OVERLAP, DefectKind.SLIVER, DefectKind.INVALID}
    after = repair(tokyo)
    assert {one.kind for one in after.remains} == {RemainKind.OVERLAP}
    assert after.figures()["shift_m"] <= Limits().shift_m


def test_tokyo_comes_out_exact_with_a_rule_for_overlaps(tokyo: Shapes) -> None:
    after = repair(tokyo, Limits(overlap="longest-edge"))
    assert after.exact
    require_whole(tokyo, after)
    changed = shapely.symmetric_difference(shapely.make_valid(tokyo), after.areas)
    parts = shapely.get_parts(shapely.get_parts(changed))
    areas = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    told = after.figures()["area_m2"]
    assert float(np.sum(geodesic_area(areas))) <= 2 * told + 1.0, "more changed than the list says"
