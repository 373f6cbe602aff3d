"""Serving from the command line: a real program, its port, its database, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from service.cli.main import main
from service.cli.server import PortTaken, address_of, take_port
from service.cluster import Cluster
from service.settings import Settings

ROOT = Path(__file__).parents[3]


def environment(home: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
    return clean | {"PYTHONPATH": str(ROOT), "WARDLINE_HOME": str(home), "LC_ALL": "C.UTF-8"}


class Command(Protocol):
    """Run a command beside what is served; return its exit code, what it said and what it complained of."""

    def __call__(self, *arguments: str) -> tuple[int, str, str]: ...


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """A command in this process: a program for each would load for seconds what it needs for moments."""
    for name in [name for name in os.environ if name.startswith("WARDLINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("WARDLINE_HOME", str(home))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def command(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def read_address(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    said = []
    for line in program.stdout:
        said.append(line)
        found = re.fullmatch(r"Serving at (http://127\.0\.0\.1:\d+/)\n", line)
        if found:
            return found[1]
    raise AssertionError(said)


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve on a free port; yield the process and the address that it prints."""
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "service", "serve", "--port", "0", "--quiet", *arguments],
        env=environment(home),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    try:
        found = read_address(program)
        yield program, found
    finally:
        program.terminate()
        program.wait()
        program.stdout.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_serves_until_a_signal_and_takes_the_database_with_it(home: Path, run: Command, workers: int) -> None:
    cluster = Cluster(home)
    with serving(home, "--workers", str(workers)) as (program, address):
        assert httpx.get(address + "healthz", timeout=60).status_code == 200
        code, _, refused = run("stop")
        assert (code, cluster.is_running()) == (1, True)
        assert "still use the database" in refused
        port = address.rstrip("/").rpartition(":")[2]
        code, _, taken = run("serve", "--port", port)
        assert code == 1
        assert re.search(rf"Cannot listen on port {port} .*in use\.\n  → .*--port \d+", taken)
        program.send_signal(signal.SIGTERM)
        assert program.wait() == 0
    assert not cluster.is_running()
    assert run("stop")[1] == "The database was not running.\n"


def test_the_first_start_says_one_password_once(home: Path, run: Command) -> None:
    said = []
    for _ in range(2):
        program = subprocess.Popen(
            [sys.executable, "-P", "-m", "service", "serve", "--port", "0", "--quiet"],
            env=environment(home),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert program.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("Serving at"):
            lines.append(program.stdout.readline())
        address = lines[-1].split()[-1]
        said.append(re.findall(r"administrator is (\S+) with the password (\S+)", "".join(lines)))
        (login, password) = said[0][0]
        answer = httpx.post(
            f"{address}api/v1/session", json={"login": login, "password": password}, timeout=60
        )
        assert (answer.status_code, answer.json()["must_change"]) == (201, True)
        program.send_signal(signal.SIGINT)
        assert program.wait() == 0
        program.stdout.close()
    assert [len(one) for one in said] == [1, 0]
    people = partial(run, "people")
    state = r"administrator +must change the password +administrator \(every district\)"
    assert re.search(state, people("list")[1])
    assert re.search(r"with the password \S{23}\n", people("reset-password", "administrator")[1])
    assert people("disable", "nobody")[0] == 1
    assert people("add", "Mei", "--name", "Mei Lin", "--role", "auditor")[0] == 0
    assert "auditor (every district)" in people("list")[1]
    assert "Mei Lin" in people("list", "--json")[1]
    assert people("add", "ann", "--role", "king")[0] == 1
    assert "ann" not in people("list")[1]


def test_ctrl_c_is_a_good_end(home: Path) -> None:
    with serving(home) as (program, _):
        program.send_signal(signal.SIGINT)
        assert program.wait() == 0
    assert not Cluster(home).is_running()


def test_stop_ends_what_a_killed_program_left(home: Path, run: Command) -> None:
    with serving(home) as (program, _):
        program.kill()
        program.wait()
    assert Cluster(home).is_running()
    assert run("stop")[1] == "The database was stopped.\n"
    assert not Cluster(home).is_running()


def test_a_taken_port_is_refused_before_anything_else() -> None:
    with take_port("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} of 127\.0\.0\.1: address already in use"):
            take_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.7", "no such host"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(PortTaken, match="Cannot listen"):
        take_port(host, 0)


def test_the_address_for_people() -> None:
    with take_port("0.0.0.0", 0) as bound:  # noqa: S104 - that it becomes the local one is the point
        port = bound.getsockname()[1]
        assert address_of(bound, Settings()) == f"http://127.0.0.1:{port}/"
        assert address_of(bound, Settings(public_url="https://maps.example/w")) == "https://maps.example/w/"
    if socket.has_dualstack_ipv6():
        with take_port("::1", 0) as bound:
            assert address_of(bound, Settings()) == f"http://[::1]:{bound.getsockname()[1]}/"
