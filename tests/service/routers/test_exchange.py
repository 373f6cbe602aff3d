"""Exchange with desktop programs over HTTP: what a file shows becomes a draft, exactly, or is refused."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
import shapely.ops

from tests.fixtures.desktop import (
    Sheet,
    cut,
    exported,
    ground,
    kinds,
    moved,
    of_plan,
    opened,
    put,
    saved,
    send,
    taken,
)
from tests.fixtures.plans import Office, corner, desk, move

CRS = ["EPSG:4490", "EPSG:4326", "EPSG:3857", "EPSG:4553"]
"""As exported; WGS 84; Web Mercator; the three-degree Gauss-Krüger zone of 132° E."""


def test_a_file_holds_units_levels_lineage_and_what_it_is(office: Office) -> None:
    plan = office.planner.begin()
    office.planner.draw(plan, move(1, 1, 0.3, 0.3))
    content = office.planner.client.get(f"/api/v1/plans/{plan['id']}/exchange.gpkg").content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.gpkg"
        path.write_bytes(content)
        names = {str(name): kind for name, kind in pyogrio.list_layers(path)}
        info = pyogrio.read_info(path, layer="units")
    assert set(names) == {"units", "township", "village", "lineage", "about"}
    assert (names["lineage"], names["about"]) == (None, None)
    assert info["crs"] == "EPSG:4490"
    sheet = opened(content)
    assert len(sheet.rows) == 24
    assert {row["code"] for row in sheet.rows if row["changed"]} == {"G00", "G01", "G10", "G11"}
    assert sheet.about["plan"] == plan["id"]
    assert sheet.row("G00")["parent_code"] == "V00"
    ordinates = shapely.get_coordinates([row["geometry"] for row in sheet.rows])
    assert np.array_equal(np.rint(ordinates * 1e7) / 1e7, ordinates)


@pytest.mark.parametrize("crs", CRS)
def test_an_untouched_file_has_no_operations(office: Office, crs: str) -> None:
    told = taken(office, saved(exported(office), crs))
    assert told["ops"] == []
    assert told["found"]["unchanged"] == 24
    assert told["plan"]["ops"] == 0


@pytest.mark.parametrize("crs", CRS)
def test_a_moved_corner_is_a_move(office: Office, crs: str) -> None:
    sheet = exported(office)
    moved(sheet, corner(1, 1), corner(1, 1, 0.2, 0.1))
    told = taken(office, saved(sheet, crs))
    assert kinds(told) == ["move"]
    assert {one["properties"]["code"] for one in told["changed"]["features"]} == {"G00", "G01", "G10", "G11"}
    shown = ground(office, told["plan"])
    for row in sheet.rows:
        assert shapely.equals_exact(shown[row["code"]].normalize(), row["geometry"].normalize(), 1e-7)


@pytest.mark.parametrize("crs", CRS)
def test_a_split_that_left_its_attributes_on_both_parts(office: Office, crs: str) -> None:
    sheet = exported(office)
    cut(sheet, "G11", shapely.LineString([corner(1, 1, 0.31234567, -0.5), corner(1, 1, 0.4, 1.5)]))
    told = taken(office, saved(sheet, crs))
    assert kinds(told) == ["split"]
    assert told["found"]["split"] == 1
    assert told["found"]["joined"] == 2
    parts = told["ops"][0]["op"]["parts"]
    assert len({part["code"] for part in parts} - {row["code"] for row in exported(office).rows}) == 1
    larger = next(part for part in parts if part["id"] == str(office.county.units["G11"]))
    assert larger["code"] == "G11"
    assert sum(part["households"] for part in parts) == 100
    areas = ground(office, told["plan"])
    assert areas["G11"].area > 0.5 * 1e-4


def test_a_part_without_id_and_code_gets_its_own(office: Office) -> None:
    sheet = exported(office)
    parts = cut(sheet, "G11", shapely.LineString([corner(1, 1, 0.3, -0.5), corner(1, 1, 0.3, 1.5)]))
    smaller = min(parts, key=lambda row: row["geometry"].area)
    smaller.update(dict.fromkeys(("id", "code", "name", "parent", "parent_code", "households")))
    told = taken(office, saved(sheet))
    assert kinds(told) == ["split"]
    assert told["found"]["new"] == 1
    new = next(
        one["properties"]
        for one in told["changed"]["features"]
        if one["id"] not in map(str, office.county.units.values())
    )
    assert new["parent"] == str(office.county.units["V00"])
    assert new["code"] not in office.county.units
    assert new["households"] is None


def test_merged_rows_are_a_merge_and_the_households_add_up(office: Office) -> None:
    sheet = exported(office)
    one, other = sheet.row("G11"), sheet.rows.pop(sheet.at("G12"))
    one["geometry"] = shapely.union_all([one["geometry"], other["geometry"]])
    told = taken(office, saved(sheet))
    assert kinds(told) == ["merge"]
    assert told["removed"] == [str(office.county.units["G12"])]
    assert told["changed"]["features"][0]["properties"]["households"] == 200


def test_names_codes_and_parents(office: Office) -> None:
    sheet = exported(office)
    sheet.row("G11")["name"] = "中心"
    sheet.row("G01")["parent_code"] = "V01"
    sheet.row("G10")["code"] = "X10"
    told = taken(office, saved(sheet))
    assert sorted(kinds(told)) == ["reassign", "recode", "rename"]
    assert told["found"]["unchanged"] == 21


def test_swapped_codes_and_households_are_an_amendment(office: Office) -> None:
    sheet = exported(office)
    one, other = sheet.row("G11"), sheet.row("G12")
    one["code"], other["code"] = "G12", "G11"
    sheet.row("G00")["households"] = 7
    told = taken(office, saved(sheet))
    assert kinds(told) == ["amend"]
    assert len(told["changed"]["features"]) == 3


def test_what_programs_do_to_a_file_is_no_edit(office: Office) -> None:
    sheet = exported(office)
    for row in sheet.rows:
        row["geometry"] = shapely.force_3d(shapely.get_parts(row["geometry"])[0].reverse())
        row["fid_2"] = 5
    sheet.rows.reverse()
    sheet.row("G11")["id"] = None
    sheet.row("G12")["id"] = "{" + sheet.row("G12")["id"].upper() + "}"
    told = taken(office, saved(sheet, "EPSG:3857", without=("parent", "level"), geometry="geom"))
    assert told["ops"] == []
    assert told["found"]["recognised"] == 1


def test_noise_of_a_step_is_put_back_and_counted(office: Office) -> None:
    sheet = exported(office)
    west, south = corner(1, 1)
    row = sheet.row("G11")
    row["geometry"] = shapely.transform(row["geometry"], put((west, south), (west + 1e-7, south - 0.9e-7)))
    told = taken(office, saved(sheet))
    assert told["ops"] == []
    assert told["found"]["snapped"] == 1
    assert 0.01 < told["found"]["snapped_farthest_m"] < 0.02


def test_a_side_that_moved_alone_is_refused_with_the_place(office: Office) -> None:
    sheet = exported(office)
    row = sheet.row("G11")
    row["geometry"] = shapely.transform(row["geometry"], put(corner(1, 1), corner(1, 1, 0.2, 0.1)))
    refused = send(office.planner, saved(sheet))
    assert refused.status_code == 422
    body = refused.json()
    assert body["code"] == "exchange-not-exact"
    assert body["defects"] >= 1
    assert {one["properties"]["role"] for one in body["features"]} == {"defect"}
    place = body["features"][0]["properties"]
    assert np.hypot(place["lon"] - corner(1, 1)[0], place["lat"] - corner(1, 1)[1]) < 0.01
    assert office.planner.get("/api/v1/plans")["items"] == []


def test_a_row_that_was_deleted_leaves_a_gap(office: Office) -> None:
    sheet = exported(office)
    del sheet.rows[sheet.at("G11")]
    refused = send(office.planner, saved(sheet))
    assert refused.status_code == 422
    assert refused.json()["features"][0]["properties"]["kind"] in ("gap", "missing_unit")


def test_a_cut_that_ends_on_the_outer_boundary_is_refused_in_words(office: Office) -> None:
    sheet = exported(office)
    cut(sheet, "G10", shapely.LineString([corner(1, 0, 0.3, -0.5), corner(1, 0, 0.3, 1.5)]))
    refused = send(office.planner, saved(sheet))
    assert refused.status_code == 422
    assert "outer boundary" in refused.json()["detail"]


def test_a_draft_comes_back_to_itself(office: Office) -> None:
    plan = office.planner.begin()
    office.planner.draw(plan, move(1, 1, 0.3, 0.3))
    sheet = of_plan(office, plan)
    sheet.row("G11")["name"] = "新"
    told = taken(office, saved(sheet), f"plan={plan['id']}")
    assert kinds(told) == ["rename"]
    assert told["plan"]["id"] == plan["id"]
    assert told["plan"]["ops"] == 2
    again = send(office.planner, saved(sheet), f"plan={plan['id']}")
    assert again.status_code == 409
    sheet = of_plan(office, plan)
    sheet.row("G00")["name"] = "别人"
    assert send(office.other, saved(sheet), f"plan={plan['id']}").status_code == 403
    assert send(office.planner, saved(exported(office)), f"plan={plan['id']}").status_code == 422


def test_a_draft_makes_a_draft_of_its_own_for_somebody_else(office: Office) -> None:
    plan = office.planner.begin("Mine")
    office.planner.draw(plan, move(1, 1, 0.3, 0.3))
    answer = send(office.other, saved(of_plan(office, plan)), "")
    assert answer.status_code == 201
    assert kinds(answer.json()) == ["move"]
    assert answer.json()["plan"]["title"] == "Mine"


def test_a_file_without_about_needs_its_release(office: Office) -> None:
    sheet = exported(office)
    content = saved(sheet, layer="my areas", about=False)
    assert send(office.planner, content).json()["where"] == {"parameter": "release"}
    told = taken(office, content, f"title=x&release={sheet.about['release']}")
    assert told["ops"] == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_drawn_comes_back_the_same(office: Office, seed: int) -> None:
    """Random operations, drawn here and sent out, make the same draft of somebody else."""
    rng = np.random.default_rng(seed)
    plan = office.planner.begin("Random")
    for _ in range(8):
        office.planner.try_to_draw(plan, random_operation(of_plan(office, plan), office, rng))
    sheet = of_plan(office, plan)
    rng.shuffle(sheet.rows)
    answer = send(office.other, saved(sheet, CRS[seed]), "title=Again")
    assert answer.status_code == 201, answer.text
    again = of_plan(office, answer.json()["plan"])
    assert len(again.rows) == len(sheet.rows)
    for row in sheet.rows:
        other = again.row(row["code"])
        assert shapely.equals_identical(other["geometry"].normalize(), row["geometry"].normalize())
        assert [other[name] for name in ("name", "parent", "households")] == [
            row[name] for name in ("name", "parent", "households")
        ]


def random_operation(sheet: Sheet, office: Office, rng: np.random.Generator) -> dict[str, Any]:
    column, row = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    one = sheet.rows[int(rng.integers(len(sheet.rows)))]
    west, south, east, north = one["geometry"].bounds
    x = round(west + (east - west) * float(rng.uniform(0.3, 0.7)), 7)
    beside = next(
        each
        for each in sheet.rows
        if each is not one and each["geometry"].intersection(one["geometry"]).length
    )
    choices: list[dict[str, Any]] = [
        move(column, row, *rng.uniform(-0.3, 0.3, 2).tolist()),
        {"type": "split", "unit": one["id"], "line": [[x, south - 1e-3], [x, north + 1e-3]]},
        {"type": "merge", "units": [one["id"], beside["id"]]},
        {"type": "rename", "unit": one["id"], "name": f"名{int(rng.integers(99))}"},
        {"type": "reassign", "units": [one["id"]], "parent": str(office.county.units["V01"])},
    ]
    return choices[int(rng.integers(len(choices)))]


def test_a_planner_of_a_part_keeps_to_it(office: Office) -> None:
    west = desk(office.callers, "west", "planner", office.county.units["T0"])
    sheet = exported(office)
    sheet.row("G41")["name"] = "x"
    assert send(west, saved(sheet)).status_code == 403
    sheet = exported(office)
    sheet.row("G01")["name"] = "x"
    assert send(west, saved(sheet)).status_code == 201


def test_refusals_are_told_in_chinese(office: Office) -> None:
    sheet = exported(office)
    del sheet.rows[sheet.at("G11")]
    office.planner.client.headers["Accept-Language"] = "zh"
    assert "拓扑编辑" in send(office.planner, saved(sheet)).json()["detail"]


def test_what_is_no_file_of_ours_is_refused(office: Office) -> None:
    assert send(office.planner, b"").status_code == 400
    assert send(office.planner, b"PK\x03\x04").status_code == 400
    assert send(office.planner, b"SQLite format 3\0" + b"\0" * 500).status_code == 400
    sheet = exported(office)
    assert send(office.planner, saved(sheet, without=("id",))).status_code == 422
    sheet.row("G11")["code"] = "G12"
    assert send(office.planner, saved(sheet)).json()["code"] == "rows-invalid"
    sheet.row("G00")["id"] = "17"
    assert send(office.planner, saved(sheet)).json()["code"] == "rows-invalid"
    sheet = exported(office)
    sheet.row("G00")["parent_code"] = "T0"
    assert send(office.planner, saved(sheet)).json()["code"] == "rows-invalid"


def test_a_file_with_views_is_refused_unread(office: Office) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.gpkg"
        path.write_bytes(saved(exported(office)))
        with closing(sqlite3.connect(path)) as database:
            database.execute(
                "CREATE VIEW endless AS WITH RECURSIVE n AS (SELECT 1 UNION ALL SELECT 1 FROM n)"
                " SELECT * FROM n"
            )
            database.commit()
        refused = send(office.planner, path.read_bytes())
    assert refused.status_code == 400
    assert "views" in refused.json()["detail"]


def test_areas_that_are_none_are_refused_with_the_place(office: Office) -> None:
    sheet = exported(office)
    del sheet.rows[sheet.at("G12")]
    corners = [corner(1, 1), corner(2, 2), corner(2, 1), corner(1, 2), corner(1, 1)]
    sheet.row("G11")["geometry"] = shapely.Polygon(corners)
    refused = send(office.planner, saved(sheet))
    assert refused.status_code == 422
    assert "invalid_ring" in {one["properties"]["kind"] for one in refused.json()["features"]}
    west, south = corner(1, 1)
    tiny = [(west, south), (west + 1e-9, south), (west, south + 1e-9), (west, south)]
    sheet.row("G11")["geometry"] = shapely.Polygon(tiny)
    assert send(office.planner, saved(sheet)).status_code == 422
    for row in sheet.rows:
        row["geometry"] = shapely.transform(row["geometry"], lambda xy: xy - 20.0)
    assert send(office.planner, saved(sheet)).status_code == 422
    for row in sheet.rows:
        row["id"] = None
    assert send(office.planner, saved(sheet)).status_code == 422


def test_an_area_twice_is_an_overlap(office: Office) -> None:
    sheet = exported(office)
    sheet.rows.append(dict(sheet.row("G11")))
    refused = send(office.planner, saved(sheet))
    assert refused.status_code == 422
    assert refused.json()["features"]
