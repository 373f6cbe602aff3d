"""Servers as processes of their own on free ports of the loopback, ended with the block."""

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tests.benchmarks.peer_environment import ROOT, PeerFailed

_START_S = 120.0
_STOP_S = 30.0


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@contextmanager
def served(command: Sequence[str], port: int, ready: str, variables: Mapping[str, str]) -> Iterator[None]:
    """Run a server for the length of the block, which begins when ``ready`` is answered with 200.

    Raises
    ------
    PeerFailed
        It did not come up; the text is the end of what it said.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            list(command),
            cwd=ROOT,
            env={**own, "PYTHONPATH": str(ROOT), **variables},
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            if not _answers(process, f"http://127.0.0.1:{port}{ready}"):
                said.seek(0)
                lines = said.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
                raise PeerFailed(" / ".join(lines[-3:])[:400])
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    """Wait until an address is answered with 200; False if the server ends or takes too long."""
    give_up = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own loopback
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False
