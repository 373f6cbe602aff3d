"""The environments of the peers, apart from ours, and running one of them."""

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).parents[2]
KEPT_IN = ROOT / ".wardline"
PEERS = "peers"
"""The environment that most share; one that cannot share it has a lock of its own name."""
TIMEOUT_S = 3_600


class PeerFailed(Exception):
    """A peer could not be installed or did not finish; the text is its own last words."""


@dataclass(frozen=True, slots=True)
class PeerRun:
    """What a peer measured and answered."""

    seconds: tuple[float, ...]
    versions: dict[str, str]
    pairs: npt.NDArray[np.int64] = field(repr=False)


def lock_of(environment: str = PEERS) -> Path:
    """Return the file that pins an environment of peers by hash."""
    return Path(__file__).parent / f"{environment}.lock"


def peer_python(environment: str = PEERS) -> Path:
    """Return the interpreter of an environment of peers, made or renewed where its lock has changed."""
    folder, lock = KEPT_IN / environment, lock_of(environment)
    python, stamp = folder / "bin" / "python", folder / "installed.lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        sys.stderr.write(f"Making the environment “{environment}” of peers (once).\n")
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        # The lock names all of them; what one wants of another is not asked again, in another form.
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        _finish([*map(str, command), "--no-deps", "--require-hashes", "--requirement", str(lock)], {})
        shutil.copyfile(lock, stamp)
    return python


def run_peer(
    module: str,
    folder: Path,
    runs: int,
    *,
    python: Path | None = None,
    variables: dict[str, str] | None = None,
) -> PeerRun:
    """Run ``tests.benchmarks.peers.MODULE`` on the data in a folder.

    Raises
    ------
    PeerFailed
        The peer is not to be had here or failed.
    """
    found, answers = folder / f"{module}.json", folder / f"{module}.npy"
    found.unlink(missing_ok=True)
    name = f"tests.benchmarks.peers.{module}"
    command = [str(python or peer_python()), "-m", name, str(folder), str(runs), str(found), str(answers)]
    _finish(command, variables or {})
    told: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return PeerRun(tuple(told["seconds"]), told["versions"], np.load(answers))


def _finish(command: list[str], variables: dict[str, str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerFailed(str(error)) from error
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
        raise PeerFailed(lines[-1][:300])
