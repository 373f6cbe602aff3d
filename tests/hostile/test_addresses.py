"""Ids that nothing has, keys used for other content, members that are not the caller's, hosts and tokens."""

import base64
import json
from typing import Any

import pytest

from layers.ids import new_id
from tests.fixtures.county import DISTRICT
from tests.fixtures.injected import EVALUATED, TEMPLATE
from tests.hostile.realm import OTHER, Realm
from tests.hostile.reports import INCIDENTS, JSON, LAT, LON, NEAREST, REPRESENTATIVES, TRACKS, report
from tests.hostile.wire import Wire

HUGE = [2**31, 2**63, 2**64, -1, 10**30]


@pytest.mark.parametrize("number", HUGE, ids=str)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "/api/v1/incidents/{}", b"", id="incident"),
        pytest.param("PATCH", "/api/v1/incidents/{}", b'{"title":"x"}', id="incident-changed"),
        pytest.param("POST", "/api/v1/incidents/{}/events", b'{"kind":"comment","text":"x"}', id="event"),
        pytest.param("GET", "/api/v1/layers/grids/items/{}", b"", id="item"),
        pytest.param("GET", "/api/v1/representatives/{}", b"", id="representative"),
        pytest.param("GET", "/api/v1/units/{}", b"", id="unit"),
        pytest.param("GET", "/api/v1/coverage/segments/{}", b"", id="segment"),
        pytest.param("GET", "/tiles/grids/{0}/{0}/{0}.mvt", b"", id="tile"),
    ],
)
def test_ids_that_nothing_has(wire: Wire, method: str, path: str, body: bytes, number: int) -> None:
    answer = wire.send(method, path.format(number), body, JSON if body else None)
    assert answer.status == 404, answer.content
    assert answer.json()["code"] in ("not-found", "tile-out-of-range")


@pytest.mark.parametrize(
    "identifier", ["%00", "..%2f..%2fetc%2fpasswd", "'%20OR%201=1--", "%ff%fe", TEMPLATE, "a" * 4_000]
)
def test_ids_that_are_attacks(wire: Wire, identifier: str) -> None:
    for path in ("/api/v1/incidents/", "/api/v1/units/", "/api/v1/layers/"):
        answer = wire.send("GET", path + identifier)
        assert answer.status in (404, 422), answer.content
        assert answer.headers["content-type"] == "application/problem+json"
        assert EVALUATED.encode() not in answer.content


def test_the_same_key_for_other_content(wire: Wire) -> None:
    head = {**JSON, "Idempotency-Key": "hostile-1"}
    assert wire.send("POST", INCIDENTS, report(), head).status == 201
    wire.refuse(409, "conflict", "POST", INCIDENTS, report(title="y"), head, traced=True)


def test_the_same_external_id_for_other_content(wire: Wire) -> None:
    given = {"channel": "hotline", "external_id": "7"}
    assert wire.send("POST", INCIDENTS, report(**given), JSON).status == 201
    wire.refuse(409, "conflict", "POST", INCIDENTS, report(title="y", **given), JSON, traced=True)


@pytest.mark.parametrize(
    ("path", "body", "member"),
    [
        (INCIDENTS, report(status="closed"), "/status"),
        (INCIDENTS, report(id=str(new_id())), "/id"),
        (INCIDENTS, report(version=99), "/version"),
        (INCIDENTS, report(colour="red"), "/colour"),
        (INCIDENTS, report(unit=str(new_id())), "/unit"),
        (INCIDENTS, report(assignment={"rule": "grid"}), "/assignment"),
        (INCIDENTS, report(received_at="2025-01-01T00:00:00Z"), "/received_at"),
        (INCIDENTS, report(__class__="x"), "/__class__"),
        (INCIDENTS, report(callback="http://169.254.169.254/latest"), "/callback"),
        (REPRESENTATIVES, b'{"code":"H9","name":"x","active":false}', "/active"),
        (REPRESENTATIVES, b'{"code":"H9","name":"x","id":"1"}', "/id"),
        (REPRESENTATIVES, b'{"code":"H9","name":"x","photo_url":"http://127.0.0.1/"}', "/photo_url"),
    ],
)
def test_members_that_are_not_the_callers(wire: Wire, path: str, body: bytes, member: str) -> None:
    problem = wire.refuse(422, "input-invalid", "POST", path, body, JSON)
    assert problem["where"] == {"pointer": member}


@pytest.mark.parametrize("path", ["/api/v1/incidents", NEAREST, "/api/v1/layers", "/api/v1/districts"])
def test_parameters_that_there_are_not(wire: Wire, path: str) -> None:
    query: dict[str, Any] = {"url": "http://169.254.169.254/latest/meta-data"}
    if path == NEAREST:
        query |= {"lon": LON, "lat": LAT}
    wire.refuse(422, "parameter-unknown", "GET", path, query=query)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:80",
        "127.0.0.1@evil.example",
        "",
        "a b",
        "[::1",
    ],
)
def test_a_host_that_is_not_ours(wire: Wire, host: str) -> None:
    for path in ("/api/v1/layers", "/tiles/grids.json", "/"):
        answer = wire.send("GET", path, headers={"Host": host})
        assert answer.status == 400, answer.content
        assert b"evil" not in answer.content.replace(host.encode() or b"?", b"")


def test_a_forwarded_host_is_not_believed(wire: Wire) -> None:
    head = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    answer = wire.send("GET", "/tiles/grids.json", headers=head)
    assert answer.status == 200
    assert b"evil" not in answer.content


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token that says that it needs no signature."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts)
        + "."
    )


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(
            f"Bearer {unsigned({'sub': 'administrator', 'role': 'administrator', 'exp': 4e9})}", id="alg-none"
        ),
        pytest.param("Bearer ", id="empty"),
        pytest.param("Bearer " + "a" * 20_000, id="endless"),
        pytest.param("Bearer ' OR 1=1--", id="injection"),
        pytest.param("Basic " + base64.b64encode(b"administrator:").decode(), id="no-password"),
        pytest.param("Basic " + base64.b64encode(b"administrator\x00:x").decode(), id="nul"),
        pytest.param("Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(), id="not-utf-8"),
        pytest.param("Basic !!!", id="not-base64"),
    ],
)
def test_credentials_that_are_none(guarded: Wire, authorization: str) -> None:
    answer = guarded.send("GET", INCIDENTS, headers={"Authorization": authorization})
    assert answer.status in (401, 431), answer.content
    if answer.status == 401:
        assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_sees_or_changes_anything(guarded: Wire) -> None:
    for method, path in (("GET", INCIDENTS), ("POST", TRACKS), ("POST", REPRESENTATIVES)):
        answer = guarded.send(method, path, b"{}" if method == "POST" else b"", JSON)
        assert answer.status == 401, answer.content
        assert answer.json()["code"] == "sign-in-required"


ELSEWHERE = [
    pytest.param("GET", "/api/v1/incidents/{incident}", "", "incident", id="incident"),
    pytest.param("PATCH", "/api/v1/incidents/{incident}", '{"title":"y"}', "incident", id="incident-changed"),
    pytest.param(
        "POST",
        "/api/v1/incidents/{incident}/events",
        '{"kind":"comment","text":"y"}',
        "incident",
        id="event",
    ),
    pytest.param("GET", "/api/v1/incidents/{incident}/contact?purpose=call", "", "incident", id="contact"),
    pytest.param("GET", "/api/v1/layers/incidents/items/{incident}", "", "incident", id="item"),
]
"""What is asked of an incident; the member of the known ids that it needs."""
ABROAD = [
    *ELSEWHERE,
    pytest.param("GET", "/api/v1/layers/grids/items/{unit}", "", "unit", id="grid"),
    pytest.param("GET", "/api/v1/patrols/{patrol}/fixes?purpose=look", "", "patrol", id="patrol"),
    pytest.param("POST", "/api/v1/quarantine/{item}/release", "{}", "item", id="released"),
    pytest.param("POST", "/api/v1/quarantine/{item}/discard", '{"note":"no"}', "item", id="discarded"),
    pytest.param("POST", "/api/v1/devices/{device}/token", "", "device", id="token"),
    pytest.param("DELETE", "/api/v1/devices/{device}", "", "device", id="device"),
]


def assert_unknown(
    realm: Realm, role: str, there: tuple[str, str, str], name: str, hidden: str, district: str = DISTRICT
) -> None:
    """Ask for a thing outside the caller's area and for one that nobody has: the answers are the same."""
    method, path, body = there
    answers = []
    for identifier in (hidden, f"phone-{new_id()}" if name == "device" else str(new_id())):
        head = {**realm.credentials[role], **(JSON if body else {})}
        address = path.format(**{name: identifier})
        if not address.startswith("/api/v1/devices"):
            address += f"{'&' if '?' in address else '?'}district={district}"
        stored = realm.wire.contents()
        answer = realm.wire.send(method, address, body.encode(), head)
        assert realm.wire.contents() == stored
        answers.append((answer.status, json.loads(answer.content.replace(identifier.encode(), b"ID"))))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404, answers


@pytest.mark.parametrize(("method", "path", "body", "name"), ABROAD)
def test_ids_of_a_district_that_is_not_the_callers(
    two_districts: Realm, method: str, path: str, body: str, name: str
) -> None:
    hidden = two_districts.known[OTHER][name]
    assert_unknown(two_districts, "coordinator", (method, path, body), name, hidden)


@pytest.mark.parametrize("role", ["grid_worker", "representative"])
@pytest.mark.parametrize(("method", "path", "body", "name"), ELSEWHERE)
def test_ids_of_a_part_of_the_district_that_is_not_the_callers(
    two_districts: Realm, method: str, path: str, body: str, name: str, role: str
) -> None:
    assert_unknown(two_districts, role, (method, path, body), name, two_districts.east)
    near = path.format(incident=two_districts.known[DISTRICT]["incident"])
    if method == "GET":
        answer = two_districts.wire.send(method, near, headers=two_districts.credentials[role])
        assert answer.status == 200, answer.content


def test_a_district_that_is_not_the_callers_is_as_one_that_is_not_there(two_districts: Realm) -> None:
    asked = (f"{INCIDENTS}/{two_districts.known[OTHER]['incident']}", INCIDENTS, "/tiles/grids/0/0/0.mvt")
    for path in asked:
        answers = []
        for district in (OTHER, "999999"):
            answer = two_districts.wire.send(
                "GET",
                path,
                headers=two_districts.credentials["coordinator"],
                query={"district": district},
            )
            answers.append((answer.status, answer.content.replace(district.encode(), b"ID")))
        assert answers[0] == answers[1]
        assert answers[0][0] in (404, 422)
