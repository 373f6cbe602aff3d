"""Open311 GeoReport v2: its structure in both forms, keys, refusals, paging, and what it never tells."""

from typing import Any

import pytest
from defusedxml import ElementTree
from sqlalchemy import Engine, text

from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, centre

PATH = "/open311/v2"
REQUEST = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime",
    "address", "address_id", "zipcode", "lat", "long", "media_url",
}  # fmt: skip
SERVICE = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}


@pytest.fixture
def keys(callers: Callers) -> tuple[str, str]:
    """Tokens of the devices of two people who report for others."""
    found = []
    for name in ("app", "other"):
        keeper = callers.role(name, "coordinator", DISTRICT)
        answer = keeper.post("/api/v1/devices", json={"code": f"{name}-1", "name": name})
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["token"])
    return found[0], found[1]


def form(key: str | None, **others: Any) -> dict[str, Any]:
    lon, lat = centre(1, 1)
    given = {"service_code": "lamp", "lat": str(lat), "long": str(lon), "description": "灯不亮 & <dark>"}
    return {**given, **({} if key is None else {"api_key": key}), **others}


def sent(client: TestClient, key: str | None, form_: str = "json", **others: Any) -> Any:
    return client.post(f"{PATH}/requests.{form_}", data=form(key, **others))


def test_what_it_is_and_what_may_be_reported(callers: Callers) -> None:
    public = callers.nobody()
    found = public.get(f"{PATH}/discovery.json").json()
    (endpoint,) = found["endpoints"]
    assert endpoint["url"].endswith(PATH)
    assert {"specification", "changeset", "type", "formats"} < endpoint.keys()
    services = public.get(f"{PATH}/services.json", params={"jurisdiction_id": DISTRICT}).json()
    assert all(one.keys() == SERVICE for one in services)
    assert "lamp" in {one["service_code"] for one in services}
    listed = ElementTree.fromstring(public.get(f"{PATH}/services.xml").content)
    assert (listed.tag, {one.tag for one in listed}) == ("services", {"service"})
    assert [one.findtext("service_code") for one in listed] == [one["service_code"] for one in services]
    assert {one.findtext("metadata") for one in listed} == {"false"}
    one = public.get(f"{PATH}/services/lamp.json").json()
    assert one == {"service_code": "lamp", "attributes": []}
    shown = ElementTree.fromstring(public.get(f"{PATH}/discovery.xml").content)
    assert [each.text for each in shown.iterfind("endpoints/endpoint/formats/format")] == endpoint["formats"]


def test_a_request_from_its_report_to_its_end(
    callers: Callers, keys: tuple[str, str], engine: Engine
) -> None:
    (mine, other), public = keys, callers.nobody()
    lead = callers.role("lead", "supervisor", DISTRICT)
    answer = sent(public, mine, first_name="Never", last_name="Shown", email="a@b.example", device_id="x")
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()
    number = made["service_request_id"]
    (kept,) = lead.get("/api/v1/incidents", params={"channel": "open311"}).json()["items"]
    assert (kept["id"], kept["unit"]["code"], kept["class"]) == (number, "G11", "lamp")
    contact = lead.get(f"/api/v1/incidents/{number}/contact", params={"purpose": "call back"}).json()
    assert (contact["name"], contact["email"]) == ("Never Shown", "a@b.example")

    (one,) = public.get(f"{PATH}/requests/{number}.json", params={"api_key": mine}).json()
    assert one.keys() == REQUEST
    assert (one["status"], one["status_notes"], one["expected_datetime"]) == ("open", "received", None)
    assert "Never" not in str(one)
    for status in ("accepted", "handling"):
        lead.post(f"/api/v1/incidents/{number}/events", json={"kind": "status", "status": status})
    with engine.begin() as connection:
        connection.execute(text("UPDATE incident SET status = 'closed' WHERE id = :id"), {"id": number})
    listed = public.get(f"{PATH}/requests.xml", params={"api_key": mine, "status": "closed"})
    assert listed.headers["content-type"].startswith("text/xml")
    root = ElementTree.fromstring(listed.content)
    assert root.tag == "service_requests"
    (row,) = root.iterfind("request")
    assert {each.tag for each in row} == REQUEST
    assert (row.findtext("status"), row.findtext("description")) == ("closed", "灯不亮 & <dark>")
    assert public.get(f"{PATH}/requests.json", params={"api_key": mine, "status": "open"}).json() == []
    token = public.get(f"{PATH}/tokens/{number}.json", params={"api_key": mine}).json()
    assert token == [{"service_request_id": number, "token": number}]
    # What others sent is not told apart from what there is not.
    assert public.get(f"{PATH}/requests/{number}.json", params={"api_key": other}).status_code == 404
    assert public.get(f"{PATH}/requests.json", params={"api_key": other}).json() == []


def test_requests_page_by_page_and_by_what_they_are(callers: Callers, keys: tuple[str, str]) -> None:
    (mine, _), public = keys, callers.nobody()
    made = [sent(public, mine, service_code=code).json()[0] for code in ("lamp", "waste", "lamp")]
    ids = [one["service_request_id"] for one in reversed(made)]

    def listed(**only: Any) -> list[str]:
        answer = public.get(f"{PATH}/requests.json", params={"api_key": mine, **only})
        assert answer.status_code == 200, answer.text
        return [one["service_request_id"] for one in answer.json()]

    assert listed() == ids
    assert [listed(page_size=2, page=page) for page in (1, 2, 3)] == [ids[:2], ids[2:], []]
    assert listed(service_code="waste") == ids[1:2]
    assert sorted(listed(service_request_id=",".join(ids[:2]))) == sorted(ids[:2])
    assert listed(end_date="2025-01-01T00:00:00Z") == []
    assert listed(start_date="2025-01-01T00:00:00Z", status="open,closed") == ids


@pytest.mark.parametrize(
    ("status", "given"),
    [
        (400, {"service_code": ""}),
        (404, {"service_code": "nothing"}),
        (400, {"lat": "north"}),
        (400, {"lat": "nan"}),
        (400, {"lat": "46.0\x00"}),
        (400, {"lat": "10", "long": "10"}),
        (400, {"attribute[WHISPAWN]": "1"}),
        (404, {"jurisdiction_id": "nowhere"}),
        (403, {"api_key": "wrong"}),
        (403, {"api_key": ""}),
    ],
)
def test_refusals_are_told_in_both_forms(
    callers: Callers, keys: tuple[str, str], status: int, given: dict[str, str]
) -> None:
    (mine, _), public = keys, callers.nobody()
    answer = sent(public, mine, **given)
    assert answer.status_code == status, answer.text
    (one,) = answer.json()
    assert one["code"] == status
    assert one["description"]
    shown = ElementTree.fromstring(sent(public, mine, "xml", **given).content)
    assert (shown.tag, shown.findtext("error/code")) == ("errors", str(status))


def test_single_requests_are_not_public(callers: Callers) -> None:
    public = callers.nobody()
    for path in ("requests.json", "requests/1.json", "tokens/1.json"):
        assert public.get(f"{PATH}/{path}").status_code == 403
    assert public.get(f"{PATH}/requests.txt").status_code == 404
