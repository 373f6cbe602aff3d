"""Maintenance of markers: actions with and without a device, evidence, two clocks, far ones flagged."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT
from tests.fixtures.field import Phone, batch, jpeg, sha256, visit
from tests.service.routers.test_due import DUE

PATH = "/api/v1/coverage/markers/D1/actions"
NOW = datetime.now(UTC)


def act(client: TestClient, **members: Any) -> Any:
    return client.post(
        PATH, json={"action": "inspected", "at": (NOW - timedelta(hours=1)).isoformat(), **members}
    )


def told(client: TestClient) -> Any:
    reply = client.get(PATH)
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize(
    ("members", "evidence"),
    [
        ({"action": "inspected"}, "inspected"),
        ({"action": "scanned"}, "scanned"),
        ({"action": "jointly-inspected"}, "inspected"),
        ({"action": "cleaned"}, "inspected"),
        ({"action": "cleaned", "note": "moss"}, "serviced"),
        ({"action": "repainted", "note": "red"}, "serviced"),
        ({"action": "repaired", "note": "wire, 3 m"}, "serviced"),
    ],
)
def test_an_action_proves_what_was_done_and_shown(
    client: TestClient, members: dict[str, Any], evidence: str
) -> None:
    assert act(client, **members).status_code == 201
    (one,) = told(client)["actions"]
    assert (one["action"], one["evidence"]) == (members["action"], evidence)


def test_a_photo_that_comes_later_makes_it_serviced_and_settles_the_task(client: TestClient) -> None:
    asked = {"kind": "marker", "code": "D1", "least": "serviced", "counts_from": "2026-05-01T00:00:00Z"}
    task = client.post("/api/v1/coverage/tasks", json=asked).json()
    photo, phone = jpeg(), Phone(client)
    phone.put(batch(visits=[visit("D1", action="cleaned", photos=[sha256(photo)])]))
    (one,) = told(client)["actions"]
    assert (one["evidence"], one["photos"][0]["arrived"]) == ("inspected", False)
    assert phone.put_file(photo).status_code == 201
    (one,) = told(client)["actions"]
    assert (one["evidence"], one["photos"][0]["arrived"]) == ("serviced", True)
    assert client.get(f"/api/v1/coverage/tasks/{task['id']}").json()["state"] == "done"


def test_two_clocks_run_apart(client: TestClient) -> None:
    for clock, days in (("routine", 30.0), ("joint", 365.0)):
        rule = {"kind": "marker", "code": "D1", "within_days": days, "clock": clock, "from_day": "2024-01-01"}
        assert client.post(f"{DUE}/rules", json=rule).status_code == 201
    assert {(one["clock"], one["state"]) for one in told(client)["clocks"]} == {
        ("routine", "never"), ("joint", "never"),
    }  # fmt: skip
    act(client)
    assert {(one["clock"], one["state"]) for one in told(client)["clocks"]} == {
        ("routine", "ok"), ("joint", "never"),
    }  # fmt: skip
    act(client, action="jointly-inspected", note="with the other side's commission")
    assert {one["state"] for one in told(client)["clocks"]} == {"ok"}


def test_far_away_is_flagged_and_never_refused(client: TestClient) -> None:
    reply = act(client, lon=131.1, lat=46.0, action="repaired", note="hinge")
    assert reply.status_code == 201
    assert reply.json()["far"] is True
    assert reply.json()["distance_m"] > 5_000.0
    act(client, lon=131.0150, lat=46.0350)
    assert {one["far"] for one in told(client)["actions"]} == {True, False}
    assert "131." not in str(told(client)["actions"]), "where somebody stood is not told"


def test_the_same_again_is_the_same(client: TestClient, engine: Engine) -> None:
    name = str(uuid.uuid4())
    first, again = act(client, id=name), act(client, id=name)
    assert (first.status_code, again.status_code) == (201, 200)
    assert len(told(client)["actions"]) == 1
    other = act(client, id=name, note="something else")
    assert (other.status_code, other.json()["reason"]) == (422, "content-differs")
    with Session(engine) as session:
        assert session.execute(text("SELECT count(*) FROM coverage_marker")).scalar_one() == 1


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"action": "polished"}, 422),
        ({"lon": 131.0}, 422),
        ({"at": "2099-01-01T00:00:00Z"}, 422),
        ({"at": "2025-06-30T09:00:00"}, 422),
        ({"lon": 0.0, "lat": 0.0}, 422),
    ],
)
def test_actions_that_are_none(client: TestClient, members: dict[str, Any], status: int) -> None:
    assert act(client, **members).status_code == status
    assert told(client)["actions"] == []


def test_an_unknown_marker_is_404(client: TestClient) -> None:
    assert client.get(PATH.replace("D1", "NOPE")).status_code == 404
    body = {"action": "inspected", "at": NOW.isoformat()}
    assert client.post(PATH.replace("D1", "NOPE"), json=body).status_code == 404


def test_a_photo_is_sent_without_a_device_in_parts_and_proves_the_own_work(callers: Callers) -> None:
    guard, other = (callers.role(name, "guard", DISTRICT) for name in ("watch", "mate"))
    photo = jpeg(size=9_000)
    path = f"/api/v1/coverage/photos/{sha256(photo)}"
    assert act(guard, action="repainted", photos=[sha256(photo)]).status_code == 201
    head = {"Content-Type": "application/octet-stream"}
    part = {**head, "Content-Range": "bytes 0-3999/9000"}
    assert guard.put(path, content=photo[:4_000], headers=part).status_code == 202
    assert guard.head(path).headers["Upload-Offset"] == "4000"
    assert other.head(path).headers["Upload-Offset"] == "0"
    assert other.put(path, content=photo, headers=head).status_code == 201, "the same bytes, another's"
    (one,) = told(guard)["actions"]
    assert (one["evidence"], one["photos"][0]["arrived"]) == ("inspected", False), "and nothing is linked"
    rest = {**head, "Content-Range": "bytes 4000-8999/9000"}
    assert guard.put(path, content=photo[4_000:], headers=rest).status_code == 201
    assert guard.put(path, content=photo, headers=head).status_code == 200
    (one,) = told(guard)["actions"]
    assert (one["evidence"], one["photos"][0]["arrived"]) == ("serviced", True)
    assert guard.get(path).headers["Content-Type"] == "image/jpeg"
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    assert keeper.get(path).status_code == 404
    assert keeper.get(f"/api/v1/devices/by%20watch/files/{sha256(photo)}").status_code == 200
    assert callers.role("law", "auditor", DISTRICT).put(path, content=photo, headers=head).status_code == 403


def test_a_guard_records_the_own_work(callers: Callers, engine: Engine) -> None:
    guard = callers.role("watch", "guard", DISTRICT)
    made = act(guard, action="repainted", note="both faces", photos=[sha256(jpeg())])
    assert (made.status_code, [one["arrived"] for one in made.json()["photos"]]) == (201, [False])
    (one,) = told(callers.role("keeper", "coordinator", DISTRICT))["actions"]
    assert (one["by"], one["evidence"], one["device"]) == ("watch", "serviced", "by watch")
    assert act(callers.role("law", "auditor", DISTRICT)).status_code == 403
    with Session(engine) as session:
        found = session.execute(
            text("SELECT actor_name, subject FROM audit_entry WHERE action = 'marker.action'")
        )
        assert [tuple(row) for row in found] == [("watch", "D1")]
