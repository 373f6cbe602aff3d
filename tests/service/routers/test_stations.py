"""Nearest stations over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from geo.crs import GEOD
from layers.ids import new_id
from layers.marker_kinds import read_attributes
from layers.markers import Marker
from layers.stores import Stores
from service.dependencies import Service
from tests.fixtures.client import TestClient
from tests.fixtures.county import DISTRICT, County, centre

PATH = "/api/v1/stations/nearest"
LON, LAT = centre(1, 0)
MONDAY_NOON = "2025-07-07T12:00:00+08:00"
SUNDAY_NOON = "2025-07-06T12:00:00+08:00"


def ask(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get(PATH, params={"lon": LON, "lat": LAT, **parameters})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def codes(body: dict[str, Any]) -> list[str]:
    return [one["code"] for one in body["stations"]]


def test_geodesic_order_with_distance(client: TestClient) -> None:
    body = ask(client)
    assert codes(body) == ["S1", "S2", "S3"]
    for one in body["stations"]:
        assert one["distance_m"] == pytest.approx(GEOD.inv(LON, LAT, one["lon"], one["lat"])[2], abs=0.01)
    assert (body["mode"], body["asked"], body["why"]) == ("straight", "straight", None)
    assert codes(ask(client, k=1)) == ["S1"]


def test_facilities_all_must_be_there(client: TestClient) -> None:
    assert codes(ask(client, facility="charging")) == ["S1", "S2"]
    assert codes(ask(client, facility=["charging", "rest"])) == ["S1"]


def test_open_at_an_instant(client: TestClient) -> None:
    assert codes(ask(client, open_at=MONDAY_NOON)) == ["S1", "S2"]
    body = ask(client, open_at=SUNDAY_NOON)
    assert codes(body) == ["S1"]
    assert body["filtered"] == {"kind": 0, "facility": 0, "capacity": 0, "closed": 1, "hours_unknown": 1}
    # 23:00 UTC on Sunday is Monday 07:00 in the district: not yet open.
    assert codes(ask(client, open_at="2025-07-06T23:00:00Z")) == ["S1"]
    assert codes(ask(client, open_at="2025-07-07T00:30:00Z")) == ["S1", "S2"]
    # A plus sign that nobody escaped arrives as a blank.
    assert client.get(f"{PATH}?lon={LON}&lat={LAT}&open_at={MONDAY_NOON}").status_code == 200


def test_open_now_and_unknown_hours(client: TestClient) -> None:
    by_code = {one["code"]: one["open"] for one in ask(client)["stations"]}
    assert by_code["S1"] is True
    assert by_code["S3"] is None
    assert "S1" in codes(ask(client, open_at="now"))


def test_an_empty_answer_says_why(client: TestClient) -> None:
    body = ask(client, facility="sauna", kind="hub")
    assert body["stations"] == []
    assert "2 are of another kind, 1 lack a facility" in body["reason"]


@pytest.mark.parametrize("mode", ["designated", "network"])
def test_other_modes_fall_back_and_say_so(client: TestClient, mode: str) -> None:
    body = ask(client, mode=mode)
    assert (body["mode"], body["asked"]) == ("straight", mode)
    assert "straight line" in body["why"]
    assert codes(body) == ["S1", "S2", "S3"]


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({"k": -1}, "k"),
        ({"k": 0}, "k"),
        ({"k": 10**18}, "k"),
        ({"k": "x"}, "k"),
        ({"lon": "nan"}, "lon"),
        ({"lat": 120}, "lat"),
        ({"open_at": "noon"}, "open_at"),
        ({"open_at": "2025-07-07T12:00:00"}, "open_at"),
        ({"open_at": "0001-01-01T00:00:00+14:00"}, "open_at"),
        ({"open_at": "9999-12-31T00:00:00Z"}, "open_at"),
        ({"mode": "teleport"}, "mode"),
        ({"kind": "spoke"}, "kind"),
        ({"facilty": "rest"}, "facilty"),
    ],
)
def test_bad_parameters_are_named(client: TestClient, parameters: dict[str, Any], parameter: str) -> None:
    answer = client.get(PATH, params={"lon": LON, "lat": LAT, **parameters})
    assert answer.status_code == 422, answer.text
    assert answer.json()["where"] == {"parameter": parameter}


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements about markers that are sent meanwhile, by requests and by the indexes."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "marker" in statement:
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_it_answers_from_memory(client: TestClient) -> None:
    with statements() as sent:
        ask(client)
        ask(client, facility="charging", open_at="now")
        assert sent == []
        # The first question about another day reads it, the next ones do not.
        ask(client, open_at=MONDAY_NOON)
        assert len(sent) == 1
        ask(client, open_at=MONDAY_NOON, k=1)
        assert len(sent) == 1
        client.get("/api/v1/stations")
        assert len(sent) > 1, "this is how statements would be seen"


def test_memory_follows_the_markers(client: TestClient, county: County, engine: Engine) -> None:
    service: Service = client.app.state.service  # type: ignore[attr-defined]
    today = service.indexes.today(DISTRICT)
    later = f"{today + timedelta(days=30)}T12:00:00+08:00"
    assert codes(ask(client, kind="point")) == ["S2", "S3"]
    assert "S4" not in codes(ask(client, open_at=later))
    add_station(engine, "S4", today + timedelta(days=10))
    with Session(engine) as session:
        Stores(session, DISTRICT).markers.end(county.stations["S2"], today)
        session.commit()
    service.indexes.refresh()
    assert codes(ask(client, kind="point")) == ["S3"]
    assert codes(ask(client, open_at=later, k=1)) == ["S4"]
    assert "S4" not in codes(ask(client)), "it does not stand yet"


def add_station(engine: Engine, code: str, begin: date) -> None:
    said = {"role": "point", "facilities": ["rest"], "opening_hours": "24/7"}
    with Session(engine) as session:
        Stores(session, DISTRICT).markers.add(
            [Marker(new_id(), code, code, LON, LAT, read_attributes("service-station", said), begin)]
        )
        session.commit()


def test_the_district_must_be_known(client: TestClient) -> None:
    assert codes(ask(client, district=DISTRICT, k=1)) == ["S1"]
    answer = client.get(PATH, params={"lon": LON, "lat": LAT, "district": "999999"})
    assert answer.status_code == 422
    assert answer.json()["where"] == {"parameter": "district"}


def test_all_stations(client: TestClient) -> None:
    body = client.get("/api/v1/stations").json()
    assert [one["code"] for one in body["items"]] == ["S1", "S2", "S3"]
    assert body["facilities"] == ["charging", "rest"]
