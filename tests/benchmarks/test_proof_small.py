"""The proof's benchmark runs small: ten thousand mutations, none judged wrong. Nothing here is timed."""

import json
from pathlib import Path

import pytest
import shapely

from tests.benchmarks import __main__ as door
from tests.benchmarks import planted, proof
from tests.benchmarks.ground import prepare


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


def test_every_planted_defect_is_found_and_none_in_the_whole_units(tmp_path: Path) -> None:
    (ours,) = planted.compare(small=False, peers=False, keep=tmp_path)
    assert ours.found.pop(planted.WHOLE) == (0, 1)
    assert ours.found == dict.fromkeys(planted.KINDS, (planted.EACH, planted.EACH))


def test_the_planted_defects_are_what_they_are_called(tmp_path: Path) -> None:
    units = prepare(planted.UNITS, planted.UNITS, tmp_path).units
    whole = shapely.area(units).sum()
    for name, shapes in planted.planted(units, 3):
        covered = shapely.union_all(shapes).area
        total = shapely.area(shapes).sum()
        assert (len(shapes) - len(units)) == {"missing unit": -1, "duplicate": 1}.get(name, 0)
        if name in ("gap", "missing unit"):
            assert covered < whole > total
        elif name in ("overlap", "duplicate"):
            assert total > covered
