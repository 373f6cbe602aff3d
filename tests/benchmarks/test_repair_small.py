"""The benchmark of repair runs small: what it calls exact is exact. Nothing is timed."""

from pathlib import Path

import numpy as np
import shapely

from geo.partition import prove
from tests.benchmarks import repair
from tests.benchmarks.ground import prepare


def test_dirtied_units_are_dirty_and_ours_come_out_exact(tmp_path: Path) -> None:
    units = prepare(repair.FEW_UNITS, 10, tmp_path).units
    assert not prove(repair.dirtied(units), enclaves=None).exact
    report = repair.run(small=True, peers=False, keep=tmp_path)
    (example,) = report.examples
    assert (example.name, example.exact, example.units) == (repair.DIRTIED, True, len(units))


def test_a_verdict_tells_what_is_wrong(tmp_path: Path) -> None:
    units = prepare(repair.FEW_UNITS, 10, tmp_path).units
    assert repair.verdict(units, units).endswith("0 units lost, 0.0 m² changed")
    assert repair.verdict(units, repair.dirtied(units)).startswith("not exact")
    assert repair.verdict(units, units[:-1]).endswith("1 units lost")
    assert repair.verdict(units, np.array([], dtype=object)) == "failed"
    assert "1 units lost" in repair.verdict(units, np.array([*units[:-1], shapely.Polygon()]))
