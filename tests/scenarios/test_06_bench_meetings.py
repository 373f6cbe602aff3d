"""Practice 6: half a year of bench meetings and village visits, counted from what was recorded of each."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.fixtures.client import TestClient
from tests.fixtures.county import County, centre

OUTREACH = "/api/v1/outreach"
DUE = "/api/v1/coverage/due"
HALF = {"from": "2025-01-01T00:00:00+08:00", "to": "2025-07-01T00:00:00+08:00"}
MEETINGS, VISITS, OPINIONS, SOLVED = 16, 216, 22, 41
DUTIES = ("law-and-policy", "opinions", "disputes", "safety", "services", "environment")


def gathering(number: int, **others: Any) -> dict[str, Any]:
    lon, lat = centre(number % 3, number % 2)
    at = datetime.fromisoformat(HALF["from"]) + timedelta(hours=9 + 18 * number)
    place = {"place": f"Bench {number}", "lon": lon, "lat": lat}
    return {"id": str(uuid4()), "kind": "bench-meeting", "at": at.isoformat(), **place, **others}


def opinion(number: int) -> dict[str, str]:
    return {"id": str(uuid4()), "text": f"Opinion {number}"}


def problem(number: int, solution: str | None) -> dict[str, Any]:
    return {"id": str(uuid4()), "class": "lamp", "title": f"Problem {number}", "solution": solution}


def half_year() -> Iterator[dict[str, Any]]:
    """Yield 16 meetings with 22 opinions and 41 solved problems, four of one meeting, and 216 visits."""
    # The first meeting solves four; the others share what is left: 37 over 15.
    problems = [4, *(37 // 15 + (place < 37 % 15) for place in range(15))]
    opinions = [OPINIONS // MEETINGS + (place < OPINIONS % MEETINGS) for place in range(MEETINGS)]
    for number in range(MEETINGS):
        solved = [problem(place, "mended there and then") for place in range(problems[number])]
        said = [opinion(place) for place in range(opinions[number])]
        yield gathering(number, opinions=said, problems=solved, attendance={"residents": 12}, served=12)
    for number in range(VISITS):
        duty = DUTIES[number % len(DUTIES)]
        visit = {"kind": "visit", "representative": ("R1", "R2")[number % 2], "duty": duty, "served": 3}
        yield gathering(number, **visit)


def figures(client: TestClient, **period: str) -> dict[str, int]:
    answer = client.get(f"{OUTREACH}/figures", params={**HALF, **period})
    assert answer.status_code == 200, answer.text
    return {what: one["count"] for what, one in answer.json()["total"].items()}


def test_a_half_year_is_counted_from_what_was_recorded(client: TestClient, county: County) -> None:
    for given in half_year():
        assert client.post(OUTREACH, json=given).status_code == 201
    told = figures(client)
    assert (told["bench-meeting"], told["visit"], told["opinions"]) == (MEETINGS, VISITS, OPINIONS)
    assert (told["problems"], told["solved"], told["served"]) == (41, SOLVED, 16 * 12 + 216 * 3)
    body = client.get(f"{OUTREACH}/figures", params=HALF).json()
    for what in ("bench-meeting", "council", "solved", "solved-on-the-spot", "solved-later", "problems"):
        one = body["total"][what]
        rows = client.get(one["rows"] + ("" if "problems?" in one["rows"] else "&limit=1000"))
        assert len(rows.json()["items"]) == one["count"], what
    months = body["months"]
    assert sum(month["visit"] for month in months.values()) == VISITS
    assert set(months) <= {f"2025-0{month}" for month in range(1, 7)}
    first = client.get(OUTREACH, params={**HALF, "kind": "bench-meeting", "limit": 1000}).json()["items"]
    assert max(len(one["problems"]) for one in first) == 4, "one meeting solves four"

    quota = client.get(f"{OUTREACH}/duties", params={**HALF, "quota": 40}).json()["items"]
    by_code = {one["representative"]: one for one in quota}
    assert sum(by_code["R1"]["visits"].values()) == VISITS // 2
    assert by_code["R3"]["missing"] == dict.fromkeys(DUTIES, 40)


def test_a_problem_that_stays_open_is_an_incident_and_counts_when_it_is_closed(
    client: TestClient, county: County
) -> None:
    given = gathering(1, opinions=[opinion(0)], problems=[problem(0, None), problem(1, "a new bulb")])
    given["problems"][0]["opinion"] = given["opinions"][0]["id"]
    told = client.post(OUTREACH, json=given).json()
    (open_one,) = [one for one in told["problems"] if one["incident"]]
    incident = client.get(f"/api/v1/incidents/{open_one['incident']}").json()
    assert (incident["channel"], incident["external_id"]) == ("meeting", given["problems"][0]["id"])
    assert (incident["lon"], incident["lat"]) == (given["lon"], given["lat"])
    assert (figures(client)["problems"], figures(client)["solved"]) == (2, 1)


def test_what_is_asked_for_becomes_patrols_and_a_stop_or_is_declined(
    client: TestClient, county: County
) -> None:
    asked = [
        {"id": str(uuid4()), "kind": "patrol", "unit": "G10", "text": "Come by at night"},
        {"id": str(uuid4()), "kind": "service-stop", "text": "A service car should come"},
        {"id": str(uuid4()), "kind": "patrol", "unit": "G11", "text": "Every hour"},
    ]
    given = gathering(0, requests=asked)
    assert client.post(OUTREACH, json=given).status_code == 201
    patrol, stop, never = (f"{OUTREACH}/requests/{one['id']}/answer" for one in asked)
    lon, lat = centre(0, 0)
    car = {
        "name": "Service car",
        "place": "Bench 0",
        "lon": lon,
        "lat": lat,
        "services": ["seals", "advice"],
        "from_at": "2025-04-07T09:00:00+08:00",
        "to_at": "2025-04-07T11:00:00+08:00",
    }
    wrong = client.post(patrol, json={"stop": car})
    assert wrong.status_code == 422, "patrols were asked for"
    twice = client.post(patrol, json={"patrol": {"within_days": 7, "to_day": "2025-06-01"}, "declined": "no"})
    assert twice.status_code == 422
    raised = {"within_days": 7.0, "count": 2, "spacing_hours": 24.0, "to_day": "2025-06-01"}
    done = client.post(patrol, json={"patrol": {**raised, "from_day": "2025-04-01"}})
    assert done.status_code == 200, done.text
    rule = client.get(f"{DUE}/rules/{done.json()['rule']}").json()
    assert (rule["code"], rule["count"], rule["source"], rule["asked_by"]) == ("G10", 2, "meeting", "Bench 0")
    planned = client.post(stop, json={"stop": car})
    assert planned.json()["state"] == "accepted"
    period = {"from": "2025-04-01T00:00:00+08:00", "to": "2025-05-01T00:00:00+08:00"}
    (shown,) = client.get("/api/v1/stops", params=period).json()["items"]
    assert (shown["id"], shown["unit"], shown["state"]) == (planned.json()["stop"], "G00", "planned")
    declined = client.post(never, json={"declined": "There are too few of us"})
    assert (declined.json()["state"], declined.json()["answer"]) == ("declined", "There are too few of us")
    again = client.post(never, json={"declined": "still"})
    assert (again.status_code, again.json()["code"]) == (409, "transition-invalid")
    assert client.get(f"{OUTREACH}/requests", params={"state": "asked"}).json()["items"] == []

    path = f"/api/v1/stops/{shown['id']}"
    silent = client.patch(path, json={"state": "cancelled"})
    assert (silent.status_code, silent.json()["where"]["pointer"]) == (422, "/reason")
    stale = client.patch(path, json={"state": "held"}, headers={"If-Match": '"7"'})
    assert stale.status_code == 409
    assert client.patch(path, json={"state": "held"}, headers={"If-Match": '"1"'}).json()["version"] == 2
    assert client.patch(path, json={"state": "cancelled", "reason": "snow"}).status_code == 409
