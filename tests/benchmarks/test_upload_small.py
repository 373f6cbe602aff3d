"""The benchmark of uploads runs small: it sends, repeats, counts and compares. Nothing is timed."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as door
from tests.benchmarks import upload
from tests.benchmarks.report import OURS


def test_everything_that_is_sent_is_stored_once(
    database_factory: Callable[[], AbstractContextManager[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upload, "bench_database", lambda _: database_factory())
    file = tmp_path / "result.json"
    assert door.main(["upload", "--small", "--json", str(file)]) == 0
    told = json.loads(file.read_text())
    assert (told["job"], told["answers_equal"]) == ("upload", True)
    assert len(told["rows"]) == 4 * 2 * 5
    assert told["rows"][0]["who"] == f"{OURS} (tracks of 1,000 fixes)"
    assert all(row["value"] for row in told["rows"])


def test_what_is_lost_doubled_or_told_otherwise_is_found(
    database_factory: Callable[[], AbstractContextManager[str]],
) -> None:
    with database_factory() as url:
        assert upload.Contender("x", url, 0, [""], []).stored()
        for name in ("fixes", "incidents", "edits", "batches", "wrong"):
            one = upload.Contender("x", url, 0, [""], [])
            setattr(one, name, 1)
            assert not one.stored(), name
