"""``./wardline export``: every layer in every format, read back."""

import csv
import json
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from service.cli.main import main
from tests.fixtures.county import BEGIN, County, square

COUNTS = {"grids": 24, "port": 1, "border": 1, "markers": 4, "stations": 3, "representatives": 3}


@pytest.fixture
def export(monkeypatch: pytest.MonkeyPatch, database_url: str, county: County) -> Any:
    """Export from the county; return the exit code."""
    monkeypatch.setenv("WARDLINE_DATABASE_URL", database_url)

    def command(*arguments: object) -> int:
        with pytest.raises(SystemExit) as caught:
            main(["export", *map(str, arguments), "--quiet"])
        return int(caught.value.code or 0)

    return command


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".geojson", ".csv"])
@pytest.mark.parametrize("layer", COUNTS)
def test_every_layer_in_every_format(export: Any, tmp_path: Path, layer: str, suffix: str) -> None:
    path = tmp_path / f"{layer}{suffix}"
    assert export(layer, "-o", path) == 0
    if suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == COUNTS[layer]
        return
    meta, table = pyogrio.read_arrow(path)
    assert table.num_rows == COUNTS[layer]
    assert meta["crs"] in ("EPSG:4490", "EPSG:4326")
    assert {"code", "name", "id"} <= set(table.column_names)


def test_coordinates_are_those_of_the_lattice(export: Any, tmp_path: Path) -> None:
    assert export("grids", "-o", tmp_path / "g.gpkg", "--as-of", "2025-05-31") == 0
    meta, table = pyogrio.read_arrow(tmp_path / "g.gpkg")
    shapes = shapely.from_wkb(table.column(meta["geometry_name"]).to_pylist())
    found = dict(zip(table.column("code").to_pylist(), shapes, strict=True))
    assert shapely.equals_exact(shapely.normalize(found["G20"]), shapely.normalize(square(2, 0)), 0.0)


def test_levels(export: Any, tmp_path: Path) -> None:
    assert export("grids", "-o", tmp_path / "t.geojson", "--level", 0) == 0
    body = json.loads((tmp_path / "t.geojson").read_text())
    assert sorted(one["properties"]["code"] for one in body["features"]) == ["T0", "T1"]


def test_no_text_is_a_formula(export: Any, tmp_path: Path, engine: Engine, county: County) -> None:
    attributes = read_attributes("gate", {"note": "@SUM(1)"})
    with Session(engine) as session:
        stores = Stores(session, county.district)
        stores.markers.add([Marker(new_id(), "X1", "=HYPERLINK(1)", 131.0, 46.0, attributes, BEGIN)])
        session.commit()
    assert export("markers", "-o", tmp_path / "m.csv") == 0
    with (tmp_path / "m.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    assert rows["X1"]["name"] == "'=HYPERLINK(1)"
    assert rows["X1"]["note"] == "'@SUM(1)"
    assert float(rows["X1"]["lon"]) == 131.0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere", "-o", "x.gpkg"], 1),
        (["incidents", "-o", "x.gpkg"], 1),
        (["grids", "-o", "x.shp"], 1),
        (["grids", "-o", "x.gpkg", "--as-of", "1990-01-01"], 1),
        (["grids"], 2),
        (["grids", "-o", "x.gpkg", "--level", "-1"], 2),
    ],
)
def test_refusals(
    export: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    assert export(*arguments) == code
    assert list(tmp_path.glob("*x*")) == []
