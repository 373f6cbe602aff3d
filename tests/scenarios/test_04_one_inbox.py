"""Practice 4: three online platforms, home visits and a hotline come into one inbox, each report once."""

from typing import Any
from uuid import uuid4

from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, centre

PATH = "/api/v1/incidents"
PLATFORMS = {"platform-a": "民声平台", "platform-b": "掌上村务", "platform-c": "县长信箱"}


def report(channel: str, number: int, **others: Any) -> dict[str, Any]:
    lon, lat = centre(number % 6, number % 4)
    return {
        "channel": channel,
        "external_id": f"{channel}-{number}",
        "class": f"kind-{number % 3}",
        "title": f"Report {number}",
        "lon": lon,
        "lat": lat,
        "occurred_at": "2025-06-10T08:00:00+08:00",
        **others,
    }


def walked(client: TestClient, **only: Any) -> list[dict[str, Any]]:
    """Return all pages of the inbox, two incidents each."""
    found: list[dict[str, Any]] = []
    asked = {"limit": 2, **only}
    while True:
        answer = client.get(PATH, params=asked)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["cursor"] is None:
            return found
        asked["cursor"] = answer.json()["cursor"]


def test_all_channels_come_into_one_inbox_and_each_report_once(callers: Callers) -> None:
    lead = callers.role("lead", "coordinator", DISTRICT)
    auditor = callers.role("auditor", "auditor", DISTRICT)
    rules = {**lead.get(f"{PATH}/rules").json(), "platforms": PLATFORMS}
    for name in ("version", "recomputed"):
        del rules[name]
    assert lead.put(f"{PATH}/rules", json=rules).status_code == 200

    # Each platform delivers twice, in case the first answer was lost; the hotline takes a call.
    for platform in PLATFORMS:
        for number in range(2):
            given = report(platform, number)
            assert [lead.post(PATH, json=given).status_code for _ in range(2)] == [201, 200]
    assert lead.post(PATH, json=report("hotline", 2)).status_code == 201
    # Another content under the same id is told so, changes nothing, and stays in the audit.
    other = lead.post(PATH, json=report("platform-a", 0, title="Something else"))
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert other.json()["where"]["pointer"] == "/external_id"
    noted = auditor.get("/api/v1/audit", params={"action": "incident.delivery-refused"}).json()["items"]
    assert [(one["actor_name"], one["subject"], one["detail"]["code"]) for one in noted] == [
        ("lead", "platform-a", "conflict")
    ]
    # The same id on another platform is another report.
    assert lead.post(PATH, json=report("platform-b", 0)).status_code == 200

    # An offline visit is sent when there is a network again, and once more: three problems, one visit.
    lon, lat = centre(1, 1)
    visit: dict[str, Any] = {
        "id": str(uuid4()),
        "kind": "visit",
        "at": "2025-06-11T09:00:00+08:00",
        "place": "Bench 1",
        "lon": lon,
        "lat": lat,
        "representative": "R1",
        "duty": "services",
        "served": 1,
        "problems": [
            {"id": str(uuid4()), "class": f"kind-{place}", "title": f"Problem {place}", "solution": None}
            for place in range(3)
        ],
    }
    assert [lead.post("/api/v1/outreach", json=visit).status_code for _ in range(2)] == [201, 200]
    collected = walked(lead, visit=visit["id"])
    assert {one["external_id"] for one in collected} == {one["id"] for one in visit["problems"]}
    assert {one["channel"] for one in collected} == {"visit"}

    every = walked(lead)
    assert len(every) == len({one["id"] for one in every}) == 6 + 1 + 3
    named = {one["code"]: one for one in lead.get(f"{PATH}/channels").json()["items"]}
    assert {code: named[code]["name"] for code in PLATFORMS} == PLATFORMS
    assert {code: one["open"] for code, one in named.items() if one["incidents"]} == {
        **dict.fromkeys(PLATFORMS, 2),
        "hotline": 1,
        "visit": 3,
    }
