"""Every route of the service, through the shield: none forgets what a browser must know."""

import re
from typing import Any

import pytest
from fastapi.responses import HTMLResponse
from fastapi.routing import iter_route_contexts
from starlette.routing import Route

from service.settings import Settings
from tests.fixtures.accounts import PASSWORD, Callers, add_person
from tests.fixtures.client import TestClient, running
from tests.fixtures.county import DISTRICT
from tests.maps.test_shell import parsed

SAMPLES = {
    "view": "coverage",
    "layer": "grids",
    "path": "web/page.js",
    "z": "8",
    "x": "200",
    "y": "90",
    "code": "G00",
    "item": "G00",
    "incident": "00000000-0000-7000-8000-000000000000",
    "district": "159901",
    "segment": "S01",
}
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
NONCE = re.compile(r"'nonce-([^']+)'")


def addresses(client: TestClient) -> list[str]:
    """Return an address of every route that answers GET."""
    contexts = iter_route_contexts(client.app.routes)  # type: ignore[attr-defined]
    templates = [str(context.path) for context in contexts if "GET" in (context.methods or ())]
    return sorted(_PARAMETER.sub(lambda name: SAMPLES.get(name[1], "x"), template) for template in templates)


def assert_complete(answer: Any, address: str) -> None:
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff", address
    assert headers["cross-origin-resource-policy"] == "same-origin", address
    if headers.get("content-type", "").startswith("text/html"):
        assert headers["referrer-policy"] in ("same-origin", "no-referrer"), address
        assert headers["cross-origin-opener-policy"] == "same-origin", address
        assert "geolocation=" in headers["permissions-policy"], address
    assert "frame-ancestors 'none'" in headers["content-security-policy"], address
    if not address.startswith(("/assets/", "/favicon.ico")):
        assert headers["cache-control"].startswith(("no-store", "private")), address
        if "no-store" not in headers["cache-control"]:
            assert {"Cookie", "Authorization"} <= set(headers["vary"].split(", ")), address


def test_every_answer_is_complete(client: TestClient) -> None:
    every = addresses(client)
    assert "/coverage" in every
    assert "/tiles/grids/8/200/90.mvt" in every
    for address in [*every, "/nothing", "/tiles/grids/99/0/0.mvt"]:
        answer = client.get(address, follow_redirects=False)
        assert answer.status_code < 500, (address, answer.text)
        assert_complete(answer, address)
    for method in ("POST", "PUT", "DELETE"):
        assert_complete(client.request(method, "/coverage"), "/coverage")
    assert_complete(client.post("/api/v1/incidents", content=b" " * (3 << 20)), "/api/v1/incidents")


def test_every_page_allows_its_own_scripts_and_no_other(client: TestClient) -> None:
    pages = 0
    for address in addresses(client):
        answer = client.get(address)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        pages += 1
        policy = answer.headers["content-security-policy"]
        scripts = next((part for part in policy.split("; ") if part.startswith("script-src")), "")
        assert "unsafe" not in scripts, address
        assert "*" not in policy, address
        assert "http" not in policy, address
        nonces = set(NONCE.findall(policy))
        for tag, attributes in parsed(answer.text):
            assert not [name for name in attributes if name.startswith("on")], (address, tag)
            inline = tag == "script" and "src" not in attributes
            if inline and attributes.get("type") != "application/json" and "sandbox" not in policy:
                assert attributes.get("nonce") in nonces, address
            if tag == "script" and "src" in attributes:
                assert (attributes["src"] or "").startswith("/assets/"), address
            if tag == "link":
                assert (attributes["href"] or "").startswith(("/", "data:")), address
    assert pages >= 6


def test_a_route_that_knows_nothing_of_this_is_complete_too(settings: Settings) -> None:
    with running(settings) as client:
        routes = client.app.router.routes  # type: ignore[attr-defined]
        routes.insert(0, Route("/new", lambda _: HTMLResponse("<script>document.title=1</script>")))
        answer = client.get("/new")
        assert answer.text
        assert_complete(answer, "/new")
        assert "script-src" not in answer.headers["content-security-policy"]


def test_a_stranger_host_reaches_nothing(client: TestClient) -> None:
    for address in ("/", "/api/v1/locate?lon=118&lat=46", "/healthz", "/tiles/grids.json"):
        answer = client.get(address, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (400, "host-unknown"), address
        assert_complete(answer, address)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_page_of_others_changes_nothing(client: TestClient, origin: str) -> None:
    report = {"class": "waste", "title": "x", "lon": 118.0, "lat": 46.0}
    answer = client.post(
        "/api/v1/incidents", json=report, headers={"Origin": origin, "Cookie": "wardline_session=x"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-foreign")


def test_the_addresses_in_answers_are_never_of_others(client: TestClient) -> None:
    answer = client.get("/tiles/grids.json", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil" not in answer.text


def test_a_password_cannot_be_tried_out_on_the_form(callers: Callers) -> None:
    add_person(callers.engine, "ada", password=PASSWORD)
    client = callers.nobody()
    for name in ("ada", "Ada", "aDA") * 10:
        answer = client.post("/signin", data={"login": name, "password": "wrong"})
        assert answer.status_code == 401
    answer = client.post("/signin", data={"login": "ada", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Try again in" in answer.text
    answer = client.post("/api/v1/session", json={"login": "ADA", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == answer.json()["wait_s"]
    # Nobody else is kept out, and neither is she, from where she is.
    add_person(callers.engine, "eve", password=PASSWORD)
    given = {"login": "eve", "password": PASSWORD}
    assert client.post("/api/v1/session", json=given).status_code == 201
    away = TestClient(client.app, headers=client.headers, client=("192.0.2.9", 1))
    assert away.post("/api/v1/session", json={"login": "ada", "password": PASSWORD}).status_code == 201


def test_reports_without_a_name_have_a_rate(callers: Callers) -> None:
    outside = TestClient(callers.client.app, headers=callers.client.headers, client=("192.0.2.9", 1))
    report = {"class": "waste", "title": "x", "lon": 131.005, "lat": 46.005}
    answers = [outside.post("/api/v1/incidents", json=report).status_code for _ in range(12)]
    assert answers == [201] * 10 + [429] * 2
    named = callers.role("ada", "supervisor", DISTRICT)
    assert [named.post("/api/v1/incidents", json=report).status_code for _ in range(12)] == [201] * 12
