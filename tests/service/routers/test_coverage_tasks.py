"""Tasks: made of a gap, shrunk and done by later evidence, opened again without it, closed by hand."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.row_security import SYSTEM_SCOPE, enter
from layers.sign_ins import Device, Devices
from layers.stores import Stores
from service.access import tokens
from service.use_cases import due
from tests.fixtures.accounts import NOW, Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.field import Phone, batch, points, track, visit
from tests.fixtures.walks import along, gpx
from tests.service.routers.test_due import grid_visited
from tests.service.routers.test_tracks import BORDER

TASKS = "/api/v1/coverage/tasks"
JUNE = "2025-06-01T00:00:00+08:00"
STRETCH = {"kind": "segment", "code": "B1", "from_m": 1_000.0, "to_m": 3_000.0, "counts_from": JUNE}


def make(client: TestClient, **members: Any) -> Any:
    reply = client.post(TASKS, json={**STRETCH, **members})
    assert reply.status_code == 201, reply.text
    return reply.json()


def walk(
    client: TestClient, low: float, high: float, device: str = "d1", start: float = 1_750_000_000.0
) -> None:
    reply = client.post(
        "/api/v1/tracks",
        params={"device": device},
        content=gpx(along(BORDER, low, high, start=start)),
        headers={"Content-Type": "application/gpx+xml"},
    )
    assert reply.status_code == 201, reply.text


def read(client: TestClient, task: Any) -> Any:
    return client.get(f"{TASKS}/{task['id']}").json()


def actions(engine: Engine) -> list[str]:
    with Session(engine) as session:
        rows = session.execute(text("SELECT action FROM audit_entry WHERE action LIKE 'task.%' ORDER BY seq"))
        return list(rows.scalars())


def test_partial_evidence_shrinks_it_and_the_rest_closes_it(client: TestClient, engine: Engine) -> None:
    task = make(client, until="2025-07-01", reason="gap of June")
    assert (task["state"], task["open_m"], task["late"]) == ("open", 2_000.0, True)
    walk(client, 0.0, 1_600.0)
    shrunk = read(client, task)
    assert shrunk["state"] == "open"
    assert shrunk["open_m"] == pytest.approx(1_400.0, abs=5.0)
    (part,) = shrunk["open"]
    assert (part["from_m"], part["to_m"]) == (pytest.approx(1_600.0, abs=5.0), 3_000.0)
    walk(client, 1_590.0, 3_010.0, "d2", 1_750_100_000.0)
    done = read(client, task)
    assert (done["state"], done["open"], done["open_m"]) == ("done", [], 0.0)
    assert done["settled_by"] == "evidence"
    assert client.get(TASKS).json()["items"] == []
    assert [one["id"] for one in client.get(TASKS, params={"state": "done"}).json()["items"]] == [task["id"]]
    assert actions(engine) == ["task.create", "task.done"]


def test_evidence_from_before_it_counts_closes_nothing(client: TestClient) -> None:
    task = make(client, counts_from="2025-06-16T12:00:00Z")
    walk(client, 900.0, 3_100.0)
    assert read(client, task)["open_m"] == 2_000.0
    walk(client, 900.0, 3_100.0, "d2", 1_750_100_000.0)
    assert read(client, task)["state"] == "done"


def test_it_is_opened_again_when_late_data_are_withdrawn(client: TestClient, engine: Engine) -> None:
    task = make(client)
    walk(client, 900.0, 3_100.0)
    assert read(client, task)["state"] == "done"
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        stores.coverage.replace_lines("d1", date(2025, 6, 15), [])
        assert due.settle(stores, datetime.now(UTC)) == 1
        assert due.settle(stores, datetime.now(UTC)) == 0
        session.commit()
    again = read(client, task)
    assert (again["state"], again["open_m"], again["settled_at"]) == ("open", 2_000.0, None)
    assert actions(engine) == ["task.create", "task.done", "task.reopen"]


def test_a_ledger_that_nobody_settled_is_told_as_it_is(client: TestClient, engine: Engine) -> None:
    task = make(client)
    walk(client, 900.0, 3_100.0)
    with Session(engine) as session:
        Stores(session, DISTRICT).coverage.replace_lines("d1", date(2025, 6, 15), [])
        session.commit()
    assert read(client, task)["state"] == "open"
    assert [one["id"] for one in client.get(TASKS).json()["items"]] == [task["id"]]


def test_what_is_not_open_needs_no_task(client: TestClient) -> None:
    walk(client, 900.0, 3_100.0)
    reply = client.post(TASKS, json=STRETCH)
    assert reply.status_code == 422
    assert "visited since" in reply.json()["detail"]
    whole = make(client, from_m=None, to_m=None)
    assert whole["to_m"] == pytest.approx(BORDER.length_m, abs=0.1)
    assert [round(part["from_m"], -2) for part in whole["open"]] == [0.0, 3_100.0]
    assert [one["where"] for one in whole["open"]] == ["no markers near"] * 2
    assert client.post(TASKS, json={**STRETCH, "code": "B9"}).status_code == 404
    assert client.post(TASKS, json={**STRETCH, "to_m": None}).status_code == 422


def test_closing_by_hand_is_final_and_says_why(client: TestClient, engine: Engine) -> None:
    task = make(client)
    assert client.post(f"{TASKS}/{task['id']}/close", json={"reason": ""}).status_code == 422
    closed = client.post(f"{TASKS}/{task['id']}/close", json={"reason": "the bridge is gone"}).json()
    assert (closed["state"], closed["closing"], closed["open"]) == ("closed", "the bridge is gone", [])
    walk(client, 900.0, 3_100.0)
    assert read(client, task)["state"] == "closed"
    assert client.patch(f"{TASKS}/{task['id']}", json={"reason": "x"}).status_code == 409
    assert client.post(f"{TASKS}/{task['id']}/close", json={"reason": "again"}).status_code == 409
    assert actions(engine) == ["task.create", "task.close"]


def test_a_stale_change_is_409_with_the_current_version(client: TestClient) -> None:
    task = make(client)
    path, etag = f"{TASKS}/{task['id']}", client.get(f"{TASKS}/{task['id']}").headers["etag"]
    assert client.patch(path, json={"until": "2025-08-01"}, headers={"If-Match": etag}).json()["version"] == 2
    stale = client.patch(path, json={"until": None}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["current"]["version"]) == (409, 2)
    assert client.patch(path, json={"until": None, "reason": "snow"}).json()["until"] is None


def test_markers_and_units_are_done_by_their_own_evidence(
    client: TestClient, county: County, engine: Engine
) -> None:
    painted = make(
        client, kind="marker", code="D1", least="serviced", from_m=None, to_m=None,
        counts_from="2026-05-01T00:00:00Z",
    )  # fmt: skip
    village = make(client, kind="unit", code="V00", from_m=None, to_m=None)
    assert (village["layer"], village["open"], village["open_m"]) == ("grids", [], None)
    Phone(client).put(batch(visits=[visit("D1")]))
    assert read(client, painted)["state"] == "open"
    Phone(client).put(batch(visits=[visit("D1", action="repaired", note="the hinge")]))
    assert read(client, painted)["state"] == "done"
    grid_visited(engine, county, "G10", "2025-06-15T02:00:00Z")
    assert read(client, village)["state"] == "done"


@pytest.fixture
def guards(callers: Callers, engine: Engine) -> tuple[Callers, dict[str, UUID]]:
    """Two guards, the first with a phone."""
    people = {name: add_person(engine, name, [("guard", DISTRICT, None)]) for name in ("one", "two")}
    return callers, people


def test_a_guard_sees_and_closes_the_own_ones_by_walking(
    guards: tuple[Callers, dict[str, UUID]], engine: Engine
) -> None:
    callers, people = guards
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    listed = keeper.get(f"{TASKS}/assignees").json()["items"]
    assert {one["name"] for one in listed} == {"one", "two", "keeper"}
    mine, theirs = (
        make(keeper, assignee=str(people[name]), from_m=0.0, to_m=500.0, counts_from="2026-06-01T00:00:00Z")
        for name in ("one", "two")
    )
    assert mine["assignee"] == {"id": str(people["one"]), "name": "one"}
    guard = callers.signed_in(people["one"])
    assert [one["id"] for one in guard.get(TASKS).json()["items"]] == [mine["id"]]
    assert guard.get(f"{TASKS}/{theirs['id']}").status_code == 404
    assert guard.post(f"{TASKS}/{mine['id']}/close", json={"reason": "no time"}).status_code == 403
    assert guard.get(TASKS, params={"assignee": str(people["two"])}).json()["items"] == []
    token = tokens.new_token(tokens.DEVICE)
    with Session(engine) as session, session.begin():
        enter(session, SYSTEM_SCOPE)
        Devices(session).add(
            Device(new_id(), "phone-1", "Phone", people["one"], None, NOW), tokens.digest(token)
        )
    nobody = callers.nobody()
    sent = Phone(nobody, headers={"Authorization": f"Bearer {token}"}).put(batch(tracks=[track(points(60))]))
    assert sent.status_code == 200, sent.text
    assert {read(keeper, one)["state"] for one in (mine, theirs)} == {"done"}, "whoever walks it"
    with Session(engine) as session:
        query = "SELECT actor_kind, count(*) FROM audit_entry WHERE action = 'task.done' GROUP BY 1"
        assert [tuple(one) for one in session.execute(text(query))] == [("device", 2)]


def test_only_who_walks_here_is_asked(guards: tuple[Callers, dict[str, UUID]], engine: Engine) -> None:
    callers, people = guards
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    stranger = add_person(engine, "stranger", [("auditor", DISTRICT, None)])
    for who in (str(stranger), str(new_id())):
        assert keeper.post(TASKS, json={**STRETCH, "assignee": who}).status_code == 422
    task = make(keeper)
    assert keeper.patch(f"{TASKS}/{task['id']}", json={"assignee": str(stranger)}).status_code == 422
    changed = keeper.patch(f"{TASKS}/{task['id']}", json={"assignee": str(people["two"])})
    assert changed.json()["assignee"]["name"] == "two"


def test_whom_a_task_is_given_to_has_a_notice(
    guards: tuple[Callers, dict[str, UUID]], engine: Engine
) -> None:
    callers, people = guards
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    signed = {name: callers.signed_in(person) for name, person in people.items()}

    def told(name: str, language: str = "en") -> list[str]:
        answer = signed[name].get("/api/v1/notices", headers={"Accept-Language": language}).json()
        return [one["text"] for one in answer["items"]]

    task = make(keeper, assignee=str(people["one"]), until="2025-07-01", reason="gap of June")
    assert told("one") == ["You are asked to visit B1, 1000 to 3000 m. Do it by 2025-07-01. gap of June"]
    assert told("one", "zh") == ["请您前往巡查：B1（1000 至 3000 米）。 请于 2025-07-01 前完成。 gap of June"]
    assert told("two") == []
    # A change of the day alone tells nobody again; another person is told, once.
    path = f"{TASKS}/{task['id']}"
    assert keeper.patch(path, json={"until": None, "reason": "{code} {0}"}).status_code == 200
    assert (len(told("one")), told("two")) == (1, [])
    assert keeper.patch(path, json={"assignee": str(people["two"])}).status_code == 200
    assert told("two") == ["You are asked to visit B1, 1000 to 3000 m. {code} {0}"]
    assert keeper.patch(path, json={"assignee": str(people["two"])}).status_code == 200
    assert keeper.patch(path, json={"assignee": None}).status_code == 200
    assert (len(told("one")), len(told("two"))) == (1, 1)
    make(keeper, kind="marker", code="D1", from_m=None, to_m=None, assignee=str(people["two"]))
    assert told("two")[0] == "You are asked to visit D1."
    make(keeper)
    assert (len(told("one")), len(told("two"))) == (1, 2)
