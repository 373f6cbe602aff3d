"""Nearest stations over HTTP."""

from typing import Any

import pytest

from geo.crs import GEOD
from tests.fixtures.client import TestClient
from tests.fixtures.county import centre

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
    assert body["filtered"] == {"kind": 0, "facility": 0, "closed": 1, "hours_unknown": 1}
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


def test_all_stations(client: TestClient) -> None:
    body = client.get("/api/v1/stations").json()
    assert [one["code"] for one in body["items"]] == ["S1", "S2", "S3"]
    assert body["facilities"] == ["charging", "rest"]
