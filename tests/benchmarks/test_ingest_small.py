"""The benchmark of ingest runs small: every format and phone stores the same fixes. Nothing is timed."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as door
from tests.benchmarks import ingest
from tests.benchmarks.ingest_ours import walk
from tests.benchmarks.report import OURS


def test_every_way_in_stores_the_same_fixes(
    database_factory: Callable[[], AbstractContextManager[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest, "bench_database", lambda _: database_factory())
    monkeypatch.setattr(ingest, "SMALL", 1_500)
    file = tmp_path / "result.json"
    assert door.main(["ingest", "--small", "--no-peers", "--json", str(file)]) == 0
    told = json.loads(file.read_text())
    assert (told["job"], told["answers_equal"]) == ("ingest", True)
    assert told["rows"][0]["who"] == f"{OURS} (columns of JSON)"
    rates, latencies, processes, phones = 4, 4, 1, 2
    assert len(told["rows"]) == 7 * (rates + latencies + processes) + phones
    assert all(row["value"] for row in told["rows"])


def test_a_walk_is_the_same_in_every_form() -> None:
    data = walk(2_500)
    assert len(data) == 2_500
    assert [len(json.loads(body)["locations"]) for body in data.overland] == [1_000, 1_000, 500]
    assert len(set(map(tuple, data.answer.T.tolist()))) == 2_500
