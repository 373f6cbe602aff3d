"""A dirty file that comes back from a desktop program: repaired where that is wished, proven, or refused."""

import pytest
import shapely

from tests.fixtures.desktop import (
    Sheet,
    exported,
    ground,
    kinds,
    moved,
    put,
    saved,
    send,
    taken,
)
from tests.fixtures.plans import Office, corner


def nudged(office: Office, metres: float) -> Sheet:
    """A file in which one area left its neighbours: some metres of gap and of overlap."""
    sheet = exported(office)
    row = sheet.row("G11")
    lon, lat = corner(1, 1)
    row["geometry"] = shapely.transform(row["geometry"], put((lon, lat), (lon + metres / 111_320, lat)))
    return sheet


def test_a_refusal_says_that_a_repair_exists(office: Office) -> None:
    refused = send(office.planner, saved(nudged(office, 1.0)))
    assert refused.status_code == 422
    assert "repair=true" in refused.json()["detail"]
    assert office.planner.get("/api/v1/plans")["items"] == []


def test_a_dirty_file_is_repaired_and_every_change_is_listed(office: Office) -> None:
    sheet = nudged(office, 1.0)
    sheet.row("G00")["name"] = "新"
    told = taken(office, saved(sheet), "title=Dirty&repair=true")
    repair = told["repair"]
    assert told["proof"]["exact"]
    assert repair["changes"]["count"] == len(repair["features"]["features"]) > 0
    assert 0 < repair["changes"]["shift_m"] <= repair["limits"]["shift_m"] == 2.0
    assert all(one["properties"]["text"] for one in repair["features"]["features"])
    drawn = ground(office, told["plan"])
    before = {row["code"]: row["geometry"] for row in exported(office).rows}
    differing = {code for code in before if not before[code].equals(drawn[code])}
    assert differing <= {"G00", "G10", "G01", "G11"}
    assert "rename" in kinds(told)
    assert shapely.union_all(list(drawn.values())).equals(shapely.union_all(list(before.values())))
    assert sum(area.area for area in drawn.values()) == pytest.approx(
        sum(area.area for area in before.values())
    )


def test_an_exact_file_is_not_repaired(office: Office) -> None:
    sheet = exported(office)
    moved(sheet, corner(1, 1), corner(1, 1, 0.2, 0.1))
    told = taken(office, saved(sheet), "title=Clean&repair=true")
    assert (kinds(told), told["repair"]) == (["move"], None)


def test_what_the_limits_do_not_decide_is_refused_and_a_rule_decides_it(office: Office) -> None:
    content = saved(nudged(office, 40.0))
    refused = send(office.planner, content, "title=Wide&repair=true")
    assert refused.status_code == 422
    assert refused.json()["code"] == "exchange-undecided"
    assert refused.json()["features"]
    assert office.planner.get("/api/v1/plans")["items"] == []
    told = taken(office, content, "title=Wide&repair=true&overlap=first&gaps=fill&most_area=1e6")
    assert told["repair"]["limits"]["overlap"] == "first"
    assert send(office.planner, content, "title=Wide&repair=true&most_shift=0").status_code == 422


def test_areas_drawn_twice_are_kept_once_by_a_rule(office: Office) -> None:
    sheet = exported(office)
    sheet.rows.append({**sheet.row("G11"), "id": None, "code": "G99"})
    content = saved(sheet)
    assert send(office.planner, content, "title=x&repair=true").json()["code"] == "exchange-undecided"
    told = taken(office, content, "title=x&repair=true&duplicates=first")
    assert told["ops"] == []
    assert told["repair"]["changes"]["by_kind"]["duplicate"]["count"] == 1


@pytest.mark.parametrize(("metres", "status"), [(1.0, 201), (100.0, 422)])
def test_a_repair_never_moves_the_outer_boundary(office: Office, metres: float, status: int) -> None:
    sheet = exported(office)
    moved(sheet, corner(0, 1), corner(0, 1, -metres / 111_320 / 0.01, 0))
    answer = send(office.planner, saved(sheet), "title=x&repair=true")
    assert answer.status_code == status, answer.text
    if status == 201:
        drawn = ground(office, answer.json()["plan"])
        before = shapely.union_all([row["geometry"] for row in exported(office).rows])
        assert shapely.union_all(list(drawn.values())).equals(before)
