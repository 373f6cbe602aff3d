"""Staffing through HTTP: proposed by rules, decided by somebody else, refused when stale or in conflict."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.representatives import Representative
from layers.stores import Stores
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre
from tests.service.routers.test_inbox import traces

PROPOSALS = "/api/v1/staffing/proposals"


@pytest.fixture
def planner(callers: Callers) -> TestClient:
    return callers.role("planner", "planner", DISTRICT)


@pytest.fixture
def coordinator(callers: Callers) -> TestClient:
    return callers.role("coordinator", "coordinator", DISTRICT)


@pytest.fixture
def staffed(engine: Engine, county: County) -> County:
    """The county with two more people, in the north-east and the south-east; V10 and V11 have nobody."""
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        for code, place in {"R4": (4, 3), "R5": (5, 3)}.items():
            stores.representatives.add([Representative(new_id(), code, code, *centre(*place))])
        session.commit()
    return county


def propose(client: TestClient, **rules: Any) -> dict[str, Any]:
    reply = client.post(PROPOSALS, json=rules)
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found


def homes(client: TestClient) -> dict[str, str | None]:
    items = client.get("/api/v1/representatives").json()["items"]
    return {one["code"]: one["home"] and one["home"]["code"] for one in items}


def test_a_proposal_fills_every_grid_and_its_approval_sets_the_homes(
    staffed: County, planner: TestClient, coordinator: TestClient
) -> None:
    made = propose(planner)
    people = {one["person"]: one for one in made["people"]}
    assert made["summary"]["people"] == 5
    assert made["summary"]["empty_before"] == 2
    assert {one["home"]["code"] for one in people.values()} == {"V00", "V01", "V10", "V11"}
    assert [one["after"] for one in made["grids"]].count(2) == 1
    assert people["R1"]["why"] == "stays"
    assert people["R1"]["text"] == "It is the home already."
    assert (people["R3"]["before"]["code"], people["R3"]["moved"]) == ("T1", True)
    assert people["R4"]["home"]["code"] == "V11"
    assert people["R4"]["distance_m"] < 1_200
    before = homes(coordinator)
    assert before["R4"] is None, "nothing changes before it is approved"
    done = coordinator.post(f"{PROPOSALS}/{made['id']}/approve", json={"note": "as talked over"})
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["note"]) == ("approved", "as talked over")
    assert homes(coordinator) == {one: told["home"]["code"] for one, told in people.items()}
    assert propose(planner)["summary"]["moved"] == 0
    listed = planner.get(PROPOSALS).json()["items"]
    assert [one["state"] for one in listed] == ["approved", "proposed"]
    read = planner.get(f"{PROPOSALS}/{made['id']}").json()
    assert read["people"] == done.json()["people"]
    again = coordinator.post(f"{PROPOSALS}/{made['id']}/approve", json={})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_nobody_decides_their_own_proposal(staffed: County, coordinator: TestClient) -> None:
    made = propose(coordinator)
    for step in ("approve", "reject"):
        reply = coordinator.post(f"{PROPOSALS}/{made['id']}/{step}", json={})
        assert (reply.status_code, reply.json()["code"]) == (403, "wrong-person")
    assert homes(coordinator)["R4"] is None


def test_a_rejected_proposal_changes_nothing(
    staffed: County, planner: TestClient, coordinator: TestClient
) -> None:
    made, before = propose(planner), homes(planner)
    reply = coordinator.post(f"{PROPOSALS}/{made['id']}/reject", json={"note": "no"})
    assert (reply.status_code, reply.json()["state"]) == (200, "rejected")
    assert homes(planner) == before


def test_a_proposal_of_other_people_is_stale_and_says_who(
    staffed: County, planner: TestClient, coordinator: TestClient
) -> None:
    made = propose(planner)
    coordinator.post("/api/v1/representatives", json={"code": "R6", "name": "R6"}).raise_for_status()
    reply = coordinator.post(f"{PROPOSALS}/{made['id']}/approve", json={})
    assert (reply.status_code, reply.json()["code"]) == (409, "staffing-stale")
    assert (reply.json()["changed"], reply.json()["people"]) == (["people"], ["R6"])
    assert planner.get(f"{PROPOSALS}/{made['id']}").json()["state"] == "proposed"


def test_who_may_have_extra_grids_gets_those_that_touch_and_approval_sets_them(
    county: County, planner: TestClient, coordinator: TestClient
) -> None:
    reply = planner.post(PROPOSALS, json={})
    assert [one["kind"] for one in reply.json()["conflict"]] == ["least"]
    reply = planner.post(PROPOSALS, json={"balance": 1.0})
    assert [one["kind"] for one in reply.json()["conflict"]] == ["extras", "least"]
    made = propose(planner, extras=1)
    (more,) = [one for one in made["people"] if one["extras"]]
    assert (made["summary"]["extras"], sum(one["extra"] for one in made["grids"])) == (1, 1)
    coordinator.post(f"{PROPOSALS}/{made['id']}/approve", json={}).raise_for_status()
    sheet = coordinator.get(f"/api/v1/staffing/duties/{more['person']}/sheet.html").text
    assert more["extras"][0]["code"] in sheet
    again = propose(planner, extras=1)
    kept = [(one["person"], one["home"], one["extras"], one["why"]) for one in again["people"]]
    assert kept == [(one["person"], one["home"], one["extras"], "stays") for one in made["people"]]
    coordinator.post(f"{PROPOSALS}/{again['id']}/approve", json={}).raise_for_status()


def test_rules_in_conflict_are_named_and_no_others(
    staffed: County, planner: TestClient, engine: Engine
) -> None:
    pins = [{"person": one, "grid": "V00"} for one in ("R1", "R2", "R3")]
    forbids = [{"person": "R4", "grid": "V10"}]
    reply = planner.post(PROPOSALS, json={"pins": pins, "forbids": forbids})
    assert (reply.status_code, reply.json()["code"]) == (409, "staffing-conflict")
    told = reply.json()["conflict"]
    assert [one["kind"] for one in told] == ["least", "pin", "pin", "pin"]
    assert told[1] == {"kind": "pin", "person": "R1", "grid": "V00", "text": "R1 has the home V00."}
    assert planner.get(PROPOSALS).json()["items"] == []
    assert traces(engine, "staffing.propose-refused") == [("grids", "staffing-conflict")]


def test_rules_of_what_is_not_there_are_refused(staffed: County, planner: TestClient) -> None:
    for rules, pointer in (
        ({"pins": [{"person": "R1", "grid": "G00"}]}, "/pins/0/grid"),
        ({"forbids": [{"person": "nobody", "grid": "V00"}]}, "/forbids/0/person"),
        ({"from_day": "2024-01-01"}, "/from_day"),
        ({"layer": "port"}, "/layer"),
    ):
        reply = planner.post(PROPOSALS, json=rules)
        assert (reply.status_code, reply.json()["where"]["pointer"]) == (422, pointer)


def test_whoever_holds_a_part_of_the_district_proposes_nothing(staffed: County, callers: Callers) -> None:
    part = callers.role("west", "coordinator", DISTRICT, staffed.units["T0"])
    assert part.post(PROPOSALS, json={"cap": 9}).status_code in (403, 409)
    assert part.get(PROPOSALS).json()["items"] == []
