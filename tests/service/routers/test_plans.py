"""Plans over HTTP: drawn, proven, undone, decided by somebody else; refused with what a map draws of it."""

from typing import Any
from uuid import uuid4

from geo.balance import warm_up
from tests.fixtures.plans import Office, corner, desk, move


def test_a_plan_is_drawn_on_what_is_in_force_and_lists_what_one_may_do(office: Office) -> None:
    plan = office.planner.begin("Corner", note="As agreed", effective_on="2030-01-01")
    assert plan["number"] == 1
    assert plan["status"] == "draft"
    assert plan["base"] == plan["head"]
    assert plan["base"]["number"] == 2
    assert not plan["stale"]
    assert plan["may"] == ["edit", "rebase", "submit", "withdraw"]
    seen = office.reviewer.get(f"/api/v1/plans/{plan['id']}")
    assert seen["may"] == []
    assert seen["operations"] == []
    listed = office.other.get("/api/v1/plans")["items"]
    assert [one["id"] for one in listed] == [plan["id"]]
    assert office.other.get("/api/v1/plans?mine=true")["items"] == []


def test_a_plan_is_not_put_on_a_day_of_which_nothing_is_known(office: Office) -> None:
    plan = office.planner.begin()
    path = f"/api/v1/plans/{plan['id']}"
    refused = office.planner.client.patch(path, json={"effective_on": "1990-01-01"})
    assert refused.status_code == 422, refused.text
    assert refused.json()["where"]["pointer"] == "/effective_on"
    assert office.planner.get(path)["effective_on"] is None


def test_a_moved_corner_changes_the_four_grids_at_it_and_is_proven(office: Office) -> None:
    plan = office.planner.begin()
    answer = office.planner.draw(plan, move(1, 1, 0.2, 0.1))
    assert answer["proof"]["exact"] is True
    codes = {one["properties"]["code"] for one in answer["changed"]["features"]}
    assert codes == {"G00", "G01", "G10", "G11"}
    assert answer["removed"] == []
    assert answer["plan"]["ops"] == 1
    assert answer["plan"]["version"] == plan["version"] + 1
    units = {one["code"]: one for one in answer["impact"]["units"]}
    assert set(units) == codes
    gained = units["G00"]["after"]["area_km2"] - units["G00"]["before"]["area_km2"]
    assert gained > 0
    total = sum(one["after"]["area_km2"] - one["before"]["area_km2"] for one in units.values())
    assert abs(total) < 1e-5


def test_undo_and_redo_lead_to_and_fro(office: Office) -> None:
    plan = office.planner.begin()
    path = f"/api/v1/plans/{plan['id']}"
    office.planner.draw(plan, move(1, 1, 0.2, 0.1))
    before = office.planner.get(f"{path}/changes")
    office.planner.draw(plan, {"type": "rename", "unit": str(office.county.units["G33"]), "name": "New"})
    undone = office.planner.client.delete(f"{path}/ops/last").json()
    assert undone["plan"]["ops"] == 1
    assert undone["plan"]["undone"] == 1
    assert [one["properties"]["code"] for one in undone["changed"]["features"]] == ["G33"]
    assert office.planner.get(f"{path}/changes") == before
    again = office.planner.client.post(f"{path}/ops/redo").json()
    assert again["changed"]["features"][0]["properties"]["name"] == "New"
    assert office.planner.client.post(f"{path}/ops/redo").status_code == 409
    office.planner.client.delete(f"{path}/ops/last")
    office.planner.client.delete(f"{path}/ops/last")
    assert office.planner.get(f"{path}/changes")["features"] == []
    assert office.planner.client.delete(f"{path}/ops/last").status_code == 409


def test_an_earlier_operation_is_undone_where_what_follows_holds(office: Office) -> None:
    plan = office.planner.begin()
    path = f"/api/v1/plans/{plan['id']}"
    unit = str(office.county.units["G33"])
    office.planner.draw(plan, move(1, 1, 0.2, 0.1))
    office.planner.draw(plan, {"type": "recode", "unit": unit, "code": "NEW"})
    office.planner.draw(plan, {"type": "recode", "unit": str(office.county.units["G23"]), "code": "G33"})
    client = office.planner.client
    before = office.planner.get(path), office.planner.get(f"{path}/changes")
    # The code that the third step gives is free because of the second.
    refused = client.delete(f"{path}/ops/2")
    assert refused.status_code == 422, refused.text
    body = refused.json()
    assert body["code"] == "step-needed"
    assert body["where"] == {"operation": 2, "because": "code-taken", "seq": 3}
    assert "3" in body["title"] + body["detail"]
    assert (office.planner.get(path), office.planner.get(f"{path}/changes")) == before
    done = client.delete(f"{path}/ops/1")
    assert done.status_code == 200, done.text
    assert {one["properties"]["code"] for one in done.json()["changed"]["features"]} == {
        "G00",
        "G01",
        "G10",
        "G11",
    }
    assert (done.json()["plan"]["ops"], done.json()["plan"]["undone"]) == (2, 1)
    marks = [(one["seq"], one["undone"]) for one in office.planner.get(path)["operations"]]
    assert marks == [(1, True), (2, False), (3, False)]
    assert client.delete(f"{path}/ops/1").status_code == 409
    assert client.delete(f"{path}/ops/99").status_code == 409
    assert client.delete(f"{path}/ops/0").status_code == 404
    # Done again, it is where it was.
    assert client.post(f"{path}/ops/redo").status_code == 200
    assert office.planner.get(f"{path}/changes") == before[1]


def test_a_drag_across_another_edge_is_refused_and_drawn_and_the_draft_stays(office: Office) -> None:
    plan = office.planner.begin()
    office.planner.draw(plan, move(1, 1, 0.1, 0.1))
    refused = office.planner.try_to_draw(plan, move(3, 1, 1.5, 0.2))
    assert refused.status_code == 422
    body = refused.json()
    assert body["code"] == "crosses-edge"
    assert {one["properties"]["role"] for one in body["features"]} >= {"crossing", "unit"}
    now = office.planner.get(f"/api/v1/plans/{plan['id']}")
    assert now["ops"] == 1


def test_several_operations_are_all_or_none(office: Office) -> None:
    plan = office.planner.begin()
    refused = office.planner.try_to_draw(plan, move(1, 1, 0.1, 0.1), move(3, 1, 1.5, 0.2))
    assert refused.status_code == 422
    assert refused.json()["where"]["pointer"] == "/ops/1"
    assert office.planner.get(f"/api/v1/plans/{plan['id']}")["ops"] == 0


def test_the_frame_is_locked(office: Office) -> None:
    plan = office.planner.begin()
    ends = [corner(0, 0), corner(2, 0)]
    paths = [{"old": [end, corner(1, 0)], "new": [end, corner(1, 0, 0, 0.1)]} for end in ends]
    refused = office.planner.try_to_draw(plan, {"type": "move", "paths": paths})
    assert refused.json()["code"] == "frame-locked"


def test_a_unit_cannot_go_to_another_county_or_to_no_upper_unit(office: Office) -> None:
    plan = office.planner.begin()
    grid = str(office.county.units["G00"])
    for parent in (str(uuid4()), str(office.county.units["T1"]), grid):
        refused = office.planner.try_to_draw(plan, {"type": "reassign", "units": [grid], "parent": parent})
        assert refused.status_code == 422
        assert refused.json()["code"] == "unknown-parent"


def test_a_stale_copy_is_refused_with_the_version(office: Office) -> None:
    plan = office.planner.begin()
    office.planner.draw(plan, move(1, 1, 0.1, 0.1))
    refused = office.planner.client.post(
        f"/api/v1/plans/{plan['id']}/ops",
        json=move(3, 2, 0.1, 0.1),
        headers={"If-Match": f'"{plan["version"]}"'},
    )
    assert refused.status_code == 409
    assert refused.json()["code"] == "stale-version"


def test_a_plan_is_its_authors_and_nobody_decides_their_own(office: Office) -> None:
    plan = office.planner.begin()
    office.planner.draw(plan, move(1, 1, 0.1, 0.1))
    assert office.other.try_to_draw(plan, move(3, 1, 0.1, 0.1)).status_code == 403
    assert office.other.try_step(plan, "submit").status_code == 403
    assert office.reviewer.try_step(plan, "approve").status_code == 409
    office.planner.step(plan, "submit")
    assert office.planner.try_to_draw(plan, move(3, 1, 0.1, 0.1)).status_code == 409
    both = desk(office.callers, "both", "administrator")
    own = both.begin()
    both.draw(own, move(4, 2, 0.1, 0.1))
    both.step(own, "submit")
    assert both.try_step(own, "approve").json()["code"] == "wrong-person"
    decided = office.reviewer.step(plan, "reject", "Not yet")
    assert decided["status"] == "rejected"
    assert decided["decision_note"] == "Not yet"
    assert decided["reviewer"]["name"] == "reviewer"
    assert office.planner.step(plan, "reopen")["status"] == "draft"


def test_an_empty_plan_cannot_be_submitted(office: Office) -> None:
    plan = office.planner.begin()
    refused = office.planner.try_step(plan, "submit")
    assert refused.status_code == 422


def test_a_planner_of_a_part_keeps_to_it(office: Office) -> None:
    part = desk(office.callers, "part", "planner", office.county.units["V00"])
    plan = part.begin()
    inside = part.try_to_draw(plan, {"type": "rename", "unit": str(office.county.units["G00"]), "name": "A"})
    assert inside.status_code == 200, inside.text
    outside = part.try_to_draw(plan, {"type": "rename", "unit": str(office.county.units["G33"]), "name": "A"})
    assert outside.status_code == 403
    assert "G33" in outside.json()["detail"]
    # An edge between the village and the next one is theirs as much as ours.
    assert part.try_to_draw(plan, move(3, 1, 0.1, 0.1)).status_code == 403


def test_a_plan_keeps_to_its_scope(office: Office) -> None:
    plan = office.planner.begin(scope=["V01"])
    assert [one["code"] for one in plan["scope"]] == ["V01"]
    grid = str(office.county.units["G00"])
    assert office.planner.try_to_draw(plan, {"type": "rename", "unit": grid, "name": "A"}).status_code == 403


def test_units_of_a_draft_are_read_by_box(office: Office) -> None:
    plan = office.planner.begin()
    office.planner.draw(plan, move(1, 1, 0.2, 0.2))
    west, south = corner(0, 0, 0.4, 0.4)
    east, north = corner(0, 0, 0.6, 0.6)
    found = office.planner.get(f"/api/v1/plans/{plan['id']}/units?bbox={west},{south},{east},{north}")
    (unit,) = found["features"]
    assert unit["properties"]["code"] == "G00"
    assert unit["properties"]["changed"] is True
    assert office.planner.client.get(f"/api/v1/plans/{plan['id']}/units").status_code == 422


def test_what_changes_hands_is_counted_by_the_half_open_rule(office: Office) -> None:
    administrator = office.callers.role("root", "administrator")
    places = [corner(1, 1, 0.1, 0.05), corner(1, 1, -0.4, -0.4), corner(5, 3, 0.5, 0.5)]
    for lon, lat in places:
        made = administrator.post(
            "/api/v1/incidents",
            json={"channel": "web", "class": "road", "title": "Hole", "lon": lon, "lat": lat},
        )
        assert made.status_code == 201, made.text
    plan = office.planner.begin()
    impact = office.planner.draw(plan, move(1, 1, 0.3, 0.3))["impact"]
    assert impact["moved"]["incidents"] == {"open": {"road": 1}, "closed": 0}
    units = {one["code"]: one for one in impact["units"]}
    assert units["G00"]["before"]["incidents_open"] == 1
    assert units["G00"]["after"]["incidents_open"] == 2
    assert units["G11"]["after"]["incidents_open"] == 0


def test_malformed_operations_name_their_place(office: Office) -> None:
    plan = office.planner.begin()
    path = f"/api/v1/plans/{plan['id']}/ops"
    wrong: list[dict[str, Any]] = [
        {"type": "shrink"},
        {"type": "move", "paths": []},
        {"type": "move", "paths": [{"old": [[1, 2]], "new": [[1, 2], [3, 4]]}]},
        {"type": "rename", "unit": "x", "name": "y"},
        {"type": "rename", "unit": str(uuid4())},
        {"ops": []},
    ]
    for body in wrong:
        answer = office.planner.client.post(path, json=body)
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["where"], body
    missing = office.planner.try_to_draw(plan, {"type": "rename", "unit": str(uuid4()), "name": "y"})
    assert missing.json()["code"] == "unknown-unit"


def test_load_is_evened_out_by_operations_that_can_be_added(office: Office) -> None:
    plan = office.planner.begin()
    units = office.county.units
    # Two of the six grids of a village go to the next one: eight beside four.
    moved = [str(units[code]) for code in ("G02", "G12")]
    office.planner.draw(plan, {"type": "reassign", "units": moved, "parent": str(units["V00"])})
    path = f"/api/v1/plans/{plan['id']}/balance"
    wish = {"tolerance": 0.05, "most_moved": 0.5}
    warm_up()
    answer = office.planner.client.post(path, json=wish)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["before"]["worst"] > 0.3
    best = found["proposals"][0]
    aims = [one["aim"] for one in (*found["proposals"], *found["omitted"])]
    assert sorted(aims) == ["fewest-moves", "most-even", "shortest-boundaries"]
    assert all(one["text"] for one in found["omitted"])
    assert best["reached"] is True
    assert best["after"]["worst"] <= 0.05
    assert len(best["ops"]) == len(best["moves"]) >= found["least_moves"]
    assert all(one["text"] for one in best["moves"])
    office.planner.draw(plan, *best["ops"])
    again = office.planner.client.post(path, json=wish).json()
    assert again["before"] == best["after"]


def test_a_balance_without_a_load_is_refused(office: Office) -> None:
    plan = office.planner.begin()
    asked = {"weights": {"households": 0}}
    refused = office.planner.client.post(f"/api/v1/plans/{plan['id']}/balance", json=asked)
    assert refused.status_code == 422
    assert refused.json()["code"] == "balance-refused"
