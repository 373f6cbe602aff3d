"""The indicators of a published month, computed from the logs of its incidents."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from layers.ids import new_id
from layers.incidents import Incident, IncidentEvent
from layers.stores import Stores
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County

PATH = "/api/v1/incidents"
MONTH = {"from": "2025-03-01T00:00:00+08:00", "to": "2025-04-01T00:00:00+08:00"}
MONDAY = datetime(2025, 3, 3, 2, tzinfo=UTC)
LAST = datetime(2025, 3, 31, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
RECEIVED, FILED, DUE, CLOSED, ON_TIME = 1_054, 996, 972, 911, 737

Log = list[tuple[datetime, str, list[str]]]


def logs() -> Iterator[tuple[str, Log]]:
    """Yield the status and steps of each incident of the month."""
    taken = (MONDAY, "handling", ["filed", "dispatched"])
    for _ in range(ON_TIME):
        # Done in an hour, checked a week later: waiting to be checked does not count.
        yield "closed", [taken, (MONDAY + HOUR, "done", []), (MONDAY + 168 * HOUR, "closed", ["verified"])]
    for _ in range(CLOSED - ON_TIME):
        yield (
            "closed",
            [taken, (MONDAY + 30 * HOUR, "done", []), (MONDAY + 31 * HOUR, "closed", ["verified"])],
        )
    for _ in range(DUE - CLOSED):
        yield "handling", [taken]
    for _ in range(FILED - DUE):
        yield "handling", [(LAST, "handling", ["filed", "dispatched"])]
    for _ in range(RECEIVED - FILED):
        yield "received", []


def store(engine: Engine, county: County) -> None:
    incidents, events = [], []
    for number, (status, steps) in zip(count(), logs(), strict=False):
        place = number % 2
        incident = Incident(
            new_id(), ("phone", "visit")[place], "waste", "x",
            131.005, 46.005, 131.005, 46.005, MONDAY, MONDAY,
            status=status,
            unit=county.units["G00"],
            assignment={"chain": [{"code": one} for one in (("G00", "V00", "T0"), ("G30", "T1"))[place]]},
        )  # fmt: skip
        incidents.append(incident)
        events += [logged(incident.id, *step) for step in steps]
    with Session(engine) as session, session.begin():
        stores = Stores(session, DISTRICT)
        stores.incidents.add_many(incidents)
        stores.incidents.add_events(events)


def logged(incident: UUID, at: datetime, after: str, through: list[str]) -> IncidentEvent:
    return IncidentEvent(new_id(), incident, at, "status", "test", {"after": after, "through": through})


@pytest.fixture
def month(client: TestClient, engine: Engine, county: County) -> TestClient:
    """A client of a service with the incidents of the month, their clocks computed from their logs."""
    store(engine, county)
    rules = client.get(f"{PATH}/rules").json()
    given = {name: value for name, value in rules.items() if name not in ("version", "recomputed")}
    answer = client.put(f"{PATH}/rules", json=given)
    assert answer.json()["recomputed"] == FILED, answer.text
    return client


def test_the_published_month(month: TestClient) -> None:
    found = month.get(f"{PATH}/indicators", params=MONTH).json()
    assert {name: one["count"] for name, one in found["counts"].items()} == {
        "received": RECEIVED,
        "filed": FILED,
        "due": DUE,
        "suspended": 0,
        "closed": CLOSED,
        "on_time": ON_TIME,
    }
    assert (found["closure_rate"], found["on_time_rate"]) == (93.72, 75.82)
    parts = [
        month.get(f"{PATH}/indicators", params={**MONTH, **part}).json()["counts"]["received"]["count"]
        for part in ({"unit": "V00"}, {"unit": "T1"}, {"channel": "visit"}, {"class": "road"})
    ]
    assert parts == [RECEIVED // 2, RECEIVED // 2, RECEIVED // 2, 0]
    for name, one in found["counts"].items():
        seen, cursor = 0, ""
        while cursor is not None:
            page = month.get(one["rows"] + "&limit=1000" + (f"&cursor={cursor}" if cursor else "")).json()
            seen, cursor = seen + len(page["items"]), page["cursor"]
        assert seen == one["count"], name


def test_of_nothing_there_is_no_rate(client: TestClient) -> None:
    found = client.get(f"{PATH}/indicators", params=MONTH).json()
    assert (found["closure_rate"], found["on_time_rate"]) == (None, None)
    refused = client.get(f"{PATH}/indicators", params={"from": MONTH["to"], "to": MONTH["from"]})
    assert refused.status_code == 422
