"""The accuracy of coverage holds its goals, and beats the buffer and the nearest point at near limbs."""

from tests.benchmarks.coverage_accuracy import METHODS, run
from tests.benchmarks.report import OURS


def test_walked_metres_are_right() -> None:
    report = run(small=True)
    assert report.answers_equal, report.remarks
    for k in range(0, len(report.rows), len(METHODS)):
        ours, *others = report.rows[k : k + len(METHODS)]
        assert ours.who == OURS
        if ours.unit.endswith("σ 5 m") or "15 m" in ours.unit:
            assert all((ours.value or 0.0) >= (one.value or 0.0) for one in others)
