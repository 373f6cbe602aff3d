"""Where people were: one's own freely, others' for a purpose that is kept, raw only with two people."""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.accounts import device as devices
from layers.audit import Audit
from layers.fixes import FixTable
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT

START = datetime(2025, 7, 1, 2, tzinfo=UTC)
PERIOD = {"from": "2025-07-01T00:00:00Z", "to": "2025-07-03T00:00:00Z"}
LON, LAT = 131.0123457, 46.0234561


class Scene:
    """A guard with a recorded patrol, another guard, and people who lead."""

    def __init__(self, callers: Callers, engine: Engine) -> None:
        self.engine = engine
        guard = add_person(engine, "guard", [("guard", DISTRICT, None)])
        self.guard = callers.signed_in(guard)
        self.other = callers.role("other", "guard", DISTRICT)
        self.coordinator = callers.role("coordinator", "coordinator", DISTRICT)
        self.supervisor = callers.role("supervisor", "supervisor", DISTRICT)
        self.patrol = self.walk("d1", str(guard))

    def walk(self, device: str, person: str) -> UUID:
        with Session(self.engine) as session:
            row = {"id": new_id(), "code": device, "name": device, "person": UUID(person), "token": b"x"}
            session.execute(devices.insert().values(**row, created_at=START))
            stores = Stores(session, DISTRICT)
            value = Patrol(new_id(), device, "foot", "", "api", device, START, person=person)
            patrol, _ = stores.patrols.add(value)
            at = START.timestamp() + np.arange(5) * 10.0
            stores.patrols.add_fixes(patrol, FixTable.of(at, np.full(5, LON), np.full(5, LAT)))
            session.commit()
        return patrol.id

    def audited(self) -> list[tuple[str, str, str | None]]:
        with Session(self.engine) as session:
            found = Audit(session, DISTRICT).entries()
            return [
                (one.actor_name, one.action, one.purpose) for one in found if one.action.startswith("track.")
            ]


@pytest.fixture
def scene(callers: Callers, engine: Engine) -> Scene:
    return Scene(callers, engine)


def get(client: TestClient, scene: Scene, **parameters: Any) -> Any:
    return client.get(f"/api/v1/patrols/{scene.patrol}/fixes", params=parameters)


def test_ones_own_are_shown_as_recorded(scene: Scene) -> None:
    listed = scene.guard.get("/api/v1/patrols", params=PERIOD).json()["items"]
    assert [(one["id"], one["own"]) for one in listed] == [(str(scene.patrol), True)]
    answer = get(scene.guard, scene)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json()["lon"][0], answer.json()["lat"][0]) == (LON, LAT)
    assert scene.audited() == []


def test_others_need_a_purpose_and_each_read_is_known(scene: Scene) -> None:
    listed = scene.coordinator.get("/api/v1/patrols", params=PERIOD).json()["items"]
    assert [one["own"] for one in listed] == [False]
    for purpose in ({}, {"purpose": ""}, {"purpose": "..."}):
        assert get(scene.coordinator, scene, **purpose).status_code == 422
    assert scene.audited() == []
    answer = get(scene.coordinator, scene, purpose="search for a missing guard")
    assert (answer.json()["lon"][0], answer.json()["lat"][0]) == (131.0123, 46.0235)
    assert scene.audited() == [("coordinator", "track.read", "search for a missing guard")]


def test_a_guard_knows_nothing_of_anothers_track(scene: Scene) -> None:
    assert scene.other.get("/api/v1/patrols", params=PERIOD).json()["items"] == []
    assert get(scene.other, scene, purpose="curious").status_code == 404
    assert scene.other.get("/api/v1/fix-exports").status_code == 403


def test_periods_are_bounded(scene: Scene) -> None:
    for period in ({**PERIOD, "to": "2025-06-01T00:00:00Z"}, {**PERIOD, "to": "2026-07-01T00:00:00Z"}):
        assert scene.guard.get("/api/v1/patrols", params=period).status_code == 422


def ask(scene: Scene, client: TestClient) -> str:
    body = {"patrol": str(scene.patrol), "purpose": "evidence in a case"}
    answer = client.post("/api/v1/fix-exports", json=body)
    assert answer.status_code == 201, answer.text
    return f"/api/v1/fix-exports/{answer.json()['id']}"


def test_raw_fixes_take_two_people(scene: Scene) -> None:
    place = ask(scene, scene.coordinator)
    assert scene.coordinator.get(f"{place}/file").status_code == 403
    assert scene.coordinator.post(f"{place}/approval").status_code == 403
    assert scene.supervisor.post(f"{place}/approval").status_code == 200
    assert scene.supervisor.get(f"{place}/file").status_code == 403
    answer = scene.coordinator.get(f"{place}/file")
    assert answer.status_code == 200, answer.text
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert (rows[0]["lon"], rows[0]["lat"], len(rows)) == (f"{LON:.7f}", f"{LAT:.7f}", 5)
    assert [(who, what) for who, what, _ in scene.audited()] == [
        ("coordinator", "track.export-ask"),
        ("supervisor", "track.export-allow"),
        ("coordinator", "track.export"),
    ]
    assert {purpose for *_, purpose in scene.audited()} == {"evidence in a case"}


def test_nobody_allows_their_own_request(scene: Scene) -> None:
    place = ask(scene, scene.supervisor)
    assert scene.supervisor.post(f"{place}/approval").status_code == 403
    with scene.engine.connect() as connection, pytest.raises(Exception, match="two_people"):
        connection.execute(text("UPDATE fix_export SET allowed_by = requested_by, allowed_at = now()"))


def test_requests_expire(scene: Scene) -> None:
    place = ask(scene, scene.coordinator)
    assert len(scene.supervisor.get("/api/v1/fix-exports").json()["items"]) == 1
    earlier = (
        "UPDATE fix_export SET requested_at = now() - interval '4 days', expires_at = now() - interval '1 s'"
    )
    with scene.engine.begin() as connection:
        connection.execute(text(earlier))
    assert scene.supervisor.post(f"{place}/approval").status_code == 422
    assert scene.supervisor.get("/api/v1/fix-exports").json()["items"] == []


def test_those_who_oversee_read_the_audit(scene: Scene, callers: Callers) -> None:
    get(scene.coordinator, scene, purpose="search")
    get(scene.coordinator, scene, purpose="search again")
    auditor = callers.role("auditor", "auditor", DISTRICT)
    page = auditor.get("/api/v1/audit", params={"action": "track.read", "limit": 1})
    assert page.status_code == 200, page.text
    assert [one["purpose"] for one in page.json()["items"]] == ["search again"]
    rest = auditor.get(
        "/api/v1/audit", params={"action": "track.read", "before": page.json()["before"]}
    ).json()
    assert [one["purpose"] for one in rest["items"]] == ["search"]
    assert rest["items"][0]["subject"] == str(scene.patrol)
    assert scene.coordinator.get("/api/v1/audit").status_code == 403
