"""Files of households and sites: all that is wrong is told, and then nothing is stored."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import pytest
import shapely

from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre

HOUSEHOLDS = "/api/v1/chain/households"
SITES = "/api/v1/projects/sites/import"


@pytest.fixture
def keeper(callers: Callers) -> TestClient:
    return callers.role("keeper", "coordinator", DISTRICT)


def sent(client: TestClient, path: str, name: str, body: bytes | str, **asked: Any) -> Any:
    headers = {"Content-Type": "application/octet-stream"} | asked.pop("headers", {})
    content = body.encode() if isinstance(body, str) else body
    return client.post(path, params={"name": name, **asked}, content=content, headers=headers)


def row(code: str, place: tuple[float, float], *more: str) -> str:
    return ",".join([code, "By the well", *map(str, place), *more]) + "\n"


def test_a_table_is_looked_at_then_stored_and_the_same_again_changes_nothing(
    county: County, keeper: TestClient
) -> None:
    head = "code,label,lon,lat,since\n"
    body = head + row("H1", centre(0, 0), "") + "\n" + row("H2", centre(2, 3), "2024-05-01")
    looked = sent(keeper, f"{HOUSEHOLDS}/import", "a.csv", "\ufeff" + body)
    assert looked.status_code == 200, looked.text
    assert looked.json() == {"file": "a.csv", "rows": 2, "new": 2, "known": 0, "applied": False}
    assert keeper.get(HOUSEHOLDS).json()["items"] == []
    stored = sent(keeper, f"{HOUSEHOLDS}/import", "a.csv", body, apply=True)
    assert stored.json()["applied"]
    found = {one["code"]: one for one in keeper.get(HOUSEHOLDS).json()["items"]}
    assert {code: one["unit"] for code, one in found.items()} == {"H1": "G00", "H2": "G23"}
    assert found["H2"]["since"] == "2024-05-01"
    collection = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": code, "label": "By the well"},
                "geometry": {"type": "Point", "coordinates": centre(*place)},
            }
            for code, place in (("H1", (0, 0)), ("H3", (5, 3)))
        ],
    }
    again = sent(keeper, f"{HOUSEHOLDS}/import", "b.geojson", json.dumps(collection), apply=True)
    assert (again.json()["new"], again.json()["known"]) == (1, 1)
    assert len(keeper.get(HOUSEHOLDS).json()["items"]) == 3


def test_every_defect_of_a_table_is_told_with_its_row_and_how_to_mend_it(
    county: County, keeper: TestClient, callers: Callers
) -> None:
    assert sent(
        keeper, f"{HOUSEHOLDS}/import", "a.csv", "code,label,lon,lat\n" + row("H1", centre(0, 0)), apply=True
    ).is_success
    lines = [
        row("H1", centre(1, 1), ""),
        row("H2", centre(0, 1), "yesterday"),
        row("H3", (0.0, 0.0), ""),
        "H4,,131.005,46.005,\n",
        row("H5", centre(0, 2), ""),
        row("H5", centre(0, 2), ""),
        "H6,By the well,here,46.005,\n",
        "H7,By, the well,131.005,46.005,\n",
        row("H8", centre(0, 3), "2026-02-01"),
    ]
    body = "code,label,lon,lat,since\n" + "".join(lines)
    reply = sent(keeper, f"{HOUSEHOLDS}/import", "b.csv", body, apply=True)
    assert (reply.status_code, reply.json()["code"]) == (422, "rows-invalid")
    told = reply.json()["rows"]
    assert [one["row"] for one in told] == [1, 2, 3, 4, 6, 7, 8]
    assert reply.json()["count"] == len(told)
    assert {one["row"]: one["field"] for one in told if one["field"]} == {2: "since", 4: "label", 7: "lon"}
    assert all(one["problem"] and one["mend"] for one in told)
    assert len(keeper.get(HOUSEHOLDS).json()["items"]) == 1, "nothing is stored"
    chinese = sent(keeper, f"{HOUSEHOLDS}/import", "b.csv", body, headers={"Accept-Language": "zh-CN"})
    assert all(
        "\u4e00" <= one["problem"][0] <= "\u9fff" or one["problem"][0] == "H"
        for one in chinese.json()["rows"]
    )
    west = callers.role("west", "coordinator", DISTRICT, county.units["T0"])
    beyond = sent(west, f"{HOUSEHOLDS}/import", "c.csv", "code,label,lon,lat\n" + row("W1", centre(5, 3)))
    assert "area" in beyond.json()["rows"][0]["problem"]


def test_what_is_no_table_of_households_is_refused(county: County, keeper: TestClient) -> None:
    for name, body, status, code in (
        ("a.csv", "code,label\nH1,here\n", 422, "input-invalid"),
        ("a.csv", "label,lon,lat\nhere,131.005,46.005\n", 422, "input-invalid"),
        ("a.csv", "code,label,lon,lat\n", 422, "input-invalid"),
        ("a.csv", b"code,label,lon,lat\n\xb5\xd8,\xb5\xd8,131.005,46.005\n", 400, "body-malformed"),
        ("a.pdf", "%PDF", 415, "format-unsupported"),
        ("../../a.geojson", "{", 400, "body-malformed"),
    ):
        reply = sent(keeper, f"{HOUSEHOLDS}/import", name, body)
        assert (reply.status_code, reply.json()["code"]) == (status, code), (name, body, reply.text)
    good = "code,label,lon,lat\n" + row("H1", centre(0, 0))
    for name in ("..", ".", "a/..", "村" * 84 + ".csv"):
        refused = sent(keeper, f"{HOUSEHOLDS}/import", name, good)
        assert (refused.status_code, refused.json()["where"]) == (422, {"parameter": "name"}), name
    twice = sent(keeper, f"{HOUSEHOLDS}/import", "a.csv", "code," + good.replace("H1", "H1,H2"))
    assert (twice.status_code, twice.json()["where"]["column"]) == (422, "code")


def test_sites_come_from_geopackages_and_tables_and_defects_store_nothing(
    county: County, keeper: TestClient, tmp_path: Path
) -> None:
    given = {"code": "P1", "name": "Wells", "kind": "wells", "office": "Water", "first_day": "2026-01-01"}
    project = keeper.post("/api/v1/projects", json=given).json()["id"]
    path = tmp_path / "sites.gpkg"
    shapes = [shapely.Point(centre(0, 0)), shapely.LineString([centre(1, 1), centre(3, 1)])]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes),
        [np.array(["S1", "S2"], dtype=object), np.array(["A well", "A pipe"], dtype=object)],
        ["code", "name"],
        geometry_type="Unknown",
        crs="EPSG:4326",
        driver="GPKG",
    )
    stored = sent(keeper, SITES, path.name, path.read_bytes(), project="P1", apply=True)
    assert stored.status_code == 200, stored.text
    assert {name: stored.json()[name] for name in ("rows", "new", "sites_on_lines")} == {
        "rows": 2,
        "new": 2,
        "sites_on_lines": 1,
    }
    point = " ".join(map(str, centre(0, 1)))
    line = '"LINESTRING (131.005 46.005, 131.015 46.005)"'
    table = f"code;project;wkt\nS1;P1;POINT ({point})\nS3;P1;{line}\n"
    again = sent(keeper, SITES, "sites.csv", table, apply=True)
    assert (again.json()["rows"], again.json()["new"]) == (2, 1)
    found = {one["code"]: one for one in keeper.get(f"/api/v1/projects/{project}").json()["sites"]}
    assert {code: one["geometry"]["type"] for code, one in found.items()} == {
        "S1": "Point",
        "S2": "LineString",
        "S3": "LineString",
    }
    assert found["S1"]["unit"] == "G01"
    bad = "code,project,wkt\nS1,P9,POINT (131 46)\n,P1,POINT (131 46)\nS5,P1,POLYGON EMPTY\n"
    reply = sent(keeper, SITES, "bad.csv", bad, apply=True)
    assert [one["row"] for one in reply.json()["rows"]] == [1, 2, 3], reply.text
    assert len(keeper.get(f"/api/v1/projects/{project}").json()["sites"]) == 3
