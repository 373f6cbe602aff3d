"""Who reported: kept apart and sealed, read for a purpose, never anywhere else; and the receipts."""

import logging
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.audit import Audit
from layers.stores import Stores
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre

PATH = "/api/v1/incidents"
NAME, PHONE, EMAIL = "李四无名", "13912345678", "nobody@reporter.example"
CONTACT = {"name": NAME, "phone": PHONE, "email": EMAIL}
PERSONAL = (NAME, PHONE, EMAIL)


def report(column: int = 0, row: int = 0, **others: Any) -> dict[str, Any]:
    lon, lat = centre(column, row)
    at = "2025-07-01T08:00:00+08:00"
    return {"class": "waste", "title": "垃圾", "lon": lon, "lat": lat, "occurred_at": at, **others}


def post(client: TestClient, status: int = 201, **others: Any) -> dict[str, Any]:
    answer = client.post(PATH, json=report(**others))
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def entries(engine: Engine, action: str) -> list[Any]:
    with Session(engine) as session:
        return [one for one in Audit(session, DISTRICT).entries() if one.action == action]


def test_a_contact_is_read_for_a_purpose_and_each_read_is_known(client: TestClient, engine: Engine) -> None:
    place = f"{PATH}/{post(client, contact=CONTACT)['id']}"
    for purpose in ("", "?purpose=", "?purpose=12345", "?purpose=%20%20"):
        assert client.get(f"{place}/contact{purpose}").status_code == 422
    assert entries(engine, "contact.read") == []
    answer = client.get(f"{place}/contact", params={"purpose": "回电核实 地点"})
    assert answer.status_code == 200
    assert answer.json() == CONTACT
    assert answer.headers["cache-control"] == "no-store"
    (entry,) = entries(engine, "contact.read")
    assert (entry.purpose, entry.subject) == ("回电核实 地点", place.rsplit("/", 1)[1])
    assert entry.actor_kind == "person"
    assert entry.request


def test_contacts_are_nowhere_else(
    client: TestClient, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"Idempotency-Key": "k-1"}
    made = client.post(PATH, json=report(contact=CONTACT), headers=headers)
    assert made.status_code == 201
    place = f"{PATH}/{made.json()['id']}"
    client.patch(place, json={"title": "别的"}, headers={"If-Match": '"1"'})
    client.post(f"{place}/events", json={"kind": "status", "status": "accepted"})
    told = [made.text, client.get(f"{place}/contact", params={"purpose": "call"}).headers]
    paths = (
        place,
        PATH,
        "/api/v1/layers/incidents/items",
        f"/api/v1/layers/incidents/items/{made.json()['id']}",
    )
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        told.append(answer.text)
    told.append(caplog.text)
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in tables.scalars():
            rows = connection.execute(text(f'SELECT CAST(one AS text) FROM "{table}" AS one')).scalars()  # noqa: S608
            told.extend(rows)
    for secret in PERSONAL:
        assert not any(secret in str(one) or secret.encode().hex() in str(one) for one in told)


def test_a_contact_moved_to_another_incident_does_not_open(client: TestClient, engine: Engine) -> None:
    first, second = post(client, contact=CONTACT)["id"], post(client, column=1)["id"]
    with engine.begin() as connection:
        connection.execute(text("UPDATE incident_contact SET incident = :to"), {"to": second})
    answer = client.get(f"{PATH}/{second}/contact", params={"purpose": "call"})
    assert answer.status_code == 503
    assert answer.json()["code"] == "seal-broken"
    assert client.get(f"{PATH}/{first}/contact", params={"purpose": "call"}).status_code == 404


def test_reports_may_be_anonymous(client: TestClient) -> None:
    nothing: list[dict[str, Any]] = [{}, {"contact": {}}, {"contact": None}, {"contact": {"name": " "}}]
    for contact in nothing:
        place = f"{PATH}/{post(client, **contact)['id']}/contact"
        answer = client.get(place, params={"purpose": "call"})
        assert answer.status_code == 404
        assert "anonymously" in answer.json()["detail"]
    assert post(client, 422, contact={"telephone": PHONE})["code"]
    assert post(client, 422, contact={"phone": "1" * 41})["code"]


def test_a_receipt_tells_what_became_of_the_report_and_no_more(client: TestClient, engine: Engine) -> None:
    made = post(client, contact=CONTACT, channel="web", external_id="1")
    receipt = made["receipt"]
    assert len(receipt.replace("-", "")) == 20
    told = client.get(f"/api/v1/receipts/{receipt}").json()
    assert told.keys() == {"status", "class", "received_at", "changed_at"}
    assert told["status"] == "received"
    client.post(f"{PATH}/{made['id']}/events", json={"kind": "status", "status": "accepted"})
    again = client.get(f"/api/v1/receipts/{receipt.lower().replace('-', ' ').replace('0', 'o')}").json()
    assert again["status"] == "accepted"
    assert again["changed_at"] > told["changed_at"]
    assert client.get("/api/v1/receipts/00000-00000-00000-00000").status_code == 404
    # It is shown once: the same report again does not give another.
    assert post(client, 200, channel="web", external_id="1")["receipt"] is None
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT CAST(one AS text) FROM incident_receipt AS one")).scalar_one()
    assert receipt.replace("-", "") not in kept


def test_whom_a_report_complains_about_does_not_get_it(
    client: TestClient, county: County, engine: Engine
) -> None:
    plain = post(client, column=0, row=0)
    assert plain["representative"]["code"] == "R1"
    passed = post(client, column=0, row=0, about={"representative": "R1"})
    assert passed["unit"]["code"] == "G00"
    assert passed["representative"] is None
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        assert stores.incidents.get(passed["id"]).about_representative == county.people["R1"]
    # Of another village nothing changes; of a unit above, nobody in it answers.
    assert post(client, column=0, row=0, about={"unit": "V01"})["representative"]["code"] == "R1"
    assert post(client, column=0, row=0, about={"unit": "T0"})["representative"] is None
    assert post(client, column=4, row=3, about={"unit": "V11"})["representative"]["code"] == "R3"
    moved = client.patch(f"{PATH}/{passed['id']}", json=dict(zip(("lon", "lat"), centre(1, 1), strict=True)))
    assert moved.json()["representative"] is None
    for wrong in ({"representative": "nobody"}, {"unit": "nowhere"}, {"person": "x"}):
        problem = post(client, 422, about=wrong)
        assert "/about" in str(problem)
