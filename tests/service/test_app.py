"""The application: one shape for every refusal, commits before answers, health, the API's document."""

import time
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service.access.policy import POLICY
from service.app import create_app
from service.dependencies import StrictRoute
from service.settings import Settings
from tests.fixtures.client import TestClient, running
from tests.fixtures.county import County, centre, publish

LON, LAT = centre(0, 0)
REPORT = {"class": "waste", "title": "x", "lon": LON, "lat": LAT}


def is_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"urn:wardline:problem:{code}"
    assert body["title"]
    assert body["detail"]
    return body


def test_a_failed_commit_is_never_a_success(client: TestClient) -> None:
    def fail(_: Session) -> None:
        raise RuntimeError("the disk is full")

    event.listen(Session, "before_commit", fail)
    try:
        answer = client.post("/api/v1/incidents", json=REPORT)
    finally:
        event.remove(Session, "before_commit", fail)
    is_problem(answer, 500, "internal-error")
    assert client.get("/api/v1/incidents").json()["items"] == []


def test_a_commit_that_the_database_refuses_is_never_a_success(client: TestClient, engine: Engine) -> None:
    # A deferred constraint speaks up at commit, when the route has long returned.
    rule = "ALTER TABLE incident ADD CONSTRAINT late UNIQUE (district, title) DEFERRABLE INITIALLY DEFERRED"
    with engine.begin() as connection:
        connection.execute(text(rule))
    try:
        assert client.post("/api/v1/incidents", json=REPORT).status_code == 201
        is_problem(client.post("/api/v1/incidents", json=REPORT), 409, "conflict")
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE incident DROP CONSTRAINT late"))
    assert len(client.get("/api/v1/incidents").json()["items"]) == 1


def test_a_lost_database_is_503_and_comes_back(client: TestClient) -> None:
    engine = client.app.state.service.engine  # type: ignore[attr-defined]

    def fail(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("server closed the connection unexpectedly"))

    event.listen(engine, "before_cursor_execute", fail)
    try:
        answer = client.get("/api/v1/incidents")
    finally:
        event.remove(engine, "before_cursor_execute", fail)
    is_problem(answer, 503, "not-ready")
    assert answer.headers["retry-after"] == "1"
    assert client.get("/api/v1/incidents").status_code == 200


def test_unknown_addresses_and_methods(client: TestClient) -> None:
    is_problem(client.get("/api/v1/nothing"), 404, "route-unknown")
    answer = client.delete("/api/v1/incidents")
    body = is_problem(answer, 405, "method-not-allowed")
    assert "DELETE" in body["detail"]
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


def test_an_early_413_is_a_problem(client: TestClient) -> None:
    answer = client.post(
        "/api/v1/incidents", content=b" " * (3 << 20), headers={"Content-Type": "application/json"}
    )
    is_problem(answer, 413, "content-too-large")

    def chunks() -> Any:
        for _ in range(48):
            yield b" " * 65536

    answer = client.post("/api/v1/incidents", content=chunks(), headers={"Content-Type": "application/json"})
    is_problem(answer, 413, "content-too-large")


def test_every_problem_of_a_body_is_listed(client: TestClient) -> None:
    body = is_problem(client.post("/api/v1/incidents", json={"lon": "x", "lat": 46}), 422, "input-invalid")
    assert {one["where"]["pointer"] for one in body["errors"]} == {"/class", "/title", "/lon"}


def test_health(client: TestClient, settings: Settings) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["indexes"] == "built"


def test_readiness_waits_for_the_indexes(settings: Settings, county: County) -> None:
    with running(settings) as client:
        for _ in range(200):
            answer = client.get("/readyz")
            if answer.status_code == 200:
                break
            is_problem(answer, 503, "not-ready")
            time.sleep(0.05)
        assert client.get("/api/v1/locate", params={"lon": LON, "lat": LAT}).status_code == 200


def test_a_publication_is_seen_within_a_second_without_a_restart(settings: Settings, engine: Any) -> None:
    with running(settings) as client:
        parameters: dict[str, Any] = {"lon": LON, "lat": LAT}
        for _ in range(100):
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.05)
        is_problem(client.get("/api/v1/locate", params=parameters), 422, "district-not-named")
        with Session(engine) as session:
            publish(session)
            session.commit()
        for _ in range(200):
            answer = client.get("/api/v1/locate", params=parameters)
            if answer.status_code == 200:
                break
            time.sleep(0.05)
        assert answer.json()["unit"]["code"] == "G00"


def test_the_document_of_the_api(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert "/api/v1/locate" in document["paths"]
    assert set(document["paths"]["/api/v1/locate"]) == {"get", "post"}
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text
    assert "nonce" in page.headers["content-security-policy"]


def test_every_route_of_the_api_is_strict(client: TestClient) -> None:
    routes = [one.original_route for one in iter_route_contexts(client.app.routes)]  # type: ignore[attr-defined]
    api = [one for one in routes if isinstance(one, APIRoute) and one.path.startswith("/api/")]
    assert len(api) > 10
    assert [one.path for one in api if not isinstance(one, StrictRoute)] == []


def test_a_route_without_a_row_is_not_served(
    accounts_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = dict(POLICY)
    del rows["GET /api/v1/incidents"]
    monkeypatch.setattr("service.access.policy.POLICY", rows)
    with pytest.raises(ValueError, match="no row for GET /api/v1/incidents"):
        create_app(accounts_settings)
