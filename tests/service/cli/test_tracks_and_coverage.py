"""``./wardline tracks`` and ``coverage``: files in, all or none; coverage out in every form."""

import csv
import json
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import sqlalchemy

from geo.linear import MeasuredLine
from service.cli.main import main
from tests.fixtures.county import COLUMNS, ROWS, SIDE, SOUTH, WEST, County
from tests.fixtures.injected import EVALUATED, TEMPLATE
from tests.fixtures.walks import Receiver, along, gpx

NORTH = round(SOUTH + ROWS * SIDE, 7)
BORDER = MeasuredLine.from_lonlat([(WEST, NORTH), (round(WEST + COLUMNS * SIDE, 7), NORTH)])
JUNE = ("--from", "2025-06-01", "--to", "2025-07-01")


@pytest.fixture
def wardline(
    monkeypatch: pytest.MonkeyPatch, database_url: str, county: County, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Run a command; return its exit code, what it said and what it complained of."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("WARDLINE_KEEP_FIXES_DAYS", "3650")  # the walks are of years past
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(one) for one in arguments])
        said = capsys.readouterr()
        return int(caught.value.code or 0), said.out, said.err

    return command


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    path = tmp_path / "walk.gpx"
    path.write_bytes(gpx(along(BORDER, 500.0, 2_500.0, Receiver(3.0, 30.0), interval=2.0)))
    return path


def test_a_walk_whose_days_are_over_counts_and_is_told_to_be_gone(
    wardline: Any, walk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDLINE_KEEP_FIXES_DAYS", "30")
    code, out, _ = wardline("tracks", walk, "--device", "d1")
    assert code == 0
    assert "0 fixes stored, 1 piece, 2.0 km" in out
    assert "771 fixes came when the days of positions were over: what was walked counts" in out
    assert "km of B1 walked" in out


def test_a_walk_is_stored_and_told_of(wardline: Any, walk: Path) -> None:
    code, out, _ = wardline("tracks", walk, "--device", "d1", "--mode", "foot", "--person", "A")
    assert code == 0
    assert "771 fixes stored, 1 piece, 2.0 km" in out
    assert "km of B1 walked" in out
    code, out, _ = wardline("tracks", walk, "--device", "d1")
    assert code == 0
    assert "was stored before" in out
    code, out, _ = wardline("coverage", *JUNE)
    assert code == 0
    assert "B1" in out
    assert "43" in out  # percent of 4.64 km


def test_the_report_as_json(wardline: Any, walk: Path) -> None:
    code, out, _ = wardline("tracks", walk, "--device", "d1", "--json")
    assert code == 0
    (track,) = json.loads(out)["tracks"]
    assert track["fixes"]["stored"] == 771
    code, out, _ = wardline("coverage", *JUNE, "--segment", "B1", "--json")
    assert json.loads(out)["segments"][0]["covered_m"] == pytest.approx(2_000.0, abs=20.0)


def test_several_files_are_stored_together_or_not_at_all(wardline: Any, walk: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.gpx"
    half.write_bytes(walk.read_bytes()[:5_000])
    code, _, err = wardline("tracks", walk, half, "--device", "d1")
    assert code == 1
    assert "half.gpx" in err
    old = tmp_path / "old.gpx"
    old.write_bytes(walk.read_bytes().replace(b"2025-", b"1901-"))
    code, _, err = wardline("tracks", walk, old, "--device", "d1")
    assert code == 1
    assert "old.gpx" in err
    assert "1990" in err
    _, out, _ = wardline("coverage", *JUNE, "--json")
    assert json.loads(out)["total"]["covered_m"] == 0.0
    code, _, _ = wardline("tracks", walk, half, "--device", "d1", "--salvage")
    assert code == 0


def test_odd_fixes_are_named_by_row(wardline: Any, tmp_path: Path) -> None:
    table = tmp_path / "walk.csv"
    table.write_text(
        "time,lon,lat\n2025-06-15T08:00:00Z,131.01,46.04\n2025-06-15 08:00:01,131.01,46.04\n"
        "2025-06-15T08:00:02Z,0,0\n",
        encoding="utf-8",
    )
    code, out, _ = wardline("tracks", table, "--device", "d1")
    assert code == 0
    assert "1 fixes stored, 2 quarantined" in out
    assert "row 2" in out
    assert "its time names no zone" in out
    assert "row 3" in out
    assert "no part of the border" in out


def test_what_the_text_leaves_out_the_json_lists(wardline: Any, tmp_path: Path) -> None:
    table = tmp_path / "walk.csv"
    odd = [f"2025-06-15T08:{k // 60:02}:{k % 60:02}Z,0,0" for k in range(70)]
    table.write_text("\n".join(["time,lon,lat", "2025-06-15T07:59:00Z,131.01,46.04", *odd]))
    code, out, _ = wardline("tracks", table, "--device", "d1")
    assert code == 0
    assert "… and 65 more, see --json" in out
    code, out, _ = wardline("tracks", table, "--device", "d2", "--json")
    assert code == 0
    (said,) = json.loads(out)["tracks"][0]["quarantined_rows"]
    assert (said["reason"], said["rows"]) == ("null-island", list(range(2, 72)))


@pytest.mark.parametrize("arguments", [["nowhere.gpx"], ["x.fit"], []])
def test_what_is_no_track_is_refused(wardline: Any, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "x.fit").write_bytes(b"\x0e\x10.FIT")
    code, _, err = wardline("tracks", *(tmp_path / name for name in arguments), "--device", "d1")
    assert code == (1 if arguments else 2)
    assert err


@pytest.mark.parametrize("suffix", [".geojson", ".csv", ".gpkg", ".html"])
def test_coverage_in_every_format(wardline: Any, walk: Path, tmp_path: Path, suffix: str) -> None:
    wardline("tracks", walk, "--device", "d1", "--person", f"</script>{TEMPLATE}")
    path = tmp_path / f"coverage{suffix}"
    code, out, err = wardline("coverage", *JUNE, "-o", path)
    assert code == 0, err
    assert str(path) in out.replace("\n", "")
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
    if suffix == ".csv":
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        assert [row["state"] for row in rows] == ["gap", "covered", "gap"]
    elif suffix == ".html":
        text = path.read_text(encoding="utf-8")
        assert EVALUATED not in text
        assert f"</script>{TEMPLATE}" not in text
    else:
        table = pyogrio.read_arrow(path, layer="coverage")[1]
        assert table.num_rows == 3
        assert pyogrio.read_info(path, layer="coverage")["crs"] in ("EPSG:4490", "EPSG:4326")


def test_a_wrong_file_or_period_is_refused_before_any_work(wardline: Any, tmp_path: Path) -> None:
    code, _, err = wardline("coverage", *JUNE, "-o", tmp_path / "coverage.docx")
    assert code == 1
    assert ".html, .geojson, .csv, .gpkg" in err
    code, _, err = wardline("coverage", "--from", "2025-07-01", "--to", "2025-06-01")
    assert code == 1
    assert "empty" in err
    code, _, err = wardline("coverage", "--segment", "NOPE", *JUNE)
    assert code == 1
    assert "B1" in err
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_made_anew_is_the_same_and_what_was_lost_comes_back(
    wardline: Any, tmp_path: Path, database_url: str
) -> None:
    path = tmp_path / "walk.gpx"
    path.write_bytes(gpx(along(BORDER, 500.0, 2_500.0, Receiver(3.0, 30.0), interval=2.0)))
    assert wardline("tracks", path, "--device", "d1", "-q")[0] == 0
    code, said, _ = wardline("ledger", *JUNE, "--json")
    found = json.loads(said)
    assert (code, found["differing"], found["days"]) == (0, [], 1)
    assert found["rows_same"] > 3
    engine = sqlalchemy.create_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM coverage_line")
    engine.dispose()
    code, said, _ = wardline("ledger", *JUNE)
    assert code == 1
    assert "1 differ; nothing was changed" in said
    assert wardline("ledger", *JUNE, "--apply")[0] == 0
    assert wardline("ledger", *JUNE, "-q")[0] == 0
    assert wardline("ledger", "--from", "June", "--to", "2025-07-01")[0] == 2
