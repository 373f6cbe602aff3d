"""A person's day: figures, what was reached, own and others', in the audit, as a sheet and as PDF."""

import uuid
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.row_security import SYSTEM_SCOPE, enter
from layers.sign_ins import Device, Devices
from service.access import tokens
from tests.fixtures.accounts import NOW, Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County
from tests.fixtures.field import Phone, batch, incident, points, track, visit
from tests.fixtures.injected import EVALUATED, TEMPLATE
from tests.service.routers.test_due import grid_visited

DAY = "2026-06-01"  # of tests.fixtures.field
AT = "/api/v1/patrols/days"


@pytest.fixture
def guard(callers: Callers, engine: Engine) -> tuple[TestClient, UUID]:
    """A guard who walked 1 km of border in two devices' tracks, cleaned a marker and reported something."""
    person = add_person(engine, "watch", [("guard", DISTRICT, None)])
    walk = points(100)
    for name in ("phone-1", "watch-1"):
        token = tokens.new_token(tokens.DEVICE)
        with Session(engine) as session, session.begin():
            enter(session, SYSTEM_SCOPE)
            Devices(session).add(Device(new_id(), name, name, person, None, NOW), tokens.digest(token))
        phone = Phone(callers.nobody(), name, {"Authorization": f"Bearer {token}"})
        done = {} if name == "watch-1" else {
            "visits": [visit(action="cleaned", note=f"<b>moss</b> {TEMPLATE}")],
            "incidents": [incident()],
        }  # fmt: skip
        sent = phone.put(batch(tracks=[track(walk)], **done))
        assert sent.status_code == 200, sent.text
        assert sent.json()["counts"]["quarantined"] == 0
    return callers.signed_in(person), person


def test_a_guard_reads_the_own_day(guard: tuple[TestClient, UUID], engine: Engine, county: County) -> None:
    client, person = guard
    body: dict[str, Any] = client.get(f"{AT}/{person}/{DAY}").json()
    assert (body["own"], body["person"]) == (True, {"id": str(person), "name": "watch"})
    assert body["km"] == pytest.approx(0.994, abs=0.02), "two devices went one way"
    assert body["hours"] == pytest.approx(990 / 3600, abs=0.01)
    (segment,) = body["segments"]
    assert segment["covered_m"] == pytest.approx(994.0, abs=15.0)
    assert segment["gaps"][-1]["to_m"] == segment["length_m"]
    assert body["border_km"] == pytest.approx(segment["covered_m"] / 1000.0, abs=0.001)
    assert len(body["patrols"]) == 2
    (action,) = body["actions"]
    assert (action["marker"], action["evidence"]) == ("D1", "serviced")
    assert [one["evidence"] for one in body["markers"] if one["code"] == "D1"] == ["serviced"]
    assert [one["class"] for one in body["incidents"]] == ["road"]
    assert "131.0" not in client.get(f"{AT}/{person}/{DAY}").text, "no places"
    with Session(engine) as session:
        assert not session.execute(text("SELECT 1 FROM audit_entry WHERE action = 'day.read'")).all()
    quiet = client.get(f"{AT}/{person}/2026-06-02").json()
    assert (quiet["km"], quiet["hours"], quiet["segments"], quiet["patrols"]) == (0.0, 0.0, [], [])


def test_another_persons_day_is_for_a_purpose_that_is_kept(
    guard: tuple[TestClient, UUID], callers: Callers, engine: Engine
) -> None:
    _, person = guard
    keeper = callers.role("keeper", "coordinator", DISTRICT)
    refused = keeper.get(f"{AT}/{person}/{DAY}")
    assert (refused.status_code, refused.json()["where"]) == (422, {"parameter": "purpose"})
    body = keeper.get(f"{AT}/{person}/{DAY}", params={"purpose": "monthly review"}).json()
    assert (body["own"], body["person"]["name"], len(body["patrols"])) == (False, "watch", 2)
    other = callers.role("other", "guard", DISTRICT)
    assert other.get(f"{AT}/{person}/{DAY}", params={"purpose": "I am curious"}).status_code == 404
    assert keeper.get(f"{AT}/{uuid.uuid4()}/{DAY}", params={"purpose": "a look"}).status_code == 404
    with Session(engine) as session:
        rows = session.execute(
            text("SELECT actor_name, subject, purpose FROM audit_entry WHERE action = 'day.read'")
        )
        assert [tuple(row) for row in rows] == [("keeper", str(person), "monthly review")]


def test_positions_that_are_gone_take_the_kilometres_and_nothing_else(
    guard: tuple[TestClient, UUID], engine: Engine
) -> None:
    client, person = guard
    with Session(engine) as session, session.begin():
        session.execute(text("DELETE FROM fix_block"))
    body = client.get(f"{AT}/{person}/{DAY}").json()
    assert body["km"] is None
    assert body["border_km"] == pytest.approx(0.994, abs=0.02)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sheet_is_for_paper_and_runs_nothing(guard: tuple[TestClient, UUID], language: str) -> None:
    client, person = guard
    reply = client.get(f"{AT}/{person}/{DAY}/sheet.html", params={"lang": language})
    assert reply.status_code == 200
    assert {"en": "Patrol log", "zh": "巡逻日志"}[language] in reply.text
    assert "&lt;b&gt;moss" in reply.text
    assert EVALUATED not in reply.text
    assert "09:00" in reply.text, "the local time"
    assert "sandbox" in reply.headers["content-security-policy"]
    assert "<script" not in reply.text
    pdf = client.get(f"{AT}/{person}/{DAY}/sheet.pdf", params={"lang": language})
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


def test_grids_of_the_day_are_those_of_the_persons_recordings(
    guard: tuple[TestClient, UUID], engine: Engine, county: County
) -> None:
    client, person = guard
    grid_visited(engine, county, "G00", "2026-06-01T03:00:00Z")
    codes = {one["code"] for one in client.get(f"{AT}/{person}/{DAY}").json()["units"]}
    assert "G00" not in codes, "somebody else was there"


def test_days_and_people_that_are_none(client: TestClient) -> None:
    assert client.get(f"{AT}/{uuid.uuid4()}/2026-13-01").status_code == 404
    assert client.get(f"{AT}/nobody/{DAY}").status_code == 404
