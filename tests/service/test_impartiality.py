"""Whom a report complains about neither sees nor handles it; and what nobody in particular may know."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from layers.row_security import enter
from layers.stores import Stores
from service.access.identity import Held, Identity
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre
from tests.service.routers.test_contacts import CONTACT, PATH, report

ITEMS = "/api/v1/layers/incidents/items"
Case = dict[str, Any]


@pytest.fixture
def chief(callers: Callers) -> TestClient:
    """Somebody of the whole district, whom no report complains about."""
    return callers.role("chief", "supervisor", DISTRICT)


def case(callers: Callers, chief: TestClient, **about: str) -> Case:
    """An incident in grid G00 of village V00 in township T0, reported by nobody in particular."""
    answer = callers.nobody().post(PATH, json=report(0, 0, contact=CONTACT, about=about))
    assert answer.status_code == 201, answer.text
    assert answer.json().keys() == {"receipt", "status", "received_at"}
    found: Case = chief.get(PATH).json()["items"][0]
    return found


def seen_by(client: TestClient, one: Case) -> list[int]:
    """The statuses of every way to see or handle an incident, and how often lists and tiles show it."""
    place = f"{PATH}/{one['id']}"
    lists = [client.get(path) for path in (PATH, ITEMS)]
    assert all(answer.status_code == 200 for answer in lists), [answer.text for answer in lists]
    return [
        client.get(place).status_code,
        client.patch(place, json={"title": "x"}).status_code,
        client.post(f"{place}/events", json={"kind": "comment", "text": "x"}).status_code,
        client.get(f"{place}/contact", params={"purpose": "call back"}).status_code,
        client.get(f"{ITEMS}/{one['id']}").status_code,
        len(lists[0].json()["items"]),
        len(lists[1].json()["features"]),
    ]


ALL, NOTHING = [200, 200, 201, 200, 200, 1, 1], [404, 404, 404, 404, 404, 0, 0]


def test_a_representative_complained_about_has_no_part_in_it(
    callers: Callers, chief: TestClient, county: County
) -> None:
    one = case(callers, chief, representative="R1")
    assert one["representative"] is None
    # R1 answers for V00; the worker of the same village may see it.
    accused = callers.role("accused", "representative", DISTRICT, county.units["V00"])
    worker = callers.role("worker", "grid_worker", DISTRICT, county.units["V00"])
    assert seen_by(accused, one) == NOTHING
    assert seen_by(worker, one) == ALL
    assert seen_by(chief, one) == ALL


def test_nobody_of_a_unit_complained_about_has_a_part_in_it(
    callers: Callers, chief: TestClient, county: County
) -> None:
    one = case(callers, chief, unit="V00")
    inside = callers.role("inside", "coordinator", DISTRICT, county.units["V00"])
    below = callers.role("below", "grid_worker", DISTRICT, county.units["G00"])
    above = callers.role("above", "coordinator", DISTRICT, county.units["T0"])
    assert seen_by(inside, one) == NOTHING
    assert seen_by(below, one) == NOTHING
    assert seen_by(above, one) == ALL


def test_others_see_what_complains_about_nobody(callers: Callers, chief: TestClient, county: County) -> None:
    one = case(callers, chief)
    assert one["representative"]["code"] == "R1"
    worker = callers.role("worker", "representative", DISTRICT, county.units["V00"])
    assert seen_by(worker, one) == ALL


def test_the_database_itself_keeps_them_out(
    callers: Callers, chief: TestClient, county: County, engine: Engine
) -> None:
    one = case(callers, chief, unit="V00")
    served = callers.client.app.state.service.sessions  # type: ignore[attr-defined]
    for unit, visible in (("V00", 0), ("T0", 1)):
        held = (Held("coordinator", DISTRICT, county.units[unit]),)
        with served() as session:
            enter(session, Identity("person", UUID(int=1), "x", held, UUID(int=1)).scope())
            for table, column in (
                ("incident", "id"),
                ("incident_contact", "incident"),
                ("incident_event", "incident"),
            ):
                query = text(f"SELECT count(DISTINCT {column}) FROM {table} WHERE {column} = :id")  # noqa: S608
                assert session.execute(query, {"id": one["id"]}).scalar_one() == visible, table
            changed = session.execute(
                text("UPDATE incident SET title = 'x' WHERE id = :id"), {"id": one["id"]}
            )
            assert changed.rowcount == visible


def test_nobody_gets_a_receipt_and_no_more(callers: Callers, chief: TestClient) -> None:
    nobody = callers.nobody()
    receipt = nobody.post(PATH, json=report(contact=CONTACT)).json()["receipt"]
    told = nobody.get(f"/api/v1/receipts/{receipt}")
    assert told.status_code == 200, told.text
    assert told.json()["status"] == "received"
    one = chief.get(PATH).json()["items"][0]
    for path in (PATH, f"{PATH}/{one['id']}", f"{PATH}/{one['id']}/contact?purpose=call", ITEMS):
        assert nobody.get(path).status_code == 401


def test_an_auditor_sees_cases_but_no_contacts(callers: Callers, chief: TestClient) -> None:
    one = case(callers, chief)
    auditor = callers.role("auditor", "auditor", DISTRICT)
    assert auditor.get(f"{PATH}/{one['id']}").status_code == 200
    assert auditor.get(f"{PATH}/{one['id']}/contact", params={"purpose": "call"}).status_code == 403


def test_the_public_never_gets_markers_the_border_or_single_incidents(callers: Callers) -> None:
    nobody = callers.nobody()
    nobody.post(PATH, json=report())
    lon, lat = centre(1, 3)
    for path in (
        "/api/v1/layers/border/items",
        "/api/v1/layers/markers/items",
        "/api/v1/layers/incidents/items",
        "/api/v1/layers/representatives/items",
        "/tiles/border/10/885/365.mvt",
        "/tiles/markers/10/885/365.mvt",
        "/tiles/incidents/10/885/365.mvt",
        "/tiles/border.json",
        "/api/v1/coverage/segments",
        "/api/v1/coverage/segments.geojson",
        "/api/v1/representatives",
        "/maps/coverage.html",
    ):
        answer = nobody.get(path, follow_redirects=False)
        assert answer.status_code in (401, 303), path
        assert "B1" not in answer.text
        assert "public" not in answer.headers.get("cache-control", ""), path
    told = nobody.get("/api/v1/locate", params={"lon": lon, "lat": lat}).json()
    assert told["unit"]["code"] == "G13"
    assert told.get("segment") is None
    assert "marker" not in str(told).lower() or not told.get("markers")
    summary = nobody.get("/api/v1/public/incidents")
    assert summary.status_code == 200, summary.text
    assert summary.json()["total"] is None
    assert nobody.get("/api/v1/public/incidents", params={"quarter": "2099-Q1"}).status_code == 422


def test_a_quarter_is_told_by_township(callers: Callers, chief: TestClient, engine: Engine) -> None:
    ids = []
    for place, count in (((0, 0), 7), ((4, 3), 9), ((1, 1), 0)):
        for _ in range(count):
            callers.nobody().post(PATH, json=report(*place))
    ids = [one["id"] for one in chief.get(PATH).json()["items"]]
    assert len(ids) == 16
    with Session(engine) as session:
        session.execute(text("UPDATE incident SET received_at = '2025-08-01T00:00:00Z'"))
        session.commit()
        counts = Stores(session, DISTRICT).incidents
        assert len(counts.page(limit=100).items) == 16
    told = callers.nobody().get("/api/v1/public/incidents", params={"quarter": "2025-Q3"}).json()
    assert [(one["code"], one["classes"], one["total"]) for one in told["units"]] == [
        ("T0", {"waste": 7}, 7),
        ("T1", {"waste": 9}, 9),
    ]
    assert (told["classes"], told["total"]) == ({"waste": 16}, 16)
    assert not {"lon", "lat"} & set(str(told).split("'"))
