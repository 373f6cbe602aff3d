"""Loads of archives and large files: everything is accounted for, and a kill costs nothing that was done."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from service.cli.main import main
from service.readers import track_parts
from tests.fixtures.client import TestClient
from tests.fixtures.county import SOUTH, WEST, County
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_coverage_tasks import actions, make
from tests.service.routers.test_tracks import BORDER

T0 = 1_750_000_000
ROOT = Path(__file__).parents[3]


def rows(count: int, start: int = 0, device: str = "") -> str:
    return "".join(
        f"{T0 + k},{WEST + k * 1e-6:.7f},{SOUTH}{device and ',' + device}\n"
        for k in range(start, start + count)
    )


@pytest.fixture
def wardline(
    monkeypatch: pytest.MonkeyPatch, database_url: str, county: County, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Run ``tracks`` and return its exit code and what it said."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("WARDLINE_KEEP_FIXES_DAYS", "3650")  # the walks are of years past
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as caught:
            main(["tracks", *map(str, arguments)])
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out + said.err

    return command


def stored(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT device, at, lon_e7, lat_e7 FROM fix ORDER BY 1, 2, 3, 4")
        return [tuple(row) for row in found]


def patrols(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM patrol").scalar_one())


def test_an_archive_is_stored_file_by_file_and_refusals_hold_up_nothing(
    wardline: Any, tmp_path: Path, engine: Engine
) -> None:
    path = tmp_path / "walks.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "t,lon,lat\n" + rows(5) + "soon,131,46\n")
        archive.writestr("letter.doc", b"\x00\x01")
        archive.writestr("b.csv", "t,lon,lat\n" + rows(5, 3))
        archive.writestr("late.csv", "t,lon,lat\n1,131,46\n")
    code, out = wardline(path, "--device", "d", "--json")
    told = json.loads(out)
    assert code == 1
    assert told["files"] == 4
    counts = {"received": 12, "stored": 8, "duplicate": 2, "quarantined": 1, "not_kept": 0, "refused": 1}
    assert told["fixes"] == counts
    assert told["reasons"] == {"time-unreadable": 1}
    assert told["set_aside"] == {}
    assert [one["file"] for one in told["refused"]] == ["letter.doc", "late.csv"]
    before = stored(engine)
    assert len(before) == 8
    code, out = wardline(path, "--device", "d", "--json")
    assert json.loads(out)["parts_before"] == 2
    assert stored(engine) == before
    code, out = wardline(path, "--device", "d")
    assert "2 parts were stored before" in out
    assert "refused: letter.doc" in out


def test_two_million_points_go_in_parts(
    wardline: Any, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts are small here; that a file has many is what matters, not its size."""
    monkeypatch.setattr(track_parts, "PART", 4_000)
    path = tmp_path / "walk.csv"
    path.write_text("t,lon,lat\n" + rows(20_000), encoding="utf-8")
    code, out = wardline(path, "--device", "d", "--parts", "--json")
    told = json.loads(out)
    assert (code, told["files"], told["fixes"]["stored"]) == (0, 1, 20_000)
    assert told["parts"] == patrols(engine) == 6
    code, out = wardline(path, "--device", "d", "--parts", "--json")
    assert json.loads(out)["parts_before"] == 6
    assert len(stored(engine)) == 20_000


def test_each_fix_that_is_not_used_is_listed_by_row(
    wardline: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts and at once alike; what goes on adds to the list. Large files go in parts by themselves."""
    monkeypatch.setattr(track_parts, "PART", 400)
    walk, sheet = tmp_path / "walk.csv", tmp_path / "unused.csv"
    text = "t,lon,lat\n" + rows(1_000) + rows(2, 500) + "soon,131,46\n"
    walk.write_text(text, encoding="utf-8")
    code, out = wardline(walk, "--device", "d", "--parts", "--unused", sheet, "--json")
    assert (code, json.loads(out)["set_aside"]) == (0, {})
    walk.write_text(text + rows(1), encoding="utf-8")
    code, out = wardline(walk, "--device", "e", "--unused", sheet)
    with sheet.open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    assert [(one["row"], one["reason"]) for one in told] == [
        ("1003", "time-unreadable"),
        ("1001", "duplicate"),
        ("1002", "duplicate"),
        ("1003", "time-unreadable"),
        ("1004", "duplicate"),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(track_parts, "LARGE", 1_000)
        patch.setattr(track_parts, "PART", 9)
        large = tmp_path / "large.csv"
        large.write_text("t,lon,lat\n" + "0,0,0\n" * 200 + rows(2), encoding="utf-8")
        code, out = wardline(large, "--device", "g", "--unused", tmp_path / "large.txt", "--json")
        counts = json.loads(out)["fixes"]
        assert (code, counts["received"], counts["stored"]) == (1, 202, 2)
        assert counts["refused"] + counts["quarantined"] == 200
        assert len((tmp_path / "large.txt").read_text(encoding="utf-8").splitlines()) == 201
    assert {one["why"] for one in told} == {"its time cannot be read", "it is a copy of another fix"}
    refused = tmp_path / "refused.csv"
    refused.write_text("t,lon,lat\nsoon,131,46\n", encoding="utf-8")
    listed = sheet.read_bytes()
    assert wardline(walk, refused, "--device", "f", "--unused", sheet)[0] == 1
    assert sheet.read_bytes() == listed, "where one is refused none is stored"
    walk.write_text(f"t,lon,lat,segment\n{T0},131,46,=1\nsoon,131,46,=1\n", encoding="utf-8")
    assert wardline(walk, "--device", "f", "--unused", sheet)[0] == 0
    assert sheet.read_text(encoding="utf-8").splitlines()[-1].startswith("walk.csv,2,'=1,time-unreadable")


def test_a_load_in_parts_keeps_no_position_too_long(
    wardline: Any, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDLINE_KEEP_FIXES_DAYS", "30")
    walk = tmp_path / "walk.csv"
    walk.write_text("t,lon,lat\n" + rows(5), encoding="utf-8")
    code, out = wardline(walk, "--device", "d", "--parts")
    assert (code, stored(engine)) == (0, [])
    assert "0 fixes stored, 5 too late to be kept" in out


def test_a_load_in_parts_closes_the_task_that_it_answers(
    wardline: Any, tmp_path: Path, engine: Engine, client: TestClient
) -> None:
    make(client)
    archive = tmp_path / "walks.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("walk.gpx", gpx(along(BORDER, 900.0, 3_100.0)))
    assert wardline(archive, "--device", "d")[0] == 0
    assert actions(engine) == ["task.create", "task.done"]


def test_several_devices_in_one_table(wardline: Any, tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "walk.csv"
    path.write_text("t,lon,lat,device\n" + rows(4, 0, "A") + rows(3, 0, "B"), encoding="utf-8")
    code, out = wardline(path, "--device", "d")
    assert code == 1
    assert "2 devices: A, B" in out
    assert "--devices-of-file" in out
    code, _ = wardline(path, "--devices-of-file")
    assert code == 0
    assert [row[0] for row in stored(engine)] == ["A"] * 4 + ["B"] * 3
    path.write_text(
        "t,lon,lat,device\n" + rows(4, 9, "A") + rows(3, 9).replace("\n", ",\n"), encoding="utf-8"
    )
    code, out = wardline(path, "--devices-of-file")
    assert code == 1
    assert "--device" in out
    code, _ = wardline(path, "--devices-of-file", "--device", "C")
    assert code == 0


def test_a_track_of_another_county_is_stored_and_said_to_be(wardline: Any, tmp_path: Path) -> None:
    path = tmp_path / "walk.csv"
    path.write_text(f"t,lon,lat\n{T0},14.5,46.1\n", encoding="utf-8")
    code, out = wardline(path, "--device", "d")
    assert code == 0
    assert "No fix lies in the district" in out


def test_a_device_must_be_given(wardline: Any, tmp_path: Path) -> None:
    path = tmp_path / "walk.csv"
    path.write_text("t,lon,lat\n" + rows(1), encoding="utf-8")
    assert wardline(path)[0] == 2


_SLOW = """
import sys, time
from service.cli import bulk_tracks
from service.readers import track_parts
track_parts.PART = 1_000
kept = bulk_tracks._store
def slow(*arguments):
    kept(*arguments)
    time.sleep(0.2)  # so that the kill comes between two parts or inside one
bulk_tracks._store = slow
from service.cli.main import main
main(sys.argv[1:])
"""


def test_a_load_that_is_killed_goes_on_where_it_was(
    wardline: Any, tmp_path: Path, engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for number in range(3):
            archive.writestr(f"{number}.csv", "t,lon,lat\n" + rows(4_000, number * 4_000))
    path = tmp_path / "walks.zip"
    path.write_bytes(sink.getvalue())
    variables = {**os.environ, "WARDLINE_DATABASE_URL": database_url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _SLOW, "tracks", str(path), "--device", "d", "--json"]
    for wanted in (2, 5):
        with subprocess.Popen(command, env=variables, cwd=ROOT, stdout=subprocess.PIPE) as load:
            while patrols(engine) < wanted and load.poll() is None:
                time.sleep(0.01)
            load.send_signal(signal.SIGKILL)
        assert wanted <= patrols(engine) < 15
    done = patrols(engine)
    monkeypatch.setattr(track_parts, "PART", 1_000)
    code, out = wardline(path, "--device", "d", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["parts_before"] == done
    assert told["parts"] + done == patrols(engine)
    assert told["fixes"]["duplicate"] == 0
    assert len(stored(engine)) == 12_000
