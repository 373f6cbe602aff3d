"""Nothing that the service logs of a request says where somebody is, also where something fails."""

import logging
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from service.database import make_engine
from tests.fixtures.client import TestClient
from tests.service.routers.test_contacts import PATH, report

LON, LAT = 131.0123457, 46.0234561
PLACES = ("131.01", "46.02", "1310123457", "460234561")


def test_requests_leave_no_places_in_the_log(
    client: TestClient, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    # The test's own client logs the addresses it asks for.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    caplog.set_level(logging.DEBUG)
    place: dict[str, Any] = {"lon": LON, "lat": LAT}
    rows = f"time,lon,lat\n2025-07-01T10:00:00Z,{LON},{LAT}\n2025-07-01T10:00:05Z,{LON},{LAT}"
    asked = [
        client.get("/api/v1/locate", params=place),
        client.get("/api/v1/locate", params={**place, "lat": "north"}),
        client.get("/api/v1/stations/nearest", params={**place, "k": -1}),
        client.post(PATH, json=report(**place)),
        client.post(PATH, json={**report(**place), "lon": 0}),
        client.get(PATH, params={"bbox": f"{LON},{LAT},132,47"}),
        client.post(
            "/api/v1/tracks", params={"device": "d"}, content=rows, headers={"Content-Type": "text/csv"}
        ),
        client.get("/api/v1/nothing", params=place),
    ]
    assert {one.status_code for one in asked} >= {200, 201, 404, 422}
    # A fault of ours as well: the table is not what the service expects.
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE incident RENAME COLUMN raw_lon TO raw_west"))
    try:
        assert client.post(PATH, json=report(**place)).status_code == 500
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE incident RENAME COLUMN raw_west TO raw_lon"))
    ours = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    assert any("failed" in one.getMessage() for one in ours)
    formatter = logging.Formatter()
    for one in ours:
        line = formatter.format(one)
        assert not any(number in line for number in PLACES), line


def test_errors_of_the_database_hide_what_was_sent(database_url: str) -> None:
    engine = make_engine(database_url)
    try:
        with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
            connection.execute(text("SELECT nothing FROM nowhere WHERE lon = :lon"), {"lon": LON})
        assert "nowhere" in str(caught.value)
        assert not any(number in str(caught.value) for number in PLACES)
    finally:
        engine.dispose()
