"""Incidents over HTTP: assignment by location, edits, steps, and writes that happen once."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.stores import Stores
from tests.fixtures.client import TestClient
from tests.fixtures.county import SOUTH, County, centre, drafts
from tests.fixtures.injected import TEMPLATE

PATH = "/api/v1/incidents"
NORTH = SOUTH + 0.04


def report(column: int = 0, row: int = 0, **others: Any) -> dict[str, Any]:
    lon, lat = centre(column, row)
    given = {
        "class": "waste",
        "title": "垃圾",
        "lon": lon,
        "lat": lat,
        "occurred_at": "2025-07-01T08:00:00+08:00",
    }
    return {**given, **others}


def post(client: TestClient, status: Any = 201, **others: Any) -> dict[str, Any]:
    answer = client.post(PATH, json=report(**others))
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_an_incident_is_assigned_by_location(client: TestClient) -> None:
    body = post(client, column=1, row=1)
    assert body["unit"]["code"] == "G11"
    assert [one["code"] for one in body["chain"]] == ["G11", "V00", "T0"]
    assert body["representative"] == {"code": "R1", "name": "代表R1", "unit": "V00", "role": "home"}
    assert body["status"] == "received"
    assert body["version"] == 1
    read = client.get(f"{PATH}/{body['id']}")
    assert read.headers["etag"] == '"1"'
    # The receipt is shown once.
    assert body.pop("receipt")
    assert read.json() == {**body, "events": read.json()["events"]}
    assert [one["kind"] for one in read.json()["events"]] == ["received"]


def test_without_a_home_the_parents_answer(client: TestClient) -> None:
    assert post(client, column=4, row=3)["representative"]["unit"] == "T1"


def test_near_the_border_it_has_segment_and_measure(client: TestClient) -> None:
    body = post(client, lon=131.03, lat=NORTH - 0.001)
    assert body["segment"]["code"] == "B1"
    assert body["segment"]["measure_m"] == pytest.approx(2322.0, abs=2)
    assert body["segment"]["side"] == "right"


def test_an_overlay_that_claims_the_class_goes_first(client: TestClient) -> None:
    body = post(client, column=0, row=2, **{"class": "smuggling"})
    assert body["rule"] == "overlay"
    assert body["unit"]["code"] == "PORT"
    assert body["chain"][0]["code"] == "G02"
    assert body["representative"]["code"] == "R2"


def test_a_moved_pin_is_assigned_again(client: TestClient) -> None:
    body = post(client)
    lon, lat = centre(5, 3)
    answer = client.patch(f"{PATH}/{body['id']}", json={"lon": lon, "lat": lat}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    moved = answer.json()
    assert moved["unit"]["code"] == "G53"
    assert moved["representative"]["unit"] == "T1"
    assert moved["version"] == 2
    assert answer.headers["etag"] == '"2"'
    log = client.get(f"{PATH}/{body['id']}").json()["events"][-1]
    assert log["kind"] == "moved"
    assert (log["body"]["before"]["unit"], log["body"]["after"]["unit"]) == ("G00", "G53")


def test_a_stale_edit_gets_the_current_copy(client: TestClient) -> None:
    body = post(client)
    place = f"{PATH}/{body['id']}"
    assert client.patch(place, json={"title": "一"}, headers={"If-Match": '"1"'}).status_code == 200
    for change in (
        {"headers": {"If-Match": '"1"'}, "json": {"title": "二"}},
        {"json": {"title": "二", "version": 1}},
    ):
        answer = client.patch(place, **change)
        assert answer.status_code == 409
        assert answer.json()["code"] == "stale-version"
        assert answer.json()["current"]["title"] == "一"
        assert answer.json()["current"]["version"] == 2


def test_the_same_external_id_is_one_incident(client: TestClient) -> None:
    first = post(client, channel="platform-a", external_id="7")
    again = post(client, status=200, channel="platform-a", external_id="7")
    assert again["id"] == first["id"]
    problem = post(client, status=409, channel="platform-a", external_id="7", title="other")
    assert problem["code"] == "conflict"
    assert post(client, channel="platform-b", external_id="7")["id"] != first["id"]
    assert len(client.get(PATH).json()["items"]) == 2


def test_twins_at_once_are_one_incident(client: TestClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: client.post(PATH, json=report(channel="a", external_id="1")), range(8))
        )
    assert sorted(one.status_code for one in answers) == [200] * 7 + [201]
    assert len({one.json()["id"] for one in answers}) == 1


def test_an_idempotency_key_makes_it_happen_once(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = client.post(PATH, json=report(), headers=headers)
    again = client.post(PATH, json=report(), headers=headers)
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    other = client.post(PATH, json=report(title="other"), headers=headers)
    assert other.status_code == 409
    assert len(client.get(PATH).json()["items"]) == 1
    # A refused request has not used its key up.
    headers = {"Idempotency-Key": "k-2"}
    assert client.post(PATH, json=report(lon=0.0), headers=headers).status_code == 422
    assert client.post(PATH, json=report(), headers=headers).status_code == 201


def test_the_life_of_an_incident(client: TestClient) -> None:
    place = f"{PATH}/{post(client)['id']}/events"
    skipped = client.post(place, json={"kind": "status", "status": "done"})
    assert skipped.status_code == 409
    assert skipped.json()["code"] == "transition-invalid"
    assert "accepted" in skipped.json()["detail"]
    for step in ("accepted", "handling", "done", "closed"):
        assert client.post(place, json={"kind": "status", "status": step}).status_code == 201
    assert client.post(place, json={"kind": "status", "status": "handling"}).status_code == 409
    text = f"<img onerror=1>{TEMPLATE}"
    assert client.post(place, json={"kind": "comment", "text": text}).status_code == 201
    read = client.get(place.removesuffix("/events")).json()
    assert read["status"] == "closed"
    assert read["version"] == 5
    assert [one["kind"] for one in read["events"]] == ["received", *["status"] * 4, "comment"]
    assert read["events"][-1]["body"]["text"] == text


def test_the_list_filters_and_pages(client: TestClient) -> None:
    for column in range(5):
        post(client, column=column, **{"class": "waste" if column % 2 else "road"})
    assert len(client.get(PATH, params={"class": "waste"}).json()["items"]) == 2
    assert len(client.get(PATH, params={"bbox": "131,46,131.02,46.01"}).json()["items"]) == 2
    assert len(client.get(PATH, params={"representative": "R1"}).json()["items"]) == 3
    seen: list[str] = []
    cursor = None
    while True:
        page = client.get(PATH, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["chain"][0]["code"] for one in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == ["G40", "G20", "G30", "G10", "G00"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"lon": None}, "/lon"),
        ({"lon": "131"}, None),
        ({"lat": 120}, "/lat"),
        ({"lon": 0, "lat": 0}, "/lon"),
        ({"title": ""}, "/title"),
        ({"title": "x" * 201}, "/title"),
        ({"class": 7}, "/class"),
        ({"occurred_at": "2025-07-01T08:00:00"}, "/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "/occurred_at"),
        ({"occurred_at": "1901-01-01T00:00:00Z"}, "/occurred_at"),
        ({"accuracy_m": -1}, "/accuracy_m"),
        ({"status": "closed"}, "/status"),
        ({"unit": "G00"}, "/unit"),
        ({"title": "a\0b"}, "/title"),
        ({"title": "a\ud800b"}, "/title"),
        ({"datum": "gcj02"}, None),
    ],
)
def test_bad_reports_are_refused_by_pointer(
    client: TestClient, change: dict[str, Any], pointer: str | None
) -> None:
    body = json.dumps({**report(), **change}).encode()
    answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    if change == {"lon": "131"}:
        assert answer.status_code in (201, 422)
        return
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert answer.json()["where"] == {"pointer": pointer}
    assert client.get(PATH).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b'{"title": "a", "title": "b"}', 400),
        (b'{"lon": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 500 + b"]" * 500, 400),
        (b"[" * 200_000, 400),
        (b'{"lon": NaN}', 422),
        (b'{"lon": 1e999}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"", 422),
        (b'"' + b"x" * 10_000_000 + b'"', 413),
    ],
)
def test_hostile_json_never_harms(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"]


def test_other_content_types_are_told_what_to_send(client: TestClient) -> None:
    answer = client.post(PATH, data={"title": "x"})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    "identifier", ["01890000-0000-7000-8000-000000000000", "2147483648", "x", str(2**63)]
)
def test_unknown_incidents(client: TestClient, identifier: str) -> None:
    answer = client.get(f"{PATH}/{identifier}")
    assert answer.status_code == 404
    assert answer.json()["code"] in ("not-found", "input-invalid")


def test_a_moved_boundary_counts_at_once(client: TestClient, county: County, engine: Engine) -> None:
    # Published just now: an incident taken in right after it already goes by the new grids.
    service = client.app.state.service  # type: ignore[attr-defined]
    with Session(engine) as session:
        stores = Stores(session, county.district)
        stores.grids.publish("grids", service.indexes.today(county.district), drafts(dict(county.units)))
        session.commit()
    assert post(client, column=2, row=0)["unit"]["code"] == "G20"


@pytest.mark.parametrize("header", ["x", '"x"', "-1", "99999999999999999999", '"1", "2"'])
def test_bad_if_match(client: TestClient, header: str) -> None:
    place = f"{PATH}/{post(client)['id']}"
    assert client.patch(place, json={"title": "y"}, headers={"If-Match": header}).status_code == 400
    assert client.patch(place, json={"title": "y"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("change", [{"lon": 131.01}, {"title": None}, {"lon": 0.0, "lat": 0.0}, {"id": "x"}])
def test_bad_edits_change_nothing(client: TestClient, change: dict[str, Any]) -> None:
    body = post(client)
    answer = client.patch(f"{PATH}/{body['id']}", json=change)
    assert answer.status_code == 422, answer.text
    assert client.get(f"{PATH}/{body['id']}").json()["version"] == 1
