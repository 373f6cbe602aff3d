"""What is done is in the audit: accounts and signing in centrally, the rest with its district."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.audit import Audit, central
from layers.audit_chain import verify
from tests.fixtures.accounts import PASSWORD, Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT
from tests.service.routers.test_contacts import PATH, report


def centrally(engine: Engine) -> list[tuple[str, str, str]]:
    with Session(engine) as session:
        entries = list(central(session).entries())
    assert verify("central", entries)[1] == ()
    return [(one.actor_name, one.action, one.subject) for one in entries]


def here(engine: Engine) -> list[Any]:
    with Session(engine) as session:
        entries = list(Audit(session, DISTRICT).entries())
    assert verify(DISTRICT, entries)[1] == ()
    return entries


def test_signing_in_and_failing_to(callers: Callers, engine: Engine) -> None:
    person = add_person(engine, "keeper", [("coordinator", DISTRICT, None)], password=PASSWORD)
    before = len(centrally(engine))
    client = callers.nobody()
    for login, password in (("keeper", "wrong password"), ("my secret phrase", "x"), ("keeper", PASSWORD)):
        client.post("/api/v1/session", json={"login": login, "password": password})
    found = centrally(engine)[before:]
    assert [(action, subject) for _, action, subject in found] == [
        ("session.refuse", str(person)),
        ("session.refuse", "unknown"),
        ("session.begin", str(person)),
    ]
    assert "secret" not in str(found)


def test_what_administrators_do(callers: Callers, administrator: TestClient, engine: Engine) -> None:
    made = administrator.post("/api/v1/people", json={"login": "newcomer", "name": "新人"}).json()
    person = made.get("id") or made["person"]["id"]
    given = {"role": "guard", "district": DISTRICT}
    assert administrator.post(f"/api/v1/people/{person}/grants", json=given).status_code == 201
    administrator.patch(f"/api/v1/people/{person}", json={"disabled": True})
    actions = [(who, action) for who, action, subject in centrally(engine) if subject == person]
    assert actions[:2] == [("root", "person.create"), ("root", "grant.give")]
    assert ("root", "person.disable") in actions
    assert "新人" not in str(actions)


def test_what_is_done_to_incidents(callers: Callers, engine: Engine) -> None:
    chief = callers.role("chief", "supervisor", DISTRICT)
    made = chief.post(PATH, json=report()).json()
    chief.patch(f"{PATH}/{made['id']}", json={"title": "别的"})
    chief.post(f"{PATH}/{made['id']}/events", json={"kind": "comment", "text": "记下"})
    chief.post(f"{PATH}/{made['id']}/events", json={"kind": "status", "status": "accepted"})
    # What was refused was not done; that a step was tried is told.
    chief.post(f"{PATH}/{made['id']}/events", json={"kind": "status", "status": "closed"})
    chief.post(PATH, json=report(lon=0.0))
    found = here(engine)
    names = ["incident.create", "incident.edit", "incident.comment", "incident.status"]
    assert [one.action for one in found] == [*names, "incident.step-refused"]
    assert {(one.actor_name, one.subject) for one in found} == {("chief", made["id"])}
    assert len({one.request for one in found}) == 5
    assert (found[1].detail["fields"], found[3].detail["after"]) == (["title"], "accepted")
    assert not any(word in str(found) for word in ("131.", "46.", "垃圾", "别的", "记下"))


def test_a_request_that_is_repeated_is_one_entry(callers: Callers, engine: Engine) -> None:
    chief = callers.role("chief", "supervisor", DISTRICT)
    for _ in range(3):
        chief.post(PATH, json=report(), headers={"Idempotency-Key": "k-1"})
    assert [one.action for one in here(engine)] == ["incident.create"]


def test_what_is_uploaded(callers: Callers, engine: Engine) -> None:
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    rows = "time,lon,lat\n" + "\n".join(f"2025-07-01T10:00:{k:02}Z,131.0{k:02},46.01" for k in range(10, 20))
    for _ in range(2):
        answer = keeper.post(
            "/api/v1/tracks", params={"device": "d1"}, content=rows, headers={"Content-Type": "text/csv"}
        )
        assert answer.status_code in (200, 201), answer.text
    (entry,) = here(engine)
    assert (entry.actor_name, entry.action, entry.detail) == (
        "keeper",
        "track.upload",
        {"device": "d1", "fixes": 10},
    )
