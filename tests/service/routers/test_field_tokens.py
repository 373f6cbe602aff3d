"""What a device may send with its own token, against accounts and row security; what others may see of it."""

import uuid
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import layers.storage
from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT
from tests.fixtures.field import Phone, batch, incident, jpeg, points, sha256, stored, track, visit


class Scene:
    """A guard with a phone, another guard with another, and people who lead."""

    def __init__(self, callers: Callers, engine: Engine) -> None:
        self.engine = engine
        self.callers = callers
        self.guard = add_person(engine, "guard", [("guard", DISTRICT, None)])
        self.other = add_person(engine, "other", [("guard", DISTRICT, None)])
        self.administrator = callers.role("root", "administrator")
        self.coordinator = callers.role("coordinator", "coordinator", DISTRICT)
        self.supervisor = callers.role("supervisor", "supervisor", DISTRICT)
        self.phone = self.register("phone-1", self.guard)
        self.strange = self.register("phone-9", self.other)

    def register(self, code: str, person: uuid.UUID) -> Phone:
        answer = self.administrator.post("/api/v1/devices", json={"code": code, "person": str(person)})
        assert answer.status_code == 201, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        return Phone(self.callers.nobody(), code, headers)

    def revoke(self, code: str) -> None:
        answer = self.administrator.delete(f"/api/v1/devices/{code}")
        assert answer.status_code in (200, 204), answer.text

    def state(self) -> dict[str, Any]:
        with Session(self.engine) as session:
            return stored(session)


@pytest.fixture
def scene(callers: Callers, engine: Engine) -> Scene:
    return Scene(callers, engine)


def everything(picture: bytes = b"") -> dict[str, Any]:
    photos = [sha256(picture)] if picture else []
    seen = visit(action="cleaned", photos=photos)
    return batch(
        tracks=[track(points(60))],
        visits=[seen, visit(marker="NONE")],
        incidents=[incident(photos=photos), incident(lon=9.0)],
    )


def test_a_device_sends_everything_with_its_token(scene: Scene) -> None:
    picture = jpeg(size=400)
    key, value = uuid.uuid4(), everything(picture)
    answer = scene.phone.put(value, key)
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"] == {"created": 62, "duplicate": 0, "quarantined": 2}
    assert scene.phone.put(value, key).content == answer.content
    assert scene.phone.put_file(picture).status_code == 201
    left = scene.state()
    assert len(left["fixes"]) == 60
    assert left["lines"]
    assert [row[2] for row in left["markers"]] == [6]
    edit = {**value["incidents"][0], "description": "cleared", "version": 1}
    assert scene.phone.put(batch(incidents=[edit])).json()["items"][0]["version"] == 2
    stale = {**edit, "description": "again"}
    assert scene.phone.put(batch(incidents=[stale])).json()["items"][0]["current"]["description"] == "cleared"


@pytest.mark.parametrize("copy_from", [1, 100])
def test_a_device_edits_many_of_its_own_at_once_and_no_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, copy_from: int
) -> None:
    """Moved ones go to other people's ground, which the guard reads nothing of."""
    monkeypatch.setattr(layers.storage, "COPY_FROM", copy_from)
    mine = [incident(lon=131.005 + 0.001 * (k % 5)) for k in range(12)]
    theirs = [incident() for _ in range(3)]
    assert scene.phone.put(batch(incidents=mine)).json()["counts"]["created"] == 12
    assert scene.strange.put(batch(incidents=theirs)).json()["counts"]["created"] == 3
    edits = [{**one, "description": "cleared", "version": 1} for one in (*mine, *theirs)]
    for one in edits[::4]:
        one |= {"lon": 131.045, "lat": 46.035}
    edits[1]["version"] = 7
    before = list(scene.state()["incidents"])
    told = [one["verdict"] for one in scene.phone.put(batch(incidents=edits)).json()["items"]]
    assert told == ["created" if k < 12 and k != 1 else "quarantined" for k in range(15)]
    left = scene.state()["incidents"]
    assert len([row for row in left if row not in before]) == 11
    with Session(scene.engine) as session:
        found = session.execute(text("SELECT raw_lon, unit, representative FROM incident WHERE version = 2"))
        answering = {(row.unit, row.representative) for row in found if row.raw_lon == 131.045}
    assert len(answering) == 1
    assert None not in answering.pop(), "who answers is found, though a guard may not look it up"
    stale = scene.phone.put(batch(incidents=[{**edits[2], "description": "again"}])).json()["items"][0]
    assert (stale["reason"], stale["current"]["description"]) == ("stale-version", "cleared")


def test_a_token_is_good_for_its_own_device_alone(scene: Scene) -> None:
    posing = Phone(scene.strange.client, "phone-1", scene.strange.headers)
    assert posing.put(batch()).status_code == 403
    assert posing.put_file(jpeg()).status_code == 403
    assert Phone(scene.callers.nobody(), "phone-1").put(batch()).status_code == 401
    wrong = Phone(scene.callers.nobody(), "phone-1", {"Authorization": "Bearer " + "x" * 43})
    assert wrong.put(batch()).status_code == 401
    for client in (scene.coordinator, scene.administrator):
        assert Phone(client, "phone-1").put(batch()).status_code == 403
    assert scene.strange.client.get("/api/v1/quarantine", headers=scene.strange.headers).status_code == 403


def test_a_revoked_devices_data_stays_and_is_sent_again_by_the_next(scene: Scene) -> None:
    picture = jpeg(size=500)
    value = everything(picture)
    half = {**value, "tracks": [{**value["tracks"][0], "points": value["tracks"][0]["points"][:30]}]}
    key = uuid.uuid4()
    assert scene.phone.put(half, key).status_code == 200
    scene.revoke("phone-1")
    assert scene.phone.put(value).status_code == 401
    assert len(scene.state()["fixes"]) == 30
    fresh = scene.register("phone-2", scene.guard)
    answer = fresh.put(value, key)
    assert answer.json()["counts"] == {"created": 30, "duplicate": 32, "quarantined": 2}
    left = scene.state()
    assert len(left["tracks"]) == 1
    assert {row[2] for row in left["fixes"]} == {"phone-1"}, "a track stays that of the device that began it"
    assert len(left["visits"]) == len(left["incidents"]) == 1
    assert len(left["waiting"]) == 2
    assert fresh.put_file(picture).status_code == 201
    assert [row[2] for row in scene.state()["markers"]] == [6]


def test_the_same_ids_from_a_stranger_take_nothing(scene: Scene) -> None:
    value = everything()
    scene.phone.put(value)
    before = scene.state()
    answer = scene.strange.put(value)
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["quarantined"] == 4
    left = scene.state()
    assert left["visits"] == before["visits"]
    assert left["incidents"] == before["incidents"]
    assert len(left["tracks"]) == 2


def test_photos_are_seen_by_those_who_handle_cases(scene: Scene) -> None:
    picture = jpeg(size=600)
    scene.phone.put(batch(visits=[visit(photos=[sha256(picture)])]))
    scene.phone.put_file(picture)
    name = sha256(picture)
    assert scene.phone.get_file(name).status_code == 200
    assert Phone(scene.coordinator, "phone-1").get_file(name).status_code == 200
    assert Phone(scene.strange.client, "phone-1", scene.strange.headers).get_file(name).status_code == 403
    planner = scene.callers.role("planner", "planner", DISTRICT)
    assert Phone(planner, "phone-1").get_file(name).status_code == 403
    assert Phone(scene.callers.nobody(), "phone-1").get_file(name).status_code == 401


def test_a_coordinator_decides_and_a_supervisor_reads(scene: Scene) -> None:
    walk = points(3)
    walk[1]["at"] = "2026-06-01T09:00:10"
    scene.phone.put(batch(tracks=[track(walk)], visits=[visit(marker="D-1")], incidents=[incident(lon=9.0)]))

    def waiting(client: TestClient) -> dict[str, str]:
        items = client.get("/api/v1/quarantine").json()["items"]
        return {one["kind"]: f"/api/v1/quarantine/{one['id']}/release" for one in items}

    found = waiting(scene.supervisor)
    assert set(found) == {"point", "visit", "incident"}
    assert scene.supervisor.post(found["visit"], json={"corrections": {"marker": "D1"}}).status_code == 403
    for kind, body in (
        ("visit", {"corrections": {"marker": "D1"}}),
        ("point", {"timezone": "Asia/Shanghai"}),
        ("incident", {"corrections": {"lon": 131.015}}),
    ):
        answer = scene.coordinator.post(found[kind], json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["settled_by"] == "coordinator"
    left = scene.state()
    assert len(left["fixes"]) == 3
    assert len(left["visits"]) == len(left["incidents"]) == 1
    assert left["waiting"] == []


def test_loggers_send_with_the_token(scene: Scene) -> None:
    client, headers = scene.phone.client, scene.phone.headers
    message = {"_type": "location", "lat": 46.04, "lon": 131.01, "tst": 1_780_275_600}
    answer = client.post("/api/v1/tracks/owntracks", json=message, headers=headers)
    assert (answer.status_code, answer.json(), answer.headers["Wardline-Verdict"]) == (200, [], "created")
    answer = client.post("/api/v1/tracks/overland", json={"locations": []}, headers=headers)
    assert answer.json()["result"] == "ok"
    # OwnTracks knows Basic authentication only: the device's code and its token.
    token = headers["Authorization"].removeprefix("Bearer ")
    answer = client.post("/api/v1/tracks/owntracks", json=message, auth=("phone-1", token))
    assert (answer.status_code, answer.headers.get("Wardline-Verdict")) == (200, "duplicate")
