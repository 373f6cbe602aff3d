"""Meetings and visits from phones: whole and once, by the rules of those over HTTP, a verdict for each."""

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre
from tests.fixtures.field import Phone, batch, jpeg, sha256

OUTREACH = "/api/v1/outreach"


def part(**members: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), **members}


def problem(title: str, **members: Any) -> dict[str, Any]:
    return part(**{"class": "lamp", "title": title, **members})


def heard(kind: str = "visit", **members: Any) -> dict[str, Any]:
    lon, lat = centre(1, 0)
    known = {"kind": kind, "at": "2026-06-01T09:00:00+08:00", "place": "Elm", "lon": lon, "lat": lat}
    if kind == "visit":
        known |= {"representative": "R1", "duty": "safety", "served": 3}
    return part(**known, **members)


class Scene:
    """Three people with a phone each: one handles incidents, one does not, one handles them elsewhere too."""

    def __init__(self, callers: Callers, engine: Engine) -> None:
        self.callers = callers
        self.root = callers.role("root", "administrator")
        self.coordinator = callers.role("coordinator", "coordinator", DISTRICT)
        self.worker = add_person(engine, "worker", [("grid_worker", DISTRICT, None)])
        self.planner = add_person(engine, "planner", [("planner", DISTRICT, None)])
        self.phone = self.register("phone-1", self.worker)

    def register(self, code: str, person: uuid.UUID) -> Phone:
        answer = self.root.post("/api/v1/devices", json={"code": code, "person": str(person)})
        assert answer.status_code == 201, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        return Phone(self.callers.nobody(), code, headers)


@pytest.fixture
def scene(callers: Callers, engine: Engine) -> Scene:
    return Scene(callers, engine)


def verdict(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    return item


def test_a_visit_brings_its_incidents_and_photos_under_one_visit(scene: Scene) -> None:
    lamp, elm = jpeg(size=400), jpeg(size=500)
    given = heard(
        opinions=[part(text="It is dark")],
        problems=[
            problem("Dark junction", photos=[sha256(lamp)]),
            problem("Loose kerb", **{"class": "road"}),
            problem("Form not understood", solution="Filled in together", photos=[sha256(elm)]),
        ],
        photos=[sha256(elm)],
        requests=[part(kind="patrol", text="Come by at night")],
        attendance={"residents": 3},
    )
    given["problems"][0]["opinion"] = given["opinions"][0]["id"]
    told = verdict(scene.phone.put(batch(outreach=[given])))
    assert (told["kind"], told["ref"], told["verdict"]) == ("outreach", given["id"], "created")
    assert len(told["incidents"]) == 2
    for picture in (lamp, elm):
        assert scene.phone.put_file(picture).status_code == 201

    value = scene.coordinator.get(f"{OUTREACH}/{given['id']}").json()
    assert [one["incident"] for one in value["problems"]] == [*told["incidents"], None]
    assert (value["recorded_by"], value["representative"]) == ("worker", "R1")
    assert value["photos"] == [{"sha256": sha256(elm), "device": "phone-1", "arrived": True}]
    assert Phone(scene.coordinator, "phone-1").get_file(sha256(elm)).status_code == 200
    for identifier, one in zip(told["incidents"], given["problems"], strict=False):
        incident = scene.coordinator.get(f"/api/v1/incidents/{identifier}").json()
        assert (incident["channel"], incident["external_id"]) == ("visit", one["id"])
    again = verdict(scene.phone.put(batch(outreach=[given])))
    assert (again["verdict"], again["incidents"]) == ("duplicate", told["incidents"])


def test_twins_at_once_record_once(scene: Scene) -> None:
    given = heard("bench-meeting", problems=[problem("Dark"), problem("Wet")])
    body = json.dumps(batch(outreach=[given])).encode()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: verdict(scene.phone.put(body)), range(6)))
    assert sorted(one["verdict"] for one in answers) == ["created", *["duplicate"] * 5]
    assert len({tuple(one["incidents"]) for one in answers}) == 1
    period = {"from": "2026-05-01T00:00:00Z", "to": "2026-07-01T00:00:00Z"}
    assert len(scene.coordinator.get(OUTREACH, params=period).json()["items"]) == 1


def test_bad_ones_hold_up_no_other_and_leave_nothing_behind(scene: Scene) -> None:
    good = heard("council", topic="Where it goes", options=["here"], decision="here")
    used = part(text="said before")
    bad = {
        "/topic": heard("council"),
        "/representative": heard() | {"representative": None},
        "/actions/0/representative": heard(
            problems=[problem("never kept")],
            actions=[part(text="x", due_on="2026-07-01", representative="R99")],
        ),
        "/opinions/0/id": heard(problems=[problem("nor this")], opinions=[used]),
        "/lon": heard() | {"lon": 100.0},
    }
    first = heard(opinions=[used])
    answer = scene.phone.put(batch(outreach=[first, *bad.values(), {"id": "x", "kind": "party"}, 7, good]))
    items = answer.json()["items"]
    assert [one["verdict"] for one in items] == ["created", *["quarantined"] * 7, "created"], items
    assert [one["pointer"] for one in items[1:6]] == list(bad)
    assert all(one["detail"] for one in items[1:8])
    assert scene.coordinator.get("/api/v1/incidents").json()["items"] == []
    waiting = scene.coordinator.get("/api/v1/quarantine", params={"kind": "outreach"}).json()["items"]
    assert len(waiting) == 7
    topic = next(one for one in waiting if one["ref"] == bad["/topic"]["id"])
    path = f"/api/v1/quarantine/{topic['id']}/release"
    assert scene.coordinator.post(path, json={}).json()["code"] == "release-refused"
    released = scene.coordinator.post(path, json={"corrections": {"topic": "Where it goes"}})
    assert released.status_code == 200, released.text
    assert scene.coordinator.get(f"{OUTREACH}/{bad['/topic']['id']}").json()["topic"] == "Where it goes"


def test_who_may_not_record_over_http_may_not_by_phone(scene: Scene) -> None:
    phone = scene.register("phone-2", scene.planner)
    given = heard(problems=[problem("Dark")])
    told = verdict(phone.put(batch(outreach=[given])))
    assert (told["verdict"], told["reason"]) == ("quarantined", "not-recorder")
    assert scene.coordinator.get("/api/v1/incidents").json()["items"] == []
    # Somebody else's record is not theirs to repeat either.
    assert verdict(scene.phone.put(batch(outreach=[given])))["verdict"] == "created"
    other = scene.register("phone-3", add_person(scene.callers.engine, "o", [("guard", DISTRICT, None)]))
    assert verdict(other.put(batch(outreach=[given])))["reason"] == "conflict"
    # Once somebody of the office has looked at it, it is taken.
    given = heard("bench-meeting")
    held = verdict(phone.put(batch(outreach=[given])))["quarantine"]
    assert scene.coordinator.post(f"/api/v1/quarantine/{held}/release", json={}).status_code == 200
    assert scene.coordinator.get(f"{OUTREACH}/{given['id']}").json()["recorded_by"] == "planner"


@pytest.mark.parametrize("member", ["opinions", "problems", "actions", "requests"])
def test_an_id_used_before_is_named_with_its_place(client: TestClient, county: County, member: str) -> None:
    make: dict[str, Callable[[], dict[str, Any]]] = {
        "opinions": lambda: part(text="x"),
        "problems": lambda: problem("x"),
        "actions": lambda: part(text="x", due_on="2026-07-01", unit="V00"),
        "requests": lambda: part(kind="patrol", text="x"),
    }
    first = heard() | {member: [make[member]()]}
    assert client.post(OUTREACH, json=first).status_code == 201
    second = heard() | {member: [make[member](), first[member][0]]}
    answer = client.post(OUTREACH, json=second)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "conflict")
    assert body["where"]["pointer"] == f"/{member}/1/id"
    assert "constraint" not in body["detail"]
    assert "Make a new id" in body["detail"]
    assert client.get(f"{OUTREACH}/{second['id']}").status_code == 404
