"""The service in a process of its own."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

from tests.hostile.program import environment
from tests.hostile.wire import Wire

RATES = ("requests", "uploads", "reports", "sign_ins", "guesses")


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
