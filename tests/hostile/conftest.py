"""A real service in a process of its own, attacked over HTTP, and a command line attacked with files."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from service.demo.logins import add_logins
from tests.fixtures.county import DISTRICT, publish
from tests.hostile.program import environment, measured
from tests.hostile.realm import Realm, realm
from tests.hostile.served import RATES, serving
from tests.hostile.wire import Wire, contents

Databases = Callable[[], AbstractContextManager[str]]


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


@pytest.fixture(scope="session")
def two_districts(database_factory: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    """A service of its own with accounts, two districts, a caller for each role, and one of everything."""
    with database_factory() as url, realm(url, tmp_path_factory.mktemp("realm")) as found:
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
