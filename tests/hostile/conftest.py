"""A real service in a process of its own, attacked over HTTP, and a command line attacked with files."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from service.demo.logins import add_logins
from tests.fixtures.county import DISTRICT, publish
from tests.hostile.program import environment, measured
from tests.hostile.wire import Wire, contents

RATES = ("requests", "uploads", "reports", "sign_ins", "guesses")
Databases = Callable[[], AbstractContextManager[str]]


@contextmanager
def serving(url: str, home: Path, **settings: str) -> Iterator[Wire]:
    """Serve a database in another process, open to everybody unless the settings say otherwise."""
    variables = {f"WARDLINE_{name.upper()}": value for name, value in {"access": "open", **settings}.items()}
    variables["WARDLINE_DATABASE_URL"] = url
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "service", "serve", "--port", "0", "--quiet"],
        env=environment(home, **variables),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    engine = create_engine(url)
    try:
        # With accounts the first start tells a password before.
        lines = iter(program.stdout.readline, "")
        told = (re.fullmatch(r"Serving at http://127\.0\.0\.1:(\d+)/\n", line) for line in lines)
        found = next((one for one in told if one), None)
        assert found, "the service did not start"
        wire = Wire(int(found[1]), program.pid, engine)
        while wire.send("GET", "/readyz").status != 200:
            time.sleep(0.05)
        yield wire
    finally:
        program.terminate()
        program.wait()
        program.stdout.close()
        engine.dispose()


@pytest.fixture(scope="session")
def database_url_of_wire(database_factory: Databases) -> Iterator[str]:
    """A database of its own with the small county."""
    with database_factory() as url:
        engine = create_engine(url)
        with Session(engine) as session:
            publish(session)
            session.commit()
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
def wire(database_url_of_wire: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The service on the small county."""
    with serving(database_url_of_wire, tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="session")
def guarded(database_url_of_wire: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The same with accounts and the demo's logins; nobody is asked to wait, so that each guess is judged."""
    engine = create_engine(database_url_of_wire)
    with Session(engine) as session:
        add_logins(session, DISTRICT)
        session.commit()
    engine.dispose()
    rates = dict.fromkeys((f"limit_{name}" for name in RATES), "off")
    home = tmp_path_factory.mktemp("home")
    with serving(database_url_of_wire, home, access="accounts", demo="true", **rates) as found:
        yield found


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The command line on a database, in a process that can be measured."""

    program: subprocess.Popen[str]
    engine: Engine

    def run(self, *arguments: object) -> dict[str, Any]:
        """Run a command and return its exit code and outputs."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps([str(one) for one in arguments]) + "\n")
        self.program.stdin.flush()
        found: dict[str, Any] = json.loads(self.program.stdout.readline())
        return found

    def refuse(self, code: str, *arguments: object) -> dict[str, Any]:
        """Run what must be refused; check the refusal, its cost, and that nothing was stored."""
        stored = contents(self.engine)
        done, _ = measured(self.program.pid, lambda: self.run(*arguments, "--json"))
        assert done["code"] == 1, done
        problem: dict[str, Any] = json.loads(done["err"])
        assert problem["code"] == code, problem
        assert problem["detail"]
        assert problem["where"], problem
        assert contents(self.engine) == stored
        return problem


@pytest.fixture(scope="session")
def command_line(
    wire: Wire, database_url_of_wire: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CommandLine]:
    """The command line on the database of the service, warm."""
    variables = environment(tmp_path_factory.mktemp("home"), WARDLINE_DATABASE_URL=database_url_of_wire)
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "tests.hostile.importer"],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = CommandLine(program, wire.engine)
    warm = tmp_path_factory.mktemp("warm") / "empty.gpkg"
    warm.write_bytes(b"")
    try:
        found.run("import", "grids", warm, "--json")
        yield found
    finally:
        assert program.stdin is not None
        program.stdin.close()
        program.wait()
        assert program.stdout is not None
        program.stdout.close()
