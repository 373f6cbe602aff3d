"""``./wardline`` in a process that stays: reads a list of arguments a line, answers exit code and output.

A program that ends after each file could not be told from its start-up; here only the file costs.
"""

import contextlib
import io
import json
import sys

from service.cli.main import main


def run(arguments: list[str]) -> dict[str, object]:
    """Return what a command line says and how it ends."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code or 0
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()
