"""Settings: read from the environment, frozen, and misspelt ones refused by name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from service import settings as module
from service.settings import Settings, SettingsInvalid, default_home, variables


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("WARDLINE_"):
            monkeypatch.delenv(name)


def test_options_win_over_variables_and_those_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDLINE_PORT", "9000")
    monkeypatch.setenv("WARDLINE_HOST", "")
    read = Settings.load(port=None)
    assert (read.port, read.host, read.workers) == (9000, "127.0.0.1", 1)
    assert Settings.load(port=9001).port == 9001


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings.load().port = 1


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("WARDLINE_HOEM", "WARDLINE_HOME"),
        ("WARDLINE_DATABSE_URL", "WARDLINE_DATABASE_URL"),
        ("WARDLINE_X", "WARDLINE_"),
    ],
)
def test_an_unknown_variable_is_refused_and_the_nearest_named(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str
) -> None:
    monkeypatch.setenv(name, "1")
    for make in (Settings.load, Settings):
        with pytest.raises(SettingsInvalid, match=rf"no setting {name}\. Did you mean {nearest}"):
            make()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARDLINE_PORT", "http"),
        ("WARDLINE_PORT", "70000"),
        ("WARDLINE_WORKERS", "0"),
        ("WARDLINE_LANGUAGE", "fr"),
        ("WARDLINE_KEEP_BACKUPS_DAYS", "30"),
        ("WARDLINE_PUBLIC_URL", "wardline.example"),
        ("WARDLINE_DATABASE_URL", "sqlite:///x.db"),
    ],
)
def test_a_wrong_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as refused:
        Settings.load()
    assert refused.value.where == {"variable": name}
    assert name in str(refused.value)


@pytest.mark.parametrize("spelling", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_driver_is_ours_however_the_address_is_spelt(spelling: str) -> None:
    read = Settings.load(database_url=f"{spelling}://u:p@h/d")
    assert read.database_url == "postgresql+psycopg://u:p@h/d"


def test_home_is_the_systems_for_root_and_the_users_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_home() == Path("/var/lib/wardline")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    assert default_home() == tmp_path / ".local" / "share" / "wardline"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_home() == tmp_path / "data" / "wardline"


def test_home_may_be_relative_or_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.load(home="x").home == tmp_path / "x"
    assert Settings.load(home="~/y").home == tmp_path / "y"


def test_help_and_readme_list_every_variable() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "service", "serve", "--help"],
        cwd=Path(module.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    readme = (Path(module.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    for name in variables():
        assert name in said
        assert f"`{name}`" in readme, f"the README does not name {name}"


def test_backups_are_kept_for_fewer_days_than_positions(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().keep_backups_days == 7
    assert Settings.load(keep_fixes_days=7, keep_backups_days=6).keep_backups_days == 6
    monkeypatch.setenv("WARDLINE_KEEP_FIXES_DAYS", "7")
    with pytest.raises(SettingsInvalid, match=r"KEEP_BACKUPS_DAYS .* less than WARDLINE_KEEP_FIXES_DAYS"):
        Settings.load()
    assert Settings.load(keep_backups_days=0).keep_backups_days == 0
