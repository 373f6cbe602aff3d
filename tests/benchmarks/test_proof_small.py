"""The proof's benchmark runs small: ten thousand mutations, none judged wrong. Nothing here is timed."""

import json
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as door
from tests.benchmarks import proof


def test_ten_thousand_mutations_are_judged_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof.run, "__kwdefaults__", {**(proof.run.__kwdefaults__ or {}), "keep": tmp_path})
    file = tmp_path / "result.json"
    tallies: list[dict[str, int]] = []
    judge = proof.judge

    def noted(cases: int) -> dict[str, int]:
        tallies.append(judge(cases))
        return tallies[-1]

    monkeypatch.setattr(proof, "judge", noted)
    assert door.main(["proof", "--small", "--no-peers", "--json", str(file)]) == 0
    assert json.loads(file.read_text())["answers_equal"] is True
    (tally,) = tallies
    assert tally["judged"] == 10_000
    assert tally["false accepts"] == tally["false rejects"] == 0
    assert 0.4 < tally["legal"] / tally["judged"] < 0.6


def test_a_wrong_verdict_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "_accepted", lambda _state, _move: True)
    tally = proof.judge(200)
    assert tally["false accepts"] == tally["judged"] - tally["legal"] > 0
    monkeypatch.setattr(proof, "_accepted", lambda _state, _move: False)
    assert proof.judge(200)["false rejects"] == tally["legal"]
