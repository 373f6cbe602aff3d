"""The processes that are killed: the service, which is started again, and those of its private cluster."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from service.cluster import Cluster
from service.cluster.processes import occupants, recorded_pid

ROOT = Path(__file__).parents[2]
_READY_S = 120.0


class Service:
    """The service as a process of its own, started again when it ends, as systemd would."""

    def __init__(self, home: Path, port: int, variables: Mapping[str, str]) -> None:
        self.starts = 0
        self._port = port
        self._log = (home.parent / "service.log").open("ab")
        own = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
        # What is sent is dated as in a year past, and is to be kept like what is of today.
        kept = {"PYTHONPATH": str(ROOT), "WARDLINE_HOME": str(home), "WARDLINE_KEEP_FIXES_DAYS": "3650"}
        self._environment = {**own, **kept, **variables}
        self._ending = threading.Event()
        self._wanted = threading.Event()
        self._wanted.set()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def __enter__(self) -> "Service":
        self._thread.start()
        self.wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        if self._process is not None:
            self._process.terminate()
        self._thread.join(60)
        self._log.close()

    def _supervise(self) -> None:
        while not self._ending.is_set():
            command = [sys.executable, "-P", "-m", "service", "serve", "--quiet", "--port", str(self._port)]
            if not self._wanted.wait(0.1):
                continue
            with self._starting:
                if not self._wanted.is_set():
                    continue
                self._process = subprocess.Popen(
                    command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=self._log
                )
            self.starts += 1
            self._process.wait()
            time.sleep(0.05)

    def kill(self) -> None:
        """End the service as a power cut would."""
        assert self._process is not None
        self._process.kill()

    def switch_off(self) -> None:
        """End the service as a power cut would; nobody starts it again before ``switch_on``."""
        with self._starting:
            self._wanted.clear()
            self.kill()
        assert self._process is not None
        self._process.wait()

    def switch_on(self, variables: Mapping[str, str] | None = None) -> None:
        """Let the service be started again, from now on with other variables as well."""
        self._environment |= variables or {}
        self._wanted.set()

    def wait_ready(self) -> None:
        """Wait until the service says that it is ready."""
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise TimeoutError("the service does not become ready")


def kill_postmaster(cluster: Cluster) -> bool:
    """Kill the first process of the server, if there is one."""
    pid = recorded_pid(cluster.layout.data)
    return pid is not None and pid in occupants(cluster.layout.data) and _kill(pid)


def kill_server(cluster: Cluster) -> None:
    """Kill every process of the server at once, and wait until none is left."""
    while living := occupants(cluster.layout.data):
        for pid in living:
            _kill(pid)
        time.sleep(0.01)


def kill_backend(cluster: Cluster, chance: random.Random) -> bool:
    """Kill one process of the server that works for a client, if there is one."""
    working = [pid for pid in occupants(cluster.layout.data) if b"[local]" in _title(pid)]
    return bool(working) and _kill(chance.choice(working))


def _title(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
