"""The benchmark of impact runs small: its answers agree with an index of all units. Nothing is timed."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as door
from tests.benchmarks import impact
from tests.benchmarks.ground import prepare


def test_impacts_are_those_of_an_index_of_all_units(
    database_factory: Callable[[], AbstractContextManager[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(impact, "bench_database", lambda _: database_factory())
    monkeypatch.setattr(impact, "prepare", lambda units, points: prepare(units, points, tmp_path))
    file = tmp_path / "result.json"
    assert door.main(["impact", "--small", "--json", str(file)]) == 0
    told = json.loads(file.read_text())
    assert (told["job"], told["answers_equal"]) == ("impact", True)
    assert all(row["value"] for row in told["rows"])
