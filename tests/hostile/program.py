"""A program of ours in a process of its own, whose time and memory are measured from outside."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
MOST_SECONDS = 2.0
MOST_MIB = 100.0
TRIES = 3
"""A busy machine may make one try slow; what is slow by itself is slow every time."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a hostile input cost: seconds to the end of the answer, and growth of the peak memory in MiB."""

    seconds: float
    mib: float


def measured(pid: int, attack: Callable[[], Found]) -> tuple[Found, Cost]:
    """Return what an attack on a process yields and what it cost, the quickest of some tries."""
    best = Cost(float("inf"), 0.0)
    for _ in range(TRIES):
        # Writing 5 sets the peak to what is in use now.
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
        before, start = _kib(pid, "VmRSS"), time.monotonic()
        found = attack()
        seconds = time.monotonic() - start
        growth = max(0, _kib(pid, "VmHWM") - before) / 1024
        best = Cost(min(best.seconds, seconds), max(best.mib, growth))
        if seconds < MOST_SECONDS:
            break
    assert best.seconds < MOST_SECONDS, f"it took {best.seconds:.1f} s"
    assert best.mib < MOST_MIB, f"memory grew by {best.mib:.0f} MiB"
    return found, best


def _kib(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def environment(home: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a program of ours, without the settings of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
    return {**clean, "PYTHONPATH": str(ROOT), "WARDLINE_HOME": str(home), "LC_ALL": "C.UTF-8", **variables}
