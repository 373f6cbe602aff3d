"""Which processes live in a data directory: what ``postmaster.pid`` says can be long out of date."""

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")


def recorded_pid(data: Path) -> int | None:
    """Return the process id in ``postmaster.pid`` of ``data``, or None where there is none."""
    try:
        return int((data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def serves(pid: int, data: Path) -> bool:
    """Whether the process ``pid`` lives and works in ``data``.

    Dead processes, zombies that nobody reaps (usual in containers) and strangers who got the same id do not.
    """
    if _PROC.joinpath("self").exists():
        return _state(pid) not in {None, "Z", "X"} and _works_in(pid, data)
    said = subprocess.run(  # noqa: S603 - a fixed program and a number
        ["/bin/ps", "-o", "stat=,command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(said) and not said.startswith("Z") and str(data) in said


def occupants(data: Path) -> list[int]:
    """Return the ids of the living processes that work in ``data``, orphans of a killed server too."""
    ids = (int(entry.name) for entry in _PROC.glob("[0-9]*")) if _PROC.is_dir() else iter(())
    return sorted(pid for pid in ids if serves(pid, data))


def _state(pid: int) -> str | None:
    try:
        # The name in parentheses may hold anything, so the fields are counted from its end.
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return None


def _works_in(pid: int, data: Path) -> bool:
    # Every process of a server has its data directory as working directory. Where we may not look,
    # the process belongs to another account and so is not of our server.
    try:
        return os.path.samestat((_PROC / str(pid) / "cwd").stat(), data.stat())
    except OSError:
        return False
