"""Imports on a real database, driven as from the command line."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.stores import Stores
from service.cli.main import main
from tests.service.cli.files import DAY, Import


@pytest.fixture
def run_import(
    monkeypatch: pytest.MonkeyPatch, database_url: str, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> Import:
    """Import into district D; return the exit code and the report, or the refusal."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)

    def command(*arguments: object, district: str | None = "D") -> tuple[int, dict[str, Any]]:
        named = ["--district", district] if district else []
        with pytest.raises(SystemExit) as caught:
            main(["import", *map(str, arguments), "--effective", DAY.isoformat(), "--json", *named])
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), json.loads(out or err)

    return command


@pytest.fixture
def district_d(engine: Engine) -> Iterator[Stores]:
    """Open the stores of district D in a new session."""
    with Session(engine) as session:
        yield Stores(session, "D")
