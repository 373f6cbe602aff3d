"""Withdrawing a track over HTTP: by whose device it is or a keeper, out of every figure, and back again."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.audit import Audit
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT
from tests.fixtures.field import START, batch, points, track
from tests.service.routers.test_coverage_tasks import make, read
from tests.service.routers.test_field_tokens import Scene, scene

__all__ = ["scene"]
DAY = {"from": "2026-06-01", "to": "2026-06-02"}
PERIOD = {name: f"{day}T00:00:00+08:00" for name, day in DAY.items()}


def told(client: TestClient, guard: uuid.UUID) -> dict[str, Any]:
    """Return what is told of a walk: metres of the border, units, and the guard's day."""
    segments = client.get("/api/v1/coverage/segments", params=DAY).json()["segments"]
    grids = client.get("/api/v1/coverage/grids", params=DAY).json()["total"]
    day = client.get(f"/api/v1/patrols/days/{guard}/2026-06-01", params={"purpose": "a review"}).json()
    return {
        "metres": sum(one["covered_m"] for one in segments),
        "visited": grids["visited"],
        "seen": grids["seen_m2"],
        **{name: day[name] for name in ("km", "hours", "border_km")},
    }


def test_a_track_goes_out_of_every_figure_and_comes_back(scene: Scene, engine: Engine) -> None:
    coordinator, guard = scene.coordinator, scene.callers.signed_in(scene.guard)
    task = make(coordinator, code="B1", from_m=0.0, to_m=400.0, counts_from=PERIOD["from"])
    nothing = told(coordinator, scene.guard)
    name = uuid.uuid4()
    sent = scene.phone.put(batch(tracks=[track(points(100), name)]))
    assert sent.status_code == 200, sent.text
    every, state = told(coordinator, scene.guard), read(coordinator, task)["state"]
    assert (nothing["metres"], nothing["hours"]) == (0.0, 0.0)
    assert every["metres"] > 900.0
    (patrol,) = guard.get("/api/v1/patrols", params=PERIOD).json()["items"]
    assert (patrol["withdrawn"], patrol["may_withdraw"]) == ([], True)

    at = f"/api/v1/patrols/{patrol['id']}/withdrawals"
    why = {"reason": "It was my brother's bicycle"}
    assert scene.supervisor.post(at, json=why).status_code == 403
    assert scene.callers.signed_in(scene.other).post(at, json=why).status_code == 404
    assert guard.post(at, json={**why, "from_at": PERIOD["from"]}).status_code == 422
    half = {"from_at": (START + timedelta(seconds=300)).isoformat(), "to_at": PERIOD["to"]}
    made = guard.post(at, json={**why, **half})
    assert (made.status_code, made.json()["withdrawn_by"], made.json()["recomputed"]) == (201, "guard", 1)
    assert datetime.fromisoformat(made.json()["from_at"]) >= START + timedelta(seconds=300)
    left = told(coordinator, scene.guard)
    assert 0.0 < left["metres"] < every["metres"]
    assert left["hours"] == pytest.approx(300.0 / 3600.0, abs=0.01)

    whole = coordinator.post(at, json=why)
    assert (whole.status_code, whole.json()["from_at"]) == (201, None)
    assert told(coordinator, scene.guard) == nothing
    assert read(coordinator, task)["state"] == "open"
    again = coordinator.post(at, json=why)
    assert (again.status_code, again.json()["code"]) == (409, "transition-invalid")
    late = scene.phone.put(batch(tracks=[track(points(20, first=100), name)]))
    assert late.json()["counts"]["created"] == 20
    assert told(coordinator, scene.guard) == nothing, "what comes of it later is withdrawn as well"

    listed = scene.supervisor.get(at).json()["items"]
    assert [one["withdrawn_by"] for one in listed] == ["guard", "coordinator"]
    back = {"reason": "It was mine"}
    for one in reversed(listed):
        restored = guard.post(f"{at}/{one['id']}/restore", json=back)
        assert (restored.status_code, restored.json()["restored_by"]) == (200, "guard")
    assert guard.post(f"{at}/{listed[0]['id']}/restore", json=back).status_code == 409
    assert guard.post(f"{at}/{uuid.uuid4()}/restore", json=back).status_code == 404
    assert told(coordinator, scene.guard)["metres"] >= every["metres"]
    assert read(coordinator, task)["state"] == state
    with Session(engine) as session:
        actions = [one.action for one in Audit(session, DISTRICT).entries() if one.subject == patrol["id"]]
    assert actions == ["track.withdraw", "track.withdraw", "track.restore", "track.restore"]
