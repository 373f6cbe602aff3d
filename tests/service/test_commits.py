"""No write is acknowledged before it is committed: every route by its dependencies, the main ones live."""

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.crash.deeds import batch
from tests.fixtures.client import TestClient
from tests.fixtures.county import centre

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
READS = {"POST /api/v1/locate", "POST /api/v1/stations/nearest"}
"""They change nothing; only their questions are too long for an address."""
OWN_SESSIONS = {"POST /signin"}
"""They open and commit a session in one step of their own."""

LON, LAT = centre(0, 0)
AT = "2026-06-01T09:00:00+08:00"
REPORT = {"class": "waste", "title": "x", "lon": LON, "lat": LAT}


def every_route(client: TestClient) -> Iterator[tuple[str, APIRoute]]:
    for one in iter_route_contexts(client.app.routes):  # type: ignore[attr-defined]
        route = one.original_route
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield f"{method} {route.path}", route


def dependencies(dependant: Dependant) -> Iterator[Dependant]:
    for one in dependant.dependencies:
        yield one
        yield from dependencies(one)


def test_what_every_route_opens_is_closed_before_the_answer(client: TestClient) -> None:
    # FastAPI closes a dependency after the answer unless its scope is the function's. A commit that is made
    # there could fail when the caller has been told that all is well.
    late = [
        (name, str(one.call))
        for name, route in every_route(client)
        for one in dependencies(route.dependant)
        if inspect.isgeneratorfunction(one.call) or inspect.isasyncgenfunction(one.call)
        if one.scope != "function"
    ]
    assert late == []


def test_every_write_route_works_in_a_session_that_is_committed(client: TestClient) -> None:
    from service.account_dependencies import get_accounts  # noqa: PLC0415 - beside what it is compared with
    from service.dependencies import get_session  # noqa: PLC0415

    committing = {get_session, get_accounts}
    writes = {name: route for name, route in every_route(client) if name.split()[0] in WRITES}
    assert len(writes) > 10
    without = {
        name
        for name, route in writes.items()
        if not committing & {one.call for one in dependencies(route.dependant)}
    }
    assert without <= READS | OWN_SESSIONS, "commit before the answer, and say so here"


class Write:
    """A request that works, made anew each time so that nothing is a repetition."""

    def __init__(self, name: str, send: Callable[[TestClient, str], Any]) -> None:
        self.name = name
        self.send = send


def _patch(client: TestClient, incident: str) -> Any:
    return client.patch(f"/api/v1/incidents/{incident}", json={"title": uuid4().hex})


def _event(client: TestClient, incident: str) -> Any:
    return client.post(f"/api/v1/incidents/{incident}/events", json={"kind": "comment", "text": "x"})


def _track(client: TestClient, _: str) -> Any:
    lines = [f"2026-06-01T01:00:{second:02}Z,{LON},{LAT},5" for second in range(5)]
    body = "\n".join(["time,lon,lat,accuracy", *lines])
    address = f"/api/v1/tracks?device={uuid4().hex}"
    return client.post(address, content=body, headers={"Content-Type": "text/csv"})


def _batch(client: TestClient, _: str) -> Any:
    import random  # noqa: PLC0415 - only here

    deed = batch(f"d-{uuid4().hex[:8]}", 0, random.Random(1))
    return client.put(deed.path, content=deed.body, headers=dict(deed.headers))


def _owntracks(client: TestClient, _: str) -> Any:
    body = {
        "_type": "location",
        "tid": uuid4().hex[:2],
        "lat": LAT,
        "lon": LON,
        "tst": 1_780_275_600,
        "acc": 5,
    }
    return client.post("/api/v1/tracks/owntracks", json=body)


def _representative(client: TestClient, _: str) -> Any:
    body = {"code": uuid4().hex, "name": "x", "lon": LON, "lat": LAT}
    return client.post("/api/v1/representatives", json=body)


WORKING = [
    Write("POST /incidents", lambda client, _: client.post("/api/v1/incidents", json=REPORT)),
    Write("PATCH /incidents/{incident}", _patch),
    Write("POST /incidents/{incident}/events", _event),
    Write("POST /tracks", _track),
    Write("PUT /devices/{device}/batches/{batch}", _batch),
    Write("POST /tracks/owntracks", _owntracks),
    Write("POST /representatives", _representative),
]


def contents(engine: Engine) -> dict[str, str]:
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'spatial_ref_sys'"
    rows = "SELECT md5(coalesce(string_agg(one::text, '|' ORDER BY one::text), '')) FROM {} AS one"
    with engine.connect() as connection:
        names = connection.execute(text(tables)).scalars().all()
        return {name: connection.execute(text(rows.format(name))).scalar_one() for name in names}


@contextmanager
def a_full_disk() -> Iterator[None]:
    """Let every commit fail as PostgreSQL does when its log cannot be written."""

    def fail(_: Session) -> None:
        raise OperationalError("COMMIT", {}, Exception("could not write to file: No space left on device"))

    event.listen(Session, "before_commit", fail)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", fail)


@pytest.mark.parametrize("write", WORKING, ids=lambda write: write.name)
def test_a_write_whose_commit_fails_is_refused_and_leaves_nothing(
    client: TestClient, engine: Engine, write: Write
) -> None:
    incident = client.post("/api/v1/incidents", json=REPORT).json()["id"]
    before = contents(engine)
    with a_full_disk():
        answer = write.send(client, incident)
    assert answer.status_code == 503, answer.text
    assert json.loads(answer.content)["code"] == "not-ready"
    assert contents(engine) == before
    again = write.send(client, incident)
    assert again.status_code in {200, 201}, again.text
    assert contents(engine) != before, "the request changes nothing, so nothing was proven"


def test_a_caller_who_leaves_in_the_middle_of_the_body_is_no_fault_of_ours(
    client: TestClient, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    before = contents(engine)
    messages = iter([{"type": "http.request", "body": b'{"class":', "more_body": True}])
    answered: list[Any] = []

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/incidents",
        "raw_path": b"/api/v1/incidents",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-type", b"application/json")],
        "client": ("testclient", 50000),
        "server": ("testserver", 80),
    }
    assert client.portal is not None
    client.portal.call(client.app, scope, receive, send)
    assert answered[0]["status"] == 400
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert contents(engine) == before
