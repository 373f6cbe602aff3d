"""Withdrawn incidents: gone everywhere, known to those who could see them, and never made anew."""

import json
import re
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from layers.row_security import enter
from service.access.identity import Held, Identity
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.field import batch, incident, sha256
from tests.service.routers.test_contacts import CONTACT, PATH, entries, report
from tests.service.routers.test_field_tokens import Scene, scene

__all__ = ["scene"]

WHY = "reported by mistake"
OF_INCIDENTS = ("incident", "incident_event", "incident_contact", "incident_receipt", "field_photo")


@pytest.fixture
def chief(callers: Callers) -> TestClient:
    return callers.role("chief", "supervisor", DISTRICT)


def made(client: TestClient, **others: Any) -> dict[str, Any]:
    answer = client.post(PATH, json=report(**others))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def withdraw(client: TestClient, identifier: Any, reason: str = WHY, **headers: str) -> Any:
    return client.delete(f"{PATH}/{identifier}", params={"reason": reason}, headers=headers)


def rows(engine: Engine) -> dict[str, int]:
    with Session(engine) as session:
        return {name: len(session.execute(text(f"TABLE {name}")).all()) for name in OF_INCIDENTS}


def told(client: TestClient, identifier: Any) -> list[tuple[int, str]]:
    """Return what a caller is told of an incident, however they ask."""
    place = f"{PATH}/{identifier}"
    answers = [
        client.get(place),
        client.patch(place, json={"title": "别的"}),
        client.patch(place, json={"lon": 131.005, "lat": 46.005}, headers={"If-Match": '"1"'}),
        client.post(f"{place}/events", json={"kind": "comment", "text": "x"}),
        client.get(f"{place}/contact", params={"purpose": "call back"}),
        withdraw(client, identifier),
    ]
    return [(one.status_code, one.json()["code"]) for one in answers]


def test_it_is_gone_with_all_that_belongs_to_it(
    callers: Callers, chief: TestClient, county: County, engine: Engine
) -> None:
    kept = made(chief)
    one = made(chief, contact=CONTACT, description="a secret")
    chief.post(f"{PATH}/{one['id']}/events", json={"kind": "comment", "text": "seen"})
    before = rows(engine)
    answer = withdraw(chief, one["id"], f"  {WHY}\n", **{"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in ("id", "withdrawn_by", "reason")} == {
        "id": one["id"],
        "withdrawn_by": "chief",
        "reason": WHY,
    }
    assert told(chief, one["id"]) == [(410, "gone")] * 6
    assert WHY in chief.get(f"{PATH}/{one['id']}").json()["detail"]
    after = rows(engine)
    assert {name: before[name] - after[name] for name in before} == {
        "incident": 1,
        "incident_event": 2,
        "incident_contact": 1,
        "incident_receipt": 1,
        "field_photo": 0,
    }
    for path in (
        PATH,
        "/api/v1/layers/incidents/items",
        "/tiles/incidents/14/14154/5833.mvt",
        "/tiles/incidents/0/0/0.mvt",
        "/api/v1/units/G00",
    ):
        assert one["id"] not in chief.get(path).text
    assert [item["id"] for item in chief.get(PATH).json()["items"]] == [kept["id"]]
    assert chief.get(f"/api/v1/layers/incidents/items/{one['id']}").status_code == 404
    assert callers.nobody().get(f"/api/v1/receipts/{one['receipt']}").status_code == 404
    (entry,) = entries(engine, "incident.withdraw")
    assert (entry.actor_name, entry.subject, entry.purpose) == ("chief", one["id"], WHY)
    with Session(engine) as session:
        left = session.execute(text("SELECT to_jsonb(w) FROM incident_withdrawal AS w")).scalar_one()
    assert not any(word in json.dumps(left) for word in ("secret", "垃圾", *CONTACT.values(), "131."))


def test_who_may(callers: Callers, chief: TestClient, county: County) -> None:
    units = county.units
    one = made(chief)["id"]
    for role in ("grid_worker", "guard", "representative", "coordinator", "auditor", "planner"):
        assert withdraw(callers.role(role, role, DISTRICT), one).status_code == 403, role
    elsewhere = callers.role("elsewhere", "supervisor", DISTRICT, units["T1"])
    assert withdraw(elsewhere, one).status_code == 404
    assert withdraw(callers.nobody(), one).status_code == 401
    for reason in ("", "?reason=", "?reason=%20%20%20", "?reason=12345", f"?reason={'x' * 201}"):
        assert chief.delete(f"{PATH}/{one}{reason}").status_code == 422, reason
    assert chief.get(f"{PATH}/{one}").status_code == 200
    assert withdraw(callers.role("part", "supervisor", DISTRICT, units["V00"]), one).status_code == 200
    other = made(chief)["id"]
    assert withdraw(callers.role("root", "administrator"), other).status_code == 200


def test_who_could_not_see_it_does_not_learn_of_it(
    callers: Callers, chief: TestClient, county: County
) -> None:
    units = county.units
    one = made(chief, about={"representative": "R1", "unit": "V00"})["id"]
    inside = callers.role("inside", "supervisor", DISTRICT, units["V00"])
    beside = callers.role("beside", "administrator", DISTRICT, units["T1"])
    above = callers.role("above", "administrator", DISTRICT, units["T0"])
    strangers = [(404, "not-found")] * 6
    assert told(inside, one) == told(beside, one) == strangers
    assert withdraw(above, one).status_code == 200
    assert told(above, one) == told(chief, one) == [(410, "gone")] * 6
    assert told(inside, one) == told(beside, one) == strangers
    worker = callers.role("worker", "grid_worker", DISTRICT, units["T0"])
    assert worker.get(f"{PATH}/{one}").status_code == 410
    assert withdraw(chief, uuid.uuid4()).status_code == 404


def test_a_stale_copy_is_not_withdrawn(chief: TestClient) -> None:
    one = made(chief)["id"]
    chief.patch(f"{PATH}/{one}", json={"title": "别的"})
    answer = withdraw(chief, one, **{"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale-version")
    assert answer.json()["current"]["title"] == "别的"
    assert withdraw(chief, one, **{"If-Match": '"2"'}).status_code == 200


def test_it_is_withdrawn_once_whoever_asks_at_once(chief: TestClient, engine: Engine) -> None:
    one = made(chief)["id"]
    with ThreadPoolExecutor(6) as pool:
        found = [answer.status_code for answer in pool.map(lambda _: withdraw(chief, one), range(6))]
    assert sorted(found) == [200, *[410] * 5]
    assert len(entries(engine, "incident.withdraw")) == 1
    again = made(chief)["id"]
    same = {"Idempotency-Key": "w-1"}
    assert [withdraw(chief, again, **same).status_code for _ in range(2)] == [200, 200]


def test_what_a_channel_delivered_is_not_taken_in_again(callers: Callers, chief: TestClient) -> None:
    sent: dict[str, Any] = {"channel": "phone", "external_id": "H-7"}
    one = made(chief, **sent)["id"]
    assert withdraw(chief, one).status_code == 200
    for client in (chief, callers.nobody()):
        for body in (report(**sent), report(**sent, description="another")):
            answer = client.post(PATH, json=body)
            assert (answer.status_code, answer.json()["code"]) == (410, "gone")
            assert WHY not in answer.text
    assert chief.get(PATH).json()["items"] == []
    made(chief, channel="web", external_id="H-7")


def verdicts(answer: Any) -> list[tuple[str, str | None]]:
    assert answer.status_code == 200, answer.text
    return [(one["verdict"], one["reason"]) for one in answer.json()["items"]]


def test_a_device_is_told_and_loses_nothing(scene: Scene, engine: Engine) -> None:
    picture = sha256(b"picture")
    tree, other = incident(photos=[picture]), incident()
    (first, _) = scene.phone.put(batch(incidents=[tree, other])).json()["items"]
    assert rows(engine)["field_photo"] == 1
    assert withdraw(scene.supervisor, first["incident"]).status_code == 200
    assert rows(engine)["field_photo"] == 0
    edit = {**tree, "description": "Two trees.", "version": 1}
    changed = {**other, "description": "Two others.", "version": 1}
    answer = scene.phone.put(batch(incidents=[edit, tree, changed, incident()]))
    assert verdicts(answer) == [
        ("quarantined", "deleted"),
        ("duplicate", "deleted"),
        ("created", None),
        ("created", None),
    ]
    assert answer.json()["items"][1]["incident"] == first["incident"]
    assert "withdrawn" in answer.json()["items"][0]["detail"]
    assert WHY not in answer.text
    state = scene.state()
    assert tree["id"] not in {row[0] for row in state["incidents"]}
    (waiting,) = state["waiting"]
    assert json.loads(waiting[3]) == edit
    # Another report under the same id, and that of somebody else, are not taken in its place either.
    differs = {**tree, "description": "Other words."}
    assert verdicts(scene.phone.put(batch(incidents=[differs]))) == [("quarantined", "deleted")]
    assert verdicts(scene.strange.put(batch(incidents=[tree]))) == [("quarantined", "deleted")]
    assert len(scene.state()["incidents"]) == 2


def test_a_device_whose_reports_were_forgotten_is_told_too(scene: Scene, engine: Engine) -> None:
    tree = incident()
    (first,) = scene.phone.put(batch(incidents=[tree])).json()["items"]
    assert withdraw(scene.supervisor, first["incident"]).status_code == 200
    with engine.begin() as connection:
        connection.execute(text("UPDATE field_incident SET person = NULL, device = ''"))
    edit = {**tree, "version": 1}
    found = verdicts(scene.phone.put(batch(incidents=[edit, tree])))
    assert found == [("quarantined", "deleted")] * 2


def test_an_edit_in_quarantine_cannot_be_released(scene: Scene) -> None:
    tree = incident()
    (first,) = scene.phone.put(batch(incidents=[tree])).json()["items"]
    withdraw(scene.supervisor, first["incident"])
    (item,) = scene.phone.put(batch(incidents=[{**tree, "version": 1}])).json()["items"]
    place = f"/api/v1/quarantine/{item['quarantine']}"
    answer = scene.coordinator.post(f"{place}/release", json={})
    assert (answer.status_code, answer.json()["code"]) == (422, "release-refused")
    assert scene.coordinator.post(f"{place}/discard", json={"note": "withdrawn"}).status_code == 200


_LEFT = """
    INSERT INTO incident_withdrawal
    SELECT district, id, now(), 'x', 'y', {unit}, about_representative, about_unit, NULL FROM incident
    WHERE id = :id
"""


def reached(session: Session, statement: str, values: Mapping[str, Any]) -> int | str:
    with session.begin_nested() as undone:
        try:
            return int(session.execute(text(statement), values).rowcount)  # type: ignore[attr-defined]
        except DBAPIError as error:
            if not re.search("row-level security|permission denied", str(error.orig)):
                raise
            return "refused"
        finally:
            if undone.is_active:
                undone.rollback()


def test_the_database_itself_holds_it(
    callers: Callers, chief: TestClient, county: County, engine: Engine
) -> None:
    one = made(chief, about={"unit": "V00"})["id"]
    served = callers.client.app.state.service.sessions  # type: ignore[attr-defined]
    values = {"id": one}
    remove = "DELETE FROM incident WHERE id = :id"
    expected = {
        ("supervisor", None): (1, 1),
        ("administrator", "T0"): (1, 1),
        ("supervisor", "V00"): (0, 0),  # it is complained about
        ("administrator", "T1"): (0, 0),
        ("coordinator", None): ("refused", 0),
        ("auditor", None): ("refused", 0),
        ("grid_worker", None): ("refused", 0),
    }
    for (role, unit), (inserted, removed) in expected.items():
        held = (Held(role, DISTRICT, None if unit is None else county.units[unit]),)
        with served() as session:
            enter(session, Identity("person", UUID(int=1), "x", held, UUID(int=1)).scope())
            assert reached(session, remove, values) == 0, "nothing goes without a word"
            # Nobody says it was of another unit, where others would learn of it.
            assert reached(session, _LEFT.format(unit="gen_random_uuid()"), values) in (0, "refused")
            assert reached(session, _LEFT.format(unit="unit"), values) == inserted, (role, unit)
            if inserted == 1:
                session.execute(text(_LEFT.format(unit="unit")), values)
            assert reached(session, remove, values) == removed, (role, unit)
            for change in ("UPDATE incident_withdrawal SET reason = 'z'", "DELETE FROM incident_withdrawal"):
                assert reached(session, change, {}) == "refused"
            session.rollback()
    assert withdraw(chief, one).status_code == 200
    for (role, unit), seen in (
        (("auditor", None), 1),
        (("grid_worker", "T0"), 1),
        (("supervisor", "V00"), 0),
        (("supervisor", "T1"), 0),
        (("planner", None), 0),
    ):
        held = (Held(role, DISTRICT, None if unit is None else county.units[unit]),)
        with served() as session:
            enter(session, Identity("person", UUID(int=1), "x", held, UUID(int=1)).scope())
            query = text("SELECT count(*) FROM incident_withdrawal")
            assert session.execute(query).scalar_one() == seen, (role, unit)
