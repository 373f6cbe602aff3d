"""``./wardline retention``: a dry run says what a run does; the days of a district can be set."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.audit import Audit
from layers.fixes import FixTable
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from service.cli.main import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def retention(
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    engine: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command on a district with fixes of 50 and of 5 days ago."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("WARDLINE_HOME", str(tmp_path / "home"))
    with Session(engine) as session:
        stores = Stores(session, "230882")
        stores.districts.create("试验县")
        for days, count in ((50, 7), (5, 3)):
            at = (datetime.now(UTC) - timedelta(days=days)).timestamp() + np.arange(count)
            patrol, _ = stores.patrols.add(
                Patrol(new_id(), f"d{days}", "foot", "", "api", "x", datetime.now(UTC))
            )
            stores.patrols.add_fixes(patrol, FixTable.of(at, np.full(count, 131.0), np.full(count, 46.0)))
        session.commit()

    def command(*arguments: object, backups: int = 7) -> tuple[int, str, str]:
        monkeypatch.setenv("WARDLINE_KEEP_BACKUPS_DAYS", str(backups))
        with pytest.raises(SystemExit) as caught:
            main(["retention", *map(str, arguments)])
        return int(caught.value.code or 0), *capsys.readouterr()

    return command


def fixes(out: str) -> int:
    (report,) = json.loads(out)["districts"]
    rows: list[dict[str, Any]] = report["steps"]
    return sum(one["rows"] for one in rows if one["table"] == "fix")


def test_a_dry_run_is_what_happens_without_a_word(retention: Run) -> None:
    code, out, _ = retention()
    assert code == 0
    assert "would be removed" in out
    assert out.rstrip().endswith("Nothing was changed; --apply does it.")
    assert fixes(retention("--json")[1]) == 7
    assert fixes(retention("--apply", "--json")[1]) == 7
    assert fixes(retention("--json")[1]) == 0
    assert "would be" not in retention("--apply")[1]


def test_a_district_keeps_its_own_days(retention: Run, engine: Engine) -> None:
    assert fixes(retention("--keep", "fixes=60", "--json")[1]) == 0
    assert fixes(retention("--keep", "fixes=2", "--json", backups=1)[1]) == 10
    code, _, err = retention("--keep", "fixes=7")
    assert (code, "backups hold them for 7" in err) == (1, True)
    for wrong in ("fixes=0", "fixes=x", "fixes", "people=3"):
        code, _, err = retention("--keep", wrong)
        assert code == 1
        assert "cannot be kept" in err
    with Session(engine) as session:
        found = [one for one in Audit(session, "230882").entries() if one.action == "retention.set"]
    assert [(one.detail["what"], one.detail["days"]) for one in found] == [("fixes", 60), ("fixes", 2)]
