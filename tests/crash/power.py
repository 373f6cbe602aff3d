"""The machine loses power: the home of the service on a disk whose cache a cut empties.

Everything that works on the disk is killed at once, what was not synced is dropped, or kept page by page at
random, and the service is started again on what is left.
"""

import importlib.util
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from service.cluster import Cluster
from tests.crash.disk import adopt
from tests.crash.run import Figures, new_home, prepare, silent, under_load
from tests.crash.victims import ROOT, Service, kill_server

CUT = "user.power_cut"
SHARES = (0.0, 0.5, 0.9)
"""How much of what is not synced has reached the disk all the same; one of these at each cut."""
_PATIENCE_S = 30.0


def lacking() -> str | None:
    """Return what this machine lacks for a file system of our own, None where it has all."""
    if not sys.platform.startswith("linux") or not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "there is no /dev/fuse that this account may open (a container needs --device /dev/fuse)"
    if importlib.util.find_spec("mfusepy") is None or find_library("fuse3") is None:
        return "libfuse 3 is not installed (Debian: apt-get install fuse3)"
    if shutil.which("fusermount3") is None:
        return "fusermount3 is not installed (Debian: apt-get install fuse3)"
    mounts = Path("/proc/self/status").read_text(encoding="ascii").split("CapEff:")[1].split()[0]
    if os.geteuid() == 0 and not int(mounts, 16) & 1 << 21:
        return "this account may not mount (a container needs --cap-add SYS_ADMIN)"
    return None


class PoweredFolder:
    """A folder on a disk of its own; what was in it before is on it, and durable."""

    def __init__(self, folder: Path, *, strict: bool = False) -> None:
        self.folder = folder
        self.lost: Counter[str] = Counter()
        self._store = folder.with_name(folder.name + ".store")
        self._options = ["--strict"] if strict else []
        self._process: subprocess.Popen[bytes] | None = None
        adopt(folder, self._store)

    def switch_on(self) -> None:
        """Mount what is durable."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.crash.mount", self._store, self.folder, *self._options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "FUSE_LIBRARY_NAME": "fuse3"},
        )
        self._wait(self.folder.is_mount, "the disk does not come up")

    def cut(self, seed: int = 0, share: float = 0.0) -> None:
        """Cut the power: nothing that works on the disk may live."""
        os.setxattr(self.folder, CUT, json.dumps({"seed": seed, "share": share}).encode())
        self.lost.update(json.loads((self._store / "lost.json").read_text(encoding="utf-8")))
        self._wait(self._unmounted, "somebody still uses the disk")
        assert self._process is not None
        self._process.wait(_PATIENCE_S)

    def _unmounted(self) -> bool:
        said = subprocess.run(["fusermount3", "-u", self.folder], capture_output=True, check=False)
        return said.returncode == 0

    def _wait(self, done: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not done():
            if time.monotonic() > deadline or (
                self._process is not None and self._process.poll() is not None
            ):
                raise TimeoutError(otherwise)
            time.sleep(0.01)

    def close(self) -> None:
        """Take the disk away, whoever uses it."""
        if self._process is not None and self._process.poll() is None:
            subprocess.run(["fusermount3", "-u", "-z", self.folder], check=False)
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._store)


@contextmanager
def powered(folder: Path, *, strict: bool = False) -> Iterator[PoweredFolder]:
    """Put a folder on a disk of its own for the length of the block."""
    disk = PoweredFolder(folder, strict=strict)
    try:
        disk.switch_on()
        yield disk
    finally:
        disk.close()


@dataclass(frozen=True, slots=True)
class PowerFigures:
    """What came of a run, and what the cuts found unsynced."""

    figures: Figures
    lost: Counter[str]

    @property
    def text(self) -> str:
        found = self.lost
        return (
            f"{self.figures.text}; not synced: {found['pages']} pages ({found['pages_kept']} of them kept), "
            f"{found['names']} names ({found['names_kept']} kept)"
        )


def power_cuts(
    cuts: int,
    *,
    seed: int = 1,
    longest_pause_s: float = 1.0,
    tell: Callable[[str], None] = silent,
    settings: Mapping[str, str] | None = None,
    shares: Sequence[float] = SHARES,
) -> PowerFigures:
    """Cut the power under load, again and again, and judge the store.

    ``settings`` are those of a careless administrator, such as ``fsync`` off: then there must be losses. Of
    what is not synced one of the ``shares`` has reached the disk all the same.
    """
    with new_home() as cluster:
        prepare(cluster)
        lines = "".join(f"{name} = {value}\n" for name, value in (settings or {}).items())
        (cluster.layout.data / "local.conf").write_text(lines, encoding="utf-8")
        (cluster.layout.data / "local.conf").chmod(0o644)
        chance = random.Random(seed)
        with powered(cluster.layout.home) as disk:
            try:
                figures = under_load(
                    cluster,
                    {"power": lambda service: _cut(service, cluster, disk, chance, shares)},
                    cuts,
                    seed=seed,
                    longest_pause_s=longest_pause_s,
                    tell=tell,
                )
            finally:
                kill_server(cluster)
        return PowerFigures(figures, disk.lost)


def _cut(
    service: Service, cluster: Cluster, disk: PoweredFolder, chance: random.Random, shares: Sequence[float]
) -> bool:
    service.switch_off()
    kill_server(cluster)
    disk.cut(chance.randrange(1 << 30), chance.choice(shares))
    disk.switch_on()
    service.switch_on()
    return True
