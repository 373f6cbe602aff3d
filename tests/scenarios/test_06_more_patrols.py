"""Practice 6: "patrol here more", said at a bench meeting, raises the required frequency of a grid."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.coverage import GridVisit
from layers.ids import new_id
from layers.patrols import Patrol
from layers.stores import Stores
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County

DUE = "/api/v1/coverage/due"


def visited(engine: Engine, county: County, *days: str) -> None:
    """Store that a grid was visited on days."""
    with Session(engine) as session:
        stores = Stores(session, DISTRICT)
        for day in days:
            at = datetime.fromisoformat(f"{day}T10:00:00+08:00")
            patrol, _ = stores.patrols.add(Patrol(new_id(), "phone", "foot", "", "api", day, at))
            there = GridVisit(county.units["G10"], patrol.id, "visited", 400.0, 900.0, at, at)
            stores.coverage.replace_grids("phone", date.fromisoformat(day), [there])
        session.commit()


def grid(client: TestClient, day: str) -> Any:
    reply = client.get(DUE, params={"at": f"{day}T12:00:00+08:00", "kind": "unit", "all": "true"})
    (found,) = [one for one in reply.json()["items"] if one["code"] == "G10"]
    return found


def test_a_meetings_request_raises_the_frequency_for_as_long_as_it_was_asked(
    client: TestClient, county: County, engine: Engine
) -> None:
    monthly = {"kind": "unit", "code": "V00", "below": True, "within_days": 30.0, "from_day": "2025-01-01"}
    assert client.post(f"{DUE}/rules", json=monthly).status_code == 201
    visited(engine, county, "2025-03-01", "2025-03-20")
    assert grid(client, "2025-04-05")["state"] == "ok"
    # The meeting of 1 April: twice a week until the end of May.
    asked = client.post(
        f"{DUE}/rules",
        json={
            "kind": "unit", "code": "G10", "within_days": 7.0, "count": 2, "spacing_hours": 24.0,
            "source": "meeting", "asked_by": "bench meeting 7",
            "from_day": "2025-04-01", "to_day": "2025-06-01",
            "reason": "lights are out behind the school",
        },
    )  # fmt: skip
    assert asked.status_code == 201, asked.text
    assert grid(client, "2025-04-05")["state"] != "overdue", "nobody is late on the first days"
    late = grid(client, "2025-04-09")
    assert (late["state"], late["rule"]["asked_by"], late["rule"]["count"]) == (
        "overdue",
        "bench meeting 7",
        2,
    )
    assert late["overdue_since"] == "2025-04-07T16:00:00+00:00"
    visited(engine, county, "2025-04-08")
    assert grid(client, "2025-04-09")["overdue"], "once is not twice"
    visited(engine, county, "2025-04-09")
    assert grid(client, "2025-04-09")["overdue"] is False
    (other,) = [
        one
        for one in client.get(DUE, params={"at": "2025-04-09T12:00:00+08:00", "all": "true"}).json()["items"]
        if one["code"] == "G00"
    ]
    assert other["rule"]["within_days"] == 30.0, "only the grid that was asked for"
    ended = grid(client, "2025-06-01")
    assert (ended["rule"]["within_days"], ended["state"]) == (30.0, "overdue")
