"""A real service in a process of its own, attacked over HTTP, and a command line attacked with files."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from service.settings import Settings
from tests.fixtures.county import publish
from tests.hostile.program import environment
from tests.hostile.wire import Wire

Databases = Callable[[], AbstractContextManager[str]]


@contextmanager
def serving(url: str, home: Path) -> Iterator[Wire]:
    """Serve a database in another process, open to everybody."""
    variables = {"WARDLINE_DATABASE_URL": url}
    if "access" in Settings.model_fields:
        variables["WARDLINE_ACCESS"] = "open"
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "service", "serve", "--port", "0", "--quiet"],
        env=environment(home, **variables),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    engine = create_engine(url)
    try:
        line = program.stdout.readline()
        found = re.fullmatch(r"Serving at http://127\.0\.0\.1:(\d+)/\n", line)
        assert found, line
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
def wire(database_factory: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The service on the small county, warm."""
    with database_factory() as url:
        engine = create_engine(url)
        with Session(engine) as session:
            publish(session)
            session.commit()
        engine.dispose()
        with serving(url, tmp_path_factory.mktemp("home")) as found:
            yield found
