"""Notices and watches over HTTP: who watches a unit is told, and the watch follows what becomes of it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from layers.row_security import SYSTEM_SCOPE
from service.database import session_factory
from service.jobs import take_up_plans
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.plans import Office, corner, move
from tests.service.routers.test_plan_publication import ZONE, today


def watched(client: TestClient) -> set[str]:
    return {one["unit"]["code"] for one in client.get("/api/v1/watches").json()["items"]}


def told(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/notices{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def redrawn(client: TestClient) -> list[dict[str, Any]]:
    return [one for one in told(client) if one["kind"] == "watched-redrawn"]


def test_a_watch_follows_a_unit_that_is_split_and_merged(office: Office) -> None:
    units = office.county.units
    guard = office.callers.role("guard", "guard", DISTRICT)
    for code in ("G11", "G43", "G00"):
        assert guard.put(f"/api/v1/watches/{units[code]}").json()["unit"]["code"] == code
        assert guard.put(f"/api/v1/watches/{units[code]}").status_code == 200
    stranger = office.callers.role("stranger", "guard", DISTRICT)
    assert watched(stranger) == set()
    plan = office.planner.begin("New part")
    split = office.planner.draw(
        plan,
        {
            "type": "split",
            "unit": str(units["G11"]),
            "line": [corner(1, 1, 0.25, -0.5), corner(1, 2, 0.25, 0.5)],
        },
    )
    part = split["ops"][0]["op"]["parts"][0]["code"]
    merged = office.planner.draw(plan, {"type": "merge", "units": [str(units["G42"]), str(units["G43"])]})
    gone = merged["removed"][0]
    kept = next(code for code in ("G42", "G43") if str(units[code]) != gone)
    office.published(office.planner, plan)
    assert watched(guard) == {"G11", part, kept, "G00"}
    (notice,) = redrawn(guard)
    assert notice["subject"] == plan["id"]
    assert f"G11 is split into {part}" in notice["text"]
    assert "is merged into" in notice["text"]
    assert redrawn(stranger) == []
    # It was drawn again after that: one more notice, and what has not changed says nothing.
    again = office.planner.begin("Again")
    office.planner.draw(again, move(4, 1, 0.2, 0.1))
    office.published(office.planner, again)
    assert len(redrawn(guard)) == 1


def test_who_watches_a_village_is_told_of_its_grids(office: Office) -> None:
    units = office.county.units
    lead = office.callers.role("lead", "coordinator", DISTRICT)
    assert lead.put(f"/api/v1/watches/{units['V00']}").status_code == 200
    plan = office.planner.begin("Edge")
    office.planner.draw(plan, move(1, 1, 0.2, 0.1))
    office.published(office.planner, plan)
    (notice,) = redrawn(lead)
    assert "G00" in notice["text"]
    assert watched(lead) == {"V00"}
    assert lead.delete(f"/api/v1/watches/{units['V00']}").status_code == 204
    refused = lead.delete(f"/api/v1/watches/{units['V00']}")
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")


def test_a_scheduled_plan_tells_on_its_day(office: Office) -> None:
    units = office.county.units
    guard = office.callers.role("guard", "guard", DISTRICT)
    guard.put(f"/api/v1/watches/{units['G11']}")
    later = today() + timedelta(days=30)
    plan = office.planner.begin("Later", effective_on=later.isoformat())
    line = [corner(1, 1, 0.25, -0.5), corner(1, 2, 0.25, 0.5)]
    office.planner.draw(plan, {"type": "split", "unit": str(units["G11"]), "line": line})
    assert office.published(office.planner, plan)["status"] == "scheduled"
    assert redrawn(guard) == []
    sessions = session_factory(office.callers.engine, SYSTEM_SCOPE)
    assert take_up_plans(sessions, datetime.combine(later, time(), ZONE)) == 1
    (notice,) = redrawn(guard)
    assert later.isoformat() in notice["text"]
    assert len(guard.get(f"/api/v1/watches?as_of={later.isoformat()}").json()["items"]) == 2


def test_an_author_is_told_what_was_decided_and_sees_it_once(office: Office) -> None:
    plan = office.planner.begin("Corner")
    office.planner.draw(plan, move(1, 1, 0.2, 0.1))
    office.planner.step(plan, "submit")
    office.reviewer.step(plan, "reject", "Too far")
    (notice,) = [one for one in told(office.planner.client) if one["kind"] == "plan-rejected"]
    assert "was rejected by reviewer: Too far" in notice["text"]
    assert notice["seen_at"] is None
    assert notice["id"] not in [one["id"] for one in told(office.other.client)]
    assert office.other.client.post(f"/api/v1/notices/{notice['id']}/seen").status_code == 404
    seen = office.planner.client.post(f"/api/v1/notices/{notice['id']}/seen").json()
    assert datetime.fromisoformat(seen["seen_at"]) <= datetime.now(UTC)
    assert notice["id"] not in [one["id"] for one in told(office.planner.client, "?unseen=true")]


def test_notices_are_in_the_readers_language(office: Office) -> None:
    plan = office.planner.begin("Corner")
    office.planner.draw(plan, move(1, 1, 0.2, 0.1))
    office.planner.step(plan, "submit")
    office.reviewer.step(plan, "approve")
    answer = office.planner.client.get("/api/v1/notices", headers={"Accept-Language": "zh"}).json()
    assert "批准" in answer["items"][0]["text"]


def test_a_unit_that_is_not_there_is_not_watched(office: Office) -> None:
    guard = office.callers.role("guard", "guard", DISTRICT)
    missing = guard.put("/api/v1/watches/00000000-0000-0000-0000-000000000001")
    assert missing.status_code == 404
    assert watched(guard) == set()


def test_where_access_is_open_nobody_is_there_to_be_told(client: TestClient, county: County) -> None:
    refused = client.put(f"/api/v1/watches/{county.units['G11']}")
    assert refused.status_code == 403
    assert "sign in" in refused.json()["detail"]
    assert told(client) == []
