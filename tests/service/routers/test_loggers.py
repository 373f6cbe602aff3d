"""OwnTracks and Overland over HTTP: what the apps send, what they expect, and the same points twice."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.fixtures.client import TestClient
from tests.fixtures.field import stored

OWNTRACKS, OVERLAND = "/api/v1/tracks/owntracks", "/api/v1/tracks/overland"
AT = 1_780_275_600  # 2026-06-01 01:00 UTC


def location(**members: Any) -> dict[str, Any]:
    known = {"_type": "location", "tid": "P1", "lat": 46.04, "lon": 131.01, "tst": AT, "acc": 12, "vel": 36}
    return {**known, "cog": 90, "batt": 80, "t": "u", "conn": "m", **members}


def feature(second: int = 0, **properties: Any) -> dict[str, Any]:
    known = {
        "timestamp": f"2026-06-01T09:00:{second:02}+0800",
        "horizontal_accuracy": 5,
        "speed": -1,
        "motion": ["walking"],
        "device_id": "",
        "wifi": "",
    }
    place = [round(131.01 + second / 10_000, 7), 46.04]
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": place},
        "properties": {**known, **properties},
    }


def state(engine: Engine) -> dict[str, Any]:
    with Session(engine) as session:
        return stored(session)


def test_a_location_of_owntracks_is_stored_once(client: TestClient, engine: Engine) -> None:
    first = client.post(OWNTRACKS, json=location())
    assert (first.status_code, first.json()) == (200, [])
    assert first.headers["Wardline-Verdict"] == "created"
    before = state(engine)
    again = client.post(OWNTRACKS, json=location())
    assert (again.json(), again.headers["Wardline-Verdict"]) == ([], "duplicate")
    assert state(engine) == before
    client.post(OWNTRACKS, json=location(lon=131.02))
    client.post(OWNTRACKS, json=location(tst=AT + 60))
    left = state(engine)
    assert len(left["fixes"]) == 3
    assert len(left["tracks"]) == 1, "a day is one patrol"
    client.post(OWNTRACKS, json=location(tst=AT + 86_400))
    assert len(state(engine)["tracks"]) == 2
    with engine.connect() as connection:
        (speed,) = set(connection.exec_driver_sql("SELECT speed_ms FROM fix").scalars())
    assert speed == 10.0, "kilometres an hour"


@pytest.mark.parametrize("kind", ["transition", "waypoint", "waypoints", "lwt", "status", "card"])
def test_other_messages_of_owntracks_are_ignored_and_say_so(client: TestClient, kind: str) -> None:
    answer = client.post(OWNTRACKS, json={"_type": kind, "tst": AT})
    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["Wardline-Verdict"] == "ignored"


def test_an_empty_message_of_owntracks_says_nothing(client: TestClient) -> None:
    answer = client.post(OWNTRACKS, content=b"")
    assert (answer.status_code, answer.json()) == (200, [])


def test_an_encrypted_message_is_refused_with_the_way_out(client: TestClient) -> None:
    answer = client.post(OWNTRACKS, json={"_type": "encrypted", "data": "AAAA"})
    assert (answer.status_code, answer.json()["code"]) == (422, "payload-encrypted")
    assert "Switch off" in answer.json()["detail"]


def test_a_list_of_messages_is_taken_at_once(client: TestClient, engine: Engine) -> None:
    messages = [location(tst=AT + k) for k in range(3)] + [{"_type": "lwt"}, location(lat=200)]
    answer = client.post(OWNTRACKS, json=messages)
    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["Wardline-Verdict"] == "created 3, quarantined 1, ignored 1"
    assert client.post(OWNTRACKS, json=messages[0]).headers["Wardline-Verdict"] == "duplicate"
    assert len(state(engine)["fixes"]) == 3
    assert client.post(OWNTRACKS, json=[1] * 5_001).status_code == 413


@pytest.mark.parametrize("value", [[], 3, {}, {"_type": 3}, {"lat": 1}])
def test_what_is_no_message_of_owntracks_is_refused(client: TestClient, value: Any) -> None:
    assert client.post(OWNTRACKS, json=value).status_code == 422


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"tst": "soon"}, "time-unreadable"),
        ({"tst": None}, "no-time"),
        ({"tst": 1e18}, "time-unreadable"),
        ({"lat": "46"}, "number-unreadable"),
        ({"lat": 200}, "no-position"),
        ({"lat": 0, "lon": 0}, "null-island"),
    ],
)
def test_bad_locations_wait_and_the_app_forgets_them(
    client: TestClient, engine: Engine, members: dict[str, Any], reason: str
) -> None:
    answer = client.post(OWNTRACKS, json=location(**members))
    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.headers["Wardline-Verdict"] == "quarantined"
    assert [row[2] for row in state(engine)["waiting"]] == [reason]


def test_a_batch_of_overland_is_stored_once(client: TestClient, engine: Engine) -> None:
    body = {"locations": [feature(k) for k in range(30)], "current": feature(40), "trip": {}}
    first = client.post(OVERLAND, json=body).json()
    assert first["result"] == "ok"
    assert first["counts"] == {"created": 30, "duplicate": 0, "quarantined": 0}
    before = state(engine)
    again = client.post(OVERLAND, json=body).json()
    assert (again["result"], again["counts"]["duplicate"]) == ("ok", 30)
    assert state(engine) == before
    assert len(before["fixes"]) == 30


def test_overland_is_told_ok_whatever_a_point_is_like(client: TestClient, engine: Engine) -> None:
    bad = [3, None, {"type": "Feature"}, feature(1, timestamp=None), feature(2, timestamp="x")]
    aside = [feature(3, type="trip"), feature(4, type="visit")]
    reply = client.post(OVERLAND, json={"locations": [*bad, *aside, feature(5)]}).json()
    assert reply["result"] == "ok"
    assert reply["counts"] == {"created": 1, "duplicate": 0, "quarantined": 5}
    assert reply["ignored"] == 2
    assert 3 in [json.loads(row[3]) for row in state(engine)["waiting"]]


def test_how_a_phone_moves_makes_its_own_patrol(client: TestClient, engine: Engine) -> None:
    found = [feature(1, motion=["driving", "stationary"]), feature(2), feature(3, motion="walking")]
    client.post(OVERLAND, json={"locations": found})
    assert sorted(row[4] for row in state(engine)["tracks"]) == ["car", "foot"]


@pytest.mark.parametrize("value", [[], {}, {"locations": {}}, {"locations": None}])
def test_what_overland_does_not_send_is_refused(client: TestClient, value: Any) -> None:
    assert client.post(OVERLAND, json=value).status_code == 422


def test_too_many_points_of_overland_are_refused(client: TestClient) -> None:
    assert client.post(OVERLAND, json={"locations": [1] * 5_001}).status_code == 413
