"""The benchmark of merges runs small: every merge it counts is an exact partition."""

from pathlib import Path

from tests.benchmarks.merge import run
from tests.benchmarks.report import OURS


def test_what_is_merged_is_exact_and_more_than_by_whole_features(tmp_path: Path) -> None:
    report = run(small=True, keep=tmp_path)
    assert report.answers_equal, report.remarks
    for ours, theirs in zip(report.rows[::2], report.rows[1::2], strict=True):
        assert ours.who.startswith(OURS)
        assert (ours.value or 0) >= (theirs.value or 0)
