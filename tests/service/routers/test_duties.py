"""Duty sheets over HTTP: one person, a part, the whole county; in both languages, as a page and as PDF."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.representatives import Representative
from layers.stores import Stores
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import BEGIN, DISTRICT, County, centre
from tests.fixtures.injected import TEMPLATE

DUTIES = "/api/v1/staffing/duties"


@pytest.fixture
def sheets(client: TestClient, engine: Engine, county: County) -> TestClient:
    """The small county with somebody who has duties of their own and can be met, and a township head."""
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        own = {"duties": ["Open the gate <b>at six</b>"]}
        value = Representative(new_id(), "R9", TEMPLATE, *centre(0, 0), own)
        stores.representatives.add([value])
        stores.representatives.assign([(value.id, county.units["V00"])], BEGIN)
        session.commit()
    leaders = {
        "items": [{"unit": "T0", "name": "Head of T0", "title": "Township head", "since": "2025-01-01"}]
    }
    assert client.post("/api/v1/chain/leaders", json=leaders).status_code == 201
    lon, lat = centre(1, 1)
    house = {"items": [{"code": "H1", "label": "Mill", "lon": lon, "lat": lat, "since": "2025-01-01"}]}
    assert client.post("/api/v1/chain/households", json=house).status_code == 201
    return client


def test_a_sheet_tells_person_grid_and_duties(sheets: TestClient) -> None:
    page = sheets.get(f"{DUTIES}/R9/sheet.html", params={"lang": "en"})
    assert page.status_code == 200, page.text
    assert "sandbox" in page.headers["content-security-policy"]
    assert TEMPLATE in page.text
    assert "Open the gate &lt;b&gt;at six&lt;/b&gt;" in page.text
    for said in ("V00", "G00", "G30", "600", "H1", "Mill", "Head of T0", "代表R1", "<svg", "<circle"):
        assert said in page.text, said
    for other in ("G41", "V10", "Follow each incident"):
        assert other not in page.text, other
    common = sheets.get(f"{DUTIES}/R1/sheet.html", params={"lang": "zh"}).text
    assert 'lang="zh"' in common
    assert "Follow each incident" not in common
    assert "责任" in common
    assert sheets.get(f"{DUTIES}/nobody/sheet.html").status_code == 404


def test_many_sheets_are_one_document_of_the_county_or_of_a_part(sheets: TestClient) -> None:
    whole = sheets.get(f"{DUTIES}.html", params={"lang": "en"}).text
    assert whole.count('class="duty"') == 4
    west = sheets.get(f"{DUTIES}.html", params={"lang": "en", "unit": "T0"}).text
    assert west.count('class="duty"') == 3
    assert sheets.get(f"{DUTIES}.html", params={"unit": "none"}).status_code == 404
    earlier = sheets.get(f"{DUTIES}.html", params={"lang": "en", "as_of": "2023-01-01"}).text
    assert "V00" not in earlier


def test_sheets_are_pdf_too_a_page_or_more_for_each(sheets: TestClient) -> None:
    for path in (f"{DUTIES}/R9/sheet.pdf", f"{DUTIES}.pdf"):
        reply = sheets.get(path, params={"lang": "zh"})
        assert reply.status_code == 200, reply.text
        assert reply.content.startswith(b"%PDF-")
        assert reply.headers["content-disposition"].startswith("attachment")


def test_whoever_holds_a_part_has_the_sheets_of_it(
    sheets: TestClient, callers: Callers, county: County
) -> None:
    worker = callers.role("worker", "grid_worker", DISTRICT, county.units["V00"])
    assert worker.get(f"{DUTIES}.html").text.count('class="duty"') == 2
    assert worker.get(f"{DUTIES}/R2/sheet.html").status_code == 404
