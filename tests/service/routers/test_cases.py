"""The life of an incident between people: powers, approvals, colours, actions, reopening, reminders."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from service.use_cases.incidents import remind
from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, centre

PATH = "/api/v1/incidents"
REASON = {"reason": "needs the village"}


class Office:
    """A representative who handles, a coordinator and a supervisor who decide, and the public."""

    def __init__(self, callers: Callers) -> None:
        engine = callers.engine
        self.ids = {
            role: add_person(engine, role, [(role, DISTRICT, None)])
            for role in ("representative", "coordinator", "supervisor", "planner", "auditor")
        }
        people = {role: callers.signed_in(one) for role, one in self.ids.items()}
        self.worker, self.lead = people["representative"], people["coordinator"]
        self.chief, self.stranger = people["supervisor"], people["planner"]
        self.auditor, self.public = people["auditor"], callers.nobody()

    def report(self, client: TestClient, **others: Any) -> dict[str, Any]:
        lon, lat = centre(1, 1)
        body = {"class": "waste", "title": "垃圾", "lon": lon, "lat": lat, **others}
        answer = client.post(PATH, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def case(self, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] = self.lead.get(f"{PATH}/{identifier}/case").json()
        return found


@pytest.fixture
def office(callers: Callers) -> Office:
    return Office(callers)


def step(client: TestClient, identifier: str, status: str, code: int = 201, **others: Any) -> dict[str, Any]:
    answer = client.post(f"{PATH}/{identifier}/events", json={"kind": "status", "status": status, **others})
    assert answer.status_code == code, answer.text
    body: dict[str, Any] = answer.json()
    return body


def post(client: TestClient, path: str, body: dict[str, Any], code: int = 200) -> dict[str, Any]:
    answer = client.post(f"{PATH}/{path}", json=body)
    assert answer.status_code == code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def lead_to(office: Office, identifier: str, *statuses: str) -> None:
    for status in statuses:
        step(office.worker, identifier, status)


def test_the_whole_life_and_who_may_not_close_it(office: Office) -> None:
    one = office.report(office.lead)["id"]
    assert office.case(one)["responsible"] == str(office.ids["coordinator"])
    refused = step(office.lead, one, "dispatched", 409)
    assert refused["possible"] == ["accepted", "rejected"]
    lead_to(office, one, "accepted", "filed", "dispatched", "handling", "done")
    assert office.case(one)["responsible"] == str(office.ids["representative"])
    assert step(office.worker, one, "closed", 403)["code"] == "not-allowed"
    assert step(office.worker, one, "verified", 403)["code"] == "not-allowed"
    step(office.lead, one, "verified")
    step(office.lead, one, "closed")
    case = office.case(one)
    assert (case["status"], case["clock"]["on_time"]) == ("closed", True)


def test_a_rejection_says_why(office: Office) -> None:
    one = office.report(office.lead)["id"]
    step(office.lead, one, "rejected", 422)
    step(office.lead, one, "rejected", text="not in the county")
    assert office.case(one)["possible"] == []


def test_another_person_with_the_power_decides(office: Office) -> None:
    # Counted around the clock: working days stand still on a day off, and no pause would add to them.
    one = office.report(office.lead, **{"class": "utilities"})["id"]
    lead_to(office, one, "accepted", "handling")
    due = office.case(one)["clock"]["due_at"]
    asked = post(office.lead, f"{one}/requests", {"kind": "suspend", "reason": "parts ordered"}, 201)
    place = f"{one}/requests/{asked['id']}/decision"
    post(office.worker, place, {"approve": True}, 403)
    post(office.lead, place, {"approve": True}, 403)
    assert office.case(one)["status"] == "handling"
    assert post(office.chief, place, {"approve": True})["approved"] is True
    assert office.case(one)["status"] == "suspended"
    assert office.case(one)["clock"]["waiting_since"] is not None
    post(office.chief, place, {"approve": False}, 409)
    step(office.worker, one, "handling")
    assert office.case(one)["clock"]["due_at"] > due
    wanted = {"kind": "delay", "reason": "snow", "days": 2}
    asked = post(office.worker, f"{one}/requests", wanted, 201)
    post(office.worker, f"{one}/requests", wanted, 409)
    place = f"{one}/requests/{asked['id']}/decision"
    assert post(office.chief, place, {"approve": False, "note": "no"})["approved"] is False
    assert office.case(one)["status"] == "handling"
    post(office.worker, f"{one}/requests", {"kind": "return", "reason": "not ours", "days": 1}, 422)
    asked = post(office.worker, f"{one}/requests", wanted, 201)
    post(office.lead, f"{one}/requests/{asked['id']}/decision", {"approve": True})
    assert office.case(one)["status"] == "delayed"


def test_one_colour_at_a_time_and_down_with_a_reason(office: Office) -> None:
    one = office.report(office.lead)["id"]
    lead_to(office, one, "accepted", "handling")
    place = f"{one}/colour"
    skipped = post(office.worker, place, {"colour": "yellow", **REASON}, 409)
    assert skipped["possible"] == ["blue"]
    post(office.worker, place, {"colour": "blue"}, 422)
    owners = []
    for colour in ("blue", "yellow"):
        post(office.worker, place, {"colour": colour, **REASON})
        owners.append(office.case(one)["owner"]["unit"]["code"])
    assert owners == ["V00", "T0"]
    post(office.worker, place, {"colour": "red", **REASON}, 422)
    named = str(office.ids["supervisor"])
    post(office.worker, place, {"colour": "red", "named": named, **REASON})
    (listed,) = office.lead.get(f"{PATH}/key-supervision").json()["items"]
    assert (listed["id"], listed["named"]) == (one, {"id": named, "name": "supervisor"})
    post(office.lead, place, {"colour": "green", "reason": "solved at the door"})
    assert office.lead.get(f"{PATH}/key-supervision").json()["items"] == []
    colours = office.case(one)["colours"]
    assert [(kept["before"], kept["after"], kept["cause"]) for kept in colours] == [
        ("green", "blue", "owner"),
        ("blue", "yellow", "owner"),
        ("yellow", "red", "owner"),
        ("red", "green", "lowered"),
    ]


def test_three_of_a_class_in_one_small_grid_rise(office: Office) -> None:
    found = []
    for _ in range(3):
        one = office.report(office.lead)["id"]
        lead_to(office, one, "accepted", "handling")
        found.append(office.case(one)["colour"])
    assert found == ["green", "green", "blue"]
    assert office.case(one)["colours"][0]["cause"] == "repeats"


def test_two_dispatchers_at_once(office: Office) -> None:
    one = office.report(office.lead)["id"]
    lead_to(office, one, "accepted", "filed")
    version = office.case(one)["version"]
    place, body = f"{PATH}/{one}/events", {"kind": "status", "status": "dispatched"}
    headers = {"If-Match": f'"{version}"'}
    assert office.lead.post(place, json={**body, "colour": "blue"}, headers=headers).status_code == 201
    second = office.chief.post(place, json={**body, "colour": "yellow"}, headers=headers)
    assert second.status_code == 409
    assert second.json()["code"] == "stale-version"
    assert (second.json()["current"]["status"], second.json()["current"]["colour"]) == ("dispatched", "blue")


def test_reopening_by_the_reporter_and_not_by_a_stranger(office: Office, engine: Engine) -> None:
    receipt = office.public.post(
        PATH, json={"class": "waste", "title": "x", "lon": centre(1, 1)[0], "lat": centre(1, 1)[1]}
    ).json()["receipt"]
    one = office.lead.get(PATH).json()["items"][0]["id"]
    mine = f"/api/v1/receipts/{receipt}/feedback"
    assert office.public.post(mine, json={"satisfied": False}).status_code == 409
    lead_to(office, one, "accepted", "handling", "done")
    step(office.lead, one, "closed")
    for stranger in (office.stranger, office.worker):
        assert stranger.post(f"{PATH}/{one}/reopen", json=REASON).status_code == 403
    wrong = office.public.post("/api/v1/receipts/AAAA/feedback", json={"satisfied": True})
    assert wrong.status_code == 404
    said = {"satisfied": False, "text": "still there", "reopen": True}
    assert office.public.post(mine, json=said).json() == {"status": "handling"}
    kinds = [kept["kind"] for kept in office.lead.get(f"{PATH}/{one}").json()["events"]]
    assert kinds[-2:] == ["feedback", "status"]
    with Session(engine) as session:
        refused = session.scalar(
            text("SELECT count(*) FROM audit_entry WHERE action = 'incident.reopen-refused'")
        )
    assert refused == 3
    lead_to(office, one, "done")
    step(office.chief, one, "closed")
    rules = office.lead.get(f"{PATH}/rules").json()
    for name in ("version", "recomputed"):
        del rules[name]
    assert office.lead.put(f"{PATH}/rules", json={**rules, "reopen_days": 0}).status_code == 200
    assert post(office.chief, f"{one}/reopen", REASON, 409)["code"] == "transition-invalid"


def test_reminders_are_sent_once_and_time_out_raises(office: Office, engine: Engine) -> None:
    one = office.report(office.lead)["id"]
    lead_to(office, one, "accepted", "handling")
    due = datetime.fromisoformat(office.case(one)["clock"]["due_at"])

    def swept(at: datetime) -> list[int]:
        with Session(engine) as session, session.begin():
            enter(session, SYSTEM_SCOPE)
            remind(Stores(session, DISTRICT), at)
            rows = session.execute(
                text("SELECT body FROM notice WHERE kind = 'case-reminder' ORDER BY created_at, id")
            )
            return [row.body["percent"] for row in rows]

    assert swept(datetime.now(UTC)) == []
    assert swept(due - timedelta(minutes=5)) == [50, 80]
    assert swept(due - timedelta(minutes=5)) == [50, 80]
    assert office.case(one)["colour"] == "green"
    assert swept(due) == [50, 80, 100]
    assert swept(due) == [50, 80, 100]
    case = office.case(one)
    assert (case["colour"], case["colours"][0]["cause"]) == ("blue", "time-out")
    assert datetime.fromisoformat(case["clock"]["due_at"]) > due


def test_two_sweepers_at_once_send_each_reminder_once(office: Office, engine: Engine) -> None:
    made = [office.report(office.lead)["id"] for _ in range(3)]
    for one in made:
        lead_to(office, one, "accepted", "handling")
    at = datetime.fromisoformat(office.case(made[-1])["clock"]["due_at"])
    with Session(engine) as first, Session(engine) as second:
        for session in (first, second):
            session.begin()
            enter(session, SYSTEM_SCOPE)
        # While the first holds what it sends, the second waits for nothing and finds nothing to do.
        assert remind(Stores(first, DISTRICT), at) == 3
        assert remind(Stores(second, DISTRICT), at) == 0
        second.commit()
        first.commit()
        # Nor does one that comes late with what is stale.
        second.begin()
        enter(second, SYSTEM_SCOPE)
        assert remind(Stores(second, DISTRICT), at) == 0
        second.commit()
        rows = second.execute(
            text("SELECT subject, body FROM notice WHERE kind = 'case-reminder' ORDER BY created_at, id")
        ).all()
    sent = sorted((row.subject, row.body["percent"]) for row in rows)
    assert sent == sorted((one, percent) for one in made for percent in (50, 80, 100))


def test_a_changed_rule_recomputes_the_clock(office: Office) -> None:
    one = office.report(office.lead)["id"]
    lead_to(office, one, "accepted", "handling")
    before = office.case(one)
    rules = office.lead.get(f"{PATH}/rules").json()
    for name in ("version", "recomputed"):
        del rules[name]
    rules["classes"]["waste"] = {"value": 2, "unit": "hours"}
    assert office.worker.put(f"{PATH}/rules", json=rules).status_code == 403
    set_ = office.lead.put(f"{PATH}/rules", json=rules).json()
    assert (set_["version"], set_["recomputed"]) == (1, 1)
    after = office.case(one)
    filed, due = (datetime.fromisoformat(after["clock"][name]) for name in ("filed_at", "due_at"))
    assert due - filed == timedelta(hours=2)
    assert after["version"] == before["version"]


def test_rules_without_a_limit_for_a_colour_are_refused(office: Office) -> None:
    one = office.report(office.lead)["id"]
    lead_to(office, one, "accepted", "handling")
    rules = office.lead.get(f"{PATH}/rules").json()
    for name in ("version", "recomputed"):
        del rules[name]
    del rules["limits"]["green"]
    refused = office.lead.put(f"{PATH}/rules", json=rules)
    assert refused.status_code == 422
    assert "/limits/green" in refused.text
    assert office.case(one)["clock"]["due_at"]
