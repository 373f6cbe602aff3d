"""The benchmark of coverage runs small: told is what was walked and what SQL says. Nothing is timed."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as door
from tests.benchmarks import coverage, coverage_ledger
from tests.benchmarks.patrolled import patrolled
from tests.benchmarks.report import OURS


def test_what_was_walked_is_what_is_told(
    database_factory: Callable[[], AbstractContextManager[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coverage_ledger, "bench_database", lambda _: database_factory())
    monkeypatch.setattr(
        coverage.run, "__kwdefaults__", {**(coverage.run.__kwdefaults__ or {}), "keep": tmp_path}
    )
    file = tmp_path / "result.json"
    assert door.main(["coverage", "--small", "--no-peers", "--json", str(file)]) == 0
    told = json.loads(file.read_text())
    assert (told["job"], told["answers_equal"]) == ("coverage", True)
    assert told["rows"][0]["who"] == f"{OURS} (cleaning, line, units and markers)"
    assert all(row["value"] for row in told["rows"])
    assert "ledger of 18,000 fixes" in told["rows"][-3]["who"]


def test_metres_that_differ_are_told(tmp_path: Path) -> None:
    ground = patrolled(2_000, 30, 5, 5_000.0, tmp_path)
    metres = [coverage._covered(ground, [walk]) for walk in coverage._ours(ground, 1)[1]]
    truth = ground.spans[:, 1] - ground.spans[:, 0]
    assert coverage._agree(metres, truth)
    assert not coverage._agree(metres, truth + 200.0)
    assert not coverage._agree(metres[1:], truth)
