"""``./wardline locate`` on files: the same answers as over HTTP."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pyogrio
import pytest
import shapely

from geo.crs import transformer
from service.cli.main import main
from tests.fixtures.client import TestClient
from tests.fixtures.county import WEST, County, centre

LON, LAT = zip(*(centre(column, row) for column in range(6) for row in range(4)), strict=True)
CODES = [f"G{column}{row}" for column in range(6) for row in range(4)]
CODES[8], CODES[12] = "G30", "G20"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str, county: County
) -> Any:
    """Run a command on the county; return its exit code and both streams."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def command(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(one) for one in arguments])
        code = caught.value.code
        captured = capsys.readouterr()
        return (code if isinstance(code, int) else 0 if code is None else 1), captured.out, captured.err

    return command


def test_csv_as_over_http(run: Any, client: TestClient, tmp_path: Path) -> None:
    rows = "".join(f"{n},{lon},{lat}\n" for n, (lon, lat) in enumerate(zip(LON, LAT, strict=True)))
    data = f"id,lon,lat\n{rows}99,0,0\n"
    (tmp_path / "in.csv").write_text(data)
    code, out, _ = run("locate", tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert code == 0
    assert "25 points" in out
    assert "1 outside" in out
    answer = client.post("/api/v1/locate", content=data.encode(), headers={"Content-Type": "text/csv"})
    assert (tmp_path / "out.csv").read_bytes() == answer.content
    assert pa.csv.read_csv(tmp_path / "out.csv").to_pydict()["unit"] == [*CODES, ""]


def test_json_report_and_the_past(run: Any, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"east;north\n{LON[8]};{LAT[8]}\n")
    code, out, err = run(
        "locate", tmp_path / "in.csv", "--lon", "east", "--lat", "north", "--as-of", "2025-05-31",
        "-o", tmp_path / "out.parquet", "--json", "--quiet",
    )  # fmt: skip
    assert code == 0, err
    assert json.loads(out) == {
        "rows": 1,
        "as_of": "2025-05-31",
        "grid": 1,
        "snapped": 0,
        "outside": 0,
        "near_boundary": 0,
        "file": str(tmp_path / "out.parquet"),
    }
    assert pa.parquet.read_table(tmp_path / "out.parquet").to_pydict()["unit"] == ["G20"]


@pytest.mark.parametrize("suffix", [".csv", ".gpkg", ".parquet", ".arrow"])
def test_the_candidates_near_an_edge(run: Any, tmp_path: Path, suffix: str) -> None:
    lon, lat = WEST + 0.01 + 1e-4, centre(0, 1)[1]  # 7.7 m east of an edge
    table = pa.table({"lon": [lon] * 3 + [0.0], "lat": [lat] * 3 + [0.0], "m": [None, 5, 8, 8]})
    pa.parquet.write_table(table, tmp_path / "in.parquet")
    out = tmp_path / f"out{suffix}"
    code, said, err = run("locate", tmp_path / "in.parquet", "-o", out, "--accuracy-column", "m")
    assert code == 0, err
    assert "2 near a boundary" in said
    answers = read_back(out)
    both: Any = "G11;G01" if suffix in (".csv", ".gpkg") else ["G11", "G01"]
    none = "" if suffix in (".csv", ".gpkg") else []
    assert answers["candidates"] == [both, none, both, "" if suffix == ".csv" else None]
    assert answers["near_boundary"] == [True, False, True, None]
    code, said, err = run("locate", tmp_path / "in.parquet", "-o", out, "--accuracy", "5", "--json")
    assert json.loads(said)["near_boundary"] == 0


def read_back(path: Path) -> dict[str, list[Any]]:
    """Return the columns of a written file."""
    if path.suffix == ".gpkg":
        table = pyogrio.read_arrow(path)[1]
    elif path.suffix == ".csv":
        table = pa.csv.read_csv(path)
    elif path.suffix == ".arrow":
        table = pa.ipc.open_stream(path.read_bytes()).read_all()
    else:
        table = pa.parquet.read_table(path)
    columns: dict[str, list[Any]] = table.to_pydict()
    return columns


@pytest.mark.parametrize("suffix", [".gpkg", ".geoparquet", ".csv"])
@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4326", "EPSG:3857", "EPSG:4552"])
def test_geometries_in_any_system(run: Any, tmp_path: Path, crs: str, suffix: str) -> None:
    x, y = transformer("EPSG:4490", crs).transform(np.array(LON), np.array(LAT))
    table = pa.table({"n": range(24), "geometry": shapely.to_wkb(shapely.points(x, y)).tolist()})
    source = tmp_path / "in.gpkg"
    pyogrio.write_arrow(
        table, source, driver="GPKG", geometry_name="geometry", geometry_type="Point", crs=crs
    )
    first = tmp_path / f"out{suffix}"
    code, _, err = run("locate", source, "-o", first, "--quiet")
    assert code == 0, err
    # What was written can be read again, and answers the same.
    code, _, err = run("locate", first, "-o", tmp_path / "again.csv", "--quiet")
    assert code == 0, err
    again = pa.csv.read_csv(tmp_path / "again.csv").to_pydict()
    assert again["unit"] == again["unit_wardline"] == CODES
    assert again["n"] == list(range(24))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "lon,lat\n1,2\nx,2\n", "row 2"),
        ("a.csv", "a,b\n1,2\n", "no single column for lon"),
        ("a.csv", "", "empty"),
        ("a.txt", "lon,lat\n1,2\n", "not a table of points"),
        ("a.parquet", "nonsense", "cannot be read as parquet"),
        ("a.gpkg", "nonsense", "does not begin as a .gpkg file does"),
        (None, "", "There is no file"),
    ],
)
def test_bad_files_are_refused_with_reasons(
    run: Any, tmp_path: Path, name: str, content: str, said: str
) -> None:
    source = tmp_path / (name or "missing.csv")
    if name:
        source.write_text(content)
    code, _, err = run("locate", source, "-o", tmp_path / "out.csv")
    assert code == 1
    assert said in err
    assert not (tmp_path / "out.csv").exists()


def test_points_must_be_points(run: Any, tmp_path: Path) -> None:
    shapes = shapely.to_wkb([shapely.Point(131.0, 46.0), shapely.box(0, 0, 1, 1)]).tolist()
    table = pa.table({"geometry": shapes})
    source = tmp_path / "in.gpkg"
    pyogrio.write_arrow(
        table, source, driver="GPKG", geometry_name="geometry", geometry_type="Unknown", crs="EPSG:4490"
    )
    code, _, err = run("locate", source, "-o", tmp_path / "out.gpkg")
    assert code == 1
    assert "row 2" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["locate", "x.csv"],
        ["locate", "x.csv", "-o", "y.csv", "--as-of", "soon"],
        ["locate", "x.csv", "--what"],
        ["locate", "x.csv", "-o", "y.csv", "--accuracy", "-1"],
        ["locate", "x.csv", "-o", "y.csv", "--accuracy", "10001"],
    ],
)
def test_wrong_usage_is_2(run: Any, arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2


def test_a_folder_that_is_not_there(run: Any, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("lon,lat\n131.005,46.005\n")
    for name in ("out.csv", "out.gpkg"):
        code, _, err = run("locate", source, "-o", tmp_path / "none" / name)
        assert code == 1
        assert "cannot be written" in err


def test_answers_never_replace_the_points(run: Any, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("lon,lat\n131.005,46.005\n")
    code, _, err = run("locate", source, "-o", source)
    assert code == 1
    assert "would replace" in err


def test_a_shifted_datum_needs_leave(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "in.csv"
    source.write_text("lon,lat\n131.005,46.005\n")
    assert run("locate", source, "-o", tmp_path / "out.csv", "--datum", "gcj02")[0] == 1
    monkeypatch.setenv("WARDLINE_ALLOW_DATUM_INVERSE", "true")
    assert run("locate", source, "-o", tmp_path / "out.csv", "--datum", "gcj02")[0] == 0
