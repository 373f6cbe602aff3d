"""Open311 GeoReport v2: its structure in both forms, keys, refusals, paging, and what it never tells.

The shapes are those of the published examples: every member of theirs, of the same kind, and no other.
"""

from datetime import datetime
from typing import Any

import georeport
import httpx
import pytest
from defusedxml import ElementTree
from sqlalchemy import Engine, text

from service.settings import Settings
from tests.browser.conftest import running as running_site
from tests.fixtures.accounts import Callers
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre

PATH = "/open311/v2"
MAYBE = (str, type(None))
REQUEST: dict[str, Any] = {
    **dict.fromkeys(("service_request_id", "status", "service_name", "service_code"), str),
    **dict.fromkeys(("requested_datetime", "updated_datetime"), str),
    **dict.fromkeys(("status_notes", "description", "agency_responsible", "service_notice"), MAYBE),
    **dict.fromkeys(("expected_datetime", "address", "address_id", "zipcode", "media_url"), MAYBE),
    **dict.fromkeys(("lat", "long"), float),
}
SERVICE: dict[str, Any] = {
    **dict.fromkeys(("service_code", "service_name", "description", "type", "keywords", "group"), str),
    "metadata": bool,
}
ATTRIBUTE: dict[str, Any] = {
    **dict.fromkeys(("variable", "required"), bool),
    **dict.fromkeys(("code", "datatype", "description"), str),
    "datatype_description": MAYBE,
    "order": int,
}
GIVEN: dict[str, Any] = {"service_request_id": str, "service_notice": MAYBE, "account_id": MAYBE}
# What the service of the specification's example asks for.
ASKED: list[dict[str, Any]] = [
    {"code": "WHISHETN", "description": "What is the plate?", "required": True},
    {
        "code": "WHISDORN",
        "description": "Which makes?",
        "datatype": "multivaluelist",
        "values": {"123": "Ford", "124": "Chrysler"},
    },
    {"code": "SEEN", "description": "When?", "datatype": "datetime", "datatype_description": "ISO 8601"},
    {"code": "DEPTH", "description": "How deep?", "datatype": "number"},
]


def shaped(told: dict[str, Any], shape: dict[str, Any]) -> bool:
    """Hold that something has just the members of its shape, each of its kind."""
    assert told.keys() == shape.keys()
    assert {name for name, kind in shape.items() if not isinstance(told[name], kind)} == set()
    return True


def as_xml(answer: Any) -> Any:
    """Return the root of an answer in XML, which says that it is UTF-8."""
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.content.lower().startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    return ElementTree.fromstring(answer.content)


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
    assert all(shaped(one, SERVICE) for one in services)
    assert {one["type"] for one in services} == {"realtime"}
    assert "lamp" in {one["service_code"] for one in services}
    listed = as_xml(public.get(f"{PATH}/services.xml"))
    assert all({each.tag for each in one} == SERVICE.keys() for one in listed)
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
    picture = "https://pictures.example/1.jpg"
    person = {"first_name": "Never", "last_name": "Shown", "email": "a@b.example", "device_id": "x"}
    answer = sent(public, mine, **person, address_string="Elm street", media_url=picture)
    assert answer.status_code == 201, answer.text
    (made,) = answer.json()
    shaped(made, GIVEN)
    number = made["service_request_id"]
    (kept,) = lead.get("/api/v1/incidents", params={"channel": "open311"}).json()["items"]
    assert (kept["id"], kept["unit"]["code"], kept["class"]) == (number, "G11", "lamp")
    contact = lead.get(f"/api/v1/incidents/{number}/contact", params={"purpose": "call back"}).json()
    assert (contact["name"], contact["email"]) == ("Never Shown", "a@b.example")

    (one,) = public.get(f"{PATH}/requests/{number}.json", params={"api_key": mine}).json()
    shaped(one, REQUEST)
    assert (one["address"], one["media_url"]) == ("Elm street", picture)
    for name in ("requested_datetime", "updated_datetime"):
        assert datetime.fromisoformat(one[name]).tzinfo is not None
    assert (one["status"], one["status_notes"], one["expected_datetime"]) == ("open", "received", None)
    assert "Never" not in str(one)
    for status in ("accepted", "handling"):
        lead.post(f"/api/v1/incidents/{number}/events", json={"kind": "status", "status": status})
    with engine.begin() as connection:
        connection.execute(text("UPDATE incident SET status = 'closed' WHERE id = :id"), {"id": number})
    listed = public.get(f"{PATH}/requests.xml", params={"api_key": mine, "status": "closed"})
    assert listed.headers["content-type"].startswith("text/xml")
    root = as_xml(listed)
    assert root.tag == "service_requests"
    (row,) = root.iterfind("request")
    assert {each.tag for each in row} == REQUEST.keys()
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
    assert listed(service_code="waste,lamp,nothing") == ids
    assert sorted(listed(service_request_id=",".join(ids[:2]))) == sorted(ids[:2])
    assert listed(end_date="2025-01-01T00:00:00Z") == []
    assert listed(start_date="2025-01-01T00:00:00Z", status="open,closed") == ids


REFUSED: list[tuple[int, dict[str, str]]] = [
    (400, {"service_code": ""}),
    (404, {"service_code": "nothing"}),
    (400, {"lat": "north"}),
    (400, {"lat": "nan"}),
    (400, {"lat": "46.0\x00"}),
    (400, {"lat": "10", "long": "10"}),
    (400, {"attribute[WHISPAWN]": "1"}),
    (400, {"attribute": "1"}),
    (400, {"media_url": "javascript:alert(1)"}),
    (400, {"description": "x" * 4001}),
    (404, {"jurisdiction_id": "nowhere"}),
    (403, {"api_key": "wrong"}),
    (403, {"api_key": ""}),
]


def test_refusals_are_told_in_both_forms(callers: Callers, keys: tuple[str, str]) -> None:
    (mine, _), public = keys, callers.nobody()
    for status, given in REFUSED:
        answer = sent(public, mine, **given)
        assert answer.status_code == status, (given, answer.text)
        (one,) = answer.json()
        assert one.keys() == {"code", "description"}
        assert (one["code"], bool(one["description"])) == (status, True), given
        shown = as_xml(sent(public, mine, "xml", **given))
        assert (shown.tag, [each.tag for each in shown]) == ("errors", ["error"]), given
        assert shown.findtext("error/code") == str(status)


def test_single_requests_are_not_public(callers: Callers) -> None:
    public = callers.nobody()
    for path in ("requests.json", "requests/1.json", "tokens/1.json"):
        assert public.get(f"{PATH}/{path}").status_code == 403
    assert public.get(f"{PATH}/requests.txt").status_code == 404


@pytest.fixture
def lead(callers: Callers) -> TestClient:
    """Somebody who keeps the rules, by which lamps ask for more."""
    lead = callers.role("lead", "administrator", DISTRICT)
    rules = lead.get("/api/v1/incidents/rules").json()
    rules = {name: value for name, value in rules.items() if name not in ("version", "recomputed")}
    twice = {**rules, "attributes": {"lamp": [ASKED[0], ASKED[0]]}}
    assert lead.put("/api/v1/incidents/rules", json=twice).status_code == 422
    answer = lead.put("/api/v1/incidents/rules", json={**rules, "attributes": {"lamp": ASKED}})
    assert answer.status_code == 200, answer.text
    return lead


def test_a_service_that_asks_for_more(callers: Callers, keys: tuple[str, str], lead: TestClient) -> None:
    (mine, _), public = keys, callers.nobody()
    services = {one["service_code"]: one for one in public.get(f"{PATH}/services.json").json()}
    assert [code for code, one in services.items() if one["metadata"]] == ["lamp"]
    told = public.get(f"{PATH}/services/lamp.json").json()
    assert (told.keys(), told["service_code"]) == ({"service_code", "attributes"}, "lamp")
    lists = {**ATTRIBUTE, "values": list}
    assert all(shaped(one, lists if "list" in one["datatype"] else ATTRIBUTE) for one in told["attributes"])
    assert [one["order"] for one in told["attributes"]] == [1, 2, 3, 4]
    root = as_xml(public.get(f"{PATH}/services/lamp.xml"))
    assert root.tag == "service_definition"
    first, second = root.findall("attributes/attribute")[:2]
    assert {each.tag for each in first} == ATTRIBUTE.keys()
    assert (first.findtext("required"), first.findtext("variable")) == ("true", "true")
    assert [one.findtext("key") for one in second.findall("values/value")] == ["123", "124"]
    assert [one.findtext("name") for one in second.findall("values/value")] == ["Ford", "Chrysler"]

    refused: list[tuple[dict[str, Any], str]] = [
        ({}, "attribute[WHISHETN]"),
        ({"attribute[WHISHETN]": "1\n2"}, "WHISHETN"),
        ({"attribute[WHISHETN]": "1", "attribute[WHISDORN][]": ["123", "999"]}, "WHISDORN"),
        ({"attribute[WHISHETN]": ["1", "2"]}, "WHISHETN"),
        ({"attribute[WHISHETN]": "1", "attribute[SEEN]": "yesterday"}, "SEEN"),
        ({"attribute[WHISHETN]": "1", "attribute[DEPTH]": "nan"}, "DEPTH"),
    ]
    for wrong, named in refused:
        answer = sent(public, mine, **wrong)
        assert answer.status_code == 400, wrong
        assert named in answer.json()[0]["description"]

    right: dict[str, Any] = {"attribute[WHISHETN]": "AB 1", "attribute[WHISDORN][]": ["123", "124"]}
    number = sent(public, mine, **right).json()[0]["service_request_id"]
    (kept,) = lead.get("/api/v1/incidents", params={"channel": "open311"}).json()["items"]
    assert "What is the plate?: AB 1\nWhich makes?: Ford, Chrysler" in kept["description"]
    asked = {"api_key": mine, "extensions": "true"}
    (one,) = public.get(f"{PATH}/requests/{number}.json", params=asked).json()
    shaped(one, {**REQUEST, "extended_attributes": list})
    plate, makes = one["extended_attributes"]
    assert plate == {
        "code": "WHISHETN",
        "description": "What is the plate?",
        "values": [{"key": "AB 1", "name": "AB 1"}],
    }
    assert [each["name"] for each in makes["values"]] == ["Ford", "Chrysler"]
    (row,) = as_xml(public.get(f"{PATH}/requests.xml", params=asked)).iterfind("request")
    assert [each.text for each in row.iterfind("extended_attributes/attribute/values/value/key")] == [
        "AB 1",
        "123",
        "124",
    ]
    # What staff write over the report is theirs.
    edit = {"description": "words of staff", "version": kept["version"]}
    assert lead.patch(f"/api/v1/incidents/{number}", json=edit).status_code == 200
    (one,) = public.get(f"{PATH}/requests/{number}.json", params=asked).json()
    assert one["description"] == "灯不亮 & <dark>"


@pytest.mark.parametrize("form_", ["json", "xml"])
def test_a_client_that_others_wrote_understands_it(settings: Settings, county: County, form_: str) -> None:
    with running_site(str(settings.database_url), settings.home) as origin:
        made = [
            httpx.post(f"{origin}{PATH}/requests.json", data=form(None, service_code=code), timeout=30)
            for code in ("lamp", "waste")
        ]
        numbers = [one.json()[0]["service_request_id"] for one in made]
        client = georeport.GeoReport(f"{origin}{PATH}", jurisdiction=DISTRICT, output_format=form_)
        assert {"lamp", "waste"} <= {one["service_code"] for one in client.get_service_list()}
        assert client.get_service_definition("lamp")["service_code"] == "lamp"
        listed = client.get_service_requests(start_date="2025-01-01T00:00:00Z", status="open")
        assert [one["service_request_id"] for one in listed] == numbers[::-1]
        one = client.get_service_request(numbers[0])
        assert (one["service_code"], one["status"], one["description"]) == ("lamp", "open", "灯不亮 & <dark>")
        elsewhere = georeport.GeoReport(f"{origin}{PATH}", jurisdiction="nowhere", output_format=form_)
        with pytest.raises(OSError, match="404"):
            elsewhere.get_service_list()
