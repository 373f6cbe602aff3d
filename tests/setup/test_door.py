"""The door's own words; what it installs is proven by ``bare_debian.sh``."""

import shutil
import subprocess
from pathlib import Path

import pytest

from service.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
SETUP = ROOT / "service" / "setup"


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


def shell(line: str, path: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash with the door's functions at hand."""
    bash = shutil.which("bash")
    assert bash
    source = f'root={ROOT}; quiet=0; for f in steps system environment; do . "{SETUP}/$f.sh"; done; {line}'
    environment = {"PATH": path or "/usr/sbin:/usr/bin:/sbin:/bin", **variables}
    return run(bash, "-euo", "pipefail", "-c", source, env=environment)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The door of a checkout that was never set up."""
    (tmp_path / "service").mkdir()
    shutil.copytree(SETUP, tmp_path / "service" / "setup")
    shutil.copy(ROOT / "wardline", tmp_path / "wardline")
    return tmp_path / "wardline"


@pytest.mark.parametrize("arguments", [["--help"], ["help"], ["test", "--help"], ["lint", "-h"]])
def test_help_needs_and_makes_nothing(fresh: Path, arguments: list[str]) -> None:
    said = run(fresh, *arguments)
    assert said.returncode == 0
    assert said.stdout.startswith("Usage: ./wardline")
    assert not (fresh.parent / ".venv").exists()
    assert not (fresh.parent / ".wardline").exists()


@pytest.mark.parametrize("arguments", [[], ["tset"], ["lint", "geo"]])
def test_wrong_usage_ends_with_2_and_makes_nothing(fresh: Path, arguments: list[str]) -> None:
    said = run(fresh, *arguments)
    assert said.returncode == 2
    assert "Usage: ./wardline" in said.stdout + said.stderr
    assert not (fresh.parent / ".venv").exists()


def test_every_command_of_the_program_has_a_door() -> None:
    listed = run(ROOT / "wardline", "--help").stdout
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name:<12}{summary}\n" in listed
        said = run(ROOT / "wardline", name, "--help")
        assert said.returncode == 0, said.stderr
        assert said.stdout.lstrip().startswith(f"Usage: ./wardline {name} ")


def test_works_through_a_link_from_anywhere(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    link = tmp_path / "bin" / "wardline"
    link.symlink_to("../wardline")
    assert run(link, "--help", cwd="/").returncode == 0


def test_without_python_the_mend_is_named(fresh: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "env", "readlink", "id", "uname", "mkdir", "cmp"):
        found = shutil.which(name)
        assert found
        (tools / name).symlink_to(found)
    said = run(fresh, "stop", env={"PATH": str(tools)})
    assert said.returncode == 1
    assert "Python 3.11 or later is needed" in said.stderr
    assert "apt-get install python3" in said.stderr


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (
            "apt-get",
            "sudo apt-get update && sudo apt-get install -y --no-install-recommends postgresql-postgis",
        ),
        ("brew", "brew install postgresql@17 postgis"),
        ("dnf", "sudo dnf install -y postgresql-server postgis"),
        (None, "docker compose up"),
    ],
)
def test_the_one_command_of_each_system(tmp_path: Path, tool: str | None, expected: str) -> None:
    (tmp_path / "sed").symlink_to(shutil.which("sed") or "/bin/sed")
    if tool:
        (tmp_path / tool).write_text("#!/bin/sh\n")
        (tmp_path / tool).chmod(0o755)
    said = shell("refuse_system postgresql-postgis", path=str(tmp_path))
    assert said.returncode == 1
    assert f"Run:  {expected}" in said.stderr
    assert "WARDLINE_DATABASE_URL" in said.stderr


def test_a_database_of_ones_own_needs_no_packages() -> None:
    assert shell("has_postgis", WARDLINE_DATABASE_URL="postgresql://h/d").returncode == 0
    assert shell("has_postgis", WARDLINE_POSTGRES_BIN="/opt/pg/bin").returncode == 0


def test_a_failed_step_shows_its_words_and_ends(tmp_path: Path) -> None:
    said = shell(f"state={tmp_path}; run_step sh -c 'echo no room; exit 3'; echo not reached")
    assert said.returncode == 1
    assert "no room" in said.stderr
    assert "not reached" not in said.stdout


def test_an_environment_that_was_interrupted_or_is_of_another_lock_is_not_prepared(tmp_path: Path) -> None:
    made = f"venv={tmp_path}; stamps=$venv/stamps; making=$venv/.making; environment_works() {{ :; }}; "
    made += 'mkdir -p "$stamps"; cp "$root/service/setup/runtime.lock" "$stamps/"; '
    assert shell(made + "is_prepared runtime").returncode == 0
    assert shell(made + "is_prepared development").returncode == 1
    assert shell(made + 'echo >>"$stamps/runtime.lock"; is_prepared runtime').returncode == 1
    assert shell(made + 'touch "$making"; is_prepared runtime').returncode == 1
    assert shell(f"venv={tmp_path}; rm -f $venv/.making; is_prepared runtime").returncode == 1


def test_two_doors_wait_for_each_other(tmp_path: Path) -> None:
    python = shutil.which("python3")
    # A second door tries while the first one holds the lock, and may not get it.
    second = f'. "{SETUP}/steps.sh"; state={tmp_path}; lock_setup {python}; echo got it'
    line = f"""
        state={tmp_path}; lock_setup {python}
        timeout 2 bash -c '{second}' 9>&- || true
        unlock_setup; lock_setup {python}; echo free again
        """
    said = shell(line, path="/usr/local/bin:/usr/bin:/bin")
    assert "Another ./wardline is setting up" in said.stderr
    assert said.stdout == "free again\n"


def test_quiet_says_nothing_but_faults() -> None:
    said = shell("quiet=1; say step; refuse fault mend")
    assert said.stderr == "wardline: fault\n  mend\n"
