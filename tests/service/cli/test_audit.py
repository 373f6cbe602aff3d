"""``./wardline audit``: heads that are exported, kept and compared, and every fault by its entry."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.audit import Audit, central
from service.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def audit(
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    engine: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command on three chains; return the exit code and what it wrote."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("WARDLINE_HOME", str(tmp_path / "home"))
    write(engine, 5)

    def command(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main(["audit", *map(str, arguments)])
        return int(caught.value.code or 0), *capsys.readouterr()

    return command


def write(engine: Engine, count: int) -> None:
    with Session(engine) as session:
        for number in range(count):
            for chain in (central(session), Audit(session, "110101"), Audit(session, "230882")):
                chain.record("incident.edit", "incident", number)
        session.commit()


def change(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_a_whole_audit_is_whole(audit: Run) -> None:
    code, out, _ = audit("verify")
    assert code == 0
    assert out.splitlines() == [f"{name}: 5 entries, whole" for name in ("central", "110101", "230882")]
    code, out, _ = audit("verify", "--json")
    assert [one["whole"] for one in json.loads(out)] == [True] * 3


SWAP = """
    UPDATE audit_entry SET seq = CASE seq WHEN 2 THEN -4 ELSE 2 END WHERE seq IN (2, 4);
    UPDATE audit_entry SET seq = 4 WHERE seq = -4
"""
FORGE = """
    INSERT INTO audit_entry
    SELECT district, 0, at, actor_kind, actor, actor_name, action, subject_kind, subject, request, purpose,
           detail, previous, hash
    FROM audit_entry WHERE seq = 1
"""


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_entry SET purpose = 'x' WHERE seq = 3", "entry 3 was changed"),
        ("DELETE FROM audit_entry WHERE seq = 3", "entry 3 was removed"),
        (SWAP, "entry 2 was written as entry 4"),
        (FORGE, "entry 0 was put in"),
    ],
    ids=["changed", "removed", "swapped", "forged"],
)
def test_what_was_done_to_it_is_said_by_entry(audit: Run, engine: Engine, statement: str, said: str) -> None:
    for one in statement.split(";"):
        change(engine, one.replace("WHERE", "WHERE district = '230882' AND"))
    code, out, err = audit("verify")
    assert code == 1
    assert said in err
    assert "110101: 5 entries, whole" in out


def test_a_kept_head_tells_of_a_lost_end(audit: Run, engine: Engine, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    assert audit("head", "-o", head)[0] == 0
    write(engine, 2)
    assert audit("verify", "--head", head)[0] == 0
    change(engine, "DELETE FROM audit_entry WHERE district = '230882' AND seq > 3")
    assert audit("verify")[0] == 0
    code, _, err = audit("verify", "--head", head)
    assert (code, err.strip()) == (1, "230882: the end was cut off, from entry 4 on.")
    change(engine, "DELETE FROM audit_entry WHERE district = '230882'")
    assert "230882: the end was cut off, from entry 1 on." in audit("verify", "--head", head)[2]
    with Session(engine) as session:
        for number in range(5):
            Audit(session, "230882").record("incident.edit", "incident", number)
        session.commit()
    assert "230882: entry 5 is not the one whose hash was exported" in audit("verify", "--head", head)[2]


def test_a_head_that_was_changed_is_refused(audit: Run, tmp_path: Path) -> None:
    code, out, _ = audit("head")
    assert code == 0
    body: dict[str, Any] = json.loads(out)
    assert [one["entries"] for one in body["chains"]] == [5, 5, 5]
    path = tmp_path / "head.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    assert audit("verify", "--head", path, "--key", body["key"])[0] == 0
    body["chains"][1]["entries"] = 3
    path.write_text(json.dumps(body), encoding="utf-8")
    code, _, err = audit("verify", "--head", path)
    assert code == 1
    assert "was changed, or was not signed with the key" in err
    path.write_text("{}", encoding="utf-8")
    assert "is not an exported head" in audit("verify", "--head", path)[2]
