"""Quarantine over HTTP: listed, corrected and released by the same rules, or discarded and kept."""

import uuid
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.fixtures.client import TestClient
from tests.fixtures.field import Phone, batch, incident, points, stored, track, visit

HOME = "/api/v1/quarantine"


@pytest.fixture
def phone(client: TestClient) -> Phone:
    return Phone(client)


def waiting(client: TestClient, **only: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(HOME, params=only).json()["items"]
    return found


def settle(client: TestClient, item: dict[str, Any], how: str, **body: Any) -> Any:
    return client.post(f"{HOME}/{item['id']}/{how}", json=body)


def state(engine: Engine) -> dict[str, Any]:
    with Session(engine) as session:
        return stored(session)


def test_what_waits_is_listed_by_device_reason_kind_and_day(phone: Phone, client: TestClient) -> None:
    phone.put(batch(visits=[visit(marker="NONE")]))
    other = Phone(client, "phone-2")
    other.put(batch(visits=[visit(marker="NONE"), visit(marker="ALSO")], incidents=[incident(lon=9.0)]))
    answer = client.get(HOME).json()
    assert answer["reasons"] == {"marker-unknown": 3, "outside": 1}
    assert len(answer["items"]) == 4
    assert "NONE" in answer["items"][-1]["detail"]
    assert [one["device"] for one in waiting(client, device="phone-1")] == ["phone-1"]
    assert {one["kind"] for one in waiting(client, reason="outside")} == {"incident"}
    assert len(waiting(client, kind="visit")) == 3
    assert waiting(client, day="2020-01-01") == []
    first = client.get(HOME, params={"limit": "3"}).json()
    rest = client.get(HOME, params={"limit": "3", "cursor": first["cursor"]}).json()
    assert [len(first["items"]), len(rest["items"]), rest["cursor"]] == [3, 1, None]


def test_a_visit_is_released_with_its_marker_corrected(
    phone: Phone, client: TestClient, engine: Engine
) -> None:
    seen = visit(marker="D-1", at="2026-06-01T09:00:00+08:00")
    phone.put(batch(visits=[seen]))
    (item,) = waiting(client)
    refused = settle(client, item, "release", corrections={"marker": "D-2"})
    assert (refused.status_code, refused.json()["code"]) == (422, "release-refused")
    assert refused.json()["reason"] == "marker-unknown"
    assert [one["id"] for one in waiting(client)] == [item["id"]], "a refusal changes nothing"
    answer = settle(client, item, "release", corrections={"marker": "D1"}, note="misread")
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert (done["state"], done["settled_by"], done["note"]) == ("released", "administrator", "misread")
    assert done["corrections"] == {"marker": "D1"}
    assert '"D-1"' in done["raw"], "the original is kept"
    assert [str(row[0]) for row in state(engine)["visits"]] == [seen["id"]]
    assert settle(client, item, "release").json()["code"] == "already-settled"
    (item,) = phone.put(batch(visits=[seen])).json()["items"]
    assert (item["verdict"], item["reason"]) == ("duplicate", None)


def test_a_point_without_a_zone_is_released_into_its_track(
    phone: Phone, client: TestClient, engine: Engine
) -> None:
    name, walk = uuid.uuid4(), points(3)
    exact = walk[1]["at"]
    walk[1]["at"] = "2026-06-01T09:00:10"
    phone.put(batch(tracks=[track(walk, name)]))
    (item,) = waiting(client)
    assert (item["ref"], item["reason"]) == (f"{name}/1", "time-without-zone")
    assert settle(client, item, "release").status_code == 422
    assert settle(client, item, "release", timezone="Mars/Base").status_code == 422
    assert settle(client, item, "release", timezone="Asia/Shanghai").status_code == 200
    fixes = state(engine)["fixes"]
    assert [row[3] for row in fixes] == [0, 1, 2]
    assert fixes[1][4].isoformat() == exact
    assert state(engine)["tracks"][0][7] == 3


def test_a_number_that_was_used_twice_gets_another(phone: Phone, client: TestClient, engine: Engine) -> None:
    name, walk = uuid.uuid4(), points(2)
    phone.put(batch(tracks=[track(walk, name)]))
    phone.put(batch(tracks=[track([{**walk[1], "lon": 131.001}], name)]))
    (item,) = waiting(client)
    assert settle(client, item, "release", corrections={"seq": 1}).json()["reason"] == "number-reused"
    assert settle(client, item, "release", corrections={"seq": 2}).status_code == 200
    assert [row[3] for row in state(engine)["fixes"]] == [0, 1, 2]


def test_unknown_members_are_taken_out_by_null(phone: Phone, client: TestClient) -> None:
    phone.put(batch(incidents=[incident(lon=9.0)]))
    (item,) = waiting(client)
    assert settle(client, item, "release", corrections={"status": "closed"}).status_code == 422
    assert (
        settle(client, item, "release", corrections={"lon": 131.015, "accuracy_m": None}).status_code == 200
    )


def test_what_is_discarded_is_kept_and_stays_discarded(phone: Phone, client: TestClient) -> None:
    seen = visit(marker="NONE")
    phone.put(batch(visits=[seen]))
    (item,) = waiting(client)
    assert settle(client, item, "discard", note=" ").status_code == 422
    assert settle(client, item, "discard", note="a test").json()["state"] == "discarded"
    assert waiting(client) == []
    assert [one["note"] for one in waiting(client, state="discarded")] == ["a test"]
    (again,) = phone.put(batch(visits=[seen])).json()["items"]
    assert (again["verdict"], again["reason"]) == ("quarantined", "discarded")
    assert "a test" in again["detail"]
    assert waiting(client) == []
    assert settle(client, {"id": uuid.uuid4()}, "discard", note="x").status_code == 404
