"""The database gives up on a request that takes too long, and the answer says so and when to come again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from service.database import make_engine
from service.dependencies import StoresDep, get_day
from service.settings import Settings
from tests.fixtures.client import TestClient, running
from tests.fixtures.county import centre

LON, LAT = centre(0, 0)
REPORT = {"class": "waste", "title": "x", "lon": LON, "lat": LAT}


@contextmanager
def served(settings: Settings, **limits: int) -> Iterator[TestClient]:
    with running(settings.model_copy(update=limits)) as client:
        client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
        client.headers["Accept-Language"] = "en"
        yield client


@contextmanager
def locked(engine: Engine, table: str) -> Iterator[None]:
    """Hold a table as a migration or repair of somebody else does."""
    with engine.begin() as connection:
        connection.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        yield


def refused(response: Any, code: str, words: str) -> None:
    assert response.status_code == 503, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert int(response.headers["Retry-After"]) >= 2
    problem = response.json()
    assert problem["code"] == code
    assert words in problem["detail"]


@pytest.mark.usefixtures("county")
def test_a_statement_that_takes_too_long_is_ended(settings: Settings, engine: Engine) -> None:
    with served(settings, statement_seconds=1, lock_seconds=0) as client:
        with locked(engine, "incident"):
            refused(client.get("/api/v1/incidents"), "too-slow", "Ask for less at once")
        assert client.get("/api/v1/incidents").status_code == 200


@pytest.mark.usefixtures("county")
def test_a_write_waits_for_others_only_so_long_and_leaves_nothing(settings: Settings, engine: Engine) -> None:
    with served(settings, lock_seconds=1) as client:
        with locked(engine, "incident_event"):
            refused(client.post("/api/v1/incidents", json=REPORT), "busy", "Send the same request again")
        assert client.get("/api/v1/incidents").json()["items"] == []
        assert client.post("/api/v1/incidents", json=REPORT).status_code == 201


@pytest.mark.usefixtures("county")
def test_points_that_are_copied_into_a_table_wait_no_longer(settings: Settings, engine: Engine) -> None:
    points = [{"seq": 0, "at": "2026-06-01T09:00:00+08:00", "lon": LON, "lat": LAT}]
    body = {"tracks": [{"track": str(uuid4()), "mode": "foot", "points": points}]}
    at = f"/api/v1/devices/d1/batches/{uuid4()}"
    with served(settings, lock_seconds=1) as client:
        with locked(engine, "fix"):
            refused(client.put(at, json=body), "busy", "Send the same request again")
        assert client.put(at, json=body).status_code == 200


@pytest.mark.usefixtures("county")
def test_a_transaction_that_is_left_open_is_ended(settings: Settings) -> None:
    with served(settings, idle_seconds=1) as client:

        def long_thought(stores: StoresDep) -> date:
            stores.districts.current()
            time.sleep(2)
            return date(2026, 6, 1)

        overridden = client.app.dependency_overrides  # type: ignore[attr-defined]
        overridden[get_day] = long_thought
        refused(client.get("/api/v1/representatives"), "too-slow", "Ask for less at once")
        del overridden[get_day]
        assert client.get("/api/v1/representatives").status_code == 200


@pytest.mark.usefixtures("county")
def test_limits_are_for_requests_alone(settings: Settings, database_url: str) -> None:
    show = text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
    with served(settings) as client:
        with client.app.state.service.engine.connect() as connection:  # type: ignore[attr-defined]
            assert tuple(connection.execute(show).one()) == ("30s", "20s")
        indexes = client.app.state.service.indexes  # type: ignore[attr-defined]
        with indexes._sessions() as session:
            assert tuple(session.execute(show).one()) == ("0", "20s")
    owner = make_engine(database_url)
    with owner.connect() as connection:
        assert tuple(connection.execute(show).one()) == ("0", "0")
    owner.dispose()
