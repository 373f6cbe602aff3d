"""Refuse modules of more than 400 lines and functions of more than 60; run by ``./wardline lint``."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("geo", "layers", "maps", "service", "tests")
SUFFIXES = {".py", ".js", ".css", ".sh"}
MODULE_LINES = 400
FUNCTION_LINES = 60
EXCEPTIONS: dict[str, str] = {}
"""Path, or ``path::function``, of what may be longer, with the reason."""


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the length of a function without its docstring, which may be as long as it must."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def too_long(path: Path, name: str) -> Iterator[tuple[str, int, int]]:
    """Yield what is too long in a file: its name, its lines and the limit."""
    text = path.read_text(encoding="utf-8")
    if (lines := text.count("\n")) > MODULE_LINES:
        yield name, lines, MODULE_LINES
    if path.suffix != ".py":
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > FUNCTION_LINES:
            yield f"{name}::{node.name}", lines_of(node), FUNCTION_LINES


def sources() -> Iterator[Path]:
    """Yield the source files, without what set-up makes."""
    yield ROOT / "wardline"
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and "node_modules" not in path.parts:
                yield path


def main() -> int:
    """Print every fault and return the exit code."""
    faults, used = [], set()
    for path in sources():
        for what, lines, limit in too_long(path, path.relative_to(ROOT).as_posix()):
            if what in EXCEPTIONS:
                used.add(what)
            else:
                faults.append(f"{what}: {lines} lines, at most {limit} are allowed; split it.")
    unused = EXCEPTIONS.keys() - used
    faults += [f"{name}: is no longer too long; remove it from the exceptions." for name in sorted(unused)]
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
