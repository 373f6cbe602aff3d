"""Programs of Debian for peers, unpacked into a folder of the bench: nothing is installed on the machine."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.peer_environment import KEPT_IN, PeerFailed

TIMEOUT_S = 300
FOLDER = KEPT_IN / "debian"


def debian_program(program: str, packages: Sequence[str]) -> tuple[str, str]:
    """Return where a program is, and the folders of its libraries: that of the machine, else unpacked once.

    Raises
    ------
    PeerFailed
        It is not installed, and the packages are not to be had here.
    """
    installed = shutil.which(program)
    if installed is not None:
        return installed, ""
    home = FOLDER / program
    found = home / "usr" / "bin" / program
    if not found.exists():
        _unpack(program, packages, home)
    libraries = sorted({str(one.parent) for one in home.rglob("*.so*")})
    return str(found), os.pathsep.join(libraries)


def _unpack(program: str, packages: Sequence[str], home: Path) -> None:
    for needed in ("apt-get", "dpkg"):
        if shutil.which(needed) is None:
            raise PeerFailed(f"{program} is not installed, and without {needed} it cannot be fetched")
    sys.stderr.write(f"Fetching {program} from the packages of Debian (once).\n")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        _run(program, ["apt-get", "download", "--quiet", *packages], folder)
        for package in sorted(Path(folder).glob("*.deb")):
            _run(program, ["dpkg", "--extract", str(package), str(home)], folder)


def _run(program: str, command: list[str], folder: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise PeerFailed(f"{program}: {command[0]} took longer than {TIMEOUT_S} s") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise PeerFailed(f"{program} is not installed and could not be fetched: {' '.join(last)}")
