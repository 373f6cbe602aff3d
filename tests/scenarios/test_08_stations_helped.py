"""Practice 8, 1+N stations: one hub and N points, a week of duties without a gap, about 100 volunteers."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.nearest import NearestIndex
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.row_security import SYSTEM_SCOPE, enter
from layers.stores import Stores
from tests.fixtures.accounts import Callers, add_person
from tests.fixtures.client import TestClient
from tests.fixtures.county import BEGIN, COLUMNS, DISTRICT, ROWS, SIDE, SOUTH, WEST

POINTS, VOLUNTEERS = 8, 100
MONDAY = "2030-04-29"
"""The week of the first of May, a holiday."""

WEEK = {"from": MONDAY, "days": 7}
EVERY = ["mo", "tu", "we", "th", "fr", "sa", "su", "ph"]
OFFICE = "Mo-Sa 08:00-18:00; PH 10:00-16:00"
SKILLS = ("breakdown", "first-aid", "accompany", "charging")


def place(number: int) -> tuple[float, float]:
    """Return the place of one volunteer: all over the county, none where another is."""
    across, up = divmod(number * 37 % VOLUNTEERS, 10)
    return WEST + COLUMNS * SIDE * (across + 0.5) / 10, SOUTH + ROWS * SIDE * (up + 0.5) / 10


@pytest.fixture
def keeper(callers: Callers, engine: Engine) -> TestClient:
    with Session(engine) as session:
        enter(session, SYSTEM_SCOPE)
        said = {f"P{number}": (OFFICE, "point") for number in range(1, POINTS + 1)} | {"HUB": ("24/7", "hub")}
        Stores(session, DISTRICT).markers.add(
            [
                Marker(
                    new_id(),
                    code,
                    code,
                    *place(number * 9),
                    read_attributes(
                        "service-station",
                        {"role": role, "opening_hours": hours, "facilities": ["charging", "rest"]},
                    ),
                    BEGIN,
                )
                for number, (code, (hours, role)) in enumerate(said.items())
            ]
        )
        session.commit()
    return callers.role("keeper", "coordinator", DISTRICT)


def enrol(keeper: TestClient, number: int, person: str | None) -> str:
    lon, lat = place(number)
    given = {
        "code": f"V{number:03}",
        "name": f"Volunteer {number}",
        "person": person,
        "lon": lon,
        "lat": lat,
        "reach_m": 20_000,
        "skills": [SKILLS[number % len(SKILLS)]],
        "windows": [{"days": EVERY, "begin": "00:00", "end": "24:00"}],
        "consent": True,
        "contact": {"phone": f"1380000{number:04}"},
    }
    made = keeper.post("/api/v1/volunteers", json=given)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def staff(keeper: TestClient, station: str, who: str, begin: str, end: str, days: list[str]) -> None:
    given = {"volunteer": who, "begin": begin, "end": end, "days": days, "from_day": MONDAY}
    made = keeper.post(f"/api/v1/stations/{station}/rota", json=given)
    assert made.status_code == 201, made.text


def staff_all(keeper: TestClient, ids: dict[int, str]) -> None:
    """Staff every point in halves of a day and on holidays, and the hub in three shifts."""
    for number in range(1, POINTS + 1):
        early, late, holiday = (ids[3 * number + part] for part in range(3))
        staff(keeper, f"P{number}", early, "08:00", "13:00", EVERY[:6])
        staff(keeper, f"P{number}", late, "13:00", "18:00", EVERY[:6])
        staff(keeper, f"P{number}", holiday, "10:00", "16:00", ["ph"])
    for part, (begin, end) in enumerate((("06:00", "14:00"), ("14:00", "22:00"), ("22:00", "30:00"))):
        staff(keeper, "HUB", ids[50 + part], begin, end, EVERY)


def week(keeper: TestClient) -> list[dict[str, Any]]:
    """Return the hub and its points, without the stations that the county has besides."""
    found = keeper.get("/api/v1/rota", params=WEEK).json()["items"]
    return [one for one in found if one["code"] == "HUB" or one["code"].startswith("P")]


def test_a_week_without_a_gap_and_a_breakdown_that_reaches_the_nearest(
    keeper: TestClient, callers: Callers, engine: Engine
) -> None:
    driver = add_person(engine, "driver", [("grid_worker", DISTRICT, None)])
    # Whoever is nearest of those who can help with a breakdown, reckoned here by itself.
    able = [number for number in range(VOLUNTEERS) if number % len(SKILLS) == 0]
    lon, lat = WEST + 2.2 * SIDE, SOUTH + 1.3 * SIDE
    index = NearestIndex.build(*zip(*(place(number) for number in able), strict=True))
    (order,), (metres,) = index.nearest([lon], [lat], 2)
    first, second = (able[int(one)] for one in order)
    ids = {
        number: enrol(keeper, number, str(driver) if number == first else None)
        for number in range(VOLUNTEERS)
    }
    listed = keeper.get("/api/v1/volunteers", params={"limit": 1000}).json()["items"]
    assert len(listed) == VOLUNTEERS

    before = week(keeper)
    assert len(before) == POINTS + 1
    assert all(one["gap_minutes"] == one["open_minutes"] > 0 for one in before)
    staff_all(keeper, ids)
    # The night before the week had nobody: it is the one gap, and it is named.
    gaps = keeper.get("/api/v1/stations/HUB/rota/gaps", params=WEEK).json()["gaps"]
    assert [one["text"] for one in gaps] == ["Monday 2030-04-29, 00:00 to 06:00: nobody has duty."]
    night = {"volunteer": ids[60], "begin": "00:00", "end": "06:00", "on_day": MONDAY}
    assert keeper.post("/api/v1/stations/HUB/rota", json=night).json()["duty"]["on_day"] == MONDAY
    after = week(keeper)
    assert [(one["code"], one["gaps"]) for one in after if one["gaps"]] == []
    hub = next(one for one in after if one["code"] == "HUB")
    assert hub["open_minutes"] == timedelta(days=7) / timedelta(minutes=1)
    assert next(one for one in after if one["code"] == "P1")["open_minutes"] == 5 * 600 + 360

    asked = {
        "kind": "breakdown",
        "place": "km 12",
        "lon": lon,
        "lat": lat,
        "contact": {"phone": "13811112222"},
    }
    told = callers.nobody().post("/api/v1/help", json=asked).json()
    assert (told["state"], told["asked"]) == ("offered", 1)
    (request,) = keeper.get("/api/v1/help").json()["items"]
    (offer,) = request["offers"]
    assert offer["name"] == f"Volunteer {first}"
    assert np.isclose(offer["distance_m"], metres[0], atol=0.1)
    mine = callers.signed_in(driver)
    address = f"/api/v1/help/{request['id']}"
    assert mine.post(f"{address}/answer", json={"accept": False}).status_code == 200
    offers = keeper.get(address).json()["offers"]
    assert [one["name"] for one in offers] == [f"Volunteer {first}", f"Volunteer {second}"]
    by_phone = {"accept": True, "offer": offers[1]["id"]}
    assert keeper.post(f"{address}/answer", json=by_phone).json()["state"] == "accepted"
    assert keeper.post(f"{address}/done", json={"text": "towed"}).json()["state"] == "done"
    followed = callers.nobody().get(f"/api/v1/help/receipts/{told['receipt']}").json()
    assert followed["state"] == "done"
