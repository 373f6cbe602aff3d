"""The benchmark of staffing runs small: answers as good as SciPy's, no grid empty, few moves."""

from tests.benchmarks.staffing import run


def test_a_small_county_is_staffed_beside_its_peers() -> None:
    report = run(small=True)
    assert report.answers_equal, report.remarks
    assert "0 grids empty" in report.remarks[0]
    assert "redraw of 2 big grids" in report.remarks[-1]
