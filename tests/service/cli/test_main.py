"""The command line as a whole: how refusals look, exit codes, and what is imported when."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from service.cli.main import COMMANDS, main

ROOT = Path(__file__).parents[3]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("WARDLINE_", "LC_", "LANG"))
    }
    return subprocess.run(
        [sys.executable, "-P", "-m", "service", *arguments],
        cwd="/",
        env=clean | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_command_and_the_door_does_too() -> None:
    said = run("--help")
    assert said.returncode == 0
    door = subprocess.run([ROOT / "wardline", "--help"], capture_output=True, text=True, check=True).stdout
    for name, (_, summary) in COMMANDS.items():
        for text in (said.stdout, door):
            assert f"  {name} " in text
            assert summary in text


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_helps(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    # In this process: a program for each would load what all the others have loaded.
    assert callable(import_module(f"service.cli.{COMMANDS[name][0]}").command)
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    assert f"Usage: ./wardline {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["nope"], ["stop", "--nope"], ["serve", "--port", "x"], ["stop", "extra"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "Error:" in capsys.readouterr().err


def test_a_refusal_says_what_where_and_how_to_mend_it() -> None:
    said = run("stop", WARDLINE_HOEM="/x")
    assert said.returncode == 1
    assert said.stdout == ""
    what, where, mend = said.stderr.splitlines()
    assert what == "wardline: There is no setting WARDLINE_HOEM."
    assert where == "  variable WARDLINE_HOEM"
    assert mend.startswith("  → Did you mean WARDLINE_HOME?")


def test_a_refusal_as_json(tmp_path: Path) -> None:
    said = run("locate", "--json", "points.csv", "-o", str(tmp_path / "out.csv"), WARDLINE_HOEM="/x")
    assert said.returncode == 1
    assert json.loads(said.stderr)["code"] == "settings-invalid"


def test_the_readers_language_decides() -> None:
    assert "没有设置项 WARDLINE_X" in run("stop", WARDLINE_X="1", LANG="zh_CN.UTF-8").stderr
    # LC_ALL goes before LANG.
    assert "There is no setting" in run("stop", WARDLINE_X="1", LANG="zh_CN.UTF-8", LC_ALL="C.UTF-8").stderr


def test_a_database_that_is_away_is_named_without_its_password() -> None:
    said = run("serve", "--port", "0", WARDLINE_DATABASE_URL="postgresql://u:secret@127.0.0.1:1/x")
    assert said.returncode == 1
    assert "cannot be reached" in said.stderr
    assert "secret" not in said.stderr
    assert "Traceback" not in said.stderr


def test_help_and_stop_import_no_map_and_no_web_framework() -> None:
    code = "import sys, service.cli.main as m; m.application(sys.argv[1:]); print('\\n'.join(sys.modules))"
    for arguments in (["--help"], ["stop"]):
        loaded = subprocess.run(
            [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        assert not {"fastapi", "folium", "pyogrio", "numba"} & set(loaded)


def test_serving_a_demo_that_is_there_starts_without_its_generator() -> None:
    code = "import sys, service.app, service.cli.demo; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"service.demo.load", "geo.synthetic", "scipy.signal"} & set(loaded)
