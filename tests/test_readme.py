"""The README's commands, run as a newcomer would: the demo in one terminal, the rest in another."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.settings import variables

ROOT = Path(__file__).parents[1]
ELLIS = ROOT.parent / "shared" / "data" / "ellis_county.gpkg"
READMES = ("README.md", "README.zh.md")
START_S = 600
# What the demo and the tests run anyway, and what only prints help elsewhere.
ELSEWHERE = ("./wardline demo", "./wardline test")


def blocks(readme: str) -> list[str]:
    text = (ROOT / readme).read_text(encoding="utf-8")
    return re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its port, its environment and the folder of the second terminal."""

    port: int
    environment: dict[str, str]
    folder: Path

    def run(self, commands: str) -> subprocess.CompletedProcess[str]:
        # An answer that refuses must fail the command, which curl does only when asked to.
        script = 'curl() { command curl --show-error --fail-with-body "$@"; }\n' + commands
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    pytest.fail(f"the demo did not come up at {url}")


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    # Not pytest's own folder, which the database's account may not enter.
    folder = Path(tempfile.mkdtemp(prefix="wardline-readme-"))
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
    environment["WARDLINE_HOME"] = str(folder / "home")
    (folder / "wardline").symlink_to(ROOT / "wardline")
    (folder / "docs").symlink_to(ROOT / "docs")
    if ELLIS.exists():
        (folder / ELLIS.name).symlink_to(ELLIS)
    command = [str(ROOT / "wardline"), "demo", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process)
        yield Demo(port, environment, folder)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)
        subprocess.run([str(ROOT / "wardline"), "stop"], env=environment, check=True, capture_output=True)
        shutil.rmtree(folder)


def test_every_command_works(demo: Demo) -> None:
    said = {}
    for block in blocks("README.md"):
        if block.startswith(ELSEWHERE) or (ELLIS.name in block and not ELLIS.exists()):
            continue
        done = demo.run(block)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        said[block] = done.stdout
    everything = "\n".join(said.values())
    assert '"rule":"grid"' in everything
    assert '"representative":{' in everything
    assert (demo.folder / "located.csv").read_text(encoding="utf-8").startswith("name,lon,lat,")
    assert "B05" in everything
    page = (demo.folder / "coverage.html").read_text(encoding="utf-8")
    assert "<script" in page
    assert "http://127.0.0.1" not in page
    if ELLIS.exists():
        assert "2,296" in everything or "2296" in everything
        assert '"class":"road"' in everything


@pytest.mark.parametrize("readme", READMES)
def test_settings_are_listed(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(WARDLINE_\w+)` \|", text, re.MULTILINE))
    assert listed == set(variables())


def test_both_languages_show_the_same_commands() -> None:
    def commands(readme: str) -> list[str]:
        return [re.sub(r"\s*#.*", "", block) for block in blocks(readme)]

    assert commands("README.md") == commands("README.zh.md")


@pytest.mark.parametrize("readme", READMES)
def test_links_lead_somewhere(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert targets
    missing = [target for target in targets if not (ROOT / target).exists()]
    assert not missing
