"""Practice 7: a council on a topic, whose resolution becomes actions with owners and dates."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre
from tests.fixtures.plans import Office

OUTREACH = "/api/v1/outreach"


def council(**others: Any) -> dict[str, Any]:
    lon, lat = centre(1, 0)
    today = datetime.now(UTC).date()
    return {
        "id": str(uuid4()),
        "kind": "council",
        "at": datetime.now(UTC).isoformat(),
        "place": "Village hall",
        "lon": lon,
        "lat": lat,
        "topic": "Where the waste point of the village goes",
        "options": ["beside the school", "at the south gate"],
        "decision": "at the south gate",
        "attendance": {"residents": 31, "representatives": 2, "village": 3},
        "served": 31,
        "actions": [
            {
                "id": str(uuid4()),
                "text": "Lay the concrete",
                "unit": "V00",
                "due_on": (today - timedelta(days=1)).isoformat(),
            },
            {
                "id": str(uuid4()),
                "text": "Tell every household",
                "representative": "R1",
                "due_on": (today + timedelta(days=9)).isoformat(),
            },
        ],
        **others,
    }


def test_a_topic_becomes_actions_with_owners_and_dates(client: TestClient, county: County) -> None:
    given = council()
    answer = client.post(OUTREACH, json=given)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["topic"], told["decision"], told["unit"]) == (given["topic"], "at the south gate", "G10")
    owners = [(one["unit"], one["representative"], one["late"]) for one in told["actions"]]
    assert owners == [("V00", None, True), (None, "R1", False)]
    again = client.post(OUTREACH, json=given)
    assert (again.status_code, again.json()) == (200, told), "the same again changes nothing"
    other = client.post(OUTREACH, json={**given, "decision": "beside the school"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")

    late = told["actions"][0]["id"]
    done = client.post(f"{OUTREACH}/actions/{late}/done", json={"text": "Laid on Friday"})
    assert (done.status_code, done.json()["closing"], done.json()["late"]) == (200, "Laid on Friday", False)
    twice = client.post(f"{OUTREACH}/actions/{late}/done", json={})
    assert (twice.status_code, twice.json()["code"]) == (409, "transition-invalid")
    left = client.get(f"{OUTREACH}/actions", params={"done": "false"}).json()["items"]
    assert [one["text"] for one in left] == ["Tell every household"]


def test_what_does_not_fit_together_is_refused_by_name(client: TestClient, county: County) -> None:
    nobody = [{"id": str(uuid4()), "text": "x", "due_on": "2030-01-01"}]
    unknown = [{"id": str(uuid4()), "text": "x", "due_on": "2030-01-01", "representative": "R99"}]
    lost = [{"id": str(uuid4()), "class": "road", "title": "x", "opinion": str(uuid4())}]
    refused: dict[str, dict[str, Any]] = {
        "/topic": {"topic": ""},
        "/decision": {"decision": "nowhere"},
        "/actions/0": {"actions": nobody},
        "/actions/0/representative": {"actions": unknown},
        "/problems/0/opinion": {"problems": lost},
        "/representative": {"representative": "R1"},
        "/duty": {"duty": "safety"},
        "/at": {"at": "2199-01-01T00:00:00+08:00"},
        "/lon": {"lon": 100.0},
    }
    for pointer, change in refused.items():
        answer = client.post(OUTREACH, json=council(**change))
        assert answer.status_code == 422, (pointer, answer.text)
        assert answer.json()["where"]["pointer"] == pointer
    period = {"from": "2020-01-01T00:00:00Z", "to": "2199-01-01T00:00:00Z"}
    assert client.get(OUTREACH, params=period).json()["items"] == [], "nothing was stored of any"


def test_others_read_what_was_heard_on_their_own_ground(office: Office) -> None:
    units = office.county.units
    teller = office.callers.role("teller", "representative", DISTRICT, units["V00"])
    neighbour = office.callers.role("neighbour", "representative", DISTRICT, units["T1"])
    given = council(actions=[])
    assert teller.post(OUTREACH, json=given).status_code == 201
    assert teller.get(f"{OUTREACH}/{given['id']}").status_code == 200
    assert neighbour.get(f"{OUTREACH}/{given['id']}").status_code == 404
    taken = neighbour.post(OUTREACH, json=given)
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict"), "nobody learns more than that"
