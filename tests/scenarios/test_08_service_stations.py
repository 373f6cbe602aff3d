"""Practice 8, 1+N stations: the nearest that charges and is open, on work days, holidays and special days."""

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from tests.fixtures.client import TestClient
from tests.fixtures.county import BEGIN, DISTRICT, County, centre

LON, LAT = centre(5, 3)
NEAREST = "/api/v1/stations/nearest"
# The hub charges day and night, far away; a point next door keeps office hours and days of its own.
HUB = {"role": "hub", "facilities": ["charging", "rest"], "opening_hours": "24/7", "capacity": 40}
POINT = {
    "role": "point",
    "facilities": ["charging"],
    "opening_hours": "Mo-Fr 08:00-18:00; PH off; 2025 Jul 08 off; 2025 Jul 12 10:00-12:00",
    "capacity": 6,
}


@pytest.fixture
def stations(county: County, engine: Engine) -> None:
    with Session(engine) as session:
        places = (("HUB", HUB, centre(0, 0)), ("P1", POINT, (LON + 0.001, LAT)))
        Stores(session, DISTRICT).markers.add(
            [
                Marker(new_id(), code, code, *place, read_attributes("service-station", said), BEGIN)
                for code, said, place in places
            ]
        )
        session.commit()


def nearest(client: TestClient, at: str, **more: Any) -> list[str]:
    client.app.state.service.indexes.refresh()  # type: ignore[attr-defined]
    given = {"lon": LON, "lat": LAT, "facility": "charging", "open_at": at, "k": 1, **more}
    answer = client.get(NEAREST, params=given)
    assert answer.status_code == 200, answer.text
    return [one["code"] for one in answer.json()["stations"] if one["open"]]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2025-07-07T12:00:00+08:00", "P1"),
        ("2025-07-07T07:59:00+08:00", "HUB"),
        ("2025-07-08T12:00:00+08:00", "HUB"),
        ("2025-07-12T11:00:00+08:00", "P1"),
        ("2025-07-12T13:00:00+08:00", "HUB"),
        # National Day is a Wednesday.
        ("2025-10-01T12:00:00+08:00", "HUB"),
    ],
    ids=["work day", "early", "closed day", "special day", "after it", "holiday"],
)
def test_the_nearest_that_charges_and_is_open(stations: None, client: TestClient, at: str, code: str) -> None:
    others = nearest(client, at, kind="hub" if code == "HUB" else "point", capacity=5)
    assert others == [code]
    found = client.get(
        NEAREST, params={"lon": LON, "lat": LAT, "facility": "charging", "open_at": at, "k": 9}
    )
    order = [one["code"] for one in found.json()["stations"]]
    assert ("P1" in order) == (code == "P1"), order
    assert "HUB" in order


def test_open_now_charging(stations: None, client: TestClient) -> None:
    assert nearest(client, "now", kind="hub", capacity=40) == ["HUB"]
